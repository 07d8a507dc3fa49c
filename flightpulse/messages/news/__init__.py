"""Every kind of news in one place each, and what follows from them: the segments there are, and their placeholders."""

from collections.abc import Callable, Iterator, Mapping, Set
from itertools import product

from flightpulse.domain.entities import DelayReason, Tier
from flightpulse.messages.news import cancellation, delay, gate_change, on_time
from flightpulse.messages.news.base import Fields, NewsKind, Told, WrittenText
from flightpulse.messages.placeholders import COMMON, ONWARD, PLACEHOLDERS, Channel
from flightpulse.messages.segments import Kind, Segment

NEWS: Mapping[Kind, NewsKind] = {
    news.kind: news for news in (delay.DELAY, on_time.ON_TIME, cancellation.CANCELLATION, gate_change.GATE_CHANGE)
}
READERS: Mapping[str, Callable[[Fields, Fields], Told]] = {
    "FLIGHT_DELAY": delay.read,
    "FLIGHT_CANCELLED": cancellation.read,
    "GATE_CHANGE": gate_change.read,
}
"""What reads each type of event."""


def all_segments() -> Iterator[Segment]:
    """Every segment there is. Bags are checked by those who are checked in."""
    for news in NEWS.values():
        reasons: tuple[DelayReason | None, ...] = tuple(DelayReason) if news.has_reason else (None,)
        for severity, reason, tier in product(news.severities, reasons, Tier):
            for flags in product((False, True), repeat=len(news.varies)):
                circumstances = dict(zip(news.varies, flags, strict=True))
                if circumstances.get("checked_in", True) or not circumstances["bags"]:
                    yield Segment(kind=news.kind, severity=severity, reason=reason, tier=tier, **circumstances)


def known(segment: Segment) -> frozenset[str]:
    """The placeholders a template of this segment may use."""
    names = COMMON | NEWS[segment.kind].own
    for holds, added in (
        (segment.elite, {"tier"}),
        (segment.assistance, {"special_requests"}),
        (segment.onward, ONWARD),
    ):
        names |= added if holds else set()
    return names


def required(segment: Segment, channel: Channel) -> frozenset[str]:
    """The placeholders a template of this segment must use on a channel."""
    names = NEWS[segment.kind].needed[channel] | {"first_name", "flight"}
    if segment.elite:
        names |= {"tier"}
    if channel is Channel.EMAIL:
        names |= {"special_requests"} if segment.assistance else set()
        names |= {"onward_flight"} if segment.onward else set()
    return names


def brief_text(segment: Segment) -> str:
    """What writer and reviewer of this segment's messages are told, in the same words."""
    brief, allowed = NEWS[segment.kind].brief(segment), known(segment)
    return "\n".join(
        (
            f"News: {brief.news}",
            f"Tone: {brief.tone}",
            *_extras(segment),
            "",
            "A message may state:",
            *(f"- {fact}" for fact in brief.facts),
            "",
            "It may advise passengers to:",
            *(f"- {advice}" for advice in brief.advice),
            "",
            "Placeholders, what they stand for, and how they are used:",
            *(f"- {{{name}}}: {about.meaning}, as in: {about.usage}" for name, about in PLACEHOLDERS.items() if name in allowed),
        )
    )


def _extras(segment: Segment) -> Iterator[str]:
    if segment.elite:
        yield "Acknowledge the passenger's {tier} membership, and call this a priority update."
    if segment.assistance:
        yield "Mention the special request."
    if segment.onward:
        yield "Speak of the onward flight, and say what to do about it."


def written(segment: Segment, facts: Set[str] | None = None) -> WrittenText:
    """The text people wrote, with the sentences that the known facts allow (all of them by default)."""
    return NEWS[segment.kind].written(segment, known(segment) if facts is None else facts)
