"""Turns operations events into enriched events on the bus, and puts aside what is no such event."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flightpulse import schemas
from flightpulse.domain import events
from flightpulse.domain.entities import Flight
from flightpulse.domain.events import EventSource, EventType, FlightEvent, InvalidEventError, Rejection
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An event that goes on the bus."""

    record: Record
    event: FlightEvent
    published: BusEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A record that goes to the dead letters. ``event`` is what was understood of it, if anything was."""

    record: Record
    event: FlightEvent | None
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
        tracer: Tracer,
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
        with ExitStack() as traces:
            for record in records:
                trace = traces.enter_context(self._tracer.record(record))
                event: FlightEvent | None = None
                try:
                    event = read_event(record)
                    trace.annotate(**_trace_ids(record, event))
                    with trace.current():
                        published = enrich(
                            record, event, find, notify_from_minutes=notify_from_minutes, trace_header=trace.header
                        )
                        accepted.append(published)
                except InvalidEventError as error:
                    trace.reject(str(error.code))
                    rejected.append(Rejected(record=record, event=event, reason=error))
            self._bus.publish([entry.published for entry in accepted])
            self._dead_letters.send([DeadLetter(record=entry.record, reason=entry.reason) for entry in rejected])
        self._log_and_count(accepted, rejected)
        return Consumed(tuple(accepted), tuple(rejected))

    def _log_and_count(self, accepted: Sequence[Accepted], rejected: Sequence[Rejected]) -> None:
        processed: Counter[tuple[str, str, str]] = Counter()
        affected: Counter[tuple[str, str]] = Counter()
        for entry in accepted:
            event, detail = entry.event, entry.published.detail
            ids, severity = _ids(entry.record, event), str(event.severity)
            detail_type = str(entry.published.detail_type)
            self._log.info(detail["summary"], extra={**ids, "severity": severity, "detail_type": detail_type})
            if entry.record.kind == "kafka_record" and entry.record.key != event.flight_id.encode():
                self._log.warning("the key is not the flight: its order is not kept", extra=ids)
            processed[event.metric, event.event_type, severity] += 1
            if event.is_told:
                affected[event.event_type, severity] += detail["affected_passengers_count"]
        for (metric, event_type, severity), count in processed.items():
            self._meter.add(metric, count, dimensions={"event_type": event_type, "severity": severity})
        for (event_type, severity), count in affected.items():
            self._meter.add("AffectedPassengers", count, dimensions={"event_type": event_type, "severity": severity})
        for refused in rejected:
            self._log.warning(
                f"put aside: {refused.reason.message}",
                extra={**_ids(refused.record, refused.event), "reason": str(refused.reason.code)},
            )
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
) -> Accepted:
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
    published = BusEvent(
        event_id=event.event_id,
        source=EventSource.KAFKA_CONSUMER,
        detail_type=event.detail_type,
        detail=detail,
        trace_header=trace_header,
    )
    return Accepted(record=record, event=event, published=published)


def _ids(record: Record, event: FlightEvent | None) -> dict[str, Any]:
    """The ids by which a log line is found. Nothing here comes from a passenger."""
    position = {name: record.coordinates.get(name) for name in ("topic", "partition", "offset")}
    if event is None:
        return {"correlation_id": record.correlation_id, **position}
    return {
        "correlation_id": record.correlation_id or event.event_id,
        "event_id": event.event_id,
        "event_type": str(event.event_type),
        "flight_id": event.flight_id,
        **position,
    }


def _trace_ids(record: Record, event: FlightEvent) -> dict[str, str]:
    return {
        "correlation_id": record.correlation_id or event.event_id,
        "event_id": event.event_id,
        "event_type": str(event.event_type),
        "flight_id": event.flight_id,
    }


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
