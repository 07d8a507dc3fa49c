"""What operations report about a flight, what FlightPulse makes of it, and what a report must fulfil."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Self

from flightpulse.domain.entities import CancellationReason, DelayReason, Flight, RebookingPriority
from flightpulse.domain.instants import NaiveInstantError, parse_instant, to_milliseconds, to_seconds
from flightpulse.domain.severity import delay_category

TOPIC = "flight-operations"
"""The Kafka topic on which operations report."""


class EventType(StrEnum):
    FLIGHT_DELAY = "FLIGHT_DELAY"
    FLIGHT_CANCELLED = "FLIGHT_CANCELLED"
    FLIGHT_DEPARTED = "FLIGHT_DEPARTED"
    GATE_CHANGE = "GATE_CHANGE"


class EventSource(StrEnum):
    """Who published an event on the bus."""

    KAFKA_CONSUMER = "flightpulse.kafka-consumer"
    WORKFLOW = "flightpulse.workflow"
    STREAM_HANDLER = "flightpulse.stream-handler"


class DetailType(StrEnum):
    DELAY_MINOR = "flight.delay.minor"
    DELAY_MAJOR = "flight.delay.major"
    DELAY_SEVERE = "flight.delay.severe"
    CANCELLED = "flight.cancelled"
    DEPARTED = "flight.departed"
    GATE_CHANGE = "flight.gate_change"
    FLIGHT_STATUS_CHANGED = "flight.status_changed"
    BOOKING_STATUS_CHANGED = "booking.status_changed"
    REBOOKING_NEEDED = "rebooking.needed"
    NOTIFICATION_EMAIL = "notification.email"
    NOTIFICATION_SMS = "notification.sms"


class Kind(StrEnum):
    """What passengers are told. A delay of 0 minutes is the good news that a flight leaves on time after all."""

    DELAY = "delay"
    ON_TIME = "on_time"
    CANCELLATION = "cancellation"
    GATE_CHANGE = "gate_change"


class Severity(StrEnum):
    """How a message is toned and a metric is sliced: the delay categories and the kinds of other news."""

    MINOR = "MINOR"
    MAJOR = "MAJOR"
    SEVERE = "SEVERE"
    CANCELLED = "CANCELLED"
    GATE = "GATE"
    TERMINAL = "TERMINAL"


class Rejection(StrEnum):
    """Why a record was not processed. The codes appear in dead letters, logs and answers."""

    MALFORMED_RECORD = "MALFORMED_RECORD"
    EMPTY_VALUE = "EMPTY_VALUE"
    TOO_LARGE = "TOO_LARGE"
    NOT_UTF8 = "NOT_UTF8"
    NOT_JSON = "NOT_JSON"
    TOO_DEEP = "TOO_DEEP"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    UNKNOWN_EVENT_TYPE = "UNKNOWN_EVENT_TYPE"
    SCHEMA = "SCHEMA"
    NEGATIVE_DELAY = "NEGATIVE_DELAY"
    BAD_TIMESTAMP = "BAD_TIMESTAMP"
    NAIVE_TIMESTAMP = "NAIVE_TIMESTAMP"
    FUTURE_TIMESTAMP = "FUTURE_TIMESTAMP"
    UNKNOWN_FLIGHT = "UNKNOWN_FLIGHT"
    UNREADABLE_FLIGHT = "UNREADABLE_FLIGHT"
    DEPARTURE_BEFORE_SCHEDULE = "DEPARTURE_BEFORE_SCHEDULE"
    ARRIVAL_BEFORE_DEPARTURE = "ARRIVAL_BEFORE_DEPARTURE"
    DELAY_CONTRADICTS_DEPARTURE = "DELAY_CONTRADICTS_DEPARTURE"
    ARRIVAL_CONTRADICTS_DEPARTURE = "ARRIVAL_CONTRADICTS_DEPARTURE"
    SAME_GATE = "SAME_GATE"


# Operations round to the minute.
DELAY_TOLERANCE = timedelta(minutes=1)
"""How far apart ``delay_minutes`` and the new departure may be."""

FLYING_TIME_TOLERANCE = timedelta(hours=2)
"""How much longer or shorter than scheduled a delayed flight may be in the air: wind, another route, a queue."""


class InvalidEventError(Exception):
    """An event that must not be processed: retrying cannot mend it, so it belongs in the dead letters."""

    def __init__(self, code: Rejection, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


_REASONS = {
    "WEATHER": "the weather",
    "MECHANICAL": "a mechanical problem",
    "CREW": "crew availability",
    "ATC": "air traffic control",
    "SECURITY": "a security matter",
    "OTHER": "operational reasons",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightEvent(ABC):
    """What every report about a flight has. ``timestamp`` is when operations knew, in UTC.

    A type of event is a subclass. It says which records it reads (``event_type``), under which metric it is counted,
    what it means, and whether passengers are told; everything else about an event asks it.
    """

    event_type: ClassVar[EventType]
    metric: ClassVar[str]
    is_told: ClassVar[bool] = True

    event_id: str
    flight_id: str
    timestamp: datetime
    source: str

    @classmethod
    @abstractmethod
    def read(cls, common: Mapping[str, Any], payload: Mapping[str, Any]) -> Self:
        """The event in an envelope that fulfils the schema of its type; ``common`` are the fields that all types have.

        Raises :class:`InvalidEventError` for what a schema cannot say.
        """

    @property
    @abstractmethod
    def severity(self) -> Severity:
        """One label for how bad the news is."""

    @property
    @abstractmethod
    def detail_type(self) -> DetailType:
        """The detail type that routes the event to its workflow."""

    def details(self) -> dict[str, Any]:
        """The payload as the bus carries it; a type may add what follows from it."""
        own = ((name, getattr(self, name)) for name in _own_fields(type(self)))
        return {name: to_seconds(value) if isinstance(value, datetime) else value for name, value in own}

    @abstractmethod
    def says(self) -> str:
        """What happened, as the rest of a sentence that begins with the flight."""

    def check(self, flight: Flight) -> None:  # noqa: B027 - most types have nothing to check
        """Hold the event against its flight. Raises :class:`InvalidEventError`."""

    def corrected_by(self, _flight: Flight) -> Self:
        """The event with what the table knows better than operations: most types have nothing of the kind."""
        return self


@cache
def _own_fields(event_class: type[FlightEvent]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(event_class) if field.name not in FlightEvent.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightDelay(FlightEvent):
    event_type: ClassVar[EventType] = EventType.FLIGHT_DELAY
    metric: ClassVar[str] = "DelayEventsProcessed"

    delay_minutes: int
    reason: DelayReason
    reason_detail: str
    new_departure: datetime
    new_arrival: datetime

    @classmethod
    def read(cls, common: Mapping[str, Any], payload: Mapping[str, Any]) -> Self:
        delay = cls(
            **common,
            # JSON Schema calls 25.0 an integer.
            delay_minutes=int(payload["delay_minutes"]),
            reason=DelayReason[payload["reason"]],
            reason_detail=payload.get("reason_detail") or "",
            new_departure=_instant("payload.new_departure", payload["new_departure"]),
            new_arrival=_instant("payload.new_arrival", payload["new_arrival"]),
        )
        if delay.new_arrival <= delay.new_departure:
            raise InvalidEventError(
                Rejection.ARRIVAL_BEFORE_DEPARTURE,
                f"new_arrival {to_seconds(delay.new_arrival)} is not after new_departure "
                f"{to_seconds(delay.new_departure)}",
            )
        return delay

    @property
    def severity(self) -> Severity:
        return Severity[delay_category(self.delay_minutes)]

    @property
    def detail_type(self) -> DetailType:
        return DetailType[f"DELAY_{delay_category(self.delay_minutes)}"]

    def details(self) -> dict[str, Any]:
        category = delay_category(self.delay_minutes)
        return {"delay_minutes": self.delay_minutes, "delay_category": category, **FlightEvent.details(self)}

    def says(self) -> str:
        if not self.delay_minutes:
            return "is back on schedule"
        return f"leaves {_counted(self.delay_minutes, 'minute')} late because of {_REASONS[self.reason]}"

    def check(self, flight: Flight) -> None:
        if self.new_departure < flight.scheduled_departure:
            raise InvalidEventError(
                Rejection.DEPARTURE_BEFORE_SCHEDULE,
                f"new_departure {to_seconds(self.new_departure)} is before the scheduled departure of flight "
                f"{flight.flight_id}, {to_seconds(flight.scheduled_departure)}",
            )
        late = self.new_departure - flight.scheduled_departure
        _check_delay(late, self.delay_minutes, "new_departure", self.new_departure, flight)
        flying = self.new_arrival - self.new_departure
        if abs(flying - (flight.scheduled_arrival - flight.scheduled_departure)) > FLYING_TIME_TOLERANCE:
            raise InvalidEventError(
                Rejection.ARRIVAL_CONTRADICTS_DEPARTURE,
                f"new_arrival {to_seconds(self.new_arrival)} is {round(flying.total_seconds() / 60)} minutes after "
                f"new_departure; flight {flight.flight_id} is scheduled to take "
                f"{round((flight.scheduled_arrival - flight.scheduled_departure).total_seconds() / 60)}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightCancelled(FlightEvent):
    event_type: ClassVar[EventType] = EventType.FLIGHT_CANCELLED
    metric: ClassVar[str] = "CancellationEventsProcessed"

    reason: CancellationReason
    reason_detail: str
    rebooking_priority: RebookingPriority

    @classmethod
    def read(cls, common: Mapping[str, Any], payload: Mapping[str, Any]) -> Self:
        return cls(
            **common,
            reason=CancellationReason[payload["reason"]],
            reason_detail=payload.get("reason_detail") or "",
            rebooking_priority=RebookingPriority[payload["rebooking_priority"]],
        )

    @property
    def severity(self) -> Severity:
        return Severity.CANCELLED

    @property
    def detail_type(self) -> DetailType:
        return DetailType.CANCELLED

    def says(self) -> str:
        return f"is cancelled because of {_REASONS[self.reason]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightDeparted(FlightEvent):
    """The flight has left: it is closed, and nobody is told."""

    event_type: ClassVar[EventType] = EventType.FLIGHT_DEPARTED
    metric: ClassVar[str] = "DepartureEventsProcessed"
    is_told: ClassVar[bool] = False

    delay_minutes: int
    actual_departure: datetime

    @classmethod
    def read(cls, common: Mapping[str, Any], payload: Mapping[str, Any]) -> Self:
        return cls(
            **common,
            delay_minutes=int(payload["delay_minutes"]),
            actual_departure=_instant("payload.actual_departure", payload["actual_departure"]),
        )

    @property
    def severity(self) -> Severity:
        return Severity[delay_category(self.delay_minutes)]

    @property
    def detail_type(self) -> DetailType:
        return DetailType.DEPARTED

    def details(self) -> dict[str, Any]:
        return {
            "delay_minutes": self.delay_minutes,
            "delay_category": delay_category(self.delay_minutes),
            "actual_departure": to_seconds(self.actual_departure),
        }

    def says(self) -> str:
        late = f"{_counted(self.delay_minutes, 'minute')} late" if self.delay_minutes else "on time"
        return f"has left {late}"

    def check(self, flight: Flight) -> None:
        # Who left early has no delay.
        late = max(timedelta(), self.actual_departure - flight.scheduled_departure)
        _check_delay(late, self.delay_minutes, "actual_departure", self.actual_departure, flight)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChange(FlightEvent):
    event_type: ClassVar[EventType] = EventType.GATE_CHANGE
    metric: ClassVar[str] = "GateChangeEventsProcessed"

    old_gate: str
    new_gate: str
    terminal_change: bool

    @classmethod
    def read(cls, common: Mapping[str, Any], payload: Mapping[str, Any]) -> Self:
        change = cls(
            **common,
            old_gate=payload["old_gate"],
            new_gate=payload["new_gate"],
            terminal_change=payload["terminal_change"],
        )
        if change.old_gate == change.new_gate:
            raise InvalidEventError(Rejection.SAME_GATE, f"old_gate and new_gate are both {change.new_gate}")
        return change

    @property
    def severity(self) -> Severity:
        return Severity.TERMINAL if self.terminal_change else Severity.GATE

    @property
    def detail_type(self) -> DetailType:
        return DetailType.GATE_CHANGE

    def corrected_by(self, flight: Flight) -> Self:
        """Leaves from the gate that the table knows.

        When that is the new gate already, the change has been applied before, and the report keeps its own word.
        """
        known = flight.gate not in ("", self.new_gate)
        return replace(self, old_gate=flight.gate) if known else self

    def says(self) -> str:
        where = ", in another terminal" if self.terminal_change else ""
        return f"leaves from gate {self.new_gate} instead of {self.old_gate}{where}"


TYPES: Mapping[EventType, type[FlightEvent]] = {
    known.event_type: known for known in (FlightDelay, FlightCancelled, FlightDeparted, GateChange)
}
"""Every type of event by the name under which operations report it."""


def parse(envelope: Mapping[str, Any]) -> FlightEvent:
    """Read an envelope that fulfils the schema of its event type.

    Raises :class:`InvalidEventError` for what a schema cannot say: times without an offset or outside the calendar, an
    arrival before the departure, a gate changed to itself.
    """
    payload = envelope["payload"]
    common = {
        "event_id": envelope["event_id"],
        "flight_id": payload["flight_id"],
        "timestamp": _instant("timestamp", envelope["timestamp"]),
        "source": envelope["source"],
    }
    return TYPES[envelope["event_type"]].read(common, payload)


def _instant(name: str, text: str) -> datetime:
    try:
        return parse_instant(text)
    except NaiveInstantError as error:
        raise InvalidEventError(Rejection.NAIVE_TIMESTAMP, f"{name} {error}") from None
    except ValueError as error:
        raise InvalidEventError(Rejection.BAD_TIMESTAMP, f"{name} {error}") from None


def _check_delay(late: timedelta, minutes: int, name: str, departure: datetime, flight: Flight) -> None:
    if abs(late - timedelta(minutes=minutes)) > DELAY_TOLERANCE:
        raise InvalidEventError(
            Rejection.DELAY_CONTRADICTS_DEPARTURE,
            f"delay_minutes is {minutes}, but {name} {to_seconds(departure)} is "
            f"{round(late.total_seconds() / 60)} minutes after the scheduled departure of flight "
            f"{flight.flight_id}, {to_seconds(flight.scheduled_departure)}",
        )


_CLOCKS_DIFFER_AT_MOST = timedelta(days=1)


def check(event: FlightEvent, flight: Flight, *, received_at: datetime) -> None:
    """Hold the event against its flight and the time it came. Raises :class:`InvalidEventError`.

    News from the future would count as newer than everything that follows it, so it is refused. A day is room enough
    for clocks and time zones that are set wrongly.
    """
    if event.timestamp - received_at > _CLOCKS_DIFFER_AT_MOST:
        raise InvalidEventError(
            Rejection.FUTURE_TIMESTAMP, f"timestamp {to_seconds(event.timestamp)} is more than a day in the future"
        )
    event.check(flight)


def enriched_detail(
    event: FlightEvent,
    flight: Flight,
    *,
    affected_passengers_count: int,
    correlation_id: str,
    notify_from_minutes: int = 0,
) -> dict[str, Any]:
    """The detail of the bus event: the report, what it means, and the flight as it was when the report arrived.

    A departure that nobody was told of, because delays below ``notify_from_minutes`` are not told, is not handed on.
    """
    estimate = flight.estimated_departure if flight.delay_told or not notify_from_minutes else None
    quiet = notify_from_minutes and event.event_type is EventType.FLIGHT_DELAY
    return {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "flight_id": event.flight_id,
        "timestamp": to_milliseconds(event.timestamp),
        "source": event.source,
        "correlation_id": correlation_id,
        **event.details(),
        **({"notify_from_minutes": notify_from_minutes} if quiet else {}),
        "affected_passengers_count": affected_passengers_count,
        "flight_details": {
            "origin": flight.origin,
            "destination": flight.destination,
            "original_departure": to_seconds(flight.scheduled_departure),
            "original_arrival": to_seconds(flight.scheduled_arrival),
            "gate": flight.gate,
            "aircraft": flight.aircraft,
            "status": flight.status,
            **({"estimated_departure": to_seconds(estimate)} if estimate else {}),
        },
        "summary": summary(event, flight, affected_passengers_count),
    }


def summary(event: FlightEvent, flight: Flight, affected_passengers_count: int) -> str:
    """One plain sentence for whoever reads the bus or a log. It names no passenger."""
    subject = f"Flight {event.flight_id} from {flight.origin} to {flight.destination}"
    return f"{subject} {event.says()}; {_counted(affected_passengers_count, 'passenger')} affected."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
