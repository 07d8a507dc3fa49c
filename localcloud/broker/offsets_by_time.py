"""Offsets by time, which the mock cluster does not know: its answers to ListOffsets are completed on their way back.

A client that asks for the first record at or after a moment is told "none" by the mock cluster. What it asked is read
from the request, found by reading the partition (which holds a few megabytes), and written into the answer, whose
fields have a fixed size. https://kafka.apache.org/protocol#The_Messages_ListOffsets
"""

import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, TopicPartition

LIST_OFFSETS = 2
"""The number of the request in Kafka's protocol."""

Place = tuple[str, int]
"""A topic and the number of a partition."""

Found = tuple[int, int]
"""A record's timestamp and offset; both -1 when there is none."""

NONE: Found = (-1, -1)

_FLEXIBLE_SINCE = 6
_WITH_EPOCH_SINCE = 4
_WITH_THROTTLE_SINCE = 2
_RESULT = struct.Struct(">qq")
_ENOUGH_SECONDS = 5.0
_POLL_SECONDS = 0.2
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Question:
    """What a ListOffsets request asks of one partition: a timestamp in milliseconds, or a negative special value."""

    place: Place
    timestamp: int

    @property
    def is_by_time(self) -> bool:
        return self.timestamp >= 0


class _Cursor:
    """Walks through a message. ``flexible`` messages have lengths of variable size, and tagged fields."""

    def __init__(self, content: bytes, *, flexible: bool) -> None:
        self._content, self._flexible = content, flexible
        self.position = 0

    def integer(self, size: int) -> int:
        start, self.position = self.position, self.position + size
        if self.position > len(self._content):
            raise ValueError("the message ends too early")
        return int.from_bytes(self._content[start : self.position], "big", signed=True)

    def text(self) -> str:
        length = self._length(2)
        start, self.position = self.position, self.position + max(length, 0)
        return self._content[start : self.position].decode(errors="replace")

    def each(self) -> Iterator[None]:
        """Once for each element of an array."""
        for _ in range(max(self._length(4), 0)):
            yield None

    def tags(self) -> None:
        if self._flexible:
            for _ in range(self._varint()):
                self._varint()
                self.position += self._varint()

    def _length(self, size: int) -> int:
        return self._varint() - 1 if self._flexible else self.integer(size)

    def _varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.integer(1) & 0xFF
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
            shift += 7


def questions(version: int, request: bytes) -> list[Question]:
    """What a request (all behind its correlation id) asks, in order; nothing when it cannot be read."""
    if version < 1:
        # The oldest version has answers of another shape; no client of this decade uses it.
        return []
    try:
        return list(_questions(version, request))
    except ValueError:
        return []


def _questions(version: int, request: bytes) -> Iterator[Question]:
    client = _Cursor(request, flexible=False)
    client.text()
    cursor = _Cursor(request, flexible=version >= _FLEXIBLE_SINCE)
    cursor.position = client.position
    cursor.tags()
    cursor.integer(4)
    if version >= 2:
        cursor.integer(1)
    for _ in cursor.each():
        topic = cursor.text()
        for _ in cursor.each():
            partition = cursor.integer(4)
            if version >= _WITH_EPOCH_SINCE:
                cursor.integer(4)
            yield Question((topic, partition), cursor.integer(8))
            cursor.tags()
        cursor.tags()


def completed(version: int, answer: bytes, results: Mapping[Place, Found]) -> bytes:
    """An answer (with its correlation id) that gives these results, where it gave none."""
    whole = bytearray(answer)
    cursor = _Cursor(answer, flexible=version >= _FLEXIBLE_SINCE)
    try:
        cursor.integer(4)
        cursor.tags()
        if version >= _WITH_THROTTLE_SINCE:
            cursor.integer(4)
        for _ in cursor.each():
            topic = cursor.text()
            for _ in cursor.each():
                place = topic, cursor.integer(4)
                error = cursor.integer(2)
                if place in results and not error:
                    _RESULT.pack_into(whole, cursor.position, *results[place])
                cursor.position += _RESULT.size
                if version >= _WITH_EPOCH_SINCE:
                    cursor.integer(4)
                cursor.tags()
            cursor.tags()
    except (ValueError, struct.error):
        return answer
    return bytes(whole)


def find(bootstrap: str, asked: Sequence[Question]) -> dict[Place, Found]:
    """Look the answers up, by reading the partitions of the broker at this address."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "flightpulse-offsets-by-time",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
            "log_level": 2,
        }
    )
    try:
        return {question.place: _first(consumer, question) for question in asked}
    except KafkaException:
        # Then the mock cluster's own answer stays.
        return {}
    finally:
        consumer.close()


def _first(consumer: Consumer, question: Question) -> Found:
    """The first record of a partition that is not older than a moment."""
    topic, number = question.place
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_ENOUGH_SECONDS) or (0, 0)
    if low >= high:
        return NONE
    consumer.assign([TopicPartition(topic, number, low)])
    deadline = time.monotonic() + _ENOUGH_SECONDS
    while time.monotonic() < deadline:
        for message in consumer.consume(_AT_ONCE, timeout=_POLL_SECONDS):
            offset = message.offset()
            if message.error() is not None or offset is None:
                continue
            if message.timestamp()[1] >= question.timestamp:
                return message.timestamp()[1], offset
            if offset >= high - 1:
                return NONE
    return NONE
