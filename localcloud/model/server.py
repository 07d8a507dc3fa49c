"""Serves a writer as Bedrock's runtime endpoint on 127.0.0.1, with a way to make it misbehave and to count what it did.

The standard library's threaded server does: a few requests a second, each waiting for one writer, started and stopped
from any thread without an event loop. ``POST /model/{id}/converse`` is Bedrock's. Ours are, under ``/_flightpulse``:

* ``GET health``: ``{"status", "kind"}``
* ``PUT faults`` ``{"faults": [{"kind", "times", "seconds", "rate", "role"}], "seed"}``, ``GET faults``,
  ``DELETE faults``
* ``GET calls``: how many there were, and the last ones; ``DELETE calls`` starts to count anew
"""

import json
import socketserver
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from localcloud.model import converse
from localcloud.model.faults import ERRORS, Fault, FaultPlan, InvalidFaultError, Spoilers
from localcloud.model.writers import BedrockError, Reply, Request, Subject, Writer, tokens
from localcloud.services.refusals import Refused

NO_SPOILERS: Spoilers = {}
Guard = Callable[[str, str], str | None]
_LONGEST_BODY = 5_000_000
_CALLS_KEPT = 1_000
_IDLE_SECONDS = 75
_STOP_POLL_SECONDS = 0.05
_ERROR_TYPE = "http://internal.amazon.com/coral/com.amazon.bedrock/"


class ModelServer(ThreadingHTTPServer):
    """A running endpoint on a free port of 127.0.0.1. ``kind`` says what writes the answers.

    ``subject`` says what a request is about, for the list of calls; ``spoilers`` are the ways in which replies can be
    spoiled on demand; ``guard`` says what is wrong with a caller (its Authorization header) of a model, if anything.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        writer: Writer,
        *,
        subject: Subject = lambda _: None,
        spoilers: Spoilers = NO_SPOILERS,
        guard: Guard | None = None,
    ) -> None:
        self.writer = writer
        self.kind = writer.kind
        self.guard = guard
        self.subject = subject
        self.faults = FaultPlan(spoilers=spoilers)
        self.calls = Calls()
        self.stopping = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_STOP_POLL_SECONDS,), name="model-endpoint", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{self.server_name}:{self.server_port}"

    def stop(self) -> None:
        """Stop listening and wake up whoever waits for a slow answer. May be called twice."""
        self.stopping.set()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()

    def server_bind(self) -> None:
        # HTTPServer would look its own name up, which takes seconds where no resolver answers.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no news."""


@dataclass(frozen=True, slots=True)
class Call:
    """One Converse request: what it was about, what was done to it, how it ended (HTTP status; 0 for no answer)."""

    number: int
    model_id: str
    role: str | None
    segment: str | None
    turn: int
    fault: str | None
    status: int
    seconds: float


class Calls:
    """How many requests there were, and the last of them. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._total = 0
            self._last: deque[Call] = deque(maxlen=_CALLS_KEPT)

    def begin(self) -> int:
        with self._lock:
            self._total += 1
            return self._total

    def end(self, call: Call) -> None:
        with self._lock:
            self._last.append(call)

    def to_fields(self) -> dict[str, Any]:
        with self._lock:
            return {"total": self._total, "calls": [asdict(call) for call in self._last]}


class _NoAnswerError(Exception):
    """The connection is to be closed without an answer."""


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    _ours: ClassVar[str] = "/_flightpulse/"

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are counted in ``calls``; standard error stays quiet."""

    def _serve(self) -> None:
        try:
            body = self._body()
            if self.path.startswith(self._ours):
                self._send(200, self._control(self.path.removeprefix(self._ours), body))
            else:
                self._send(200, self._converse(body))
        except _NoAnswerError:
            self.close_connection = True
        except InvalidFaultError as error:
            self._send(400, {"message": str(error)})
        except Refused as error:
            self._send(error.status, {"message": error.message}, error_type=error.code)

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LONGEST_BODY:
            self.close_connection = True
            raise BedrockError("ValidationException", "The request is too long.")
        return self.rfile.read(length)

    def _converse(self, body: bytes) -> dict[str, Any]:
        path = urlsplit(self.path).path
        model_id = converse.model_in(path, unquote(path))
        if self.command != "POST" or not self.headers.get("Authorization"):
            raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
        refusal = self.server.guard(self.headers["Authorization"], model_id) if self.server.guard else None
        if refusal:
            raise BedrockError("AccessDeniedException", refusal)
        request = converse.read_request(model_id, body)
        number, started = self.server.calls.begin(), time.monotonic()
        fault: Fault | None = None
        status = 0
        try:
            fault, choice = self.server.faults.next(request.metadata.get("role"))
            self._strike(fault)
            reply = self.server.writer.write(request)
            text = reply.text if fault is None else self.server.faults.spoil(fault, reply.text, choice)
            reply = _cut(text, reply, request)
            status = 200
            return converse.answer(reply, round((time.monotonic() - started) * 1000))
        except Refused as error:
            status = error.status
            raise
        finally:
            subject = self.server.subject(request)
            self.server.calls.end(_call(number, request, subject, fault, status, time.monotonic() - started))

    def _strike(self, fault: Fault | None) -> None:
        """Do what a fault does before any reply."""
        if fault is None:
            return
        if fault.kind in ERRORS:
            raise BedrockError(*ERRORS[fault.kind])
        if fault.kind == "down":
            raise _NoAnswerError
        if fault.kind == "slow" and self.server.stopping.wait(fault.seconds):
            raise _NoAnswerError

    def _control(self, what: str, body: bytes) -> dict[str, Any]:
        server = self.server
        match self.command, what:
            case "GET", "health":
                return {"status": "healthy", "kind": server.writer.kind}
            case "PUT", "faults":
                faults, seed = _read_faults(body, server.faults.spoilers)
                server.faults.set(faults, seed)
            case "DELETE", "faults":
                server.faults.set(())
            case "GET", "calls":
                return server.calls.to_fields()
            case "DELETE", "calls":
                server.calls.reset()
                return server.calls.to_fields()
            case "GET", "faults":
                pass
            case _:
                raise BedrockError("UnknownOperationException", f"There is no {self.command} {self._ours}{what}.")
        return {"faults": [asdict(fault) for fault in server.faults.waiting()]}

    def _send(self, status: int, fields: dict[str, Any], *, error_type: str | None = None) -> None:
        content = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        if error_type is not None:
            self.send_header("x-amzn-ErrorType", f"{error_type}:{_ERROR_TYPE}")
        self.end_headers()
        self.wfile.write(content)


def _cut(text: str, reply: Reply, request: Request) -> Reply:
    """The reply with its final text; as long as ``maxTokens`` allows, as a model would have stopped there."""
    count = reply.output_tokens if text == reply.text else tokens(text)
    if request.max_tokens is None or count <= request.max_tokens:
        return Reply(text, reply.input_tokens, count, reply.stop_reason)
    return Reply(text[: request.max_tokens * 4], reply.input_tokens, request.max_tokens, "max_tokens")


def _call(number: int, request: Request, subject: str | None, fault: Fault | None, status: int, seconds: float) -> Call:
    return Call(
        number=number,
        model_id=request.model_id,
        role=request.metadata.get("role"),
        segment=subject,
        turn=sum(role == "user" for role, _ in request.messages),
        fault=None if fault is None else fault.kind,
        status=status,
        seconds=round(seconds, 4),
    )


def _read_faults(body: bytes, spoilers: Spoilers) -> tuple[tuple[Fault, ...], int]:
    try:
        fields = json.loads(body)
        listed, seed = fields["faults"], fields.get("seed", 0)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidFaultError(
            'the body must be like {"faults": [{"kind": "throttle", "times": 2}], "seed": 1}'
        ) from None
    if not isinstance(listed, list) or not isinstance(seed, int):
        raise InvalidFaultError("faults is not a list, or seed is not a whole number")
    return tuple(Fault.from_fields(fields, spoilers) for fields in listed), seed
