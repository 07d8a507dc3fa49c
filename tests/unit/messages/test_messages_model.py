from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from flightpulse.adapters.model import (
    BUDGET_SECONDS,
    COOL_OFF_SECONDS,
    LONGEST_COOL_OFF_SECONDS,
    REFUSED_SECONDS,
    BedrockAuthor,
)
from flightpulse.domain import prompt
from flightpulse.domain.guard import Refusal, Rule
from flightpulse.domain.wordings import ModelUnavailableError
from tests.unit.fakes import aws_error
from tests.unit.messages.samples import MAJOR, MINOR

Answer = Mapping[str, Any] | Exception


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeBedrock:
    """Answers in turn; each answer takes ``seconds`` on the clock."""

    def __init__(self, clock: Clock, answers: list[Answer], seconds: float = 0) -> None:
        self.clock, self.answers, self.seconds = clock, answers, seconds
        self.calls: list[dict[str, Any]] = []

    def converse(self, **arguments: Any) -> Mapping[str, Any]:
        self.calls.append(arguments)
        self.clock.now += self.seconds
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def says(*texts: str) -> dict[str, Any]:
    return {"output": {"message": {"role": "assistant", "content": [{"text": text} for text in texts]}}}


class Scene:
    def __init__(self, *answers: Answer, seconds: float = 0, model_id: str | Exception = "a.model") -> None:
        self.clock = Clock()
        self.bedrock = FakeBedrock(self.clock, list(answers), seconds)
        self.naps: list[float] = []
        self._model_id = model_id
        self.author = BedrockAuthor(
            self.bedrock, self._read_model_id, clock=self.clock, sleep=self.naps.append, jitter=lambda: 1.0
        )

    def _read_model_id(self) -> str:
        if isinstance(self._model_id, Exception):
            raise self._model_id
        return self._model_id


def test_the_model_is_asked_by_its_id_with_the_segment_s_request_and_nothing_else() -> None:
    scene = Scene(says("he", "llo"))
    assert scene.author.reply(MAJOR) == "hello"
    (call,) = scene.bedrock.calls
    assert call["modelId"] == "a.model"
    assert call["system"] == [{"text": prompt.SYSTEM}]
    assert call["messages"] == [{"role": "user", "content": [{"text": prompt.request(MAJOR)}]}]
    assert set(call) == {"modelId", "system", "messages", "inferenceConfig"}


def test_the_second_request_shows_the_reply_and_what_was_wrong_with_it() -> None:
    scene = Scene(says("better"))
    refusals = [Refusal(Rule.PROMISE, "voucher")]
    assert scene.author.second_reply(MAJOR, "", refusals) == "better"
    roles, texts = zip(
        *((message["role"], message["content"][0]["text"]) for message in scene.bedrock.calls[0]["messages"]),
        strict=True,
    )
    assert roles == ("user", "assistant", "user")
    assert texts == (prompt.request(MAJOR), "(empty)", prompt.repair(refusals))


@pytest.mark.parametrize(
    "error",
    [
        aws_error("ThrottlingException"),
        aws_error("ServiceUnavailableException"),
        aws_error("InternalServerException"),
        aws_error("ModelNotReadyException"),
        EndpointConnectionError(endpoint_url="http://x"),
        ConnectionClosedError(endpoint_url="http://x"),
    ],
)
def test_what_may_pass_is_tried_again_after_a_growing_pause(error: Exception) -> None:
    scene = Scene(error, error, says("hello"))
    assert scene.author.reply(MAJOR) == "hello"
    assert scene.naps == [0.8, 1.6]


def test_what_does_not_pass_is_given_up_after_three_tries() -> None:
    scene = Scene(*[aws_error("ThrottlingException")] * 3)
    with pytest.raises(ModelUnavailableError, match="ThrottlingException"):
        scene.author.reply(MAJOR)
    assert len(scene.bedrock.calls) == 3


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (aws_error("ValidationException"), "ValidationException"),
        (aws_error("AccessDeniedException"), "AccessDeniedException"),
        (aws_error("ModelTimeoutException"), "ModelTimeoutException"),
        (ReadTimeoutError(endpoint_url="http://x"), "ReadTimeoutError"),
        (ResponseParserError("no JSON"), "ResponseParserError"),
        (BotoCoreError(), "BotoCoreError"),
    ],
)
def test_what_another_try_would_not_mend_is_not_tried_again(error: Exception, named: str) -> None:
    scene = Scene(error)
    with pytest.raises(ModelUnavailableError, match=named):
        scene.author.reply(MAJOR)
    assert len(scene.bedrock.calls) == 1


def test_a_model_that_could_not_be_had_is_left_alone_for_a_while() -> None:
    scene = Scene(aws_error("AccessDeniedException"), says("hello"))
    with pytest.raises(ModelUnavailableError):
        scene.author.reply(MAJOR)
    with pytest.raises(ModelUnavailableError, match="resting"):
        scene.author.reply(MAJOR)
    scene.clock.now += COOL_OFF_SECONDS
    scene.author.begin()
    assert scene.author.reply(MAJOR) == "hello"


def test_no_call_begins_once_the_invocation_s_time_is_used_up() -> None:
    scene = Scene(says("one"), says("two"), seconds=BUDGET_SECONDS)
    scene.author.begin()
    scene.author.reply(MAJOR)
    with pytest.raises(ModelUnavailableError, match="out of time"):
        scene.author.reply(MAJOR)


def test_a_model_too_slow_for_the_invocation_s_time_is_left_alone_for_a_while() -> None:
    scene = Scene(says("one"), says("two"), seconds=BUDGET_SECONDS)
    scene.author.begin()
    scene.author.reply(MAJOR)
    with pytest.raises(ModelUnavailableError, match="out of time"):
        scene.author.reply(MAJOR)
    scene.author.begin()
    with pytest.raises(ModelUnavailableError, match="resting"):
        scene.author.reply(MAJOR)
    scene.clock.now += COOL_OFF_SECONDS
    scene.author.begin()
    assert scene.author.reply(MAJOR) == "two"


def test_while_the_model_rests_its_id_is_known_so_that_cached_templates_are_found() -> None:
    scene = Scene(aws_error("AccessDeniedException"))
    with pytest.raises(ModelUnavailableError):
        scene.author.reply(MAJOR)
    assert scene.author.model_id() == "a.model"


def test_an_outage_that_goes_on_is_asked_about_less_and_less_often_until_it_ends() -> None:
    scene = Scene(*[aws_error("AccessDeniedException")] * 6, says("hello"), aws_error("AccessDeniedException"))
    for rest in (30, 60, 120, 240, LONGEST_COOL_OFF_SECONDS, LONGEST_COOL_OFF_SECONDS):
        scene.author.begin()
        with pytest.raises(ModelUnavailableError, match="AccessDenied"):
            scene.author.reply(MAJOR)
        scene.clock.now += rest - 1
        with pytest.raises(ModelUnavailableError, match="resting"):
            scene.author.reply(MAJOR)
        scene.clock.now += 1
    scene.author.begin()
    assert scene.author.reply(MAJOR) == "hello"
    with pytest.raises(ModelUnavailableError, match="AccessDenied"):
        scene.author.reply(MAJOR)
    scene.clock.now += COOL_OFF_SECONDS
    scene.author.begin()
    with pytest.raises(IndexError):
        scene.author.reply(MAJOR)


def test_a_segment_that_was_refused_twice_is_not_asked_for_again_for_a_while() -> None:
    scene = Scene(says("other"), says("hello"))
    scene.author.give_up(MAJOR)
    with pytest.raises(ModelUnavailableError, match="refused"):
        scene.author.reply(MAJOR)
    assert scene.author.reply(MINOR) == "other"
    scene.clock.now += REFUSED_SECONDS
    scene.author.begin()
    assert scene.author.reply(MAJOR) == "hello"


def test_retries_count_against_the_invocation_s_time() -> None:
    scene = Scene(*[aws_error("ThrottlingException")] * 3, seconds=BUDGET_SECONDS / 2)
    scene.author.begin()
    with pytest.raises(ModelUnavailableError, match="out of time"):
        scene.author.reply(MAJOR)
    assert len(scene.bedrock.calls) == 2


def test_without_its_id_the_model_cannot_be_asked() -> None:
    scene = Scene(model_id=aws_error("ParameterNotFound"))
    with pytest.raises(ModelUnavailableError, match="model id: ParameterNotFound"):
        scene.author.model_id()
    with pytest.raises(ModelUnavailableError, match="resting"):
        scene.author.model_id()
    assert scene.bedrock.calls == []


@pytest.mark.parametrize("answer", [{}, {"output": {}}, {"output": {"message": {"content": [{"toolUse": {}}]}}}])
def test_an_answer_without_text_is_an_empty_reply(answer: dict[str, Any]) -> None:
    assert Scene(answer).author.reply(MAJOR) == ""
