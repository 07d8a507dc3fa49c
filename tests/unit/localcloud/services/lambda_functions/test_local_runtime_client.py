"""The Runtime API client that stands in for the compiled one."""

import http.client
import importlib
import io
from email.message import Message
from typing import Any

import pytest

from localcloud.services.lambda_functions import runtime_client


class FakeResponse:
    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status = status
        self._body = io.BytesIO(body)
        self.headers = Message()
        for name, value in headers.items():
            self.headers[name] = value

    def read(self) -> bytes:
        return self._body.read()


class FakeConnection:
    """Remembers requests and gives the prepared answers, in turn."""

    answers: list[Any] = []  # noqa: RUF012
    requests: list[tuple[str, str, bytes | None, dict[str, str]]] = []  # noqa: RUF012
    opened = 0

    def __init__(self, address: str) -> None:
        type(self).opened += 1
        self.address = address

    def request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> None:
        self.requests.append((method, path, body, headers))

    def getresponse(self) -> FakeResponse:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def api(monkeypatch: pytest.MonkeyPatch) -> type[FakeConnection]:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.setattr(http.client, "HTTPConnection", FakeConnection)
    importlib.reload(runtime_client)
    FakeConnection.answers, FakeConnection.requests, FakeConnection.opened = [], [], 0
    return FakeConnection


def test_an_invocation_is_its_payload_and_its_headers_in_any_spelling(api: type[FakeConnection]):
    api.answers = [FakeResponse(200, b'{"a": 1}', {"lambda-runtime-aws-request-id": "id-1"})]

    payload, headers = runtime_client.next()

    assert payload == b'{"a": 1}'
    assert headers.get("Lambda-Runtime-Aws-Request-Id") == "id-1"
    assert headers.get("Lambda-Runtime-Trace-Id") is None


def test_an_answer_goes_to_its_invocation(api: type[FakeConnection]):
    api.answers = [FakeResponse(202, b"", {})]

    runtime_client.post_invocation_result("id-1", b"42", "application/json", None)

    method, path, body, headers = api.requests[0]
    assert (method, path, body) == ("POST", "/2018-06-01/runtime/invocation/id-1/response", b"42")
    assert headers["Content-Type"] == "application/json"


def test_an_error_goes_to_its_invocation_with_a_header_of_one_line(api: type[FakeConnection]):
    api.answers = [FakeResponse(202, b"", {})]

    runtime_client.post_error("id-1", '{"errorType": "E"}', '{"message":\r\n "ü"}')

    _, path, body, headers = api.requests[0]
    assert path.endswith("/id-1/error")
    assert body == b'{"errorType": "E"}'
    assert headers["Lambda-Runtime-Function-XRay-Error-Cause"] == '{"message": "?"}'


def test_one_connection_serves_all_calls(api: type[FakeConnection]):
    api.answers = [FakeResponse(202, b"", {}), FakeResponse(202, b"", {})]

    runtime_client.post_invocation_result("1", b"", "text/plain")
    runtime_client.post_invocation_result("2", b"", "text/plain")

    assert api.opened == 1


def test_a_refusal_raises_with_the_status(api: type[FakeConnection]):
    api.answers = [FakeResponse(500, b"stopped", {})]

    with pytest.raises(RuntimeError, match="500"):
        runtime_client.next()


def test_a_broken_connection_raises_and_the_next_call_opens_another(api: type[FakeConnection]):
    api.answers = [ConnectionResetError("gone"), FakeResponse(202, b"", {})]

    with pytest.raises(RuntimeError, match="gone"):
        runtime_client.next()
    runtime_client.post_invocation_result("1", b"", "text/plain")

    assert api.opened == 2
