"""Every kind of message as one made-up passenger reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

from flightpulse.domain.events import Kind, Severity
from flightpulse.messages import compose, wording
from flightpulse.messages.facts import read_news, read_recipient
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Segment

_SAMPLE_FLIGHT = {
    "flight_id": "SW1234",
    "origin": "DAL",
    "destination": "LAX",
    "scheduled_departure": "2026-11-24T16:45:00Z",
    "scheduled_arrival": "2026-11-24T20:05:00Z",
}
_ONWARD = "2026-11-24T20:40:00Z"
_SAMPLE_EVENTS: Mapping[tuple[Kind, Severity], Mapping[str, object]] = {
    (Kind.DELAY, Severity.MINOR): {"event_type": "FLIGHT_DELAY", "delay_minutes": 25},
    (Kind.DELAY, Severity.MAJOR): {"event_type": "FLIGHT_DELAY", "delay_minutes": 90},
    (Kind.DELAY, Severity.SEVERE): {"event_type": "FLIGHT_DELAY", "delay_minutes": 285},
    (Kind.ON_TIME, Severity.MINOR): {"event_type": "FLIGHT_DELAY", "delay_minutes": 0},
    (Kind.CANCELLATION, Severity.CANCELLED): {"event_type": "FLIGHT_CANCELLED"},
    (Kind.GATE_CHANGE, Severity.GATE): {"event_type": "GATE_CHANGE", "old_gate": "A5", "new_gate": "A9"},
    (Kind.GATE_CHANGE, Severity.TERMINAL): {
        "event_type": "GATE_CHANGE",
        "old_gate": "A5",
        "new_gate": "D15",
        "terminal_change": True,
    },
}


@dataclass(frozen=True, slots=True)
class Example:
    """A segment's message, filled in."""

    subject: str
    body: str
    sms: str


def example(segment: Segment) -> Example:
    """The written template of a segment for Maya, who asked for a wheelchair where the segment has special requests."""
    known_at = "2026-11-24T15:00:00Z" if segment.soon else "2026-11-23T15:00:00Z"
    event = {
        "event_id": "sample",
        "timestamp": known_at,
        "reason": segment.reason,
        **_SAMPLE_EVENTS[segment.kind, segment.severity],
    }
    news = read_news(event, _SAMPLE_FLIGHT)
    maya = read_recipient(
        {
            "booking_id": "BKG-0001",
            "passenger_id": "PAX-0001",
            "first_name": "Maya",
            "tier": str(segment.tier),
            "confirmation_number": "H2RVNC",
            "special_requests": ["wheelchair assistance"] if segment.assistance else [],
            "checked_in": segment.checked_in,
            "bags_checked": 1 if segment.bags else 0,
            "onward": {"flight_id": "SW77", "destination": "SEA", "departure": _ONWARD} if segment.onward else None,
        }
    )
    assert maya is not None
    words = wording.written(segment)
    email, sms = (compose.notification(news, maya, channel, "to", words)["detail"] for channel in Channel)
    return Example(email["subject"], email["body"], sms["text"])
