"""A flight leaves from another gate, perhaps in another terminal."""

from collections.abc import Set

from flightpulse.domain.severity import Severity
from flightpulse.messages.news.base import (
    ADVICE,
    CAN_CHANGE,
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
    known_instant,
    needs,
    requests,
    texts,
    tier,
    times,
)
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Kind, Segment

_SIGNS = "follow the airport signs to gate {new_gate}, and allow extra time for the way"


def read(event: Fields, flight: Fields) -> Told:
    """What a change of gate tells. Raises UnusableEventError."""
    new_gate, old_gate = (" ".join(str(event.get(name) or "").split()) for name in ("new_gate", "old_gate"))
    if not new_gate:
        raise UnusableEventError("the event has no new_gate")
    scheduled = instant(flight.get("scheduled_departure"), "flight.scheduled_departure")
    departure = known_instant(
        (flight.get("estimated_departure"), "flight.estimated_departure"),
        (flight.get("scheduled_departure"), "flight.scheduled_departure"),
    )
    gates = {"new_gate": new_gate, "old_gate": old_gate} if old_gate else {"new_gate": new_gate}
    details = {
        channel: times(event, flight, channel, scheduled=scheduled, departure=departure) | gates for channel in Channel
    }
    severity = Severity.TERMINAL if event.get("terminal_change") is True else Severity.GATE
    return Told(Kind.GATE_CHANGE, severity, details, departure)


def _brief(segment: Segment) -> Brief:
    facts = [
        "Flight, day, cities, the new and the old gate, and the time of departure, in placeholders.",
        "The time of departure has not changed with the gate.",
        STILL_BOOKED,
        CAN_CHANGE,
        TEAM_HELPS,
        *circumstances(segment),
    ]
    advice = [*ADVICE, "go to gate {new_gate} and not to the old one", _SIGNS, "tell whoever travels with the passenger"]
    if segment.assistance:
        advice.append("ask our team at the airport for help on the way")
    if segment.severity is Severity.GATE:
        news, tone = "The flight leaves from another gate.", "Calm and practical. Point to the new gate."
    else:
        news = "The flight leaves from another gate, in a DIFFERENT TERMINAL."
        tone = "Urgent but polite. Stress that it is a different terminal."
        facts.append("Getting to another terminal takes time.")
        advice.append("follow the signs to the other terminal")
    if segment.soon:
        news += " It leaves soon."
        advice.append("go right away, even when already waiting at the old gate")
    else:
        tone += " The departure is hours away: hurry nobody, and do not say how much time is left."
        advice.append("plan for the new gate when coming to the airport")
    return Brief(news=news, tone=tone, facts=tuple(facts), advice=tuple(advice))


def _written(segment: Segment, facts: Set[str]) -> WrittenText:
    known = "old_gate" in facts
    return (_terminal if segment.severity is Severity.TERMINAL else _gate)(segment, known_old_gate=known)


def _gate(segment: Segment, *, known_old_gate: bool) -> WrittenText:
    instead = " instead of gate {old_gate}" if known_old_gate else ""
    return WrittenText(
        "Flight {flight} to {destination} now leaves from gate {new_gate}",
        (
            f"Hi {{first_name}}, the gate of your {TRIP} has changed. Please go to gate {{new_gate}}{instead}.",
            joined(
                tier(segment, "you are among the first to hear about this"),
                "Your flight is expected to leave at {departure_time}, and your booking {confirmation} stays as it is.",
                requests(
                    segment,
                    "Your special request ({special_requests}) is still on it; if you need help on the way, please ask"
                    " our team at the airport.",
                ),
            ),
            "Please follow the signs to gate {new_gate}, check the departure screens on your way, and allow a little"
            " extra time for the walk. Thank you.",
        ),
        texts(
            segment,
            f"flight {{flight}} to {{destination}} now leaves from gate {{new_gate}}{instead}. Departure:"
            f" {{departure_time}}.",
            "flight {flight} now leaves from gate {new_gate}.",
            "Please check the departure screens on your way.",
        ),
    )


def _terminal(segment: Segment, *, known_old_gate: bool) -> WrittenText:
    from_old = " from gate {old_gate}" if known_old_gate else ""
    if segment.soon:
        waiting = ", even if you are already waiting at gate {old_gate}" if known_old_gate else ""
        hurry, now, go = f"so please leave for gate {{new_gate}} right away{waiting}", " now", " Please go right away."
    else:
        hurry, now, go = "so please allow extra time for the way to gate {new_gate}", "", " Please allow extra time."
    return WrittenText(
        "URGENT: flight {flight} now leaves from gate {new_gate} in a different terminal",
        (
            f"{{first_name}}, this is urgent: your {TRIP} now leaves from gate {{new_gate}}, in a different terminal"
            f"{from_old}.",
            joined(
                f"Getting to another terminal takes time, {hurry}.",
                "Your flight is expected to leave at {departure_time}.",
                tier(segment, "you receive this priority update among the first on this flight"),
                requests(
                    segment,
                    "Your special request ({special_requests}) is still on your booking; if you need help on the way,"
                    f" please ask our team at the airport{now}.",
                ),
            ),
            "What to do next: follow the airport signs to the other terminal, go to gate {new_gate}, and watch the"
            " departure screens on your way. Please keep your confirmation code {confirmation} at hand.",
        ),
        texts(
            segment,
            f"{{flight}} to {{destination}} now leaves from gate {{new_gate}} in a DIFFERENT terminal.{go}",
            "{flight} now leaves from gate {new_gate} in a DIFFERENT terminal.",
            "Departure: {departure_time}.",
            opening="URGENT: ",
        ),
    )


GATE_CHANGE = NewsKind(
    kind=Kind.GATE_CHANGE,
    severities=(Severity.GATE, Severity.TERMINAL),
    varies=("assistance", "soon"),
    own=frozenset({"old_gate", "new_gate", "departure_time"}),
    needed=needs(email="destination new_gate departure_time confirmation", sms="new_gate"),
    must_say=lambda segment: "terminal" if segment.severity is Severity.TERMINAL else None,
    brief=_brief,
    written=_written,
)
