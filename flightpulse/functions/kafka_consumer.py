"""Turns operations events from Kafka into enriched events on the bus, and puts aside what is no such event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse import schemas
from flightpulse.adapters import kafka_records, settings, telemetry
from flightpulse.adapters.bus import Bus, BusEvent
from flightpulse.adapters.dead_letters import DeadLetter, DeadLetters
from flightpulse.adapters.kafka_records import Record
from flightpulse.adapters.table import Table, UnreadableItemError
from flightpulse.domain import events
from flightpulse.domain.entities import Flight
from flightpulse.domain.events import EventSource, EventType, FlightEvent, InvalidEventError, Rejection

SERVICE = "kafka-consumer"

_SCHEMAS: dict[str, str] = {event_type: event_type.lower() for event_type in EventType}

logger = telemetry.logger(SERVICE)


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


class Consumer:
    """Processes the records of one invocation.

    Nothing about a record makes an invocation fail: a bad one is rejected by itself. Only infrastructure does, so that
    the event source mapping delivers the whole batch again; every later hop knows an event it has seen by its id.
    """

    def __init__(self, table: Table, bus: Bus, dead_letters: DeadLetters) -> None:
        self._table = table
        self._bus = bus
        self._dead_letters = dead_letters

    def consume(self, records: Sequence[Record]) -> tuple[list[Accepted], list[Rejected]]:
        """Publish what is good, in the order it came, and put the rest aside.

        Dead letters go last. If publishing fails, the batch comes again, and a letter sent before would come twice.
        """
        accepted: list[Accepted] = []
        rejected: list[Rejected] = []
        flights = cache(self._flight)
        for record in records:
            event: FlightEvent | None = None
            try:
                event = _read(record)
                accepted.append(_enrich(record, event, flights))
            except InvalidEventError as error:
                rejected.append(Rejected(record=record, event=event, reason=error))
        self._bus.publish([entry.published for entry in accepted])
        self._dead_letters.send([DeadLetter(record=entry.record, reason=entry.reason) for entry in rejected])
        return accepted, rejected

    def _flight(self, flight_id: str) -> tuple[Flight, int] | None:
        """A flight and how many passengers it has. Read consistently: it may have been added a moment ago."""
        flight = self._table.flight(flight_id, consistent=True)
        return None if flight is None else (flight, self._table.affected_passengers_count(flight_id))


def _read(record: Record) -> FlightEvent:
    envelope = kafka_records.decode(record)
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


def _enrich(record: Record, event: FlightEvent, flights: Callable[[str], tuple[Flight, int] | None]) -> Accepted:
    try:
        found = flights(event.flight_id)
    except UnreadableItemError as error:
        raise InvalidEventError(Rejection.UNREADABLE_FLIGHT, str(error)) from error
    if found is None:
        raise InvalidEventError(Rejection.UNKNOWN_FLIGHT, f"there is no flight {event.flight_id}")
    flight, passengers = found
    events.check(event, flight, received_at=datetime.now(UTC))
    detail = events.enriched_detail(
        event,
        flight,
        affected_passengers_count=passengers,
        correlation_id=record.correlation_id or event.event_id,
    )
    if events.contradicts_itself(event, flight):
        logger.warning("delay_minutes and new_departure differ", extra=_ids(record, event))
    return Accepted(
        record=record,
        event=event,
        published=BusEvent(
            event_id=event.event_id,
            source=EventSource.KAFKA_CONSUMER,
            detail_type=event.detail_type,
            detail=detail,
        ),
    )


def _ids(record: Record, event: FlightEvent | None) -> dict[str, Any]:
    """The ids by which a log line is found. Nothing here comes from a passenger."""
    places = {name: record.coordinates.get(name) for name in ("topic", "partition", "offset")}
    if event is None:
        return {"correlation_id": record.correlation_id, **places}
    return {
        "correlation_id": record.correlation_id or event.event_id,
        "event_id": event.event_id,
        "event_type": str(event.event_type),
        "flight_id": event.flight_id,
        **places,
    }


def _tell(accepted: Sequence[Accepted], rejected: Sequence[Rejected]) -> None:
    """Log and count what was done, once it has been done."""
    meter = telemetry.Meter(SERVICE)
    for entry in accepted:
        event, detail = entry.event, entry.published.detail
        severity = str(event.severity)
        logger.info(
            detail["summary"],
            extra={**_ids(entry.record, event), "severity": severity, "detail_type": str(entry.published.detail_type)},
        )
        if entry.record.kind == "kafka_record" and entry.record.key != event.flight_id.encode():
            logger.warning("the key is not the flight: its order is not kept", extra=_ids(entry.record, event))
        dimensions = {"event_type": str(event.event_type), "severity": severity}
        meter.add(event.metric, dimensions=dimensions)
        meter.add("AffectedPassengers", detail["affected_passengers_count"], dimensions=dimensions)
    for refused in rejected:
        logger.warning(
            f"put aside: {refused.reason.message}",
            extra={**_ids(refused.record, refused.event), "reason": str(refused.reason.code)},
        )
        meter.add("DeadLettered")
    meter.flush()


def _answer(accepted: Sequence[Accepted], rejected: Sequence[Rejected]) -> dict[str, Any]:
    return {
        "received": len(accepted) + len(rejected),
        "published": len(accepted),
        "dead_lettered": len(rejected),
        # Kafka retries what is named here, in provisioned mode. Bad records are put aside instead, so nothing is.
        "batchItemFailures": [],
    }


def _verdict(accepted: Sequence[Accepted], rejected: Sequence[Rejected]) -> dict[str, Any]:
    """What became of the one event of a direct invocation."""
    if rejected:
        reason = rejected[0].reason
        return {"status": "rejected", "reason": {"code": str(reason.code), "message": reason.message}}
    published = accepted[0].published
    return {
        "status": "published",
        "event_id": published.event_id,
        "detail_type": str(published.detail_type),
        "flight_id": published.detail["flight_id"],
        "correlation_id": published.detail["correlation_id"],
        "affected_passengers_count": published.detail["affected_passengers_count"],
    }


@cache
def _consumer() -> Consumer:
    known = settings.read(settings.ConsumerSettings)
    return Consumer(
        Table.connect(known.table_name),
        Bus.connect(known.event_bus_name),
        DeadLetters.connect(known.dead_letter_queue_url),
    )


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, _context: LambdaContext) -> dict[str, Any]:
    """Takes the batch of an event source mapping, or one event envelope handed over directly.

    Returns the counts, and for a direct invocation also what became of the event.
    """
    accepted, rejected = _consumer().consume(list(kafka_records.records(event)))
    _tell(accepted, rejected)
    answer = _answer(accepted, rejected)
    return answer if kafka_records.is_batch(event) else {**answer, **_verdict(accepted, rejected)}


if settings.in_lambda():
    _consumer()
