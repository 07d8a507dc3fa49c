"""Turns operations events into enriched events on the bus, and puts aside what is no such event."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from flightpulse import schemas
from flightpulse.domain import events
from flightpulse.domain.entities import Flight
from flightpulse.domain.events import EventSource, EventType, FlightEvent, InvalidEventError, Rejection, Severity
from flightpulse.use_cases.ports import (
    BusEvent,
    DeadLetter,
    DeadLetterQueue,
    EventBus,
    Flights,
    Log,
    Meter,
    Record,
    Tracer,
    UnreadableItemError,
)
from flightpulse.use_cases.strict_json import decode

_SCHEMAS: dict[str, str] = {event_type: event_type.lower() for event_type in EventType}


class Accepted(NamedTuple):
    """An event that goes on the bus. ``ids`` are those by which it is found."""

    record: Record
    ids: Mapping[str, Any]
    event: FlightEvent
    published: BusEvent


class Rejected(NamedTuple):
    """A record that goes to the dead letters. ``ids`` are those that were understood of it."""

    record: Record
    ids: Mapping[str, Any]
    reason: InvalidEventError


@dataclass(frozen=True, slots=True)
class Consumed:
    """What became of the records of one invocation."""

    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]

    def answer(self) -> dict[str, Any]:
        """The counts, and what became of an event that was handed over directly."""
        counts = {
            "received": len(self.accepted) + len(self.rejected),
            "published": len(self.accepted),
            "dead_lettered": len(self.rejected),
            # Kafka retries what is named here, in provisioned mode. Bad records are put aside instead, so nothing is.
            "batchItemFailures": [],
        }
        entries: tuple[Accepted | Rejected, ...] = (*self.accepted, *self.rejected)
        direct = next((entry for entry in entries if entry.record.kind == "direct_invocation"), None)
        return counts if direct is None else {**counts, **_outcome(direct)}


class Consumer:
    """Processes the records of one invocation.

    Nothing about a record makes an invocation fail: a bad one is rejected by itself. Only infrastructure does, so that
    the event source mapping delivers the whole batch again; every later hop knows an event it has seen by its id.
    """

    def __init__(
        self,
        flights: Flights,
        bus: EventBus,
        dead_letters: DeadLetterQueue,
        *,
        notify_from_minutes: Callable[[], int],
        log: Log,
        meter: Meter,
        tracer: Callable[[], Tracer],
    ) -> None:
        self._flights = flights
        self._bus = bus
        self._dead_letters = dead_letters
        self._notify_from_minutes = notify_from_minutes
        self._log = log
        self._meter = meter
        self._tracer = tracer

    def consume(self, records: Iterable[Record]) -> Consumed:
        """Publish what is good, in the order it came, and put the rest aside; then log and count it.

        Dead letters go last. If publishing fails, the batch comes again, and a letter sent before would come twice.
        """
        accepted: list[Accepted] = []
        rejected: list[Rejected] = []
        find, notify_from_minutes = cache(self._flights.flight_and_passengers), self._notify_from_minutes()
        with self._tracer() as tracer:
            for record in records:
                ids: dict[str, Any] = {"correlation_id": record.correlation_id}
                with tracer.record(record) as trace:
                    try:
                        event = read_event(record)
                        ids = _ids(record, event)
                        trace.annotate(**ids)
                        published = enrich(
                            record, event, find, notify_from_minutes=notify_from_minutes, trace_header=trace.header
                        )
                        accepted.append(Accepted(record, ids, event, published))
                    except InvalidEventError as error:
                        trace.reject(str(error.code))
                        rejected.append(Rejected(record, ids, error))
            self._bus.publish([entry.published for entry in accepted])
            self._dead_letters.send([DeadLetter(record=entry.record, reason=entry.reason) for entry in rejected])
        self._log_and_count(accepted, rejected)
        return Consumed(tuple(accepted), tuple(rejected))

    def _log_and_count(self, accepted: Sequence[Accepted], rejected: Sequence[Rejected]) -> None:
        processed: Counter[tuple[str, EventType, Severity]] = Counter()
        affected: Counter[tuple[EventType, Severity]] = Counter()
        for record, ids, event, published in accepted:
            detail, severity = published.detail, event.severity
            news = {"severity": severity, "detail_type": published.detail_type}
            self._log.info(detail["summary"], extra={**ids, **_position(record), **news})
            if record.kind == "kafka_record" and record.key != event.flight_id.encode():
                self._log.warning(
                    "the key is not the flight: its order is not kept", extra={**ids, **_position(record)}
                )
            processed[event.metric, event.event_type, severity] += 1
            if event.is_told:
                affected[event.event_type, severity] += detail["affected_passengers_count"]
        for (metric, event_type, severity), count in processed.items():
            self._meter.add(metric, count, dimensions={"event_type": event_type, "severity": severity})
        for (event_type, severity), count in affected.items():
            self._meter.add("AffectedPassengers", count, dimensions={"event_type": event_type, "severity": severity})
        for record, ids, reason in rejected:
            self._log.warning(f"put aside: {reason.message}", extra={**ids, **_position(record), "reason": reason.code})
            self._meter.add("DeadLettered")
        records = [entry.record for entry in accepted] + [refused.record for refused in rejected]
        age = oldest_age(records, datetime.now(UTC))
        if age is not None:
            self._meter.measure("RecordAge", age)
        self._meter.flush()


def oldest_age(records: Iterable[Record], now: datetime) -> int | None:
    """For how long (milliseconds) the oldest record has been in Kafka; None when no record says when it came."""
    stamps = [record.coordinates.get("timestamp") for record in records]
    known = [stamp for stamp in stamps if isinstance(stamp, int) and stamp > 0]
    return max(0, round(now.timestamp() * 1000) - min(known)) if known else None


def read_event(record: Record) -> FlightEvent:
    """The event in a record. Raises :class:`InvalidEventError` for what is none."""
    envelope = decode(record)
    event_type = envelope.get("event_type") if isinstance(envelope, dict) else None
    if not isinstance(event_type, str):
        raise InvalidEventError(Rejection.SCHEMA, "the event is not an object with an event_type")
    schema = _SCHEMAS.get(event_type)
    if schema is None:
        raise InvalidEventError(Rejection.UNKNOWN_EVENT_TYPE, f"event_type is none of {', '.join(EventType)}")
    try:
        schemas.validate(schema, envelope)
    except schemas.SchemaViolationError as error:
        negative = (error.field, error.rule) == ("payload.delay_minutes", "minimum")
        raise InvalidEventError(Rejection.NEGATIVE_DELAY if negative else Rejection.SCHEMA, str(error)) from None
    return events.parse(envelope)


def enrich(
    record: Record,
    event: FlightEvent,
    find: Callable[[str], tuple[Flight, int] | None],
    *,
    notify_from_minutes: int = 0,
    trace_header: str | None = None,
) -> BusEvent:
    """The event with what its flight adds. Raises :class:`InvalidEventError` for one that does not fit its flight.

    ``find`` gives a flight and the number of its passengers, None for a flight it does not know. The event goes on
    with the trace of ``trace_header``.
    """
    try:
        found = find(event.flight_id)
    except UnreadableItemError as error:
        raise InvalidEventError(Rejection.UNREADABLE_FLIGHT, str(error)) from error
    if found is None:
        raise InvalidEventError(Rejection.UNKNOWN_FLIGHT, f"there is no flight {event.flight_id}")
    flight, passengers = found
    events.check(event, flight, received_at=datetime.now(UTC))
    event = event.corrected_by(flight)
    detail = events.enriched_detail(
        event,
        flight,
        affected_passengers_count=passengers,
        correlation_id=record.correlation_id or event.event_id,
        notify_from_minutes=notify_from_minutes,
    )
    return BusEvent(
        event_id=event.event_id,
        source=EventSource.KAFKA_CONSUMER,
        detail_type=event.detail_type,
        detail=detail,
        trace_header=trace_header,
    )


def _ids(record: Record, event: FlightEvent) -> dict[str, str]:
    """The ids by which a trace and a log line are found. Nothing here comes from a passenger."""
    return {
        "correlation_id": record.correlation_id or event.event_id,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "flight_id": event.flight_id,
    }


def _position(record: Record) -> dict[str, int | str | None]:
    at = record.coordinates
    return {"topic": at.get("topic"), "partition": at.get("partition"), "offset": at.get("offset")}


def _outcome(entry: Accepted | Rejected) -> dict[str, Any]:
    if isinstance(entry, Rejected):
        return {"status": "rejected", "reason": {"code": str(entry.reason.code), "message": entry.reason.message}}
    published = entry.published
    return {
        "status": "published",
        "event_id": published.event_id,
        "detail_type": str(published.detail_type),
        **{name: published.detail[name] for name in ("flight_id", "correlation_id", "affected_passengers_count")},
    }
