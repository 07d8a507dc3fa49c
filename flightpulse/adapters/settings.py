"""What a function is told from outside: its environment, read once at cold start, and parameters read at run time."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from flightpulse.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

Model = TypeVar("Model")

# A parameter is needed before anything else, and there is a way on without it: the written texts, every delay told.
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


class MissingSettingError(RuntimeError):
    """An environment variable is not set. Raised at cold start, so that a bad deployment fails at its first call."""


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    table_name: str
    event_bus_name: str
    dead_letter_queue_url: str
    notify_from_parameter: str


@dataclass(frozen=True, slots=True)
class MessengerSettings:
    """``template_review`` is who approves drafts: ``model`` or ``person``; ``contact_line`` closes every e-mail."""

    table_name: str
    model_id_parameter: str
    review_model_id_parameter: str
    template_review: str
    contact_line: str


@dataclass(frozen=True, slots=True)
class StreamSettings:
    event_bus_name: str


@dataclass(frozen=True, slots=True)
class ApiSettings:
    table_name: str


def read(model: type[Model], environ: Mapping[str, str] = os.environ) -> Model:
    """Fill a settings class from the environment: field ``table_name`` comes from ``TABLE_NAME``.

    Raises :class:`MissingSettingError` naming every variable that is absent or empty.
    """
    names = {field.name: field.name.upper() for field in fields(model)}  # type: ignore[arg-type]
    missing = [variable for variable in names.values() if not environ.get(variable)]
    if missing:
        raise MissingSettingError(
            f"{model.__name__} needs the environment variable{'s'[: len(missing) - 1]} {', '.join(missing)}"
        )
    return model(**{name: environ[variable] for name, variable in names.items()})


def in_lambda(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is a Lambda function.

    There, a function connects while it starts: that phase has a whole CPU, and a missing setting shows at once.
    """
    return "AWS_LAMBDA_FUNCTION_NAME" in environ


class Parameter:
    """An SSM parameter, read when it is first needed and kept for ``ttl_seconds``. A SecureString comes decrypted.

    A change reaches a warm function after the TTL, without a deployment. When a refresh fails, the last known value
    goes on being used: a short outage of Parameter Store is no reason to stop telling passengers.
    """

    def __init__(
        self,
        client: "SSMClient",
        name: str,
        *,
        ttl_seconds: float = 300,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._name = name
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._value: str | None = None
        self._fresh_until = 0.0

    @classmethod
    def connect(cls, name: str, *, ttl_seconds: float = 300) -> Self:
        """The parameter of this name, with a client from the environment."""
        return cls(aws.client("ssm", _CONFIG), name, ttl_seconds=ttl_seconds)

    def value(self) -> str:
        """The value. Raises botocore's error when it cannot be read and never could be."""
        if self._value is None or self._clock() >= self._fresh_until:
            self._value = self._read()
            self._fresh_until = self._clock() + self._ttl_seconds
        return self._value

    def _read(self) -> str:
        try:
            answer = self._client.get_parameter(Name=self._name, WithDecryption=True)
        except (ClientError, BotoCoreError):
            if self._value is None:
                raise
            return self._value
        return answer["Parameter"]["Value"]


@dataclass(slots=True)
class NotifyFrom:
    """From how many minutes on passengers are told of a delay.

    They are told of all when the parameter cannot be read or is no number: silence is what must never be a fault.
    """

    parameter: Parameter
    warn: Callable[[str], None]

    def __call__(self) -> int:
        try:
            text = self.parameter.value()
        except (ClientError, BotoCoreError) as error:
            self.warn(f"notify-from-minutes cannot be read, so every delay is told: {type(error).__name__}")
            return 0
        if not text.isdecimal():
            self.warn("notify-from-minutes is no whole number of 0 or more, so every delay is told")
            return 0
        return int(text)
