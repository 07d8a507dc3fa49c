"""API calls over HTTP that fail on demand, with the error that AWS would answer in each service's own form."""

import asyncio
import json
import re
import uuid
from urllib.parse import parse_qs

from localcloud.faults import board as faults
from localcloud.faults.board import Fault
from localcloud.process.own_pages import Application, Message, Receive, Send, read_body

_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<service>[^/]+)/aws4_request")
_OPERATION_IN_PATH = re.compile(r"/operation/(\w+)$")
_FORM = "application/x-www-form-urlencoded"
_IN_LAMBDA = "exec-env/AWS_Lambda"
_STATUS = {
    "TooManyRequestsException": 429,
    "AccessDeniedException": 403,
    "RequestTimeout": 408,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "InternalFailure": 500,
    "InternalError": 500,
    "InternalServerError": 500,
    "InternalException": 500,
    "InternalServerException": 500,
    "ServiceException": 500,
}


class _CutShort(Exception):  # noqa: N818 - a fault that was asked for
    """Ends a connection in the middle of an answer."""


def failing(application: Application) -> Application:
    """The application with faults of API calls in front."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or faults.BOARD.is_empty:
            await application(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        signed = _SCOPE.search(headers.get("authorization", ""))
        if signed is None:
            await application(scope, receive, send)
            return
        body = await read_body(receive)
        caller = faults.FUNCTIONS if _IN_LAMBDA in headers.get("user-agent", "") else faults.CLIENTS
        operation = _operation(scope, headers, body)
        fault = faults.BOARD.strike_call(signed["service"], operation, caller, body)
        if fault is not None and fault.error is not None and signed["service"] == "dynamodb":
            # The emulator is looked at before anything of it is imported.
            from localcloud.services.dynamodb import metrics

            metrics.refused(operation, body, fault.error)
        await _answered(application, scope, body, send, fault, form=headers.get("content-type", "").startswith(_FORM))

    return answer


def _operation(scope: Message, headers: dict[str, str], body: bytes) -> str:
    """The operation as AWS names it; method and path where a REST call does not say."""
    target = headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    if headers.get("content-type", "").startswith(_FORM):
        return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    path = str(scope["path"])
    if path.endswith("/invocations"):
        return "Invoke"
    found = _OPERATION_IN_PATH.search(path)
    return found[1] if found else f"{scope['method']} {path}"


async def _answered(
    application: Application, scope: Message, body: bytes, send: Send, fault: Fault | None, *, form: bool
) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def unheard(_message: Message) -> None:
        """Nobody gets this answer."""

    if fault is None:
        await application(scope, receive, send)
        return
    await asyncio.sleep(fault.delay_seconds)
    if fault.cut:
        await application(scope, receive, _cut(send))
        return
    if fault.error is None:
        await application(scope, receive, send)
        return
    if fault.after:
        await application(scope, receive, unheard)
    status = fault.status or _STATUS.get(fault.error, 400)
    content, kind = _as_xml(fault) if form else _as_json(fault)
    answered = [
        (b"content-type", kind),
        (b"content-length", str(len(content)).encode()),
        (b"x-amzn-errortype", fault.error.encode()),
        (b"x-amzn-requestid", str(uuid.uuid4()).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": answered})
    await send({"type": "http.response.body", "body": content})


def _cut(send: Send) -> Send:
    """Sends half of what there is to send, and then no more."""

    async def half(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            return
        body = message.get("body", b"")
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        raise _CutShort

    return half


def _as_json(fault: Fault) -> tuple[bytes, bytes]:
    return json.dumps({"__type": fault.error, "message": fault.cause}).encode(), b"application/x-amz-json-1.0"


def _as_xml(fault: Fault) -> tuple[bytes, bytes]:
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{fault.error}</Code><Message>{fault.cause}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return text.encode(), b"text/xml"
