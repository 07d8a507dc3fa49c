"""What every kind of news says about itself, and the words that kinds share."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flightpulse.domain import local_time
from flightpulse.domain.entities import DelayReason
from flightpulse.domain.instants import parse_instant
from flightpulse.domain.severity import Severity
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Kind, Segment

Fields = Mapping[str, Any]
Values = Mapping[str, str]


class UnusableEventError(ValueError):
    """An event or its flight lacks what every message about it needs. Sending it again would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a writer is told and a reviewer holds every sentence against: the same words for both.

    ``facts`` are what a message may state, ``advice`` what it may ask of passengers; it says nothing else.
    """

    news: str
    tone: str
    facts: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A message by people. ``sms`` holds one text message in several lengths, the fullest first."""

    subject: str
    paragraphs: tuple[str, ...]
    sms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsKind:
    """One kind of news. ``varies`` are the circumstances of a passenger that change its words.

    ``own`` are its placeholders beside those that all news has, ``needed`` what each channel must use, and ``must_say``
    a pattern that each channel must match, None where placeholders say it all. ``written`` gets the facts that are
    known; optional ones (an arrival time, a gate before) may be missing.
    """

    kind: Kind
    severities: tuple[Severity, ...]
    has_reason: bool = False
    varies: tuple[str, ...]
    own: frozenset[str]
    needed: Mapping[Channel, frozenset[str]]
    must_say: Callable[[Segment], str | None]
    brief: Callable[[Segment], Brief]
    written: Callable[[Segment, Set[str]], WrittenText]


@dataclass(frozen=True, slots=True)
class Told:
    """What one event tells: its kind and severity, the facts of its own per channel, and when the flight now flies."""

    kind: Kind
    severity: Severity
    details: Mapping[Channel, Values]
    departure: datetime
    arrival: datetime | None = None


REASONS: Mapping[DelayReason, tuple[str, str]] = {
    DelayReason.WEATHER: ("bad weather", "bad weather"),
    DelayReason.MECHANICAL: ("a mechanical problem with the aircraft", "a mechanical issue"),
    DelayReason.CREW: ("a problem with crew availability", "a crew issue"),
    DelayReason.ATC: ("an air traffic control restriction", "air traffic control"),
    DelayReason.SECURITY: ("a security matter", "a security matter"),
    DelayReason.OTHER: ("an operational problem", "an operational issue"),
}
"""Each reason in words, in full and in brief."""


def needs(*, email: str, sms: str) -> Mapping[Channel, frozenset[str]]:
    return {Channel.EMAIL: frozenset(email.split()), Channel.SMS: frozenset(sms.split())}


def instant(value: object, name: str) -> datetime | None:
    """A time of an event or flight, None when there is none. Raises :class:`UnusableEventError`."""
    if value in (None, ""):
        return None
    try:
        return parse_instant(str(value))
    except ValueError as error:
        raise UnusableEventError(f"{name} {error}") from None


def known_instant(*values: tuple[object, str]) -> datetime:
    """The first of some times that is known. Raises :class:`UnusableEventError` when none is."""
    for value, name in values:
        if (found := instant(value, name)) is not None:
            return found
    raise UnusableEventError(f"{' and '.join(name for _, name in values)} are not known")


def times(
    event: Fields,
    flight: Fields,
    channel: Channel,
    *,
    scheduled: datetime | None = None,
    departure: datetime | None = None,
    arrival: datetime | None = None,
) -> dict[str, str]:
    """Times on the clock of the airport where each happens, with the day where it is not the day of flight and news."""
    origin, destination = str(flight["origin"]), str(flight["destination"])
    flies = scheduled or departure
    if flies is None:
        return {}
    spoken = local_time.short_day if channel is Channel.SMS else local_time.day
    home = local_time.at_airport(flies, origin)
    told = local_time.at_airport(instant(event.get("timestamp"), "timestamp") or flies, origin)
    values = {"date": spoken(home)}
    if scheduled is not None:
        values["scheduled_time"] = local_time.clock_time(home)
    for name, moment, airport in (("departure_time", departure, origin), ("arrival_time", arrival, destination)):
        if moment is not None:
            local = local_time.at_airport(moment, airport)
            said = local_time.clock_time(local)
            another_day = local.date() != home.date() or (channel is Channel.SMS and local.date() != told.date())
            values[name] = f"{said} on {spoken(local)}" if another_day else said
    return values


TRIP = "flight {flight} from {origin} to {destination} on {date}"
SCREENS = "Please check the departure screens before you go to the gate."
WE_TELL_YOU = "We will let you know if anything changes."

ADVICE = (
    "check the departure screens, and listen for announcements, before going to the gate and on the way",
    "keep the confirmation code {confirmation} at hand, or quote it",
    "speak with our team at the airport, or ask them, about questions, help, options or plans",
)
"""Advice that any news may give."""
NEW_TIME_ADVICE = (
    "plan for the new time, and be at the gate in good time for it",
    "tell whoever is meeting, expecting or travelling with the passenger about the new time",
    "rearrange whatever depends on the arrival",
)
STILL_BOOKED = "The booking {confirmation} stays as it is; nothing about it has to be done or changed."
CAN_CHANGE = "Times and gates can still change. We will send a message if they do."
TEAM_HELPS = "Our team at the airport is there to help."
SAFETY = "Safety comes first."


def circumstances(segment: Segment) -> tuple[str, ...]:
    """The facts that a passenger's tier and special requests add to any news."""
    facts = []
    if segment.elite:
        facts.append("The passenger is an {tier} member, is among the first to hear, and gets this as a priority update.")
    if segment.assistance:
        facts.append("The special request ({special_requests}) is noted on the booking, and stays on it.")
    return tuple(facts)


def tier(segment: Segment, consequence: str) -> str:
    return f"As an {{tier}} member, {consequence}." if segment.elite else ""


def requests(segment: Segment, sentence: str) -> str:
    return sentence if segment.assistance else ""


def thanks(segment: Segment) -> str:
    if segment.reason in (DelayReason.WEATHER, DelayReason.MECHANICAL, DelayReason.SECURITY):
        return "Your safety comes first, and we thank you for your patience."
    return "Thank you for your patience and understanding."


def joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def texts(segment: Segment, full: str, short: str, advice: str, opening: str = "") -> tuple[str, ...]:
    """One text message in several lengths. A special request outlives advice and detail; the name goes last."""
    named = f"{{first_name}}, {{tier}} update: {opening}" if segment.elite else f"{{first_name}}, {opening}"
    unnamed = opening + short
    noted = (" Request noted: {special_requests}.", " Request noted.") if segment.assistance else ("",)
    return (
        *(f"{named}{full}{note}{ending}" for note in noted for ending in (f" {advice}", "")),
        *(f"{named}{short}{note}" for note in noted),
        f"{named}{short}",
        unnamed[0].upper() + unnamed[1:],
    )
