"""An OpenAI-compatible server behind the Bedrock endpoint: what it says, and what becomes of its errors."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.messages import prompt
from flightpulse.stand_in.spoilers import SPOILERS
from localcloud.model import ModelServer
from localcloud.model.faults import Fault
from localcloud.model.openai_server import OpenAIServer
from tests.unit.messages.samples import MAJOR
from tests.waiting import PATIENCE_SECONDS

MODEL = "amazon.nova-lite-v1:0"
RAW = 0
"""Instead of a status: the body is all that is sent, whatever it is."""


class Upstream(ThreadingHTTPServer):
    """A small chat server. ``answers`` are (status, body) in turn; the last one stays."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _UpstreamHandler)
        self.answers: list[tuple[int, Any]] = [(200, chat("Hello there."))]
        self.models: tuple[int, Any] = (200, {"data": [{"id": "smol-135m"}, {"id": "other"}]})
        self.asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.hang = threading.Event()
        self.hanging = False
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.hang.set()
        self.shutdown()
        self.server_close()


class _UpstreamHandler(BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {}, dict(self.headers)))
        self._send(*self.server.models)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body, dict(self.headers)))
        if self.server.hanging:
            self.server.hang.wait(PATIENCE_SECONDS)
        answers = self.server.answers
        self._send(*(answers.pop(0) if len(answers) > 1 else answers[0]))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _send(self, status: int, body: Any) -> None:
        if status == RAW:
            self.close_connection = True
            self.wfile.write(body)
            return
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def chat(text: Any, finish: str = "stop", **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}], **more}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.close()


@pytest.fixture
def server(upstream: Upstream) -> Iterator[ModelServer]:
    running = ModelServer(OpenAIServer(upstream.url), spoilers=SPOILERS)
    yield running
    running.stop()


def ask(server: ModelServer, text: str = "Hello", **more: Any) -> Any:
    bedrock = boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE_SECONDS),
    )
    return bedrock.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": text}]}], **more)


def test_the_request_is_passed_on_as_a_chat(server: ModelServer, upstream: Upstream) -> None:
    ask(
        server,
        prompt.request(MAJOR),
        system=[{"text": prompt.SYSTEM}],
        inferenceConfig={"maxTokens": 500, "temperature": 0.2, "topP": 0.9, "stopSequences": ["END"]},
    )
    path, body, _ = upstream.asked[-1]
    assert path == "/v1/chat/completions"
    assert body == {
        "model": "smol-135m",
        "messages": [
            {"role": "system", "content": prompt.SYSTEM},
            {"role": "user", "content": prompt.request(MAJOR)},
        ],
        "stream": False,
        "max_tokens": 500,
        "temperature": 0.2,
        "top_p": 0.9,
        "stop": ["END"],
    }


def test_the_answer_comes_back_as_converse_s(server: ModelServer, upstream: Upstream) -> None:
    upstream.answers = [(200, chat("Hi.", "length", usage={"prompt_tokens": 12, "completion_tokens": 3}))]
    answer = ask(server)
    assert answer["output"]["message"]["content"] == [{"text": "Hi."}]
    assert answer["stopReason"] == "max_tokens"
    assert answer["usage"] == {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15}


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_address_may_be_written_in_several_ways(upstream: Upstream, suffix: str) -> None:
    running = ModelServer(OpenAIServer(upstream.url + suffix))
    try:
        ask(running)
    finally:
        running.stop()
    assert [path for path, *_ in upstream.asked] == ["/v1/models", "/v1/chat/completions"]


def test_a_model_that_is_named_is_asked_for(upstream: Upstream) -> None:
    running = ModelServer(OpenAIServer(upstream.url, model="mine"))
    try:
        ask(running)
    finally:
        running.stop()
    assert [body.get("model") for _, body, _ in upstream.asked] == ["mine"]
    assert running.kind == f"mine on the OpenAI-compatible server at {upstream.url}"


@pytest.mark.parametrize("models", [(404, {}), (200, {"data": []}), (200, {"models": 1})])
def test_a_server_that_lists_no_models_is_asked_for_bedrock_s(
    server: ModelServer, upstream: Upstream, models: tuple[int, Any]
) -> None:
    upstream.models = models
    ask(server)
    assert upstream.asked[-1][1]["model"] == MODEL


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (401, "AccessDeniedException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (422, "ValidationException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (502, "ServiceUnavailableException"),
        (503, "ServiceUnavailableException"),
        (504, "ModelTimeoutException"),
        (418, "InternalServerException"),
    ],
)
def test_an_error_there_is_an_error_here(server: ModelServer, upstream: Upstream, status: int, code: str) -> None:
    upstream.answers = [(status, {"error": {"message": "no"}})]
    with pytest.raises(ClientError) as caught:
        ask(server)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", {}, {"choices": []}, {"choices": [{"message": {}}]}, chat(7), chat(["x"])]
)
def test_an_answer_without_a_message_is_an_error(server: ModelServer, upstream: Upstream, body: Any) -> None:
    upstream.answers = [(200, body)]
    with pytest.raises(ClientError) as caught:
        ask(server)
    assert caught.value.response["Error"]["Code"] == "ModelErrorException"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"garbage\r\n\r\n", "ServiceUnavailableException"),
        (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"cho', "ServiceUnavailableException"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "ModelErrorException"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 50\r\n\r\n{", "InternalServerException"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"[" * 200_000, "ModelErrorException"),
    ],
)
def test_an_answer_that_breaks_off_is_an_error_too(
    server: ModelServer, upstream: Upstream, sent: bytes, code: str
) -> None:
    upstream.answers = [(RAW, sent)]
    with pytest.raises(ClientError) as caught:
        ask(server)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("usage", [None, [1], "many", {"prompt_tokens": "x"}])
def test_a_usage_that_cannot_be_read_is_estimated(server: ModelServer, upstream: Upstream, usage: Any) -> None:
    upstream.answers = [(200, chat("Hello there.", usage=usage))]
    assert ask(server)["usage"]["outputTokens"] == 3


def test_a_message_without_content_is_an_empty_reply(server: ModelServer, upstream: Upstream) -> None:
    upstream.answers = [(200, chat(None))]
    assert ask(server)["output"]["message"]["content"] == [{"text": ""}]


def test_a_server_that_is_not_there_is_unavailable() -> None:
    gone = Upstream()
    gone.close()
    running = ModelServer(OpenAIServer(gone.url))
    try:
        with pytest.raises(ClientError) as caught:
            ask(running)
    finally:
        running.stop()
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailableException"


def test_a_server_that_takes_too_long_is_a_model_timeout(upstream: Upstream) -> None:
    upstream.hanging = True
    running = ModelServer(OpenAIServer(upstream.url, model="mine", timeout_seconds=0.3))
    try:
        with pytest.raises(ClientError) as caught:
            ask(running)
    finally:
        running.stop()
    assert caught.value.response["Error"]["Code"] == "ModelTimeoutException"


def test_its_replies_can_be_spoiled_as_well(server: ModelServer) -> None:
    server.faults.set((Fault("empty", times=1),))
    assert ask(server)["output"]["message"]["content"] == [{"text": ""}]
    assert ask(server)["output"]["message"]["content"] == [{"text": "Hello there."}]


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://localhost", "", "http://"])
def test_what_is_no_address_is_named_with_the_way_out(url: str) -> None:
    with pytest.raises(UserError, match="no address of a model server"):
        OpenAIServer(url)


def test_a_password_in_the_address_does_not_show() -> None:
    assert "secret" not in OpenAIServer("http://user:secret@127.0.0.1:1").kind


SCHEMA = {"type": "object", "properties": {"verdicts": {"type": "array"}}}


def by_schema() -> dict[str, Any]:
    text_format = {
        "type": "json_schema",
        "structure": {"jsonSchema": {"schema": json.dumps(SCHEMA), "name": "verdicts"}},
    }
    return {"outputConfig": {"textFormat": text_format}}


def test_a_schema_is_handed_on_as_openai_spells_it(upstream: Upstream, server: ModelServer) -> None:
    ask(server, **by_schema())
    body = upstream.asked[-1][1]
    assert body["response_format"]["type"] == "json_schema"
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_server_that_knows_no_schemas_is_asked_in_plain_text_from_then_on(
    upstream: Upstream, server: ModelServer
) -> None:
    upstream.answers = [(400, {"error": "response_format is not supported"}), (200, chat("{}"))]
    ask(server, **by_schema())
    ask(server, **by_schema())
    bodies = [body for path, body, _ in upstream.asked if path.endswith("/chat/completions")]
    assert ["response_format" in body for body in bodies] == [True, False, False]
