"""Reads a cancellation."""

from flightpulse.domain.events import Kind, Severity
from flightpulse.messages.news.events import EventFacts, Fields, flight_time, times
from flightpulse.messages.placeholders import Channel


def read(event: Fields, flight: Fields) -> EventFacts:
    """What a cancellation tells. Raises :class:`UnusableEventError`."""
    scheduled = flight_time(flight, "scheduled_departure")
    details = {channel: times(event, flight, channel, scheduled=scheduled) for channel in Channel}
    return EventFacts(Kind.CANCELLATION, Severity.CANCELLED, details, scheduled)
