"""Builds facts of a run: who was booked, what was sent, what they were told."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.domain.entities import Tier
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.observe.facts import BookedPassenger, Handled, SentEvent

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def sent(event_id: str = "evt-1", flight_id: str = "SW1234", *, seconds: float = 0) -> SentEvent:
    return SentEvent(event_id, "FLIGHT_DELAY", flight_id, at(seconds), at(seconds))


def handled(event_id: str = "evt-1", flight_id: str = "SW1234", **changes: Any) -> Handled:
    values: dict[str, Any] = {
        "arn": f"arn:aws:states:us-east-1:000000000000:execution:FlightPulse-DelayWorkflow:{event_id}",
        "workflow": "FlightPulse-DelayWorkflow",
        "status": "SUCCEEDED",
        "detail_type": "flight.delay.minor",
        "event_id": event_id,
        "flight_id": flight_id,
        "outcome": "DONE",
        "started_at": at(1),
        "stopped_at": at(3),
    }
    return Handled(**{**values, **changes})


def recipient(booking_id: str, tier: Tier = Tier.MEMBER, *channels: str) -> BookedPassenger:
    return BookedPassenger(booking_id, f"PAX-{booking_id}", tier, frozenset(channels))


def message(booking_id: str, channel: str = "email", **changes: Any) -> Message:
    values: dict[str, Any] = {
        "notification_id": f"ntf-{booking_id}-{channel}",
        "channel": channel,
        "event_id": "evt-1",
        "correlation_id": "evt-1",
        "kind": "delay",
        "severity": "MINOR",
        "flight_id": "SW1234",
        "booking_id": booking_id,
        "passenger_id": f"PAX-{booking_id}",
        "tier": "MEMBER",
        "to": "someone@example.com",
        "subject": "Your flight",
        "text": "A little late.",
        "segment": "delay-minor",
        "written_by": "model",
        "model_id": "stand-in",
        "event_at": at(0),
        "at": at(2),
    }
    return Message(**{**values, **changes})
