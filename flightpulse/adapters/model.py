"""Asks a model on Bedrock for templates, and gives up soon enough that passengers do not wait for it.

How long a model can hold up an invocation is bounded: no call begins after the invocation's budget is spent, a call
that times out is not repeated (a slow model is not faster the second time), and once the model could not be had or was
too slow for the budget, nobody asks for it again for :data:`COOL_OFF_SECONDS`, then for twice as long, up to
:data:`LONGEST_COOL_OFF_SECONDS`. A segment for which it wrote nothing usable is not asked for again for
:data:`REFUSED_SECONDS`. The worst case of one invocation is :data:`BUDGET_SECONDS` plus one read timeout.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
)
from botocore.parsers import ResponseParserError

from flightpulse.adapters.settings import SecureParameter
from flightpulse.domain import prompt
from flightpulse.domain.guard import Refusal
from flightpulse.domain.segments import Segment
from flightpulse.domain.wordings import ModelUnavailableError

BUDGET_SECONDS = 25.0
COOL_OFF_SECONDS = 30.0
LONGEST_COOL_OFF_SECONDS = 300.0
REFUSED_SECONDS = 300.0
READ_TIMEOUT_SECONDS = 20.0

_ATTEMPTS = 3
_BACKOFF_SECONDS = 0.4
_LONGEST_BACKOFF_SECONDS = 4.0
_INFERENCE = {"maxTokens": 900, "temperature": 0.6}
_PASSING = frozenset(
    {"ThrottlingException", "ServiceUnavailableException", "InternalServerException", "ModelNotReadyException"}
)
_PASSING_ERRORS = (EndpointConnectionError, ConnectionClosedError, ConnectTimeoutError)

# Retries are counted here and not by botocore, which would also repeat a call that ran into its read timeout.
_CONFIG = Config(connect_timeout=2, read_timeout=READ_TIMEOUT_SECONDS, retries={"total_max_attempts": 1})
# The model's id is needed before anything else; without it there are still the written texts.
_PARAMETER_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


class ConverseClient(Protocol):
    """What is used of boto3's ``bedrock-runtime`` client."""

    def converse(self, **arguments: Any) -> Mapping[str, Any]: ...


class BedrockAuthor:
    """A model that is reached by Bedrock's Converse API. One object serves all invocations of a worker in turn."""

    def __init__(
        self,
        client: ConverseClient,
        model_id: Callable[[], str],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._read_model_id = model_id
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._deadline = clock() + BUDGET_SECONDS
        self._closed_until = self._no_id_until = clock()
        self._failures = 0
        self._refused_until: dict[str, float] = {}

    @classmethod
    def connect(cls, model_id_parameter: str) -> Self:
        """The model whose id an SSM SecureString names, with clients from the environment."""
        parameter = SecureParameter(boto3.client("ssm", config=_PARAMETER_CONFIG), model_id_parameter)
        return cls(boto3.client("bedrock-runtime", config=_CONFIG), parameter.value)

    def begin(self, budget_seconds: float = BUDGET_SECONDS) -> None:
        """Start an invocation: from now on the model has this much time, whatever it is asked."""
        self._deadline = self._clock() + budget_seconds

    def model_id(self) -> str:
        """The id that the parameter names: also while the model rests, because cached templates are found by it.

        Raises :class:`ModelUnavailableError`.
        """
        if self._clock() < self._no_id_until:
            raise ModelUnavailableError("resting after a failure")
        try:
            return self._read_model_id()
        except (ClientError, BotoCoreError) as error:
            self._no_id_until = self._clock() + COOL_OFF_SECONDS
            raise ModelUnavailableError(f"model id: {_code(error)}") from error

    def give_up(self, segment: Segment) -> None:
        """Do not ask for this segment for a while: what the model wrote was refused twice."""
        self._refused_until[segment.key] = self._clock() + REFUSED_SECONDS

    def reply(self, segment: Segment) -> str:
        if self._clock() < self._refused_until.get(segment.key, 0.0):
            raise ModelUnavailableError("refused a short while ago")
        return self._converse([_message("user", prompt.request(segment))])

    def second_reply(self, segment: Segment, first: str, refusals: list[Refusal]) -> str:
        return self._converse(
            [
                _message("user", prompt.request(segment)),
                _message("assistant", prompt.quoted(first)),
                _message("user", prompt.repair(refusals)),
            ]
        )

    def _converse(self, messages: list[dict[str, Any]]) -> str:
        self._check_open()
        model_id = self.model_id()
        for attempt in range(1, _ATTEMPTS + 1):
            if self._clock() >= self._deadline:
                raise self._unavailable("out of time")
            try:
                answer = self._client.converse(
                    modelId=model_id, system=[{"text": prompt.SYSTEM}], messages=messages, inferenceConfig=_INFERENCE
                )
            except (ClientError, BotoCoreError, ResponseParserError) as error:
                if attempt == _ATTEMPTS or not _passes(error):
                    raise self._unavailable(_code(error)) from error
                ceiling = min(_LONGEST_BACKOFF_SECONDS, _BACKOFF_SECONDS * 2**attempt)
                self._sleep(self._jitter() * ceiling)
            else:
                self._failures = 0
                return _text(answer)
        raise AssertionError("every attempt returns or raises")

    def _check_open(self) -> None:
        if self._clock() < self._closed_until:
            raise ModelUnavailableError("resting after a failure")

    def _unavailable(self, problem: str) -> ModelUnavailableError:
        rest = min(COOL_OFF_SECONDS * 2.0**self._failures, LONGEST_COOL_OFF_SECONDS)
        self._closed_until = self._clock() + rest
        self._failures += 1
        return ModelUnavailableError(problem)


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"text": text}]}


def _text(answer: Mapping[str, Any]) -> str:
    """The text of an answer; empty when the model sent something else."""
    content = answer.get("output", {}).get("message", {}).get("content", [])
    return "".join(block["text"] for block in content if isinstance(block.get("text"), str))


def _passes(error: Exception) -> bool:
    return isinstance(error, _PASSING_ERRORS) or _code(error) in _PASSING


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "ClientError"))
    return type(error).__name__
