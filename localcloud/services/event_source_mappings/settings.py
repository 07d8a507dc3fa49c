"""The settings of an event source mapping: what requests and templates may say, and which defaults AWS fills in."""

from collections.abc import Callable
from typing import Any

from localcloud.services import refusals

Settings = dict[str, Any]

_BATCH_SIZES = {"kafka": 100, "dynamodb": 100, "kinesis": 100, "sqs": 10}
_POSITIONS = ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON")
_SASL_MECHANISMS = {
    "BASIC_AUTH": "PLAIN",
    "SASL_SCRAM_256_AUTH": "SCRAM-SHA-256",
    "SASL_SCRAM_512_AUTH": "SCRAM-SHA-512",
}
_KAFKA_ERROR_HANDLING = (
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "FunctionResponseTypes",
)
_CREATED = refusals.request_shape("lambda", "CreateEventSourceMapping").members
_UPDATED = refusals.request_shape("lambda", "UpdateEventSourceMapping").members

CREATE_ONLY = (*(name for name in _CREATED if name not in {*_UPDATED, "Tags"}), "SelfManagedKafkaEventSourceConfig")
"""What an update cannot change; in CloudFormation a change of it replaces the mapping."""

CHANGEABLE = tuple(name for name in _UPDATED if name not in {"UUID", "FunctionName", "Enabled", *CREATE_ONLY})
"""What an update may change, besides `Enabled` and `FunctionName`."""


def is_kafka(settings: Settings) -> bool:
    return bool(settings.get("SelfManagedEventSource") or settings.get("Topics"))


def default_batch_size(settings: Settings) -> int:
    if is_kafka(settings):
        return _BATCH_SIZES["kafka"]
    service = str(settings.get("EventSourceArn", "")).split(":")[2:3]
    return _BATCH_SIZES.get(service[0] if service else "", 10)


def from_template(properties: Settings) -> Settings:
    """A resource's properties as the API's request says the same.

    CloudFormation spells the list of brokers and the tags in its own way, and its numbers may be text.
    """
    request = dict(properties)
    endpoints = (properties.get("SelfManagedEventSource") or {}).get("Endpoints") or {}
    if endpoints:
        brokers = endpoints.get("KafkaBootstrapServers") or endpoints.get("KAFKA_BOOTSTRAP_SERVERS")
        request["SelfManagedEventSource"] = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": brokers}}
    if isinstance(properties.get("Tags"), list):
        request["Tags"] = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
    for name, shape in _CREATED.items():
        if name in request and shape.type_name == "integer":
            request[name] = int(request[name])
        elif name in request and shape.type_name == "boolean":
            request[name] = str(request[name]).lower() == "true"
    return request


def kafka_problem(settings: Settings) -> str:
    """Why AWS would refuse a self-managed Kafka mapping with these settings; empty when it would not."""
    brokers = _brokers(settings)
    if not brokers:
        return "SelfManagedEventSource must name KAFKA_BOOTSTRAP_SERVERS."
    if any(":" not in str(broker) for broker in brokers):
        return f"Each bootstrap server must be HOST:PORT: {', '.join(map(str, brokers))}"
    if len(settings.get("Topics") or []) != 1:
        return "Exactly one Kafka topic must be given in Topics."
    problem = _starting_position(settings)
    if problem:
        return problem
    if settings["StartingPosition"] == "AT_TIMESTAMP" and settings.get("StartingPositionTimestamp") is None:
        return "StartingPosition AT_TIMESTAMP needs a StartingPositionTimestamp."
    return _limits(settings) or _needs_provisioned_mode(settings)


def stream_problem(settings: Settings) -> str:
    """Why AWS would refuse a DynamoDB stream mapping with these settings; empty when it would not."""
    problem = _starting_position(settings)
    if not problem and settings["StartingPosition"] == "AT_TIMESTAMP":
        problem = f"Unsupported starting position for arn type: {settings.get('EventSourceArn')}"
    return problem or _limits(settings)


def _starting_position(settings: Settings) -> str:
    position = settings.get("StartingPosition")
    if position in _POSITIONS:
        return ""
    value = "Value null" if position is None else f"Value '{position}'"
    must = "not be null." if position is None else f"satisfy enum value set: [{', '.join(_POSITIONS)}]"
    return (
        f"1 validation error detected: {value} at 'startingPosition' failed to satisfy constraint: Member must {must}"
    )


def _limits(settings: Settings) -> str:
    if not 1 <= settings.get("BatchSize", 1) <= 10_000:
        return "BatchSize must be between 1 and 10000."
    if not 0 <= settings.get("MaximumBatchingWindowInSeconds", 0) <= 300:
        return "MaximumBatchingWindowInSeconds must be between 0 and 300."
    if not -1 <= settings.get("MaximumRetryAttempts", -1) <= 10_000:
        return "MaximumRetryAttempts must be between -1 and 10000."
    age = settings.get("MaximumRecordAgeInSeconds", -1)
    if age != -1 and not 60 <= age <= 604_800:
        return "MaximumRecordAgeInSeconds must be -1 or between 60 and 604800."
    destination = on_failure_arn(settings)
    if destination and destination.split(":")[2:3] not in (["sqs"], ["sns"]):
        return f"The local cloud has SQS queues and SNS topics as on-failure destinations, not {destination}."
    return ""


def _needs_provisioned_mode(settings: Settings) -> str:
    used = [name for name in _KAFKA_ERROR_HANDLING if settings.get(name) not in (None, [], -1, False)]
    if used and not settings.get("ProvisionedPollerConfig"):
        return f"For Apache Kafka, {', '.join(used)} can only be set in provisioned mode (ProvisionedPollerConfig)."
    return ""


def _brokers(settings: Settings) -> list[Any]:
    endpoints = (settings.get("SelfManagedEventSource") or {}).get("Endpoints") or {}
    return list(endpoints.get("KAFKA_BOOTSTRAP_SERVERS") or [])


def bootstrap_servers(settings: Settings) -> str:
    return ",".join(map(str, _brokers(settings)))


def security(configurations: list[dict[str, str]], read: Callable[[str], dict[str, Any]]) -> dict[str, str]:
    """Client settings from the secrets that a mapping names; ``read`` reads one.

    As on AWS, credentials travel over TLS only.
    """
    settings: dict[str, str] = {}
    for configuration in configurations:
        kind, secret = configuration["Type"], configuration.get("URI", "")
        if kind in _SASL_MECHANISMS:
            found = read(secret)
            settings |= {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": _SASL_MECHANISMS[kind],
                "sasl.username": found["username"],
                "sasl.password": found["password"],
            }
        elif kind == "CLIENT_CERTIFICATE_TLS_AUTH":
            found = read(secret)
            settings |= {"ssl.certificate.pem": found["certificate"], "ssl.key.pem": found["privateKey"]}
            settings.setdefault("security.protocol", "SSL")
            if "privateKeyPassword" in found:
                settings["ssl.key.password"] = found["privateKeyPassword"]
        elif kind == "SERVER_ROOT_CA_CERTIFICATE":
            settings["ssl.ca.pem"] = read(secret)["certificate"]
            settings.setdefault("security.protocol", "SSL")
    return settings


def on_failure_arn(settings: Settings) -> str:
    return str(((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or "")
