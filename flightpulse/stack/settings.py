"""What a deployment may choose: the CDK context keys, their defaults and their rules."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flightpulse.errors import UserError
from flightpulse.stack import names

NETWORKS = ("isolated", "existing", "none")
ENCRYPTIONS = ("aws", "customer")
FLIGHT_ROUTES = ("open", "signed")
API_LOGGING = ("stack", "account")
REMOVALS = ("destroy", "retain")
REVIEWS = ("model", "person")
RUNTIMES = ("python3.11", "python3.12", "python3.13")
KAFKA_AUTHENTICATIONS = (
    "SASL_SCRAM_512_AUTH",
    "SASL_SCRAM_256_AUTH",
    "BASIC_AUTH",
    "CLIENT_CERTIFICATE_TLS_AUTH",
)
# What Lambda offers for a cluster of Amazon MSK; without a secret it uses IAM.
MSK_AUTHENTICATIONS = ("SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH")
STARTING_POSITIONS = ("TRIM_HORIZON", "LATEST")
# What CloudWatch Logs accepts, up to three years.
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096)

_ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]{0,31}")
_HOST_AND_PORT = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?):([0-9]{1,5})")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_LIST_RULE = "ids with commas between them"
_ZONES = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9][a-z](,[a-z]{2}(-[a-z]+)+-[0-9][a-z]){1,3}")
_VPC_ID = re.compile(r"vpc-[0-9a-f]{8,17}")
_SUBNET_IDS = re.compile(r"subnet-[0-9a-f]{8,17}(,subnet-[0-9a-f]{8,17}){0,15}")
_GROUP_ID = re.compile(r"sg-[0-9a-f]{8,17}")
_CLUSTER_ARN = re.compile(r"arn:[a-z-]+:kafka:[a-z0-9-]+:[0-9]{12}:cluster/[\w-]+/[\w-]+")
_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[\w-]+")
_LOOPBACK = ("127.0.0.1", "localhost")
_SECRET_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[\w/+=.@-]+")
_MODEL_ID = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)?\.[A-Za-z0-9._:-]+")
_MODEL_ID_RULE = "a Bedrock model or inference profile id"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_CONTACT = "Questions? Call 800-555-0155, or speak with our team at the airport."
_OURS = re.compile(r"[a-z][a-z_]*")


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The cluster that the Kafka event source mapping polls: servers, or the ARN of a cluster of Amazon MSK."""

    bootstrap: tuple[str, ...]
    cluster_arn: str | None
    topic: str
    secret_arn: str | None
    authentication: str | None
    ca_secret_arn: str | None
    key_arn: str | None
    provisioned: bool
    starting_position: str

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(sorted({int(server.rpartition(":")[2]) for server in self.bootstrap}))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the pollers read from Secrets Manager."""
        return tuple(arn for arn in (self.secret_arn, self.ca_secret_arn) if arn)

    @property
    def consumer_group(self) -> str:
        """The mapping's consumer group.

        Another cluster or starting position makes CloudFormation put a new mapping beside the old one, and Lambda
        refuses a group id that another mapping has: each gets a group of its own.
        """
        told = "|".join((*sorted(self.bootstrap), self.cluster_arn or "", self.starting_position))
        return f"flightpulse-kafka-consumer-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class ExistingNetwork:
    """A network that somebody else owns, with a way to AWS's services and to the brokers."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    security_group_id: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a deployment chose, checked. ``given`` are the context values it was chosen with."""

    environment: str
    network: str
    availability_zones: tuple[str, ...]
    existing_network: ExistingNetwork | None
    kafka: KafkaSettings | None
    model_id: str
    review_model_id: str
    template_review: str
    contact_line: str
    removal: str
    encryption: str
    flight_routes: str
    api_logging: str
    alarm_email: str | None
    log_retention_days: int
    runtime: str
    messenger_concurrency: int | None
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def isolated(self) -> bool:
        return self.network == "isolated"

    @property
    def retained(self) -> bool:
        return self.removal == "retain"

    @property
    def own_key(self) -> bool:
        return self.encryption == "customer"

    @property
    def models(self) -> tuple[str, ...]:
        """The ids of the models in use, each once."""
        return tuple(dict.fromkeys((self.model_id, self.review_model_id)))


KEYS = (
    "environment",
    "network",
    "availability_zones",
    "vpc_id",
    "subnet_ids",
    "security_group_id",
    "kafka_bootstrap",
    "kafka_cluster_arn",
    "kafka_topic",
    "kafka_secret_arn",
    "kafka_auth",
    "kafka_ca_secret_arn",
    "kafka_key_arn",
    "kafka_provisioned",
    "kafka_starting_position",
    "model_id",
    "review_model_id",
    "template_review",
    "contact_line",
    "removal",
    "encryption",
    "flight_routes",
    "api_logging",
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
    network = read.choice("network", NETWORKS, "isolated")
    return Settings(
        environment=environment,
        network=network,
        availability_zones=_availability_zones(read, network),
        existing_network=_existing_network(read, network),
        kafka=_kafka(read, network),
        model_id=model_id,
        review_model_id=read.text("review_model_id", model_id, _MODEL_ID, _MODEL_ID_RULE),
        template_review=read.choice("template_review", REVIEWS, "model"),
        contact_line=read.text("contact_line", _CONTACT, _LINE, "one line of at most 200 characters"),
        removal=read.choice("removal", REMOVALS, "destroy" if environment == "dev" else "retain"),
        encryption=read.choice("encryption", ENCRYPTIONS, "aws"),
        flight_routes=read.choice("flight_routes", FLIGHT_ROUTES, "open"),
        api_logging=read.choice("api_logging", API_LOGGING, "stack"),
        alarm_email=read.optional("alarm_email", _EMAIL, "an e-mail address"),
        log_retention_days=read.number("log_retention_days", 14, RETENTION_DAYS),
        runtime=read.choice("runtime", RUNTIMES, "python3.12"),
        messenger_concurrency=read.optional_number("messenger_concurrency", range(1, 1001)),
        given={key: value for key in KEYS if (value := read.value(key)) is not None},
    )


def _availability_zones(read: "_Reader", network: str) -> tuple[str, ...]:
    zones = read.optional("availability_zones", _ZONES, "two to four zones, such as us-east-1a,us-east-1b")
    if zones and network != "isolated":
        raise UserError("Context availability_zones has no effect here.", hint="It needs network=isolated.")
    found = tuple(zones.split(",")) if zones else ()
    if len(set(found)) < len(found):
        raise UserError("Context availability_zones names a zone twice.", hint="Name different zones.")
    return found


def _existing_network(read: "_Reader", network: str) -> ExistingNetwork | None:
    vpc_id = read.optional("vpc_id", _VPC_ID, "the id of a VPC")
    subnet_ids = read.optional("subnet_ids", _SUBNET_IDS, _LIST_RULE)
    group_id = read.optional("security_group_id", _GROUP_ID, "the id of a security group")
    given = {"vpc_id": vpc_id, "subnet_ids": subnet_ids, "security_group_id": group_id}
    if network != "existing":
        useless = next((key for key, value in given.items() if value), None)
        if useless:
            raise UserError(f"Context {useless} has no effect here.", hint="It needs network=existing.")
        return None
    if not (vpc_id and subnet_ids and group_id):
        missing = ", ".join(key for key, value in given.items() if not value)
        raise UserError(f"Context network=existing needs {missing}.", hint="Give all three with their ids.")
    return ExistingNetwork(vpc_id, tuple(subnet_ids.split(",")), group_id)


def _kafka(read: "_Reader", network: str) -> KafkaSettings | None:
    servers = read.value("kafka_bootstrap")
    cluster_arn = read.optional("kafka_cluster_arn", _CLUSTER_ARN, "the ARN of a cluster of Amazon MSK")
    if servers and cluster_arn:
        raise UserError("Context has kafka_bootstrap and kafka_cluster_arn.", hint="Give one of the two.")
    if not servers and not cluster_arn:
        given = next((key for key in KEYS if key.startswith("kafka_") and read.value(key) is not None), None)
        if given:
            raise UserError(
                f"Context {given} has no effect without kafka_bootstrap or kafka_cluster_arn.",
                hint="Give both or neither.",
            )
        return None
    secret_arn = read.optional("kafka_secret_arn", _SECRET_ARN, "the ARN of a Secrets Manager secret")
    kafka = KafkaSettings(
        bootstrap=_bootstrap(servers) if servers else (),
        cluster_arn=cluster_arn,
        topic=read.text("kafka_topic", names.TOPIC, _TOPIC, "letters, digits, dots, underscores and hyphens"),
        secret_arn=secret_arn,
        authentication=_authentication(read, secret_arn, MSK_AUTHENTICATIONS if cluster_arn else KAFKA_AUTHENTICATIONS),
        ca_secret_arn=read.optional("kafka_ca_secret_arn", _SECRET_ARN, "the ARN of a Secrets Manager secret"),
        key_arn=read.optional("kafka_key_arn", _KEY_ARN, "the ARN of a KMS key"),
        provisioned=read.flag("kafka_provisioned"),
        starting_position=read.choice("kafka_starting_position", STARTING_POSITIONS, "TRIM_HORIZON"),
    )
    _refuse_what_lambda_refuses(kafka, network)
    return kafka


def _authentication(read: "_Reader", secret_arn: str | None, allowed: tuple[str, ...]) -> str | None:
    if read.value("kafka_auth") and not secret_arn:
        raise UserError("Context kafka_auth needs a secret.", hint="Give kafka_secret_arn too.")
    return read.choice("kafka_auth", allowed, allowed[0]) if secret_arn else None


def _refuse_what_lambda_refuses(kafka: KafkaSettings, network: str) -> None:
    """Combinations that CreateEventSourceMapping refuses, minutes into a deployment."""
    if kafka.cluster_arn and kafka.ca_secret_arn:
        raise UserError(
            "Context kafka_ca_secret_arn has no effect with kafka_cluster_arn.",
            hint="Lambda knows the certificates of Amazon MSK. Leave it out.",
        )
    if kafka.key_arn and not kafka.secrets:
        raise UserError("Context kafka_key_arn has no effect without a secret.", hint="Give kafka_secret_arn too.")
    # An address of this machine is the local cloud's broker, which nobody else can reach.
    local = all(server.rpartition(":")[0] in _LOOPBACK for server in kafka.bootstrap)
    if network == "none" and not kafka.secret_arn and not local:
        raise UserError(
            "Context network=none with kafka_bootstrap needs a secret: Lambda refuses brokers on the internet "
            "without authentication.",
            hint="Give kafka_secret_arn, or network=existing with the brokers' VPC.",
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
        """A value as text; None for one that is missing or empty, which says: as by default."""
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
