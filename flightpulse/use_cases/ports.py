"""What the use cases ask of the world around them, and the plain values that go back and forth."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from flightpulse.domain.entities import Booking, Flight, FlightStatus, Passenger
from flightpulse.domain.events import DetailType, EventSource, InvalidEventError

Entity = TypeVar("Entity")


class Record(NamedTuple):
    """What was delivered, still raw.

    ``kind`` is ``kafka_record`` or ``direct_invocation``; ``coordinates`` say where a Kafka record came from. ``key``
    and ``value`` are ``None`` where Kafka had none. ``malformed`` says why something is no record at all; its ``value``
    is then the JSON of what was there instead.
    """

    coordinates: Mapping[str, int | str | None]
    value: bytes | None
    key: bytes | None = None
    kind: str = "kafka_record"
    correlation_id: str | None = None
    traceparent: str | None = None
    malformed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record and why it is put aside."""

    record: Record
    reason: InvalidEventError


class BusEvent(NamedTuple):
    """An event to publish. ``event_id`` names it in errors and logs; ``detail`` is plain JSON.

    ``trace_header`` says which trace it goes on with; without one it is that of whoever publishes.
    """

    event_id: str
    source: EventSource
    detail_type: DetailType
    detail: dict[str, Any]
    trace_header: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedEntry:
    """An event that the bus did not take. ``index`` is its place among the events that were to be published."""

    index: int
    event_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """An item of the table before and after a write; None where there was nothing before or is nothing after.

    ``change_id`` is the same each time the same change is delivered. ``malformed`` says why a stream's record is none.
    """

    sequence_number: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    change_id: str = ""
    changed_at: datetime | None = None
    malformed: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Entity]):
    """Some of a query's answers. ``next_token`` is set when there are more, and only then."""

    items: tuple[Entity, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightBooking:
    """What a flight knows of a booking on it."""

    booking_id: str
    passenger_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassengerBooking:
    """What a passenger knows of one of their bookings."""

    booking_id: str
    flight_id: str


class PublishError(Exception):
    """Some events did not reach the bus. The others did, and will again when the caller's batch is retried."""

    def __init__(self, failed: Sequence[FailedEntry]) -> None:
        named = ", ".join(f"{entry.event_id} ({entry.code})" for entry in failed)
        super().__init__(f"{len(failed)} events were not published: {named}")
        self.failed = tuple(failed)


class UnreadableItemError(Exception):
    """An item is there, but what it holds is no flight, passenger or booking. The text names its key and the field."""


class BadParameterError(ValueError):
    """A caller asks for something in a way that cannot be answered. The text names the parameter."""


class Flights(Protocol):
    """The flights that are known, and who is booked on them."""

    def flight_and_passengers(self, flight_id: str) -> tuple[Flight, int] | None:
        """The flight as it is now, and how many people are booked on it; None when there is none of this id.

        Raises :class:`UnreadableItemError`.
        """


class Reservations(Protocol):
    """Flights, passengers and bookings, for whoever only reads.

    A page goes on where its token says; one that is not ours is a :class:`BadParameterError`.
    """

    def flight(self, flight_id: str) -> Flight | None: ...

    def passenger(self, passenger_id: str) -> Passenger | None: ...

    def booking(self, booking_id: str) -> Booking | None: ...

    def flights_by_status(self, status: FlightStatus, *, limit: int, token: str | None = None) -> Page[Flight]: ...

    def bookings_of_flight(self, flight_id: str, *, limit: int, token: str | None = None) -> Page[FlightBooking]: ...

    def bookings_of_passenger(
        self, passenger_id: str, *, limit: int, token: str | None = None
    ) -> Page[PassengerBooking]: ...


class EventBus(Protocol):
    """Takes events for whoever wants to hear of them."""

    def publish(self, events: Sequence[BusEvent]) -> None:
        """Publish in order. Raises :class:`PublishError` naming what was not taken."""


class DeadLetterQueue(Protocol):
    """Keeps what cannot be processed."""

    def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send every letter; raises when one was not taken."""


class Log(Protocol):
    """Writes lines for people; ``extra`` are the fields by which a line is found."""

    def info(self, msg: object, *, extra: Mapping[str, object]) -> None: ...

    def warning(self, msg: object, *, extra: Mapping[str, object]) -> None: ...

    def error(self, msg: object, *, extra: Mapping[str, object]) -> None: ...


class RecordTrace(AbstractContextManager["RecordTrace"], Protocol):
    """A record's part of a trace. What is asked of other services within belongs to this record."""

    @property
    def header(self) -> str | None: ...

    def annotate(self, **values: str) -> None:
        """Add ids by which the trace is found."""

    def reject(self, reason: str) -> None:
        """Note that the record is put aside."""


class Tracer(AbstractContextManager["Tracer"], Protocol):
    """Follows every record of an invocation through all services, until it has been published or put aside."""

    def record(self, record: Record) -> RecordTrace: ...


class Meter(Protocol):
    """Counts; nothing counts before it is flushed."""

    def add(self, metric: str, count: int = 1, *, dimensions: Mapping[str, str] = ...) -> None: ...

    def measure(self, metric: str, milliseconds: float) -> None: ...

    def flush(self) -> None: ...
