"""Kafka records as AWS Lambda shows them to a function.

The shape is that of the developer guide's "self-managed Apache Kafka" example event: records by `topic-partition`, keys
and values in base64, header values as lists of signed bytes (Lambda's pollers are Java programs, so byte 0xC3 is -61).
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME, Message

Partition = tuple[str, int]
"""A topic and the number of one of its partitions."""

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""Lambda's quota on the payload of a synchronous invocation."""

_ENVELOPE_BYTES = 4096
_RECORD_OVERHEAD_BYTES = 256
_TIMESTAMP_TYPES = {TIMESTAMP_CREATE_TIME: "CREATE_TIME", TIMESTAMP_LOG_APPEND_TIME: "LOG_APPEND_TIME"}


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record. `timestamp_ms` counts milliseconds since 1970, or is -1 when the record has no time."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    timestamp_type: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @classmethod
    def of(cls, message: Message) -> "Record":
        """Read what confluent-kafka polled (a message that is not an error)."""
        kind, milliseconds = message.timestamp()
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if topic is None or partition is None or offset is None:
            raise ValueError("a polled Kafka message has no coordinates")
        return cls(
            topic=topic,
            partition=partition,
            offset=offset,
            timestamp_ms=milliseconds if kind in _TIMESTAMP_TYPES else -1,
            timestamp_type=_TIMESTAMP_TYPES.get(kind, "NO_TIMESTAMP_TYPE"),
            key=_as_bytes(message.key()),
            value=_as_bytes(message.value()),
            headers=tuple((name, _as_bytes(value)) for name, value in _header_items(message)),
        )

    @property
    def source(self) -> Partition:
        return self.topic, self.partition

    @property
    def payload_bytes(self) -> int:
        """An upper bound of the bytes this record takes in an invocation's JSON."""
        headers = sum(6 * len(name) + 5 * len(value or b"") + 16 for name, value in self.headers)
        texts = _base64_length(self.key) + _base64_length(self.value) + len(self.topic)
        return texts + headers + _RECORD_OVERHEAD_BYTES

    def as_event(self) -> dict[str, Any]:
        """The record's entry in an event. A record without a key has no `key`; a tombstone's `value` is null."""
        entry: dict[str, Any] = {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "timestamp": self.timestamp_ms,
            "timestampType": self.timestamp_type,
        }
        if self.key is not None:
            entry["key"] = base64.b64encode(self.key).decode()
        entry["value"] = None if self.value is None else base64.b64encode(self.value).decode()
        entry["headers"] = [{name: _signed(value or b"")} for name, value in self.headers]
        return entry


def kafka_event(bootstrap_servers: str, records: Iterable[Record]) -> dict[str, Any]:
    """The event of one invocation by a mapping of a self-managed cluster."""
    by_partition: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_partition.setdefault(partition_name(record.source), []).append(record.as_event())
    return {"eventSource": "SelfManagedKafka", "bootstrapServers": bootstrap_servers, "records": by_partition}


def partition_name(partition: Partition) -> str:
    """`topic-0`: how Lambda names a partition in events, failure reports and on-failure records."""
    topic, number = partition
    return f"{topic}-{number}"


def fits(records_bytes: int) -> bool:
    """Whether records of this estimated size fit one invocation."""
    return records_bytes + _ENVELOPE_BYTES <= MAX_PAYLOAD_BYTES


def failed_identifier(raw: object) -> tuple[str, int] | None:
    """Read one `itemIdentifier` of a partial batch response: (`topic-partition`, offset), or None when it is malformed.

    The developer guide spells the first key `topic-partition`, its libraries `partition`; Lambda's answer to either is
    not documented, so both are taken.
    """
    if not isinstance(raw, dict):
        return None
    name, offset = raw.get("topic-partition", raw.get("partition")), raw.get("offset")
    if not isinstance(name, str) or isinstance(offset, bool) or not isinstance(offset, int):
        return None
    return name, offset


def describe(records: Sequence[Record]) -> str:
    """`flight-operations-3 offsets 17 to 20`, for logs."""
    ranges: dict[Partition, list[int]] = {}
    for record in records:
        ranges.setdefault(record.source, []).append(record.offset)
    return ", ".join(
        f"{partition_name(source)} offset{'' if len(found) == 1 else 's'} "
        + (f"{found[0]}" if len(found) == 1 else f"{found[0]} to {found[-1]}")
        for source, found in ranges.items()
    )


def _header_items(message: Message) -> list[tuple[str, Any]]:
    headers: Any = message.headers()
    return list(headers.items() if isinstance(headers, dict) else headers or [])


def _as_bytes(value: Any) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _signed(value: bytes) -> list[int]:
    return [byte - 256 if byte > 127 else byte for byte in value]


def _base64_length(value: bytes | None) -> int:
    return 4 * ((len(value or b"") + 2) // 3)


Keep = Callable[[Record], bool]
"""Says which records reach the function (a mapping's filter criteria)."""
