"""A flight does not leave at all."""

from collections.abc import Set

from flightpulse.domain.severity import Severity
from flightpulse.messages.news.base import (
    ADVICE,
    SAFETY,
    TEAM_HELPS,
    TRIP,
    Brief,
    Fields,
    NewsKind,
    Told,
    WrittenText,
    circumstances,
    joined,
    known_instant,
    needs,
    requests,
    texts,
    thanks,
    tier,
    times,
)
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Kind, Segment


def read(event: Fields, flight: Fields) -> Told:
    """What a cancellation tells. Raises UnusableEventError."""
    scheduled = known_instant((flight.get("scheduled_departure"), "flight.scheduled_departure"))
    details = {channel: times(event, flight, channel, scheduled=scheduled) for channel in Channel}
    return Told(Kind.CANCELLATION, Severity.CANCELLED, details, scheduled)


def _brief(segment: Segment) -> Brief:
    facts = [
        "Flight, day, cities, reason, and the time at which it should have left, in placeholders.",
        "The booking {confirmation} is marked for rebooking. No other flight is booked yet.",
        TEAM_HELPS,
        SAFETY,
        *circumstances(segment),
    ]
    advice = [
        *ADVICE,
        "contact us, or speak with our team at the airport, to rebook, choose another flight or hear the options",
        "do so soon, and before making other plans",
        "tell whoever is meeting, expecting or travelling with the passenger",
    ]
    if segment.assistance:
        advice.append("mention the special request when rebooking")
    if segment.onward:
        facts.append("It affects the onward flight {onward_flight} to {onward_destination}, which leaves at {onward_time}.")
        advice.append("ask our team about the onward flight as well, when rebooking")
    if segment.checked_in:
        facts.append("The passenger is checked in for this flight. The check-in does not count for another flight.")
        advice.append("check in again for the new flight")
    if segment.bags:
        facts.append("The passenger has checked bags for this flight.")
        advice.append("ask our team at the airport about the checked bags")
    return Brief(
        news="The flight is cancelled. The booking is marked for rebooking.",
        tone="Deeply apologetic. Say sorry. Then the next steps.",
        facts=tuple(facts),
        advice=tuple(advice),
    )


def _written(segment: Segment, _facts: Set[str]) -> WrittenText:
    return WrittenText(
        "We are sorry: flight {flight} to {destination} on {date} is cancelled",
        (
            f"Dear {{first_name}}, we are very sorry to tell you that {TRIP}, scheduled to leave at {{scheduled_time}},"
            " has been cancelled because of {reason}.",
            joined(
                "We know how much you were counting on this trip, and we sincerely apologize for the disruption to your"
                " plans.",
                tier(segment, "you receive this priority notice among the first on this flight"),
                requests(
                    segment,
                    "Your special request ({special_requests}) is noted on your booking; please mention it when you"
                    " choose another flight.",
                ),
            ),
            joined(
                "What to do next: your booking {confirmation} is marked for rebooking. Please speak with our team at"
                " the airport to choose another flight, and have your confirmation code at hand.",
                "Please ask about your onward flight {onward_flight} to {onward_destination} at {onward_time} as well."
                if segment.onward
                else "",
                "You are checked in for this flight; please check in again for the new one." if segment.checked_in else "",
                "Please also ask our team about your checked bags." if segment.bags else "",
                thanks(segment),
            ),
        ),
        texts(
            segment,
            "flight {flight} to {destination} on {date} is cancelled ({reason}). Please see our team at the airport to"
            " rebook, with code {confirmation}.",
            "flight {flight} is cancelled. Please see our team at the airport to rebook, with code {confirmation}.",
            "Please ask about your bags too." if segment.bags else "We can help.",
            opening="we are very sorry: ",
        ),
    )


CANCELLATION = NewsKind(
    kind=Kind.CANCELLATION,
    severities=(Severity.CANCELLED,),
    has_reason=True,
    varies=("assistance", "onward", "checked_in", "bags"),
    own=frozenset({"reason", "scheduled_time"}),
    needed=needs(email="destination date reason confirmation", sms="confirmation"),
    must_say=lambda _segment: "cancel",
    brief=_brief,
    written=_written,
)
