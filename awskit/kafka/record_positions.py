"""Reads records back from the positions in Kafka at which they were written."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from awskit.errors import UserError
from awskit.kafka.connection import Kafka, reason

_SECONDS = 5.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """Where one sending of an event lies in the topic."""

    event_id: str
    partition: int
    offset: int
    topic: str

    def __str__(self) -> str:
        return f"partition {self.partition}, offset {self.offset}"


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """A record as the broker has it. ``at`` is its own timestamp (UTC), ``key`` and headers are decoded text."""

    place: Place
    key: str
    at: datetime
    value: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def event_id(self) -> str:
        return self.place.event_id


def read(bootstrap: str, places: Sequence[Place], *, new_consumer: Any = None) -> list[KafkaRecord]:
    """The records at these places, in the same order; those that the broker no longer has are left out.

    No offset is committed and no consumer group is joined. Raises UserError when the broker cannot be used.
    """
    if not places:
        return []
    settings = Kafka(bootstrap).client(
        **{"group.id": "flightpulse-workbench", "enable.auto.commit": False, "error_cb": lambda _: None}
    )
    consumer = (new_consumer or Consumer)(settings)
    try:
        found = [_read_one(consumer, place) for place in places]
    except KafkaException as error:
        raise UserError(f"The records cannot be read back from Kafka: {reason(error)}.") from error
    finally:
        consumer.close()
    return [record for record in found if record is not None]


def _read_one(consumer: Any, place: Place) -> KafkaRecord | None:
    low, high = consumer.get_watermark_offsets(TopicPartition(place.topic, place.partition), timeout=_SECONDS)
    if not low <= place.offset < high:
        return None
    consumer.assign([TopicPartition(place.topic, place.partition, place.offset)])
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        message = consumer.poll(_POLL_SECONDS)
        if message is None or message.error() is not None:
            continue
        return _record(place, message) if message.offset() == place.offset else None
    return None


def _record(place: Place, message: Any) -> KafkaRecord:
    _, milliseconds = message.timestamp()
    return KafkaRecord(
        place=place,
        key=(message.key() or b"").decode("utf-8", "replace"),
        at=datetime.fromtimestamp(milliseconds / 1000, UTC),
        value=message.value() or b"",
        headers={name: (value or b"").decode("utf-8", "replace") for name, value in message.headers() or []},
    )
