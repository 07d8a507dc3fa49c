"""The stand-in endpoint as boto3's own bedrock-runtime client sees it."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from flightpulse.adapters.model import AUTHOR, REVIEWER, BedrockAuthor, BedrockModel, BedrockReviewer, CallLimits
from flightpulse.local_cloud import SETUP
from flightpulse.messages import prompt
from flightpulse.messages.lint import lint
from flightpulse.messages.news import all_segments
from flightpulse.messages.records import Status
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate
from flightpulse.messages.wording import Origin, Wording
from flightpulse.stand_in.model import StandIn
from flightpulse.use_cases.choose_wordings import choose_wordings
from localcloud.model import ModelServer, Reply, Request
from localcloud.model.faults import Fault
from tests.unit.messages.samples import CANCELLED, MAJOR, TERMINAL
from tests.unit.messages.template_store import FakeStore
from tests.waiting import PATIENCE_SECONDS

MODEL = "amazon.nova-lite-v1:0"
NO_SCHEMA = {"jsonSchema": {"name": "verdicts", "schema": "whatever"}}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    running = ModelServer(StandIn(), subject=SETUP.subject, spoilers=SETUP.spoilers)
    yield running
    running.stop()


def client(server: ModelServer, *, attempts: int = 1, seconds: float = PATIENCE_SECONDS, **config: Any) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}, read_timeout=seconds, **config),
    )


def ask(bedrock: Any, text: str = "Hello", model_id: str = MODEL, **more: Any) -> Any:
    return bedrock.converse(modelId=model_id, messages=[{"role": "user", "content": [{"text": text}]}], **more)


def control(server: ModelServer, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    call = urllib.request.Request(f"{server.url}/_flightpulse/{path}", data=data, method=method)
    with urllib.request.urlopen(call, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)


def statuses(server: ModelServer) -> list[int]:
    """How the calls ended, in their order."""
    return [call["status"] for call in control(server, "GET", "calls")["calls"]]


def test_an_answer_has_the_shape_of_converse(server: ModelServer) -> None:
    metadata = {"role": "author", "segment": MAJOR.key}
    answer = ask(client(server), prompt.request(MAJOR), system=[{"text": prompt.SYSTEM}], requestMetadata=metadata)
    message = answer["output"]["message"]
    assert message["role"] == "assistant"
    template = prompt.read_reply(message["content"][0]["text"])
    assert isinstance(template, MessageTemplate)
    assert lint(template, MAJOR) == []
    assert answer["stopReason"] == "end_turn"
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    assert usage["inputTokens"] > 100
    assert answer["metrics"]["latencyMs"] >= 0
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["RequestId"]


def test_it_listens_on_this_machine_only(server: ModelServer) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    assert server.kind == "stand-in"
    assert control(server, "GET", "health") == {"status": "healthy", "kind": "stand-in"}


@pytest.mark.parametrize(
    "model_id",
    [
        MODEL,
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.amazon.nova-lite-v1:0",
    ],
)
def test_model_ids_of_all_kinds_are_taken(server: ModelServer, model_id: str) -> None:
    ask(client(server), model_id=model_id)
    assert control(server, "GET", "calls")["calls"][0]["model_id"] == model_id


def test_maxtokens_ends_a_reply_as_a_model_would(server: ModelServer) -> None:
    metadata = {"segment": MAJOR.key}
    answer = ask(client(server), prompt.request(MAJOR), inferenceConfig={"maxTokens": 10}, requestMetadata=metadata)
    assert answer["stopReason"] == "max_tokens"
    assert answer["usage"]["outputTokens"] == 10
    assert len(answer["output"]["message"]["content"][0]["text"]) == 40


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "ThrottlingException", 429),
        ("timeout", "ModelTimeoutException", 408),
        ("server_error", "InternalServerException", 500),
        ("unavailable", "ServiceUnavailableException", 503),
        ("not_ready", "ModelNotReadyException", 429),
        ("denied", "AccessDeniedException", 403),
        ("invalid", "ValidationException", 400),
    ],
)
def test_errors_are_bedrock_s_own(server: ModelServer, kind: str, code: str, status: int) -> None:
    control(server, "PUT", "faults", {"faults": [{"kind": kind, "times": 1}]})
    bedrock = client(server)
    with pytest.raises(ClientError) as caught:
        ask(bedrock)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert type(caught.value).__name__ == code, "boto3 knows it as one of the service's own exceptions"
    ask(bedrock)


def test_boto3_retries_a_throttle_and_gets_its_answer(server: ModelServer) -> None:
    server.faults.set((Fault("throttle", times=2),))
    answer = ask(client(server, attempts=4))
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert statuses(server) == [429, 429, 200]


def test_a_model_that_is_down_closes_the_connection(server: ModelServer) -> None:
    control(server, "PUT", "faults", {"faults": [{"kind": "down", "times": 1}]})
    with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
        ask(client(server))
    assert statuses(server) == [0]


def test_a_slow_model_runs_into_the_caller_s_timeout_and_does_not_hold_up_the_end(server: ModelServer) -> None:
    control(server, "PUT", "faults", {"faults": [{"kind": "slow", "seconds": 600}]})
    with pytest.raises(ReadTimeoutError):
        ask(client(server, seconds=0.2))
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "assistant", "content": [{"text": "x"}]}]}, "start with a user message"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}] * 2}, "alternate"),
        ({"messages": [{"role": "user", "content": [{"text": "  "}]}]}, "is blank"),
        ({"messages": [{"role": "user", "content": []}]}, "is blank"),
        ({"modelId": "nonsense"}, "model identifier is invalid"),
        ({"modelId": "nobody.no-such-model-v1:0"}, "model identifier is invalid"),
        ({"requestMetadata": {"segment": "{}"}}, "requestMetadata.segment"),
        ({"outputConfig": {"textFormat": {"type": "json_schema", "structure": NO_SCHEMA}}}, "no JSON schema"),
    ],
)
def test_a_request_that_bedrock_would_refuse_is_refused(
    server: ModelServer, arguments: dict[str, Any], message: str
) -> None:
    good: dict[str, Any] = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "x"}]}]}
    with pytest.raises(ClientError, match=message) as caught:
        client(server).converse(**{**good, **arguments})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_other_operations_are_not_answered_with_a_lie(server: ModelServer) -> None:
    with pytest.raises(ClientError, match="serves Converse only"):
        client(server).invoke_model(modelId=MODEL, body=b"{}")


def test_an_unsigned_request_is_refused(server: ModelServer) -> None:
    call = urllib.request.Request(f"{server.url}/model/{MODEL}/converse", data=b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(call, timeout=PATIENCE_SECONDS)
    assert caught.value.code == 403
    assert caught.value.headers["x-amzn-ErrorType"].startswith("MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    "body",
    [
        {"faults": [{"kind": "coffee"}]},
        {"faults": "throttle"},
        [],
        {"faults": [], "seed": "x"},
        {"faults": [{"kind": "down", "times": -1}]},
    ],
)
def test_a_fault_that_cannot_be_read_is_refused_and_changes_nothing(server: ModelServer, body: object) -> None:
    control(server, "PUT", "faults", {"faults": [{"kind": "empty", "times": 3}]})
    with pytest.raises(urllib.error.HTTPError) as caught:
        control(server, "PUT", "faults", body)
    assert caught.value.code == 400
    assert [fault["kind"] for fault in control(server, "GET", "faults")["faults"]] == ["empty"]


def test_faults_can_be_cleared_and_counts_started_anew(server: ModelServer) -> None:
    control(server, "PUT", "faults", {"faults": [{"kind": "throttle"}], "seed": 3})
    assert control(server, "DELETE", "faults") == {"faults": []}
    ask(client(server))
    assert control(server, "GET", "calls")["total"] == 1
    assert control(server, "DELETE", "calls")["total"] == 0


def test_calls_are_counted_with_what_they_were_about(server: ModelServer) -> None:
    server.faults.set((Fault("digit", times=1),))
    metadata = {"role": "author", "segment": TERMINAL.key}
    ask(client(server), prompt.request(TERMINAL), requestMetadata=metadata)
    (call,) = control(server, "GET", "calls")["calls"]
    assert call == {**call, **metadata, "turn": 1, "fault": "digit", "status": 200, "number": 1}


class Meeting:
    """Answers nobody before all are there."""

    kind = "a meeting"

    def __init__(self, callers: int) -> None:
        self._all_there = threading.Barrier(callers)

    def write(self, request: Request) -> Reply:
        self._all_there.wait(PATIENCE_SECONDS)
        return Reply(request.system, 1, 1)


def test_many_callers_are_answered_at_once() -> None:
    running = ModelServer(Meeting(12))
    bedrock = client(running, max_pool_connections=20)
    callers = [threading.Thread(target=ask, args=(bedrock,)) for _ in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    answered = statuses(running)
    running.stop()
    assert answered == [200] * 12


def test_stopping_twice_is_no_mistake(server: ModelServer) -> None:
    server.stop()
    server.stop()
    with pytest.raises(EndpointConnectionError):
        ask(client(server))


class Chosen:
    """What the function's own models and the flow make of one segment. Only an ``impatient`` role's caller hurries."""

    def __init__(self, server: ModelServer, *, impatient: str = "") -> None:
        self._server = server
        limits = CallLimits()
        self._models = [
            BedrockModel(
                role,
                client(server, seconds=0.5 if role == impatient else PATIENCE_SECONDS),
                lambda: MODEL,
                limits,
                lambda *_: None,
                sleep=lambda _: None,
            )
            for role in (AUTHOR, REVIEWER)
        ]
        self.store = FakeStore()

    def wording(self, segment: Segment) -> Wording:
        author, reviewer = self._models
        return choose_wordings([segment], BedrockAuthor(author), BedrockReviewer(reviewer), self.store)[segment]

    def asked(self) -> list[tuple[str, int]]:
        """Role and turn of each call."""
        return [(call["role"], call["turn"]) for call in control(self._server, "GET", "calls")["calls"]]


def test_the_function_s_own_calls_get_an_approved_template_for_all_kinds_of_segments(server: ModelServer) -> None:
    scene = Chosen(server)
    chosen = [scene.wording(segment) for segment in list(all_segments())[::9]]
    assert {wording.origin for wording in chosen} == {Origin.MODEL}
    assert scene.asked() == [("author", 1), ("reviewer", 1)] * len(chosen)


@pytest.mark.parametrize("kind", ["not_json", "wrong_language", "over_long", "missing_placeholder", "wrong_shape"])
def test_a_draft_that_cannot_be_used_is_mended_by_its_author_once(server: ModelServer, kind: str) -> None:
    scene = Chosen(server)
    server.faults.set((Fault(kind, times=1, role="author"),), seed=5)
    assert scene.wording(CANCELLED).origin is Origin.MODEL
    assert scene.asked() == [("author", 1), ("author", 2), ("reviewer", 1)]
    assert scene.store.only.repaired


@pytest.mark.parametrize("kind", ["digit", "promise", "cause", "name", "link", "claim"])
def test_a_sentence_too_many_is_left_out_and_the_others_are_used(server: ModelServer, kind: str) -> None:
    scene = Chosen(server)
    server.faults.set((Fault(kind),), seed=4)
    used = scene.wording(MAJOR)
    assert used.origin is Origin.MODEL
    assert used.template is not None
    record = scene.store.only
    assert record.dropped
    assert not set(record.dropped) & {sentence.text for sentence in used.template.sentences()}


@pytest.mark.parametrize(
    "kind", ["throttle", "down", "slow", "unavailable", "denied", "empty", "truncated", "over_long"]
)
def test_a_model_that_never_behaves_leaves_the_written_text(server: ModelServer, kind: str) -> None:
    server.faults.set((Fault(kind),), seed=5)
    used = Chosen(server, impatient=AUTHOR if kind == "slow" else "").wording(CANCELLED)
    assert (used.origin, used.template) == (Origin.FALLBACK, None)


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        (Fault("approve_all"), "reviewer"),
        (Fault("refuse_all"), "reviewer"),
        (Fault("incomplete_review"), "reviewer"),
        (Fault("not_json", role="reviewer"), "reviewer"),
        (Fault("empty", role="reviewer"), "reviewer"),
    ],
)
def test_a_reviewer_that_is_not_believed_approves_nothing_and_the_written_text_goes_out(
    server: ModelServer, fault: Fault, rule: str
) -> None:
    scene = Chosen(server)
    server.faults.set((fault,))
    assert scene.wording(CANCELLED).origin is Origin.FALLBACK
    record = scene.store.only
    assert record.status is Status.REFUSED
    assert rule in {str(reason.rule) for reason in record.reasons}


@pytest.mark.parametrize("kind", ["slow", "throttle", "denied"])
def test_a_reviewer_that_is_late_or_gone_leaves_no_record_and_the_written_text_goes_out(
    server: ModelServer, kind: str
) -> None:
    scene = Chosen(server, impatient=REVIEWER if kind == "slow" else "")
    server.faults.set((Fault(kind, role="reviewer"),))
    used = scene.wording(CANCELLED)
    assert used.origin is Origin.FALLBACK
    assert str(used.problem).startswith("reviewer: ")
    assert scene.store.kept == {}


def test_a_liar_before_a_reviewer_that_approves_everything_is_caught_by_the_canaries(server: ModelServer) -> None:
    scene = Chosen(server)
    server.faults.set((Fault("promise"), Fault("approve_all")), seed=4)
    assert scene.wording(MAJOR).origin is Origin.FALLBACK
