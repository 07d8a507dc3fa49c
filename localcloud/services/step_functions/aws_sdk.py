"""``aws-sdk`` calls of services with REST APIs, made by a client of the AWS SDK whose requests stay in this process.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import functools
import io
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError
from ministack import app
from ministack.core import responses

from localcloud.services.step_functions.failures import RUNTIME, StateFailure
from localcloud.services.step_functions.payload import to_json

SERVICES: Mapping[str, str] = {"s3": "S3", "route53": "Route53"}
"""The services called here, by the prefix of their errors."""


def call(service: str, action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a service, as a state gets it. Raises StateFailure."""
    client = _client(service, responses.get_account_id(), responses.get_region())
    name = action[:1].upper() + action[1:]
    if name not in client.meta.service_model.operation_names:
        raise StateFailure(RUNTIME, f"The service {service} has no action '{action}'.")
    operation = client.meta.service_model.operation_model(name)
    try:
        answer = client._make_api_call(name, _given(operation.input_shape, arguments))
    except ParamValidationError as error:
        raise StateFailure(RUNTIME, f"The arguments of {service}:{action} are not valid. {error}") from error
    except ClientError as error:
        raise _failure(service, client.meta.service_model, error) from error
    answer.pop("ResponseMetadata", None)
    if service == "s3" and "ETag" in answer:
        answer.setdefault("ServerSideEncryption", "AES256")
    return dict(_told(answer))


def _failure(service: str, model: Any, error: ClientError) -> StateFailure:
    """Errors that the service's model knows have their name, the others that of the service."""
    prefix = SERVICES[service]
    code, message = (str(error.response.get("Error", {}).get(name, "")) for name in ("Code", "Message"))
    known = {shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes}
    name = f"{code.removesuffix('Exception')}Exception" if code in known else f"{prefix}Exception"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    where = f"Service: {prefix}, Status Code: {status}, Request ID: {uuid.uuid4()}"
    extended = f", Extended Request ID: {uuid.uuid4()}" if service == "s3" else ""
    return StateFailure(f"{prefix}.{name}", f"{message} ({where}{extended})")


def _given(shape: Any, value: Any) -> Any:
    """Arguments under the names that the model has for them; content that is no text is written as JSON."""
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members = {name.lower(): name for name in shape.members}
        known = {members.get(name.lower(), name): item for name, item in value.items()}
        return {name: _given(shape.members.get(name), item) for name, item in known.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_given(shape.member, item) for item in value]
    if shape.type_name == "blob":
        return to_json(value).encode()
    return value


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _told(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_told(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    content = value.read() if hasattr(value, "read") else value
    return content.decode(errors="replace") if isinstance(content, bytes) else content


@functools.lru_cache(maxsize=32)
def _client(service: str, account: str, region: str) -> Any:
    config = Config(
        retries={"total_max_attempts": 1},
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
        user_agent="aws-internal/step-functions",
    )
    client = botocore.session.Session().create_client(
        service,
        region_name=region,
        endpoint_url="http://127.0.0.1",
        aws_access_key_id=account,
        aws_secret_access_key="local",  # noqa: S106 - nobody looks at it
        config=config,
    )
    client.meta.events.register("before-call", _typed)
    answered: Any = _answered  # what the event's handlers give is the response, which the stubs do not know
    client.meta.events.register("before-send", answered)
    return client


def _typed(params: dict[str, Any], **_: Any) -> None:
    if params.get("body"):
        params["headers"].setdefault("Content-Type", "text/plain; charset=UTF-8")


def _answered(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    """Hand a request to the service's handler instead of sending it."""
    url = urlsplit(request.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    given: Any = request.body
    body = given.read() if hasattr(given, "read") else given or b""
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    handler = app.SERVICE_HANDLERS[headers["authorization"].split("/")[3]]
    status, answered, content = app.call_service_handler_sync(
        handler, request.method, url.path, headers, body.encode() if isinstance(body, str) else body, query
    )
    raw = content.encode() if isinstance(content, str) else bytes(content or b"")
    told = HTTPHeaders()
    # S3 answers with the checksum of what it has stored.
    sums = {name: value for name, value in headers.items() if name.startswith("x-amz-checksum-crc")}
    if sums and request.method == "PUT" and status < 400:
        answered = {**answered, **sums, "x-amz-checksum-type": "FULL_OBJECT"}
    for name, value in answered.items():
        told[name] = value
    return AWSResponse(request.url, status, told, _Content(raw))


class _Content(io.BytesIO):
    """What botocore reads a response from."""

    def stream(self, amount: int = 65_536) -> Iterator[bytes]:
        while chunk := self.read(amount):
            yield chunk
