"""The gaps that data fills: which a template knows, which it needs, and where in a sentence each may stand.

The right fact in the wrong place is an invention too ("leaves {destination} for {origin}"), so each placeholder has
the words that may come before it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from flightpulse.domain.segments import Kind, Segment

# Compiled when first needed: a cold start need not pay for them.
_compiled = cache(re.compile)

PATTERN = re.compile(r"\{([a-z_]+)\}")


class Channel(StrEnum):
    """How a passenger is told. Passengers may also wish push messages; FlightPulse has no such channel."""

    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``before`` and ``after`` match what stands next to the placeholder in a sentence.

    Sentences are compared in lower case, contractions written out, one space between words and punctuation marks.
    """

    name: str
    meaning: str
    usage: str
    before: str
    after: str


_START = ""
_ANYTHING = (r".*",)


def _placeholder(
    name: str, meaning: str, usage: str, *, before: tuple[str, ...], after: tuple[str, ...] = _ANYTHING
) -> Placeholder:
    ends = "|".join(rf"(?:^|.* ){words}$" if words else "^$" for words in before)
    begins = "|".join(rf"^{words}(?: |$)" for words in after)
    return Placeholder(name, meaning, usage, ends, begins)


_PAUSE = r"[,;:(-]"
_STOP = r"[.,;:()!-]"
_END = r"$"
_DEPART = r"(?:depart|departs|departing|leave|leaves|leaving)"

PLACEHOLDERS: dict[str, Placeholder] = {
    placeholder.name: placeholder
    for placeholder in (
        _placeholder(
            "first_name",
            "the passenger's first name",
            "Hi {first_name},",
            before=(
                _START,
                "hi",
                "hello",
                "dear",
                "sorry",
                "thank you",
                "(?:notice|update|message|news) for",
                "urgent",
                "[,:-]",
            ),
            after=(_STOP,),
        ),
        _placeholder(
            "flight",
            "the flight number",
            "flight {flight}",
            before=(_START, "flight", "for", "on", "about", "regarding", "that", "your", _PAUSE),
            after=(r"(?!late\b|hours?\b|minutes?\b|gates?\b|\{).*", r"\{(?:origin|destination)\}.*", _END),
        ),
        _placeholder(
            "origin",
            "the city it leaves from",
            "from {origin}",
            before=("from", "in", "leaving", "departing", "out of", _PAUSE),
            after=(r"(?!late\b|at \{arrival_time\}).*", _END),
        ),
        _placeholder(
            "destination",
            "the city it goes to",
            "to {destination}",
            before=(
                "to",
                "for",
                "into",
                "reach",
                "reaching",
                "toward",
                "towards",
                "arriv(?:e|es|ing|al) in",
                "land(?:s|ing)? in",
            ),
        ),
        _placeholder(
            "date",
            "the day of the flight",
            "on {date}",
            before=("on", "for", "of", "[,(]"),
        ),
        _placeholder(
            "confirmation",
            "the booking's confirmation code",
            "confirmation code {confirmation}",
            before=("(?:code|confirmation|booking|reservation|reference)(?: is| :| \\()?", "with", "quote", "mention"),
        ),
        _placeholder(
            "tier",
            "the passenger's member tier",
            "As an {tier} member, ...",
            before=(_START, "an", "our", "valued", "your", "as", "dear", "this", "urgent", "[,:(-]"),
            after=(
                "members?",
                "customers?",
                "guests?",
                "travell?ers?",
                "passengers?",
                "priority",
                "update",
                "notice",
                "status",
            ),
        ),
        _placeholder(
            "delay",
            "how late it is, in hours and minutes",
            "delayed by {delay}",
            before=(
                "(?:by|about|around|nearly|approximately)",
                "(?:delay|wait) of(?: about| around)?",
                "(?:delay|wait) is(?: about| around| now)?",
                "(?:is|running)(?: now)?",
                "delayed",
                "late (?::|\\(|-|by)",
                "delay (?::|\\(|-)",
                ",",
                _DEPART,
            ),
            after=(
                r"(?:late|later|behind|after)\b.*",
                _STOP,
                "and",
                "because",
                "due",
                "owing",
                "from",
                "to",
                "with",
                _END,
            ),
        ),
        _placeholder(
            "reason",
            "why it happened",
            "because of {reason}",
            before=(
                "(?:due|owing) to",
                "because of",
                "result of",
                "caused by",
                "affected by",
                "reason(?: is|:| :)",
                "\\(",
            ),
            after=(r"[.,;)!-].*", "and", "but", "so", _END),
        ),
        _placeholder(
            "scheduled_time",
            "when it should have left",
            "instead of {scheduled_time}",
            before=(
                "at",
                "for",
                "instead of",
                "from",
                "than",
                "time(?: is|:| :)?",
                "was",
                "not",
                "the",
                "your",
                "[:(]",
            ),
        ),
        _placeholder(
            "departure_time",
            "when it leaves now",
            "leaves at {departure_time}",
            before=("at", "for", "to", "is", "is now", "time", "now", "around", "about", _DEPART, "[:(]"),
            after=(r"(?!early\b|earlier\b|late\b|later\b).*", _END),
        ),
        _placeholder(
            "arrival_time",
            "when it arrives now",
            "arrives at {arrival_time}",
            before=("at", "for", "is", "is now", "to", "around", "about", "arriv(?:e|es|ing|al)", "[:(]"),
        ),
        _placeholder(
            "old_gate",
            "the gate it no longer leaves from",
            "instead of gate {old_gate}",
            before=(
                "(?:instead of|rather than|not|was|previous(?:ly)?|original(?:ly)?|old|earlier)(?: the)? gate",
                r"(?:moved|changed|switched|reassigned|relocated|change|terminals?|away)(?: [^ ]+){0,3} from gate",
                "(?:(?:are|were) (?:already |now |still )?waiting|not wait) at gate",
                "(?:changed|moved|switched|reassigned|relocated) from",
                "(?:not|no longer) (?:go to|use|leave from|depart from|leaving from|departing from) gate",
            ),
        ),
        _placeholder(
            "new_gate",
            "the gate it leaves from now",
            "gate {new_gate}",
            before=(
                _START + "gate",
                "(?:to|at|is|now|new|your|the|towards?|near|find|reach|for|from|use|[:,(-]) gate",
                "gate (?:is|is now|:|now|now :)",
                r"from (?:gate )?\{old_gate\} to",
            ),
        ),
        _placeholder(
            "special_requests",
            "what the passenger asked for",
            "your special request ({special_requests})",
            before=(
                "requests? (?:for|:|\\(|of)",
                "requested(?: :)?",
                "(?:includes|lists|shows|noted|with|for)(?: :)?",
                "assistance \\(",
                "[:(]",
            ),
        ),
    )
}

_COMMON = frozenset({"first_name", "flight", "origin", "destination", "date", "confirmation"})


@dataclass(frozen=True, slots=True)
class _Gaps:
    """Placeholders of one kind of news: which it has besides the common ones, and which each channel needs."""

    own: frozenset[str]
    needed: Mapping[Channel, frozenset[str]]


def _gaps(own: str, *, email: str, sms: str) -> _Gaps:
    needed = {Channel.EMAIL: frozenset(email.split()), Channel.SMS: frozenset(sms.split())}
    return _Gaps(frozenset(own.split()), needed)


_BY_KIND: Mapping[Kind, _Gaps] = {
    Kind.DELAY: _gaps(
        "delay reason scheduled_time departure_time arrival_time",
        email="destination delay reason departure_time confirmation",
        sms="delay departure_time",
    ),
    Kind.ON_TIME: _gaps(
        "departure_time arrival_time", email="destination departure_time confirmation", sms="departure_time"
    ),
    Kind.CANCELLATION: _gaps("reason scheduled_time", email="destination date reason confirmation", sms="confirmation"),
    Kind.GATE_CHANGE: _gaps(
        "old_gate new_gate departure_time", email="destination new_gate departure_time confirmation", sms="new_gate"
    ),
}


def known(segment: Segment) -> frozenset[str]:
    """The placeholders a template of this segment may use."""
    names = _COMMON | _BY_KIND[segment.kind].own
    if segment.elite:
        names |= {"tier"}
    return names | {"special_requests"} if segment.assistance else names


def required(segment: Segment, channel: Channel) -> frozenset[str]:
    """The placeholders a template of this segment must use on a channel."""
    names = _BY_KIND[segment.kind].needed[channel] | {"first_name", "flight"}
    if segment.elite:
        names |= {"tier"}
    if segment.assistance and channel is Channel.EMAIL:
        names |= {"special_requests"}
    return names


def used(text: str) -> list[str]:
    """The names of the placeholders in a text, in order, repeats included."""
    return PATTERN.findall(text)


_TIMES = ("scheduled_time", "departure_time", "arrival_time")
_CUE = re.compile(r"\b(?P<arriving>arriv\w*|land\w*|reach\w*)|\b(?P<leaving>depart\w*|leav\w*|take off)")
_OLD_TIME = re.compile(
    r"\b(?:scheduled|original\w*|planned|instead of|rather than|previous\w*)\b|\b(?:from|not|not at|was|your|the)$"
)
_NEW_TIME = re.compile(r"\b(?:now|new|arriv\w*|land\w*|reach\w*|boarding)\b")
_NOT_THE_NEW_TIME = re.compile(
    r"\b(?:instead|rather|original\w*|planned|previous\w*|boarding|no longer|not|was|were)\b"
)


_LEAVING = re.compile(
    r"\b(?:depart\w*|leav\w*|take off|takes off|new times?|time is|pushed|moved|rescheduled|postponed|delayed|late)\b"
)
_PASSENGER_MOVES = re.compile(
    r"\b(?:(?:go|plan|try|get|come|need|want) to|head|come|walk|meet|be (?:at|in|near|ready)|leave for|wait|check"
    r"|contact|stay)\b"
)


def in_place(sentence: str, gap: re.Match[str], segment: Segment) -> bool:
    """Whether a placeholder of a plain sentence stands where its fact is what the sentence speaks of."""
    placeholder = PLACEHOLDERS.get(gap[1])
    if placeholder is None:
        return True
    before, after = sentence[: gap.start()].strip(), sentence[gap.end() :].strip()
    if not _compiled(placeholder.before).match(before) or not _compiled(placeholder.after).match(after):
        return False
    if after.startswith("or ") or before.endswith(" or"):
        return False
    return gap[1] not in _TIMES or _right_time(gap[1], before, segment)


def _right_time(name: str, before: str, segment: Segment) -> bool:
    since_last_time = re.split("|".join(rf"\{{{time}\}}" for time in _TIMES), before)[-1]
    cues = list(_CUE.finditer(since_last_time))
    arriving = bool(cues) and cues[-1]["arriving"] is not None
    if name == "arrival_time":
        return arriving
    if name == "scheduled_time":
        return bool(_OLD_TIME.search(since_last_time)) and not _NEW_TIME.search(since_last_time)
    if arriving or _PASSENGER_MOVES.search(since_last_time) or not _LEAVING.search(before):
        return False
    if segment.kind is Kind.DELAY:
        stale = _NOT_THE_NEW_TIME.search(since_last_time) or re.search(r"(?<!now )\bscheduled\b", since_last_time)
        return not stale
    return True
