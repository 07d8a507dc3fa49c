"""Sends records to Kafka so that each is either acknowledged or accounted for."""

import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from awskit.errors import UserError
from awskit.kafka.connection import Kafka, partitions_of, reason

OnProgress = Callable[[int, int], None]
"""Told how many records the broker has acknowledged, of how many."""

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C has ended."""

_DELIVERY_SECONDS = 30.0
_POLL_SECONDS = 0.1
_LAST_WORDS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record to send, good or bad. ``name`` is what reports call it; :func:`send_all` waits until it is ``due``."""

    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = field(default_factory=dict)
    name: str = "record"
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A record that the broker has on all its in-sync replicas."""

    name: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A record that the broker does not have, and why."""

    name: str
    why: str


@dataclass(slots=True)
class Report:
    """What became of every record that was handed over.

    ``purged`` records never left this process. ``unknown`` ones were on their way when somebody lost patience: sending
    them again is safe, because a repeated event keeps its id.
    """

    acknowledged: list[Acknowledged] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return len(self.acknowledged) + len(self.failed) + len(self.purged) + len(self.unknown)


class _Interrupts:
    """Ctrl-C, put off until the program is at a place where it can be stopped.

    Raised inside a delivery report it would be lost in librdkafka, and the report with it.
    """

    def __init__(self) -> None:
        self._pressed = False
        self._before: Any = None

    def put_off(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._press)

    def restore(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def check(self) -> None:
        if self._pressed:
            self._pressed = False
            raise KeyboardInterrupt

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        self._pressed = True


_idle: dict[frozenset[tuple[str, Any]], list[Producer]] = defaultdict(list)
"""librdkafka's producers between two sendings, by their settings.

A new one asks for its id before it has connected, and again half a second later: every sending would wait so long.
"""


def _idle_or_new(settings: dict[str, Any]) -> Producer:
    try:
        return _idle[frozenset(settings.items())].pop()
    except IndexError:
        return Producer(settings)


def _unheard(_error: KafkaError) -> None:
    """What goes wrong is told by what becomes of each record."""


class RecordProducer:
    """Writes records to one topic, those of a key in order, each acknowledged by all in-sync replicas.

    As a context manager it waits for every acknowledgement on the way out, and after an exception takes back what has
    not been sent; Ctrl-C raises KeyboardInterrupt between records. ``report`` says what became of each record; one that
    is not acknowledged after ``delivery_seconds`` has failed.
    """

    def __init__(
        self,
        kafka: Kafka,
        topic: str,
        *,
        delivery_seconds: float = _DELIVERY_SECONDS,
        new_producer: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> None:
        self.report = Report()
        self._topic = topic
        self._handed_over = 0
        self._interrupts = _Interrupts()
        self._settings = kafka.client(
            **{
                "client.id": "flightpulse-producer",
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 5,
                # What Kafka's own and most other clients do: a key stays in one partition, whoever sends.
                "partitioner": "murmur2_random",
                "message.timeout.ms": int(delivery_seconds * 1000),
                "allow.auto.create.topics": False,
                "error_cb": _unheard,
            }
        )
        try:
            self._producer = new_producer(self._settings)
        except KafkaException as error:
            raise UserError(f"Kafka does not accept these settings: {reason(error)}.", hint="Check them.") from error

    def send(self, record: OutgoingRecord) -> None:
        """Hand over a record. It is sent in the background."""
        while True:
            self._interrupts.check()
            try:
                self._producer.produce(
                    self._topic,
                    value=record.value,
                    key=record.key,
                    headers=dict(record.headers),
                    on_delivery=lambda error, message: self._delivered(record.name, error, message),
                )
            except BufferError:
                # The local queue is full: the broker is slower than we are.
                self._producer.poll(_POLL_SECONDS)
            except KafkaException as error:
                self._handed_over += 1
                self.report.failed.append(Failed(record.name, reason(error)))
                return
            else:
                self._handed_over += 1
                self._producer.poll(0)
                return

    def pause(self, seconds: float) -> None:
        """Let time pass between two records while those before are sent. Ctrl-C raises KeyboardInterrupt."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._interrupts.check()
            self._producer.poll(min(left, _POLL_SECONDS))

    @property
    def handed_over(self) -> int:
        """How many records this producer was given."""
        return self._handed_over

    def flush(self, on_progress: OnProgress = lambda _acknowledged, _all: None) -> Report:
        """Wait until the fate of every record is known: at the longest as long as one delivery may take."""
        while self.report.settled < self._handed_over:
            self._interrupts.check()
            self._producer.flush(_POLL_SECONDS)
            on_progress(len(self.report.acknowledged), self._handed_over)
        return self.report

    def take_back(self) -> Report:
        """Give up: drop what has not been sent, wait a little for what is on its way."""
        self._producer.purge(in_queue=True, in_flight=False, blocking=True)
        deadline = time.monotonic() + _LAST_WORDS_SECONDS
        while self.report.settled < self._handed_over and time.monotonic() < deadline:
            self._producer.flush(_POLL_SECONDS)
        self._producer.purge(in_queue=True, in_flight=True, blocking=True)
        self._producer.flush(_POLL_SECONDS)
        return self.report

    def release(self) -> None:
        """Leave the connection to the next :func:`send_all`: everything that was handed over is acknowledged."""
        _idle[frozenset(self._settings.items())].append(self._producer)

    def __enter__(self) -> "RecordProducer":
        self._interrupts.put_off()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._flush_or_take_back()
            else:
                self.take_back()
        finally:
            self._interrupts.restore()

    def _flush_or_take_back(self) -> None:
        try:
            self.flush()
        except KeyboardInterrupt:
            self.take_back()
            raise

    def _delivered(self, name: str, error: KafkaError | None, message: Message) -> None:
        if error is None:
            partition, offset = message.partition(), message.offset()
            self.report.acknowledged.append(Acknowledged(name, partition or 0, offset or 0))
        elif error.code() == KafkaError._PURGE_QUEUE:
            self.report.purged.append(name)
        elif error.code() == KafkaError._PURGE_INFLIGHT:
            self.report.unknown.append(name)
        else:
            self.report.failed.append(Failed(name, error.str()))


AfterEach = Callable[[RecordProducer, int], None]
"""Told after each record that was handed over: the producer, and how many it has been given."""


def send_all(
    kafka: Kafka,
    topic: str,
    records: Iterable[OutgoingRecord],
    *,
    after_each: AfterEach = lambda _producer, _number: None,
    held: Callable[[], bool] = lambda: False,
    delivery_seconds: float = _DELIVERY_SECONDS,
) -> Report:
    """Send records in their order and wait until the fate of each is known; :func:`check` raises for what was lost.

    While ``held`` says so, no record is handed over. A record is asked for when the one before it has been handed over.

    Raises UserError when the cluster or the topic cannot be reached, and after Ctrl-C: then every record was either
    sent or not.
    """
    partitions_of(kafka, topic)
    producer = RecordProducer(kafka, topic, delivery_seconds=delivery_seconds, new_producer=_idle_or_new)
    try:
        with producer:
            for record in records:
                while held() or _seconds_until(record.due) > 0:
                    producer.pause(_POLL_SECONDS if held() else min(_seconds_until(record.due), _POLL_SECONDS))
                producer.send(record)
                after_each(producer, producer.handed_over)
    except KeyboardInterrupt:
        raise UserError(f"Stopped: {fates(producer.report)}.", exit_code=INTERRUPTED) from None
    if len(producer.report.acknowledged) == producer.handed_over:
        producer.release()
    return producer.report


def connect(kafka: Kafka) -> None:
    """Connect ahead of :func:`send_all`, which then sends at once. It says nothing: what is wrong shows there."""
    RecordProducer(kafka, "", new_producer=_idle_or_new).release()


def _seconds_until(due: datetime | None) -> float:
    return 0.0 if due is None else (due - datetime.now(UTC)).total_seconds()


def check(report: Report) -> None:
    """Raise UserError unless every record was acknowledged."""
    if report.failed or report.purged or report.unknown:
        first = f" The first: {report.failed[0].why}." if report.failed else ""
        raise UserError(f"Not every event was sent: {fates(report)}.{first}")


def fates(report: Report) -> str:
    """What became of the records, in words: ``3 acknowledged, 1 never sent``."""
    parts = [f"{len(report.acknowledged)} acknowledged"]
    parts += [f"{len(report.failed)} refused"] if report.failed else []
    parts += [f"{len(report.purged)} never sent"] if report.purged else []
    if report.unknown:
        parts.append(f"{len(report.unknown)} on their way (they may be sent again: an event that repeats keeps its id)")
    return ", ".join(parts)
