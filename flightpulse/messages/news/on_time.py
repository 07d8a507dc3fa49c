"""A flight that was delayed leaves on time after all: a delay of 0 minutes, read by :mod:`.delay`."""

from collections.abc import Set

from flightpulse.domain.severity import Severity
from flightpulse.messages.news.base import (
    ADVICE,
    CAN_CHANGE,
    SCREENS,
    STILL_BOOKED,
    TEAM_HELPS,
    TRIP,
    WE_TELL_YOU,
    Brief,
    NewsKind,
    WrittenText,
    circumstances,
    joined,
    needs,
    requests,
    texts,
    tier,
)
from flightpulse.messages.segments import Kind, Segment


def _brief(segment: Segment) -> Brief:
    return Brief(
        news="The flight leaves on time after all, as it was originally scheduled.",
        tone="Glad and brief.",
        facts=(
            "Flight, day, cities, and the times of departure and arrival, in placeholders.",
            "It is good news. The passenger may have heard of a delay before; that delay no longer holds.",
            STILL_BOOKED,
            CAN_CHANGE,
            TEAM_HELPS,
            *circumstances(segment),
        ),
        advice=(
            *ADVICE,
            "go back to the original time and plans, and be at the gate in good time",
            "tell whoever is meeting, expecting or travelling with the passenger",
        ),
    )


def _written(segment: Segment, facts: Set[str]) -> WrittenText:
    arrival = " and to arrive at {arrival_time}" if "arrival_time" in facts else ""
    return WrittenText(
        "Good news: flight {flight} to {destination} is on time",
        (
            f"Hi {{first_name}}, good news: your {TRIP} is on time."
            f" It is expected to leave at {{departure_time}}{arrival}, as originally scheduled.",
            joined(
                tier(segment, "you are among the first to hear about this"),
                "If you changed your plans because of an earlier delay, please go back to the original time.",
                "Your booking {confirmation} stays as it is.",
                requests(segment, "Your special request ({special_requests}) is still on it."),
            ),
            f"{SCREENS} {WE_TELL_YOU}",
        ),
        texts(
            segment,
            "flight {flight} to {destination} is on time and leaves at {departure_time}.",
            "{flight} to {destination} is on time, leaving at {departure_time}.",
            SCREENS,
        ),
    )


ON_TIME = NewsKind(
    kind=Kind.ON_TIME,
    severities=(Severity.MINOR,),
    varies=("assistance",),
    own=frozenset({"departure_time", "arrival_time"}),
    needed=needs(email="destination departure_time confirmation", sms="departure_time"),
    must_say=lambda _segment: r"on time|on schedule|as (?:\w+ )?(?:scheduled|planned)|original (?:\w+ )?(?:time|schedule)",
    brief=_brief,
    written=_written,
)
