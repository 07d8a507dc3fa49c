"""A flight leaves later than planned."""

from collections.abc import Set
from datetime import datetime, timedelta

from flightpulse.domain import local_time
from flightpulse.domain.severity import Severity, delay_category
from flightpulse.messages.news.base import (
    ADVICE,
    CAN_CHANGE,
    NEW_TIME_ADVICE,
    SAFETY,
    SCREENS,
    STILL_BOOKED,
    TEAM_HELPS,
    TRIP,
    Brief,
    Fields,
    NewsKind,
    Told,
    UnusableEventError,
    WrittenText,
    circumstances,
    instant,
    joined,
    needs,
    requests,
    texts,
    thanks,
    tier,
    times,
)
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Kind, Segment

_NEWS = {
    Severity.MINOR: ("The flight is delayed by a short time.", "Calm, brief and friendly. No alarm."),
    Severity.MAJOR: ("The flight is delayed by a good while.", "Warm and apologetic. Say sorry."),
    Severity.SEVERE: (
        "The flight is delayed by a long time.",
        "Very apologetic and understanding. Say sorry, and that our team can help.",
    ),
}


def read(event: Fields, flight: Fields) -> Told:
    """What a delay tells; one of 0 minutes is the news that the flight is on time. Raises UnusableEventError."""
    scheduled = instant(flight.get("scheduled_departure"), "flight.scheduled_departure")
    minutes = _minutes(event, scheduled)
    departure = instant(event.get("new_departure"), "new_departure") or _later(scheduled, minutes)
    if departure is None:
        raise UnusableEventError("neither new_departure nor the flight's scheduled_departure is known")
    arrival = instant(event.get("new_arrival"), "new_arrival") or _later(
        instant(flight.get("scheduled_arrival"), "flight.scheduled_arrival"), minutes
    )
    details = {
        channel: times(event, flight, channel, scheduled=scheduled, departure=departure, arrival=arrival)
        | {"delay": local_time.duration(minutes)}
        for channel in Channel
    }
    kind = Kind.DELAY if minutes else Kind.ON_TIME
    return Told(kind, Severity(delay_category(minutes)), details, departure, arrival)


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


def _later(planned: datetime | None, minutes: int) -> datetime | None:
    return None if planned is None else planned + timedelta(minutes=minutes)


def _brief(segment: Segment) -> Brief:
    news, tone = _NEWS[segment.severity]
    facts = [
        "Flight, day, cities, delay, reason, and the old and new times, in placeholders.",
        STILL_BOOKED,
        CAN_CHANGE,
        TEAM_HELPS,
        SAFETY,
        *circumstances(segment),
    ]
    advice = [*ADVICE, *NEW_TIME_ADVICE, "speak with our team at the airport about a connecting or later flight"]
    if segment.onward:
        news += " The passenger flies on that day, and little or no time is left to change to the onward flight."
        facts.append(
            "The passenger's onward flight {onward_flight} to {onward_destination} leaves at {onward_time}; the delay"
            " leaves little or no time to change, so it may be missed."
        )
        advice.append("speak with our team as soon as possible about the onward flight")
    return Brief(news=news, tone=tone, facts=tuple(facts), advice=tuple(advice))


def _written(segment: Segment, facts: Set[str]) -> WrittenText:
    instead = " instead of {scheduled_time}" if "scheduled_time" in facts else ""
    arrival = ", and to arrive at {arrival_time}" if "arrival_time" in facts else ""
    new_times = f"It is now expected to leave at {{departure_time}}{instead}{arrival}."
    onward = ""
    if segment.onward:
        onward = (
            "The new time leaves little or no time to change to your onward flight {onward_flight} to"
            " {onward_destination}, which leaves at {onward_time}; please speak with our team at the airport about it"
            " as soon as you can."
        )
    return _WRITTEN[segment.severity](segment, new_times, onward)


def _minor(segment: Segment, new_times: str, onward: str) -> WrittenText:
    return WrittenText(
        "Flight {flight} to {destination}: a short delay, now leaving at {departure_time}",
        (
            f"Hi {{first_name}}, your {TRIP} is running {{delay}} late because of {{reason}}. {new_times}",
            joined(
                tier(segment, "you are among the first to hear about this"),
                "Your booking {confirmation} stays as it is, and there is nothing you need to change.",
                requests(segment, "Your special request ({special_requests}) is still on it."),
            ),
            joined(
                onward,
                "Before you head to the gate, please check the departure screens, as times can still change.",
                "We will let you know if anything changes.",
                thanks(segment),
            ),
        ),
        texts(
            segment,
            "flight {flight} to {destination} is running {delay} late ({reason}). New departure: {departure_time}.",
            "{flight} to {destination} is now {delay} late, leaving at {departure_time}.",
            _ask(segment, SCREENS),
        ),
    )


def _major(segment: Segment, new_times: str, onward: str) -> WrittenText:
    return WrittenText(
        "Flight {flight} to {destination} is delayed by {delay}",
        (
            f"Dear {{first_name}}, we are sorry to tell you that {TRIP} is delayed by {{delay}} because of {{reason}}."
            f" {new_times}",
            joined(
                "We know that a wait like this can upset your plans, and we apologize for the trouble.",
                tier(segment, "you receive this priority update among the first on this flight"),
                requests(segment, "Your special request ({special_requests}) is still on your booking."),
            ),
            joined(
                "What to do next: please check the departure screens before you go to the gate, let anyone who is"
                " meeting you know about the new time, and keep your confirmation code {confirmation} at hand.",
                onward or "If you have a connecting flight, please speak with our team at the airport as soon as you can.",
                "We will let you know if the time changes again.",
                thanks(segment),
            ),
        ),
        texts(
            segment,
            "flight {flight} to {destination} is delayed {delay} ({reason}). New departure: {departure_time}.",
            "{flight} to {destination} is delayed {delay}, now leaving at {departure_time}.",
            _ask(segment, SCREENS),
            opening="we are sorry: ",
        ),
    )


def _severe(segment: Segment, new_times: str, onward: str) -> WrittenText:
    return WrittenText(
        "We are sorry: flight {flight} to {destination} is delayed by {delay}",
        (
            f"Dear {{first_name}}, we are very sorry. Your {TRIP} is delayed by {{delay}} because of {{reason}}."
            f" {new_times}",
            joined(
                "This is a long wait. We know how much it can disrupt your plans and those of the people who are"
                " expecting you, and we sincerely apologize.",
                tier(segment, "you receive this priority update among the first on this flight"),
                requests(segment, "Your special request ({special_requests}) is still on your booking."),
            ),
            joined(
                "What to do next: please plan around the new time, and let anyone who is meeting you know about it.",
                onward,
                "If you have questions, or would like to talk about your options, please speak with our team at the"
                " airport and have your confirmation code {confirmation} at hand.",
                "Please check the departure screens before you go to the gate. We will let you know if the time changes"
                " again.",
                thanks(segment),
            ),
        ),
        texts(
            segment,
            "flight {flight} to {destination} is delayed {delay} ({reason}). New departure: {departure_time}.",
            "{flight} to {destination} is delayed {delay}, now leaving at {departure_time}.",
            _ask(segment, "Our team at the airport can help."),
            opening="we are very sorry: ",
        ),
    )


def _ask(segment: Segment, advice: str) -> str:
    return "Please ask our team about {onward_flight}." if segment.onward else advice


_WRITTEN = {Severity.MINOR: _minor, Severity.MAJOR: _major, Severity.SEVERE: _severe}

DELAY = NewsKind(
    kind=Kind.DELAY,
    severities=(Severity.MINOR, Severity.MAJOR, Severity.SEVERE),
    has_reason=True,
    varies=("assistance", "onward"),
    own=frozenset({"delay", "reason", "scheduled_time", "departure_time", "arrival_time"}),
    needed=needs(email="destination delay reason departure_time confirmation", sms="delay departure_time"),
    must_say=lambda _segment: None,
    brief=_brief,
    written=_written,
)
