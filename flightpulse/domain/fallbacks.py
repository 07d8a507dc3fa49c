"""The templates people wrote: what goes out when no model may be asked, answers, or can be trusted.

They pass the same guard as a model's. Optional facts (the arrival time, the gate a flight had before) may be unknown;
sentences without them are written here too.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from flightpulse.domain.entities import DelayReason
from flightpulse.domain.placeholders import known
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity
from flightpulse.domain.templates import MessageTemplate


@dataclass(frozen=True, slots=True)
class Fallback:
    """``sms`` holds one text message in several lengths, the fullest first; the last ones fit whatever happens."""

    subject: str
    paragraphs: tuple[str, ...]
    sms: tuple[str, ...]

    def template(self, sms: str) -> MessageTemplate:
        return MessageTemplate(self.subject, self.paragraphs, sms)


_TRIP = "flight {flight} from {origin} to {destination} on {date}"
_SAFETY_FIRST = (DelayReason.WEATHER, DelayReason.MECHANICAL, DelayReason.SECURITY)
_SORRY_FOR = (Severity.MAJOR, Severity.SEVERE, Severity.CANCELLED)
_SCREENS = "Please check the departure screens before you go to the gate."


def fallback(segment: Segment, facts: Set[str] | None = None) -> Fallback:
    """The written template of a segment, with the sentences that the known facts allow (all of them by default)."""
    facts = known(segment) if facts is None else facts
    return _WRITTEN[segment.kind, segment.severity](segment, facts)


def _minor_delay(segment: Segment, facts: Set[str]) -> Fallback:
    return Fallback(
        "Flight {flight} to {destination}: a short delay, now leaving at {departure_time}",
        (
            f"Hi {{first_name}}, your {_TRIP} is running {{delay}} late because of {{reason}}. {_new_times(facts)}",
            _joined(
                _tier(segment, "you are among the first to hear about this"),
                "Your booking {confirmation} stays as it is, and there is nothing you need to change.",
                _requests(segment, "Your special request ({special_requests}) is still on it."),
            ),
            _joined(
                "Before you head to the gate, please check the departure screens, as times can still change.",
                "We will let you know if anything changes.",
                _thanks(segment),
            ),
        ),
        _texts(
            segment,
            "flight {flight} to {destination} is running {delay} late ({reason}). New departure: {departure_time}.",
            "{flight} to {destination} is now {delay} late, leaving at {departure_time}.",
            _SCREENS,
        ),
    )


def _major_delay(segment: Segment, facts: Set[str]) -> Fallback:
    return Fallback(
        "Flight {flight} to {destination} is delayed by {delay}",
        (
            f"Dear {{first_name}}, we are sorry to tell you that {_TRIP} is delayed by {{delay}} because of"
            f" {{reason}}. " + _new_times(facts),
            _joined(
                "We know that a wait like this can upset your plans, and we apologize for the trouble.",
                _tier(segment, "you receive this priority update among the first on this flight"),
                _requests(segment, "Your special request ({special_requests}) is still on your booking."),
            ),
            _joined(
                "What to do next: please check the departure screens before you go to the gate, let anyone who is"
                " meeting you know about the new time, and keep your confirmation code {confirmation} at hand.",
                "If you have a connecting flight, please speak with our team at the airport as soon as you can.",
                "We will let you know if the time changes again.",
                _thanks(segment),
            ),
        ),
        _texts(
            segment,
            "we are sorry. Flight {flight} to {destination} is delayed {delay} ({reason}). New departure:"
            " {departure_time}.",
            "{flight} to {destination} is delayed {delay}, now leaving at {departure_time}.",
            _SCREENS,
        ),
    )


def _severe_delay(segment: Segment, facts: Set[str]) -> Fallback:
    return Fallback(
        "We are sorry: flight {flight} to {destination} is delayed by {delay}",
        (
            f"Dear {{first_name}}, we are very sorry. Your {_TRIP} is delayed by {{delay}} because of {{reason}}. "
            + _new_times(facts),
            _joined(
                "This is a long wait. We know how much it can disrupt your plans and those of the people who are"
                " expecting you, and we sincerely apologize.",
                _tier(segment, "you receive this priority update among the first on this flight"),
                _requests(segment, "Your special request ({special_requests}) is still on your booking."),
            ),
            _joined(
                "What to do next: please plan around the new time, and let anyone who is meeting you know about it.",
                "If the delay affects a connecting flight, or if you would like to talk about your options, please"
                " speak with our team at the airport and have your confirmation code {confirmation} at hand.",
                "Please check the departure screens before you go to the gate. We will let you know if the time changes"
                " again.",
                _thanks(segment),
            ),
        ),
        _texts(
            segment,
            "we are very sorry. Flight {flight} to {destination} is delayed {delay} ({reason})."
            " New departure: {departure_time}.",
            "{flight} to {destination} is delayed {delay}, now leaving at {departure_time}.",
            "Our team at the airport can help.",
        ),
    )


def _on_time(segment: Segment, facts: Set[str]) -> Fallback:
    arrival = " and to arrive at {arrival_time}" if "arrival_time" in facts else ""
    return Fallback(
        "Good news: flight {flight} to {destination} is on time",
        (
            f"Hi {{first_name}}, good news: your {_TRIP} is on time."
            f" It is expected to leave at {{departure_time}}{arrival}, as originally scheduled.",
            _joined(
                _tier(segment, "you are among the first to hear about this"),
                "If you changed your plans because of an earlier delay, please go back to the original time.",
                "Your booking {confirmation} stays as it is.",
                _requests(segment, "Your special request ({special_requests}) is still on it."),
            ),
            "Please check the departure screens before you go to the gate. We will let you know if anything changes.",
        ),
        _texts(
            segment,
            "good news! Flight {flight} to {destination} is on time and leaves at {departure_time}.",
            "{flight} to {destination} is on time, leaving at {departure_time}.",
            _SCREENS,
        ),
    )


def _cancellation(segment: Segment, _facts: Set[str]) -> Fallback:
    return Fallback(
        "We are sorry: flight {flight} to {destination} on {date} is cancelled",
        (
            f"Dear {{first_name}}, we are very sorry to tell you that {_TRIP}, scheduled to leave at"
            f" {{scheduled_time}}, has"
            " been cancelled because of {reason}.",
            _joined(
                "We know how much you were counting on this trip, and we sincerely apologize for the disruption to your"
                " plans.",
                _tier(segment, "you receive this priority notice among the first on this flight"),
                _requests(
                    segment,
                    "Your special request ({special_requests}) is noted on your booking; please mention it when you"
                    " choose another flight.",
                ),
            ),
            _joined(
                "What to do next: your booking {confirmation} is marked for rebooking. Please contact us, or speak"
                " with our team at the airport, to choose another flight, and have your confirmation code at hand.",
                _thanks(segment),
            ),
        ),
        _texts(
            segment,
            "we are very sorry. Flight {flight} to {destination} on {date} is cancelled ({reason})."
            " Please contact us with code {confirmation} to rebook.",
            "flight {flight} is cancelled. Please contact us with code {confirmation} to rebook.",
            "Our team at the airport can help.",
        ),
    )


def _gate_change(segment: Segment, facts: Set[str]) -> Fallback:
    instead = " instead of gate {old_gate}" if "old_gate" in facts else ""
    return Fallback(
        "Flight {flight} to {destination} now leaves from gate {new_gate}",
        (
            f"Hi {{first_name}}, the gate of your {_TRIP} has changed. Please go to gate {{new_gate}}{instead}.",
            _joined(
                _tier(segment, "you are among the first to hear about this"),
                "Your flight is expected to leave at {departure_time}, and your booking {confirmation} stays as it is.",
                _requests(
                    segment,
                    "Your special request ({special_requests}) is still on it; if you need help on the way, please ask"
                    " our team at the airport.",
                ),
            ),
            "Please follow the signs to gate {new_gate}, check the departure screens on your way, and allow a little"
            " extra time for the walk. Thank you.",
        ),
        _texts(
            segment,
            f"flight {{flight}} to {{destination}} now leaves from gate {{new_gate}}{instead}. Departure:"
            f" {{departure_time}}.",
            "flight {flight} now leaves from gate {new_gate}.",
            "Please check the departure screens on your way.",
        ),
    )


def _terminal_change(segment: Segment, facts: Set[str]) -> Fallback:
    known_old_gate = "old_gate" in facts
    return Fallback(
        "URGENT: flight {flight} now leaves from gate {new_gate} in a different terminal",
        (
            f"{{first_name}}, this is urgent: your {_TRIP} now leaves from gate {{new_gate}}, in a different terminal"
            f"{' from gate {old_gate}' if known_old_gate else ''}.",
            _joined(
                "Getting to another terminal takes time, so please leave for gate {new_gate} right away"
                f"{', even if you are already waiting at gate {old_gate}' if known_old_gate else ''}.",
                "Your flight is expected to leave at {departure_time}.",
                _tier(segment, "you receive this priority update among the first on this flight"),
                _requests(
                    segment,
                    "Your special request ({special_requests}) is still on your booking; if you need help on the way,"
                    " please ask our team at the airport now.",
                ),
            ),
            "What to do next: follow the airport signs to the other terminal, go to gate {new_gate}, and watch the"
            " departure screens on your way. Please keep your confirmation code {confirmation} at hand.",
        ),
        _texts(
            segment,
            "{flight} to {destination} now leaves from gate {new_gate} in a DIFFERENT terminal. Please go there right"
            " away. Departure: {departure_time}.",
            "{flight} now leaves from gate {new_gate} in a DIFFERENT terminal. Please go right away.",
            "Allow extra time.",
        ),
    )


_WRITTEN: Mapping[tuple[Kind, Severity], Callable[[Segment, Set[str]], Fallback]] = {
    (Kind.DELAY, Severity.MINOR): _minor_delay,
    (Kind.DELAY, Severity.MAJOR): _major_delay,
    (Kind.DELAY, Severity.SEVERE): _severe_delay,
    (Kind.ON_TIME, Severity.MINOR): _on_time,
    (Kind.CANCELLATION, Severity.CANCELLED): _cancellation,
    (Kind.GATE_CHANGE, Severity.GATE): _gate_change,
    (Kind.GATE_CHANGE, Severity.TERMINAL): _terminal_change,
}


def _new_times(facts: Set[str]) -> str:
    instead = " instead of {scheduled_time}" if "scheduled_time" in facts else ""
    arrival = ", and to arrive at {arrival_time}" if "arrival_time" in facts else ""
    return f"It is now expected to leave at {{departure_time}}{instead}{arrival}."


def _tier(segment: Segment, consequence: str) -> str:
    return f"As an {{tier}} member, {consequence}." if segment.elite else ""


def _requests(segment: Segment, sentence: str) -> str:
    return sentence if segment.assistance else ""


def _thanks(segment: Segment) -> str:
    if segment.reason in _SAFETY_FIRST:
        return "Your safety comes first, and we thank you for your patience."
    return "Thank you for your patience and understanding."


def _texts(segment: Segment, full: str, short: str, advice: str) -> tuple[str, ...]:
    """One text message in several lengths. Special requests outlive advice and detail; the name goes last."""
    opening, unnamed = _openings(segment)
    requests = " Request noted: {special_requests}." if segment.assistance else ""
    sorry = " We are sorry." if segment.severity in _SORRY_FOR else ""
    variants = (
        f"{opening}{full}{requests} {advice}",
        f"{opening}{full}{requests}",
        f"{opening}{short}{sorry}{requests}",
        f"{opening}{short}{requests}",
        f"{opening}{full} {advice}",
        f"{opening}{full}",
        f"{opening}{short}",
        unnamed + (short if unnamed else f"{short[0].upper()}{short[1:]}"),
    )
    return tuple(dict.fromkeys(variants))


def _openings(segment: Segment) -> tuple[str, str]:
    """How a text message begins, and how it does for somebody whose name it cannot carry."""
    if segment.severity is Severity.TERMINAL:
        return ("URGENT {tier} update for {first_name}: " if segment.elite else "URGENT, {first_name}: "), "URGENT: "
    return ("{first_name}, {tier} update: " if segment.elite else "{first_name}, "), ""


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
