"""Reads a change of gate, which may be one of terminal."""

from flightpulse.domain.events import Kind, Severity
from flightpulse.messages.news.events import EventFacts, Fields, UnusableEventError, flight_time, instant, times
from flightpulse.messages.placeholders import Channel

_FROM_EVENT = ("new_gate", "old_gate")


def read(event: Fields, flight: Fields) -> EventFacts:
    """What a change of gate tells; the gate before may be unknown. Raises :class:`UnusableEventError`."""
    gates = {name: text for name in _FROM_EVENT if (text := " ".join(str(event.get(name) or "").split()))}
    if "new_gate" not in gates:
        raise UnusableEventError("the event has no new_gate")
    scheduled = instant(flight.get("scheduled_departure"), "flight.scheduled_departure")
    departure = flight_time(flight, "estimated_departure", "scheduled_departure")
    details = {
        channel: times(event, flight, channel, scheduled=scheduled, departure=departure) | gates for channel in Channel
    }
    severity = Severity.TERMINAL if event.get("terminal_change") is True else Severity.GATE
    return EventFacts(Kind.GATE_CHANGE, severity, details, departure)
