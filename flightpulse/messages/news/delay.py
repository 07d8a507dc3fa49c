"""Reads a delay; one of 0 minutes is the news that the flight is on time after all."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flightpulse.domain import local_time
from flightpulse.domain.events import Kind, Severity
from flightpulse.domain.severity import delay_category
from flightpulse.messages.news.events import EventFacts, Fields, UnusableEventError, instant, times
from flightpulse.messages.placeholders import Channel


def read(event: Fields, flight: Fields) -> EventFacts:
    """What a delay tells. Raises :class:`UnusableEventError`."""
    scheduled = instant(flight.get("scheduled_departure"), "flight.scheduled_departure")
    minutes = _minutes(event, scheduled)
    departure = instant(event.get("new_departure"), "new_departure") or _later(scheduled, minutes)
    if departure is None:
        raise UnusableEventError("neither new_departure nor the flight's scheduled_departure is known")
    planned_arrival = instant(flight.get("scheduled_arrival"), "flight.scheduled_arrival")
    arrival = instant(event.get("new_arrival"), "new_arrival") or _later(planned_arrival, minutes)
    words, earlier = {"delay": local_time.duration(minutes)}, _earlier(event)
    if earlier in (scheduled, departure):
        earlier = None
    if earlier is not None:
        words["change"] = "sooner" if departure < earlier else "later"
    moments = {"scheduled": scheduled, "departure": departure, "arrival": arrival, "earlier": earlier}
    details = {channel: times(event, flight, channel, **moments) | words for channel in Channel}
    kind = Kind.DELAY if minutes else Kind.ON_TIME
    return EventFacts(kind, Severity(delay_category(minutes)), details, departure, arrival)


def _minutes(event: Fields, scheduled: datetime | None) -> int:
    given = event.get("delay_minutes")
    if given is not None:
        if isinstance(given, bool) or not isinstance(given, int | float) or given < 0 or given != int(given):
            raise UnusableEventError("delay_minutes is not a whole number of 0 or more")
        return int(given)
    departure = instant(event.get("new_departure"), "new_departure")
    if departure is None or scheduled is None:
        raise UnusableEventError("the event has neither delay_minutes nor new_departure")
    return max(0, round((departure - scheduled).total_seconds() / 60))


def _earlier(event: Fields) -> datetime | None:
    """The departure that was expected before this event, as its consumer found it in the table."""
    known = event.get("flight_details")
    return instant(known.get("estimated_departure"), "estimated_departure") if isinstance(known, Mapping) else None


def _later(planned: datetime | None, minutes: int) -> datetime | None:
    return None if planned is None else planned + timedelta(minutes=minutes)
