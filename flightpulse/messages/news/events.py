"""What an event tells, and how its times and reasons are put in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flightpulse.domain import local_time
from flightpulse.domain.entities import DelayReason
from flightpulse.domain.events import Kind, Severity
from flightpulse.domain.instants import parse_instant
from flightpulse.messages.placeholders import Channel

Fields = Mapping[str, Any]
Values = Mapping[str, str]

REASONS: Mapping[DelayReason, tuple[str, str]] = {
    DelayReason.WEATHER: ("bad weather", "bad weather"),
    DelayReason.MECHANICAL: ("a mechanical problem with the aircraft", "a mechanical issue"),
    DelayReason.CREW: ("a problem with crew availability", "a crew issue"),
    DelayReason.ATC: ("an air traffic control restriction", "air traffic control"),
    DelayReason.SECURITY: ("a security matter", "a security matter"),
    DelayReason.OTHER: ("an operational problem", "an operational issue"),
}
"""Each reason in words, in full and in brief."""


class UnusableEventError(ValueError):
    """An event or its flight lacks what every message about it needs. Sending it again would not help."""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What one event tells: its kind and severity, the facts of its own per channel, and when the flight now flies."""

    kind: Kind
    severity: Severity
    details: Mapping[Channel, Values]
    departure: datetime
    arrival: datetime | None = None


def instant(value: object, name: str) -> datetime | None:
    """A time of an event or flight, None when there is none. Raises :class:`UnusableEventError`."""
    if value in (None, ""):
        return None
    try:
        return parse_instant(str(value))
    except ValueError as error:
        raise UnusableEventError(f"{name} {error}") from None


def flight_time(flight: Fields, *names: str) -> datetime:
    """The first of a flight's times that is known. Raises :class:`UnusableEventError` when none is."""
    known = (instant(flight.get(name), f"flight.{name}") for name in names)
    if (found := next(filter(None, known), None)) is None:
        raise UnusableEventError(f"the flight's {names[-1]} is not known")
    return found


def times(
    event: Fields,
    flight: Fields,
    channel: Channel,
    *,
    scheduled: datetime | None = None,
    departure: datetime | None = None,
    arrival: datetime | None = None,
    earlier: datetime | None = None,
) -> dict[str, str]:
    """Times on the clock of the airport where each happens, with the day where it is not that of the flight.

    A text message does not name the flight's day, so it says the day whenever it is not that of the news; then there is
    ``other_day`` as well. ``earlier`` is the departure that was last expected.
    """
    origin, destination = str(flight["origin"]), str(flight["destination"])
    flies = scheduled or departure
    if flies is None:
        return {}
    day_name = local_time.short_day if channel is Channel.SMS else local_time.day
    home = local_time.at_airport(flies, origin)
    told = local_time.at_airport(instant(event.get("timestamp"), "timestamp") or flies, origin)
    values = {"date": day_name(home)}
    if scheduled is not None:
        values["scheduled_time"] = local_time.clock_time(home)
    if told.date() != home.date():
        values["other_day"] = day_name(home)
    for name, moment, airport in (
        ("departure_time", departure, origin),
        ("arrival_time", arrival, destination),
        ("earlier_time", earlier, origin),
    ):
        if moment is not None:
            local = local_time.at_airport(moment, airport)
            values[name] = local_time.clock_time(local)
            if local.date() != (told if channel is Channel.SMS else home).date():
                values[name] += f" on {day_name(local)}"
    return values
