"""Sends operations events to Kafka so that each is either acknowledged or accounted for.

As a program it builds the event from its options: ``python simulator/producer.py --event-type FLIGHT_DELAY --flight-id
SW1234 --delay-minutes 25 --reason WEATHER`` (see :mod:`simulator.produce_command`).
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from flightpulse.errors import UserError
from flightpulse.relay.connection import Kafka, partitions_of, reason
from simulator import events
from simulator.events import CORRELATION_HEADER, TOPIC

if TYPE_CHECKING:
    from flightpulse.workbench.target.session import Session

OnProgress = Callable[[int, int], None]
"""Told how many records the broker has acknowledged, of how many."""

_DELIVERY_SECONDS = 30.0
_POLL_SECONDS = 0.1
_LAST_WORDS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A record that the broker has on all its in-sync replicas."""

    event_id: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A record that the broker does not have, and why."""

    event_id: str
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


class OperationsProducer:
    """Writes operations events, one flight in order, each acknowledged by all in-sync replicas.

    As a context manager it waits for every acknowledgement on the way out, and after an exception takes back what has
    not been sent; Ctrl-C raises KeyboardInterrupt between records. ``report`` says what became of each record; one that
    is not acknowledged after ``delivery_seconds`` has failed.
    """

    def __init__(
        self,
        kafka: Kafka,
        topic: str = TOPIC,
        *,
        delivery_seconds: float = _DELIVERY_SECONDS,
        new_producer: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> None:
        self.report = Report()
        self._kafka = kafka
        self._topic = topic
        self._handed_over = 0
        self._interrupts = _Interrupts()
        try:
            self._producer = new_producer(
                kafka.client(
                    **{
                        "client.id": "flightpulse-simulator",
                        "acks": "all",
                        "enable.idempotence": True,
                        "linger.ms": 5,
                        # What Kafka's own and most other clients do: a flight stays in one partition, whoever sends.
                        "partitioner": "murmur2_random",
                        "message.timeout.ms": int(delivery_seconds * 1000),
                        "allow.auto.create.topics": False,
                        "error_cb": lambda _: None,
                    }
                )
            )
        except KafkaException as error:
            raise UserError(f"Kafka does not accept these settings: {reason(error)}.", hint="Check them.") from error

    def send(self, event: Mapping[str, Any], *, correlation_id: str | None = None) -> None:
        """Hand one event over, keyed by its flight. It is sent in the background."""
        name = str(event["event_id"])
        headers = {CORRELATION_HEADER: (correlation_id or name).encode()}
        self.send_record(events.key(event), events.value(event), headers, name=name)

    def send_record(
        self, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes], *, name: str = "record"
    ) -> None:
        """Hand over a record as it is, good or bad; ``name`` is what the report calls it."""
        while True:
            self._interrupts.check()
            try:
                self._producer.produce(
                    self._topic,
                    value=value,
                    key=key,
                    headers=dict(headers),
                    on_delivery=lambda error, message: self._delivered(name, error, message),
                )
            except BufferError:
                # The local queue is full: the broker is slower than we are.
                self._producer.poll(_POLL_SECONDS)
            except KafkaException as error:
                self._handed_over += 1
                self.report.failed.append(Failed(name, reason(error)))
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

    def __enter__(self) -> "OperationsProducer":
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


def send(session: "Session", some_events: Sequence[Mapping[str, Any]]) -> None:
    """Send events to the broker of a session, in their order. Raises UserError unless the broker has them all."""
    kafka = Kafka(session.broker)
    partitions_of(kafka, TOPIC)
    with OperationsProducer(kafka) as producer:
        for event in some_events:
            producer.send(event)
    check(producer.report)


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


if __name__ == "__main__":
    from simulator.produce_command import main

    sys.exit(main())
