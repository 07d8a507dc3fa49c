import json
from collections.abc import Mapping
from typing import Any
from unittest.mock import MagicMock

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from flightpulse.adapters.model import (
    AUTHOR,
    BUDGET_SECONDS,
    COOL_OFF_SECONDS,
    LONGEST_COOL_OFF_SECONDS,
    READ_TIMEOUT_SECONDS,
    REVIEWER,
    BedrockAuthor,
    BedrockModel,
    BedrockReviewer,
    CallLimits,
)
from flightpulse.messages import prompt
from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.review import joint_request, review_request
from flightpulse.messages.wording import ModelUnavailableError
from tests.unit.fakes import aws_error
from tests.unit.messages.samples import ELITE, MAJOR, MINOR, fitting_written_text

Answer = Mapping[str, Any] | Exception
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


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


def says(*texts: str, stop_reason: str = "end_turn") -> dict[str, Any]:
    return answers([{"text": text} for text in texts], stop_reason)


def answers(content: list[dict[str, Any]], stop_reason: str = "end_turn") -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 700, "outputTokens": 300, "totalTokens": 1000},
    }


QUESTION = review_request(fitting_written_text(MAJOR), MAJOR)
BOTH = joint_request([QUESTION, review_request(fitting_written_text(ELITE), ELITE)])


class Scene:
    def __init__(self, *answers: Answer, seconds: float = 0, model_id: str | Exception = "a.model") -> None:
        self.clock = Clock()
        self.bedrock = FakeBedrock(self.clock, list(answers), seconds)
        self.naps: list[float] = []
        self._model_id = model_id
        self.limits = CallLimits(clock=self.clock)
        self.reports: list[Mapping[str, str]] = []
        self.author_model = self.model(AUTHOR)
        self.author = BedrockAuthor(self.author_model)
        self.reviewer = BedrockReviewer(self.model(REVIEWER))

    def model(self, role: str) -> BedrockModel:
        return BedrockModel(
            role,
            self.bedrock,
            self._read_model_id,
            self.limits,
            lambda _, details: self.reports.append(details),
            sleep=self.naps.append,
            jitter=lambda: 1.0,
        )

    def _read_model_id(self) -> str:
        if isinstance(self._model_id, Exception):
            raise self._model_id
        return self._model_id


def test_the_author_is_asked_by_its_id_with_the_segment_s_request_and_nothing_else() -> None:
    scene = Scene(says("he", "llo"))
    assert scene.author.draft(MAJOR) == "hello"
    (call,) = scene.bedrock.calls
    assert call["modelId"] == "a.model"
    assert call["system"] == [{"text": prompt.SYSTEM}]
    assert call["messages"] == [{"role": "user", "content": [{"text": prompt.request(MAJOR)}]}]
    assert call["requestMetadata"] == {"role": "author", "segment": MAJOR.key}
    assert set(call) == {"modelId", "system", "messages", "inferenceConfig", "requestMetadata"}


def test_the_second_request_shows_the_reply_and_what_was_wrong_with_it() -> None:
    scene = Scene(says("better"))
    refusals = [Refusal(Rule.DIGIT, "14C")]
    assert scene.author.repair(MAJOR, "", refusals) == "better"
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
    assert scene.author.draft(MAJOR) == "hello"
    assert scene.naps == [0.8, 1.6]


def test_what_does_not_pass_is_given_up_after_three_tries() -> None:
    scene = Scene(*[aws_error("ThrottlingException")] * 3)
    with pytest.raises(ModelUnavailableError, match="ThrottlingException"):
        scene.author.draft(MAJOR)
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
        scene.author.draft(MAJOR)
    assert len(scene.bedrock.calls) == 1


def test_a_model_that_could_not_be_had_is_left_alone_for_a_while() -> None:
    scene = Scene(aws_error("AccessDeniedException"), says("hello"))
    with pytest.raises(ModelUnavailableError):
        scene.author.draft(MAJOR)
    with pytest.raises(ModelUnavailableError, match="resting"):
        scene.author.draft(MAJOR)
    scene.clock.now += COOL_OFF_SECONDS
    scene.limits.begin()
    assert scene.author.draft(MAJOR) == "hello"


def test_no_call_begins_once_the_invocation_s_time_is_used_up() -> None:
    scene = Scene(says("one"), says("two"), seconds=BUDGET_SECONDS)
    scene.limits.begin()
    scene.author.draft(MAJOR)
    with pytest.raises(ModelUnavailableError, match="out of time"):
        scene.author.draft(MAJOR)


def test_a_model_too_slow_for_the_invocation_s_time_is_left_alone_for_a_while() -> None:
    scene = Scene(says("one"), says("two"), seconds=BUDGET_SECONDS)
    scene.limits.begin()
    scene.author.draft(MAJOR)
    with pytest.raises(ModelUnavailableError, match="out of time"):
        scene.author.draft(MAJOR)
    scene.limits.begin()
    with pytest.raises(ModelUnavailableError, match="resting"):
        scene.author.draft(MAJOR)
    scene.clock.now += COOL_OFF_SECONDS
    scene.limits.begin()
    assert scene.author.draft(MAJOR) == "two"


def test_while_one_model_rests_neither_is_asked_because_a_template_takes_both() -> None:
    scene = Scene(aws_error("AccessDeniedException"))
    with pytest.raises(ModelUnavailableError, match="reviewer: AccessDeniedException"):
        scene.reviewer.review(QUESTION)
    with pytest.raises(ModelUnavailableError, match="author: resting"):
        scene.author.draft(MAJOR)
    assert len(scene.bedrock.calls) == 1


def test_a_reviewer_that_goes_on_failing_is_asked_less_and_less_often_though_the_author_answers() -> None:
    scene = Scene(aws_error("AccessDeniedException"), says("hello"), aws_error("AccessDeniedException"))
    with pytest.raises(ModelUnavailableError):
        scene.reviewer.review(QUESTION)
    scene.clock.now += COOL_OFF_SECONDS
    scene.limits.begin()
    scene.author.draft(MAJOR)
    with pytest.raises(ModelUnavailableError, match="AccessDenied"):
        scene.reviewer.review(QUESTION)
    scene.clock.now += COOL_OFF_SECONDS
    scene.limits.begin()
    with pytest.raises(ModelUnavailableError, match="resting"):
        scene.author.draft(MAJOR)


def test_after_a_success_a_failure_is_the_first_one_again() -> None:
    clock = Clock()
    limits = CallLimits(clock=clock)
    for _ in range(3):
        limits.failed(AUTHOR)
    limits.succeeded(AUTHOR)
    limits.failed(AUTHOR)

    clock.now += COOL_OFF_SECONDS - 1
    assert limits.resting
    clock.now += 1
    assert not limits.resting


def test_an_outage_that_goes_on_is_asked_about_less_and_less_often_until_it_ends() -> None:
    scene = Scene(*[aws_error("AccessDeniedException")] * 6, says("hello"), aws_error("AccessDeniedException"))
    for rest in (30, 60, 120, 240, LONGEST_COOL_OFF_SECONDS, LONGEST_COOL_OFF_SECONDS):
        scene.limits.begin()
        with pytest.raises(ModelUnavailableError, match="AccessDenied"):
            scene.author.draft(MAJOR)
        scene.clock.now += rest - 1
        with pytest.raises(ModelUnavailableError, match="resting"):
            scene.author.draft(MAJOR)
        scene.clock.now += 1
    scene.limits.begin()
    assert scene.author.draft(MAJOR) == "hello"
    with pytest.raises(ModelUnavailableError, match="AccessDenied"):
        scene.author.draft(MAJOR)
    scene.clock.now += COOL_OFF_SECONDS
    scene.limits.begin()
    with pytest.raises(IndexError):
        scene.author.draft(MAJOR)


def test_retries_count_against_the_invocation_s_time() -> None:
    scene = Scene(*[aws_error("ThrottlingException")] * 3, seconds=BUDGET_SECONDS / 2)
    scene.limits.begin()
    with pytest.raises(ModelUnavailableError, match="out of time"):
        scene.author.draft(MAJOR)
    assert len(scene.bedrock.calls) == 2


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (aws_error("ParameterNotFound"), "ParameterNotFound"),
        (EndpointConnectionError(endpoint_url="https://ssm"), "EndpointConnectionError"),
    ],
    ids=["refused", "out of reach"],
)
def test_without_its_id_the_model_cannot_be_asked(error: Exception, named: str) -> None:
    scene = Scene(model_id=error)
    with pytest.raises(ModelUnavailableError, match=f"model id: {named}"):
        scene.author.model_id()
    with pytest.raises(ModelUnavailableError, match="resting"):
        scene.author.model_id()
    assert scene.bedrock.calls == []


def test_a_call_is_never_repeated_by_botocore_and_the_models_id_is_waited_for_briefly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configs: dict[str, Config] = {}
    monkeypatch.setattr(boto3, "client", lambda service, config: configs.update({service: config}) or MagicMock())

    BedrockModel.connect(AUTHOR, "/parameter", CallLimits(), lambda *_: None)

    model, parameter = configs["bedrock-runtime"], configs["ssm"]
    assert model.read_timeout == READ_TIMEOUT_SECONDS
    assert model.retries["total_max_attempts"] == 1
    longest = (parameter.connect_timeout + parameter.read_timeout) * parameter.retries["total_max_attempts"]
    assert longest < READ_TIMEOUT_SECONDS / 2


@pytest.mark.parametrize("answer", [{}, {"output": {}}, {"output": {"message": {"content": [{"toolUse": {}}]}}}])
def test_an_answer_without_text_is_an_empty_reply(answer: dict[str, Any]) -> None:
    assert Scene(answer).author.draft(MAJOR) == ""


def test_what_a_model_thought_is_no_part_of_its_answer() -> None:
    thinking = {"reasoningContent": {"reasoningText": {"text": "Let me see."}}}
    assert Scene(answers([thinking, {"text": "hello"}])).author.draft(MAJOR) == "hello"


@pytest.mark.parametrize(
    "stop_reason", ["content_filtered", "guardrail_intervened", "tool_use", "malformed_model_output"]
)
def test_an_answer_that_something_else_replaced_is_none_and_is_named(stop_reason: str) -> None:
    scene = Scene(says("Sorry, I cannot help with that.", stop_reason=stop_reason))
    assert scene.author.draft(MAJOR) == ""
    assert scene.reports == [{"role": "author", "model_id": "a.model", "stop_reason": stop_reason}]


def test_an_answer_that_was_cut_short_is_read_as_it_is_and_named() -> None:
    scene = Scene(says('{"subject": "Fl', stop_reason="max_tokens"))
    assert scene.author.draft(MAJOR) == '{"subject": "Fl'
    assert scene.reports[0]["stop_reason"] == "max_tokens"


def test_tokens_are_counted_as_bedrock_counts_them() -> None:
    scene = Scene(says("one"), says("two"))
    scene.author.draft(MAJOR)
    scene.author.draft(MAJOR)
    assert scene.author_model.usage.to_fields() == {"calls": 2, "input_tokens": 1400, "output_tokens": 600}


def test_the_reviewer_answers_coldly_and_by_a_schema() -> None:
    scene = Scene(says("{}"))
    assert scene.reviewer.review(QUESTION) == "{}"
    (call,) = scene.bedrock.calls
    assert call["inferenceConfig"]["temperature"] == 0
    assert call["system"] == [{"text": QUESTION.system}]
    assert call["messages"] == [{"role": "user", "content": [{"text": QUESTION.user}]}]
    schema = call["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]
    assert json.loads(schema) == QUESTION.schema


def test_a_review_request_has_the_shape_that_bedrock_takes() -> None:
    scene = Scene(says("{}"))
    scene.reviewer.review(QUESTION)
    stubber = Stubber(bedrock := boto3.client("bedrock-runtime", region_name="us-east-1", **KEYS))
    stubber.add_response("converse", {**says("{}"), "metrics": {"latencyMs": 1}}, scene.bedrock.calls[0])
    with stubber:
        bedrock.converse(**scene.bedrock.calls[0])


@pytest.mark.parametrize("error", [aws_error("ValidationException"), ParamValidationError(report="outputConfig")])
def test_a_model_that_takes_no_schema_is_asked_in_plain_text_from_then_on(error: Exception) -> None:
    scene = Scene(error, says("first"), says("second"))
    assert [scene.reviewer.review(QUESTION) for _ in range(2)] == ["first", "second"]
    assert ["outputConfig" in call for call in scene.bedrock.calls] == [True, False, False]


def test_a_reviewer_id_that_does_not_exist_is_named_by_role_and_error() -> None:
    scene = Scene(aws_error("ValidationException"), aws_error("ValidationException"))
    with pytest.raises(ModelUnavailableError, match="reviewer: ValidationException"):
        scene.reviewer.review(QUESTION)


def test_several_segments_are_asked_for_in_one_call_that_names_each() -> None:
    scene = Scene(says("hello"), says("{}"))
    scene.author.draft(MAJOR, ELITE)
    scene.reviewer.review(BOTH)
    drafting, reviewing = scene.bedrock.calls
    assert drafting["messages"] == [{"role": "user", "content": [{"text": prompt.request(MAJOR, ELITE)}]}]
    assert drafting["system"] == [{"text": prompt.system(2)}]
    named = {"segment": MAJOR.key, "segment_2": ELITE.key}
    assert drafting["requestMetadata"] == {"role": "author", **named}
    assert reviewing["requestMetadata"] == {"role": "reviewer", **named}


def test_an_answer_about_several_may_be_no_longer_than_one_because_models_refuse_what_is_more_than_they_can_say() -> (
    None
):
    scene = Scene(says("hello"), says("hello"), says("{}"), says("{}"))
    scene.author.draft(MAJOR)
    scene.author.draft(MAJOR, ELITE, MINOR)
    scene.reviewer.review(QUESTION)
    scene.reviewer.review(BOTH)
    assert {call["inferenceConfig"]["maxTokens"] for call in scene.bedrock.calls} == {2000}


def test_a_refused_request_for_several_is_an_empty_answer_and_the_model_is_asked_for_each_alone_at_once() -> None:
    scene = Scene(aws_error("ValidationException"), says("hello"))
    assert scene.author.draft(MAJOR, ELITE) == ""
    assert scene.author.draft(MAJOR) == "hello"
    assert scene.reports == [{"role": "author", "model_id": "a.model"}]


def test_a_refused_request_about_several_drafts_is_an_empty_answer_and_says_nothing_of_the_schema() -> None:
    scene = Scene(*[aws_error("ValidationException")] * 2, says("{}"))
    assert scene.reviewer.review(BOTH) == ""
    assert scene.reviewer.review(QUESTION) == "{}"
    assert ["outputConfig" in call for call in scene.bedrock.calls] == [True, False, True]


def test_a_request_for_several_that_fails_in_another_way_makes_the_model_rest() -> None:
    scene = Scene(aws_error("AccessDeniedException"))
    with pytest.raises(ModelUnavailableError, match="AccessDenied"):
        scene.author.draft(MAJOR, ELITE)
    assert scene.limits.resting
