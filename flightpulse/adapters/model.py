"""Asks models on Bedrock for drafts and reviews, and gives up soon enough that passengers do not wait for them.

How long models can hold up an invocation is bounded: no call begins after the invocation's budget is spent, a call that
times out is not repeated (a slow model is not faster the second time), and once a model could not be had or was too
slow for the budget, nobody asks for it again for :data:`COOL_OFF_SECONDS`, then for twice as long, up to
:data:`LONGEST_COOL_OFF_SECONDS`. A template takes an author and a reviewer, so while one of them rests, both do. The
worst case of one invocation is :data:`BUDGET_SECONDS` plus one read timeout.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)
from botocore.parsers import ResponseParserError

from flightpulse.adapters import aws
from flightpulse.adapters.settings import Parameter
from flightpulse.messages import prompt
from flightpulse.messages.lint import Refusal
from flightpulse.messages.review import MAX_TOKENS, ReviewRequest
from flightpulse.messages.segments import Segment
from flightpulse.messages.wording import ModelUnavailableError

BUDGET_SECONDS = 25.0
COOL_OFF_SECONDS = 30.0
LONGEST_COOL_OFF_SECONDS = 300.0
READ_TIMEOUT_SECONDS = 20.0

AUTHOR, REVIEWER = "author", "reviewer"
"""The two roles of a model, as logs and reports name them."""

_ATTEMPTS = 3
_BACKOFF_SECONDS = 0.4
_LONGEST_BACKOFF_SECONDS = 4.0
# A reply is some 350 tokens long, and up to three are asked for; models that think before they write spend more. What
# is cut off is asked for alone, while many models refuse a request that allows more than they can say.
_DRAFTING_TOKENS = 2000
_PASSING = frozenset(
    {"ThrottlingException", "ServiceUnavailableException", "InternalServerException", "ModelNotReadyException"}
)
_PASSING_ERRORS = (EndpointConnectionError, ConnectionClosedError, ConnectTimeoutError)
_COMPLETE = frozenset({"end_turn", "stop_sequence"})
_CUT_SHORT = frozenset({"max_tokens", "model_context_window_exceeded"})

# Retries are counted here and not by botocore, which would also repeat a call that ran into its read timeout.
_CONFIG = Config(connect_timeout=2, read_timeout=READ_TIMEOUT_SECONDS, retries={"total_max_attempts": 1})

Report = Callable[[str, Mapping[str, str]], None]
"""Is told what was odd about an answer, with details for a log line."""


class ConverseClient(Protocol):
    """What is used of boto3's ``bedrock-runtime`` client."""

    def converse(self, **arguments: Any) -> Mapping[str, Any]: ...


class CallLimits:
    """How long models may keep an invocation waiting, and how long they are left alone after a failure.

    One object serves all invocations of a worker in turn, and all models that they ask.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadline = clock() + BUDGET_SECONDS
        self._closed_until = clock()
        self._failures: Counter[str] = Counter()

    def begin(self, budget_seconds: float = BUDGET_SECONDS) -> None:
        """Start an invocation: from now on models have this much time, whatever they are asked."""
        self._deadline = self._clock() + budget_seconds

    @property
    def out_of_time(self) -> bool:
        return self._clock() >= self._deadline

    @property
    def resting(self) -> bool:
        """Whether a failure is so recent that nobody is asked."""
        return self._clock() < self._closed_until

    def failed(self, role: str) -> None:
        """Leave all models alone for a while, the longer the more often this one has failed in a row."""
        rest = min(COOL_OFF_SECONDS * 2.0 ** self._failures[role], LONGEST_COOL_OFF_SECONDS)
        self._closed_until = self._clock() + rest
        self._failures[role] += 1

    def succeeded(self, role: str) -> None:
        self._failures[role] = 0


@dataclass(slots=True)
class TokenUsage:
    """What a model has been asked: calls that were answered, and the tokens that Bedrock counted."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def count(self, answer: Mapping[str, Any]) -> None:
        used = answer.get("usage") or {}
        self.calls += 1
        self.input_tokens += int(used.get("inputTokens") or 0)
        self.output_tokens += int(used.get("outputTokens") or 0)

    def to_fields(self) -> dict[str, int]:
        return {"calls": self.calls, "input_tokens": self.input_tokens, "output_tokens": self.output_tokens}


class BedrockModel:
    """One model in one role, reached by Bedrock's Converse API."""

    def __init__(
        self,
        role: str,
        client: ConverseClient,
        model_id: Callable[[], str],
        limits: CallLimits,
        report: Report,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._role = role
        self._client = client
        self._read_model_id = model_id
        self._limits = limits
        self._report = report
        self._sleep = sleep
        self._jitter = jitter
        self.usage = TokenUsage()

    @classmethod
    def connect(cls, role: str, model_id_parameter: str, limits: CallLimits, report: Report) -> Self:
        """The model whose id an SSM SecureString names, with clients from the environment."""
        model_id = Parameter.connect(model_id_parameter).value
        return cls(role, aws.client("bedrock-runtime", _CONFIG), model_id, limits, report)

    def model_id(self) -> str:
        """The id that the parameter names. Raises :class:`ModelUnavailableError`."""
        self._check_open()
        try:
            return self._read_model_id()
        except (ClientError, BotoCoreError) as error:
            raise self._unavailable(f"model id: {_code(error)}") from error

    def converse(
        self,
        messages: list[dict[str, Any]],
        *,
        segments: Sequence[Segment],
        system: str,
        inference: Mapping[str, Any],
        **more: Any,
    ) -> str:
        """The text of the model's answer, empty when it gave none. Raises :class:`ModelUnavailableError`.

        The segments and the role go into ``requestMetadata``, by which Bedrock's invocation log can be filtered.
        ``more`` are further arguments of Converse. Raises :class:`RefusedRequestError` when the model does not take a
        request with more arguments, or about several segments.
        """
        model_id = self.model_id()
        request = {
            "modelId": model_id,
            "system": [{"text": system}],
            "messages": messages,
            "inferenceConfig": inference,
            "requestMetadata": {"role": self._role, **_named(segments)},
            **more,
        }
        for attempt in range(1, _ATTEMPTS + 1):
            if self._limits.out_of_time:
                raise self._unavailable("out of time")
            try:
                answer = self._client.converse(**request)
            except (ClientError, BotoCoreError, ResponseParserError) as error:
                if (more or len(segments) > 1) and _refused(error):
                    self._report("a model refused a request", {"role": self._role, "model_id": model_id})
                    raise RefusedRequestError from error
                if attempt == _ATTEMPTS or not _passes(error):
                    raise self._unavailable(_code(error)) from error
                ceiling = min(_LONGEST_BACKOFF_SECONDS, _BACKOFF_SECONDS * 2**attempt)
                self._sleep(self._jitter() * ceiling)
            else:
                self._limits.succeeded(self._role)
                self.usage.count(answer)
                return self._text(answer, model_id)
        raise AssertionError("every attempt returns or raises")

    def _text(self, answer: Mapping[str, Any], model_id: str) -> str:
        """The text of an answer without what the model thought; nothing of one that a filter or guardrail replaced."""
        stop = str(answer.get("stopReason") or "end_turn")
        if stop not in _COMPLETE:
            self._report(
                "a model did not finish its answer", {"role": self._role, "model_id": model_id, "stop_reason": stop}
            )
            if stop not in _CUT_SHORT:
                return ""
        content = answer.get("output", {}).get("message", {}).get("content", [])
        return "".join(block["text"] for block in content if isinstance(block.get("text"), str))

    def _check_open(self) -> None:
        if self._limits.resting:
            raise ModelUnavailableError(f"{self._role}: resting after a failure")

    def _unavailable(self, problem: str) -> ModelUnavailableError:
        self._limits.failed(self._role)
        return ModelUnavailableError(f"{self._role}: {problem}")


class RefusedRequestError(Exception):
    """The model, or this version of boto3, does not take a request that can be put more simply."""


class BedrockAuthor:
    """A model that drafts templates. Its answer is empty where it refuses a request for several at once."""

    def __init__(self, model: BedrockModel) -> None:
        self._model = model

    def model_id(self) -> str:
        return self._model.model_id()

    def draft(self, *segments: Segment) -> str:
        try:
            return self._converse(segments, [_message("user", prompt.request(*segments))])
        except RefusedRequestError:
            return ""

    def repair(self, segment: Segment, reply: str, refusals: Sequence[Refusal]) -> str:
        return self._converse(
            [segment],
            [
                _message("user", prompt.request(segment)),
                _message("assistant", prompt.quoted(reply)),
                _message("user", prompt.repair(refusals)),
            ],
        )

    def _converse(self, segments: Sequence[Segment], messages: list[dict[str, Any]]) -> str:
        inference = {"maxTokens": _DRAFTING_TOKENS, "temperature": 0.6}
        system = prompt.system(len(segments))
        return self._model.converse(messages, segments=segments, system=system, inference=inference)


class BedrockReviewer:
    """A model that judges sentences. It answers by a JSON schema where it can, and in plain text where not.

    Its answer is empty where it refuses a request about several drafts either way.
    """

    def __init__(self, model: BedrockModel) -> None:
        self._model = model
        self._without_schema: set[str] = set()

    def model_id(self) -> str:
        return self._model.model_id()

    def review(self, request: ReviewRequest) -> str:
        model_id = self._model.model_id()
        if model_id not in self._without_schema:
            try:
                return self._converse(request, outputConfig=_by_schema(request))
            except RefusedRequestError:
                pass
        try:
            answer = self._converse(request)
        except RefusedRequestError:
            return ""
        self._without_schema.add(model_id)
        return answer

    def _converse(self, request: ReviewRequest, **more: Any) -> str:
        messages = [_message("user", request.user)]
        inference = {"maxTokens": MAX_TOKENS, "temperature": 0.0}
        return self._model.converse(
            messages, segments=request.segments, system=request.system, inference=inference, **more
        )


def _by_schema(request: ReviewRequest) -> dict[str, Any]:
    schema = {"name": "verdicts", "schema": json.dumps(request.schema)}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}


def _named(segments: Sequence[Segment]) -> dict[str, str]:
    """The first is found by the name that one alone has; a value may have 256 characters, so each has its own."""
    names = ["segment", *(f"segment_{number}" for number in range(2, len(segments) + 1))]
    return {name: segment.key for name, segment in zip(names, segments, strict=True)}


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"text": text}]}


def _passes(error: Exception) -> bool:
    return isinstance(error, _PASSING_ERRORS) or _code(error) in _PASSING


def _refused(error: Exception) -> bool:
    return isinstance(error, ParamValidationError) or _code(error) == "ValidationException"


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "ClientError"))
    return type(error).__name__
