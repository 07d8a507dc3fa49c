"""What a deployment may choose: the CDK context keys, their defaults and their rules."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flightpulse.errors import UserError
from flightpulse.stack import names

NETWORKS = ("isolated", "none")
REMOVALS = ("destroy", "retain")
REVIEWS = ("model", "person")
RUNTIMES = ("python3.11", "python3.12", "python3.13")
KAFKA_AUTHENTICATIONS = (
    "SASL_SCRAM_512_AUTH",
    "SASL_SCRAM_256_AUTH",
    "BASIC_AUTH",
    "CLIENT_CERTIFICATE_TLS_AUTH",
)
STARTING_POSITIONS = ("TRIM_HORIZON", "LATEST")
# What CloudWatch Logs accepts, up to three years.
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096)

_ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]{0,31}")
_HOST_AND_PORT = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?):([0-9]{1,5})")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_SECRET_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[\w/+=.@-]+")
_MODEL_ID = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)?\.[A-Za-z0-9._:-]+")
_MODEL_ID_RULE = "a Bedrock model or inference profile id"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_CONTACT = "Questions? Call 800-555-0199, or speak with our team at the airport."
_OURS = re.compile(r"[a-z][a-z_]*")


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The cluster that the Kafka event source mapping polls."""

    bootstrap: tuple[str, ...]
    topic: str
    secret_arn: str | None
    authentication: str | None
    provisioned: bool
    starting_position: str

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(sorted({int(server.rpartition(":")[2]) for server in self.bootstrap}))


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a deployment chose, checked."""

    environment: str
    network: str
    kafka: KafkaSettings | None
    model_id: str
    review_model_id: str
    template_review: str
    contact_line: str
    removal: str
    alarm_email: str | None
    log_retention_days: int
    runtime: str
    messenger_concurrency: int | None

    @property
    def isolated(self) -> bool:
        return self.network == "isolated"

    @property
    def retained(self) -> bool:
        return self.removal == "retain"


KEYS = (
    "environment",
    "network",
    "kafka_bootstrap",
    "kafka_topic",
    "kafka_secret_arn",
    "kafka_auth",
    "kafka_provisioned",
    "kafka_starting_position",
    "model_id",
    "review_model_id",
    "template_review",
    "contact_line",
    "removal",
    "alarm_email",
    "log_retention_days",
    "runtime",
    "messenger_concurrency",
)


def from_context(context: Mapping[str, object]) -> Settings:
    """Read the settings from the CDK context; raise :class:`UserError` naming the first key that is wrong.

    The context also holds feature flags and look-ups of the CDK; those have signs other than letters and underscores
    in their names and are left alone.
    """
    _refuse_unknown(context)
    read = _Reader(context)
    environment = read.text("environment", "dev", _ENVIRONMENT, "lower-case letters, digits and hyphens")
    model_id = read.text("model_id", "amazon.nova-lite-v1:0", _MODEL_ID, _MODEL_ID_RULE)
    return Settings(
        environment=environment,
        network=read.choice("network", NETWORKS, "isolated"),
        kafka=_kafka(read),
        model_id=model_id,
        review_model_id=read.text("review_model_id", model_id, _MODEL_ID, _MODEL_ID_RULE),
        template_review=read.choice("template_review", REVIEWS, "model"),
        contact_line=read.text("contact_line", _CONTACT, _LINE, "one line of at most 200 characters"),
        removal=read.choice("removal", REMOVALS, "destroy" if environment == "dev" else "retain"),
        alarm_email=read.optional("alarm_email", _EMAIL, "an e-mail address"),
        log_retention_days=read.number("log_retention_days", 14, RETENTION_DAYS),
        runtime=read.choice("runtime", RUNTIMES, "python3.12"),
        messenger_concurrency=read.optional_number("messenger_concurrency", range(1, 1001)),
    )


def _kafka(read: "_Reader") -> KafkaSettings | None:
    if read.value("kafka_bootstrap") is None:
        given = next((key for key in KEYS if key.startswith("kafka_") and read.value(key) is not None), None)
        if given:
            raise UserError(f"Context {given} has no effect without kafka_bootstrap.", hint="Give both or neither.")
        return None
    secret_arn = read.optional("kafka_secret_arn", _SECRET_ARN, "the ARN of a Secrets Manager secret")
    authentication = read.value("kafka_auth") and read.choice("kafka_auth", KAFKA_AUTHENTICATIONS, "")
    if authentication and not secret_arn:
        raise UserError("Context kafka_auth needs a secret.", hint="Give kafka_secret_arn too.")
    return KafkaSettings(
        bootstrap=_bootstrap(str(read.value("kafka_bootstrap"))),
        topic=read.text("kafka_topic", names.TOPIC, _TOPIC, "letters, digits, dots, underscores and hyphens"),
        secret_arn=secret_arn,
        authentication=(authentication or KAFKA_AUTHENTICATIONS[0]) if secret_arn else None,
        provisioned=read.flag("kafka_provisioned"),
        starting_position=read.choice("kafka_starting_position", STARTING_POSITIONS, "TRIM_HORIZON"),
    )


def _bootstrap(value: str) -> tuple[str, ...]:
    servers = tuple(part.strip() for part in value.split(","))
    for server in servers:
        match = _HOST_AND_PORT.fullmatch(server)
        if not match or not 1 <= int(match[3]) <= 65535:
            raise UserError(
                f"Context kafka_bootstrap has {server!r}, which is not HOST:PORT.",
                hint="Give for example kafka_bootstrap=broker-1:9092,broker-2:9092.",
            )
    if len(servers) > 10:
        raise UserError(f"Context kafka_bootstrap names {len(servers)} servers.", hint="Lambda takes ten at most.")
    return servers


def _refuse_unknown(context: Mapping[str, object]) -> None:
    unknown = sorted(key for key in context if _OURS.fullmatch(key) and key not in KEYS)
    if unknown:
        raise UserError(f"Context key {unknown[0]} is not known.", hint=f"Known: {', '.join(KEYS)}.")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads single context values. The command line gives text where cdk.json may hold numbers and booleans."""

    context: Mapping[str, object]

    def value(self, key: str) -> str | None:
        found = self.context.get(key)
        if found is None or found == "":
            return None
        return str(found).lower() if isinstance(found, bool) else str(found).strip()

    def choice(self, key: str, allowed: Iterable[str], default: str) -> str:
        found = self.value(key) or default
        return self._checked(key, found, lambda: found in allowed, f"one of {', '.join(allowed)}")

    def text(self, key: str, default: str, pattern: re.Pattern[str], rule: str) -> str:
        found = self.value(key) or default
        return self._checked(key, found, lambda: pattern.fullmatch(found) is not None, rule)

    def optional(self, key: str, pattern: re.Pattern[str], rule: str) -> str | None:
        return None if self.value(key) is None else self.text(key, "", pattern, rule)

    def number(self, key: str, default: int, allowed: Iterable[int]) -> int:
        found = self.value(key) or str(default)
        rule = f"{allowed.start} to {allowed.stop - 1}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
        return int(self._checked(key, found, lambda: found.isdecimal() and int(found) in allowed, f"one of {rule}"))

    def optional_number(self, key: str, allowed: Iterable[int]) -> int | None:
        return None if self.value(key) is None else self.number(key, 0, allowed)

    def flag(self, key: str) -> bool:
        return self.choice(key, ("true", "false"), "false") == "true"

    def _checked(self, key: str, found: str, good: Callable[[], bool], rule: str) -> str:
        if not good():
            raise UserError(f"Context {key} is {found!r}.", hint=f"Use {rule}.")
        return found
