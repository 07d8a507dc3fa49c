"""Builds the events that operations send, in the shape of the contract, computed from a flight's schedule."""

import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from awskit.kafka.producer import OutgoingRecord
from flightpulse.domain.entities import CancellationReason, DelayReason, Flight, RebookingPriority
from flightpulse.domain.events import EventType
from flightpulse.domain.instants import to_milliseconds
from flightpulse.domain.local_time import at_airport

CORRELATION_HEADER = "correlation_id"
TRACE_HEADER = "traceparent"
"""W3C Trace Context, which any OpenTelemetry library writes and reads."""

_TRACED = 20

Event = dict[str, Any]


def delay(
    flight: Flight,
    minutes: int,
    reason: str,
    detail: str = "",
    *,
    at: datetime | None = None,
    event_id: str | None = None,
) -> Event:
    """A FLIGHT_DELAY: the flight leaves and arrives so many minutes after its schedule, on its airports' clocks."""
    late = timedelta(minutes=minutes)
    payload = {
        "flight_id": flight.flight_id,
        "delay_minutes": minutes,
        "reason": str(DelayReason(reason)),
        "reason_detail": detail,
        "new_departure": _on_the_clock_of(flight.origin, flight.scheduled_departure + late),
        "new_arrival": _on_the_clock_of(flight.destination, flight.scheduled_arrival + late),
    }
    return _envelope(EventType.FLIGHT_DELAY, "operations_center", payload, at, event_id)


def cancellation(
    flight: Flight,
    reason: str,
    detail: str = "",
    *,
    rebooking_priority: str = "NORMAL",
    at: datetime | None = None,
    event_id: str | None = None,
) -> Event:
    """A FLIGHT_CANCELLED."""
    payload = {
        "flight_id": flight.flight_id,
        "reason": str(CancellationReason(reason)),
        "reason_detail": detail,
        "rebooking_priority": str(RebookingPriority(rebooking_priority)),
    }
    return _envelope(EventType.FLIGHT_CANCELLED, "operations_center", payload, at, event_id)


def departure(flight: Flight, minutes: int, *, at: datetime | None = None, event_id: str | None = None) -> Event:
    """A FLIGHT_DEPARTED: the flight left so many minutes after its schedule."""
    payload = {
        "flight_id": flight.flight_id,
        "delay_minutes": minutes,
        "actual_departure": _on_the_clock_of(flight.origin, flight.scheduled_departure + timedelta(minutes=minutes)),
    }
    return _envelope(EventType.FLIGHT_DEPARTED, "operations_center", payload, at, event_id)


def gate_change(
    flight: Flight,
    new_gate: str,
    *,
    terminal_change: bool,
    old_gate: str | None = None,
    at: datetime | None = None,
    event_id: str | None = None,
) -> Event:
    """A GATE_CHANGE, away from the flight's present gate unless another one is given."""
    payload = {
        "flight_id": flight.flight_id,
        "old_gate": old_gate or flight.gate,
        "new_gate": new_gate,
        "terminal_change": terminal_change,
    }
    return _envelope(EventType.GATE_CHANGE, "airport_ops", payload, at, event_id)


def deterministic_id(*parts: object) -> str:
    """The same id for the same parts, so that a repeated run sends the same events and not new ones."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
    return f"evt-{digest[:32]}"


def records(some_events: Iterable[Mapping[str, Any]], *, correlation_id: str | None = None) -> Iterator[OutgoingRecord]:
    """Events as records; of very many only the first are traced for certain."""
    for number, event in enumerate(some_events):
        yield record(event, correlation_id=correlation_id, traced=number < _TRACED)


def record(
    event: Mapping[str, Any],
    *,
    correlation_id: str | None = None,
    due: datetime | None = None,
    traced: bool = True,
) -> OutgoingRecord:
    """The event as a Kafka record: UTF-8 JSON, keyed by its flight, so that one flight's events keep their order.

    The header that follows it everywhere is its own id unless ``correlation_id`` is given; ``due`` is when to send it.
    ``traced`` begins a trace that is recorded; without it the consumer takes a sample.
    """
    event_id, flight_id = str(event["event_id"]), str(event["payload"]["flight_id"])
    return OutgoingRecord(
        key=flight_id.encode(),
        value=json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(),
        headers={
            CORRELATION_HEADER: (correlation_id or event_id).encode(),
            **({TRACE_HEADER: _new_trace().encode()} if traced else {}),
        },
        name=event_id,
        due=due,
    )


def _new_trace() -> str:
    """A trace begins with its time, as X-Ray has it."""
    return f"00-{int(time.time()):08x}{secrets.token_hex(12)}-{secrets.token_hex(8)}-01"


def _envelope(
    event_type: EventType, source: str, payload: Mapping[str, Any], at: datetime | None, event_id: str | None
) -> Event:
    return {
        "event_id": event_id or f"evt-{uuid.uuid4().hex}",
        "event_type": str(event_type),
        "timestamp": to_milliseconds(at or datetime.now(UTC)),
        "source": source,
        "payload": dict(payload),
    }


def _on_the_clock_of(airport: str, instant: datetime) -> str:
    return at_airport(instant, airport).isoformat(timespec="seconds")
