"""Polls one Kafka topic for one mapping, with the relay's code and the broker that the mapping names."""

import json
import threading
from typing import Any

from ministack.services import cloudwatch, secretsmanager

from awskit.relay import Kafka, Observer, Poller, StartingPosition, Subscription
from awskit.relay.on_failure import kafka_batch_info
from localcloud.services.event_source_mappings.filters import Filter
from localcloud.services.event_source_mappings.mapping import Mapping
from localcloud.services.event_source_mappings.settings import bootstrap_servers, security

_DEFAULT_WINDOW_SECONDS = 0.5
_SESSION_TIMEOUT_MS = 6000


class KafkaPoller:
    """A thread that runs a relay until the mapping is disabled, changed or deleted."""

    def __init__(self, mapping: Mapping, back_off_scale: float) -> None:
        self.mapping = mapping
        with mapping.scope():
            subscription = _subscription(mapping, back_off_scale)
        self._relay = Poller(
            subscription,
            mapping.invoker(),
            destination=mapping.destination(lambda found: kafka_batch_info(found, subscription.kafka.bootstrap)),
            keep=Filter.of(mapping.record).keeps_kafka,
            observer=_Reports(mapping),
        )
        self._thread = threading.Thread(target=self._relay.run, name=f"kafka-{mapping.uuid[:8]}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._relay.stop()

    @property
    def finished(self) -> bool:
        return not self._thread.is_alive()

    def wake(self) -> None:
        """A Kafka broker does its own waking."""


class _Reports(Observer):
    """What the mapping says of itself, and how far it is behind.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#performance-metrics
    """

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def behind(self, records: int) -> None:
        name = self._mapping.record["FunctionName"]
        with self._mapping.scope():
            cloudwatch.record_metric("AWS/Lambda", "OffsetLag", records, "Count", {"FunctionName": name})

    def waiting(self, why: str) -> None:
        self._mapping.result(f"PROBLEM: Connection error. Check the event source's connection configuration. {why}")

    def recovered(self) -> None:
        self._mapping.result("OK")


def _subscription(mapping: Mapping, back_off_scale: float) -> Subscription:
    record = mapping.record
    window = record.get("MaximumBatchingWindowInSeconds")
    pollers = (record.get("ProvisionedPollerConfig") or {}).get("MinimumPollers")
    return Subscription(
        kafka=Kafka(bootstrap_servers(record), security(record.get("SourceAccessConfigurations") or [], _secret)),
        topic=record["Topics"][0],
        group_id=record["SelfManagedKafkaEventSourceConfig"]["ConsumerGroupId"],
        starting_position=StartingPosition(record["StartingPosition"]),
        starting_timestamp_ms=round(float(record.get("StartingPositionTimestamp") or 0) * 1000),
        batch_size=int(record["BatchSize"]),
        window_seconds=_DEFAULT_WINDOW_SECONDS if window is None else float(window),
        concurrency=int(pollers or 1),
        policy=mapping.policy(back_off_scale),
        session_timeout_ms=_SESSION_TIMEOUT_MS,
    )


def _secret(arn: str) -> dict[str, Any]:
    status, _, content = secretsmanager._get_secret_value({"SecretId": arn})
    if status >= 400:
        raise ValueError(f"the secret {arn} cannot be read")
    found: dict[str, Any] = json.loads(json.loads(content)["SecretString"])
    return found
