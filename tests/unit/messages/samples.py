"""Segments, templates, events and passengers that the message tests share."""

from typing import Any

from flightpulse.domain.entities import DelayReason, Tier
from flightpulse.domain.events import Kind, Severity
from flightpulse.messages import facts, gsm7, news
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, fill


def segment(
    kind: Kind,
    severity: Severity,
    reason: DelayReason | None = None,
    *,
    tier: Tier = Tier.MEMBER,
    assistance: bool = False,
) -> Segment:
    return Segment(
        kind=kind,
        severity=severity,
        reason=reason,
        tier=tier,
        assistance=assistance,
        soon=kind is Kind.GATE_CHANGE,
    )


MINOR = segment(Kind.DELAY, Severity.MINOR, DelayReason.WEATHER)
MAJOR = segment(Kind.DELAY, Severity.MAJOR, DelayReason.MECHANICAL)
SEVERE = segment(Kind.DELAY, Severity.SEVERE, DelayReason.CREW)
ON_TIME = segment(Kind.ON_TIME, Severity.MINOR)
CANCELLED = segment(Kind.CANCELLATION, Severity.CANCELLED, DelayReason.WEATHER)
GATE = segment(Kind.GATE_CHANGE, Severity.GATE)
TERMINAL = segment(Kind.GATE_CHANGE, Severity.TERMINAL)
ELITE = segment(Kind.DELAY, Severity.MAJOR, DelayReason.ATC, tier=Tier.A_LIST_PREFERRED, assistance=True)


def fitting_written_text(of: Segment) -> MessageTemplate:
    """The text people wrote, with the fullest text message that fits with the longest values."""
    written = news.written(of)
    longest = facts.longest(of, Channel.SMS)
    sms = next(text for text in written.sms if gsm7.fits(fill(text, longest)))
    return MessageTemplate(written.subject, written.paragraphs, sms)


def flight(**fields: Any) -> dict[str, Any]:
    return {
        "flight_id": "SW1234",
        "origin": "DAL",
        "destination": "LAX",
        "scheduled_departure": "2026-11-24T14:15:00Z",
        "scheduled_arrival": "2026-11-24T17:35:00Z",
        "gate": "A12",
        "aircraft": "Boeing 737-800",
        "status": "SCHEDULED",
        **fields,
    }


def delay(minutes: int = 90, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": "evt-1",
        "event_type": "FLIGHT_DELAY",
        "correlation_id": "corr-1",
        "flight_id": "SW1234",
        "timestamp": "2026-11-24T12:00:00.000Z",
        "reason": "MECHANICAL",
        "delay_minutes": minutes,
        **fields,
    }


def cancellation(**fields: Any) -> dict[str, Any]:
    return {
        "event_id": "evt-2",
        "event_type": "FLIGHT_CANCELLED",
        "correlation_id": "corr-2",
        "flight_id": "SW1234",
        "timestamp": "2026-11-24T12:00:00.000Z",
        "reason": "WEATHER",
        "rebooking_priority": "HIGH",
        **fields,
    }


def gate_change(**fields: Any) -> dict[str, Any]:
    return {
        "event_id": "evt-3",
        "event_type": "GATE_CHANGE",
        "correlation_id": "corr-3",
        "flight_id": "SW1234",
        "timestamp": "2026-11-24T12:00:00.000Z",
        "old_gate": "A5",
        "new_gate": "D15",
        "terminal_change": True,
        **fields,
    }


def recipient(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "booking_id": f"BKG-{number:04}",
        "passenger_id": f"PAX-{number:04}",
        "first_name": "Maya",
        "tier": "MEMBER",
        "email": "maya@example.com",
        "phone": "+12145550101",
        "notification_preferences": {"email": True, "sms": True, "push": False},
        "seat": "3C",
        "confirmation_number": "H2RVNC",
        "special_requests": [],
        "booking_status": "CONFIRMED",
        **fields,
    }


def somebody(**fields: Any) -> facts.Recipient:
    read = facts.read_recipient(recipient(**fields))
    assert read is not None
    return read
