"""Reads what each kind of news says of itself in ``<kind>.toml``: severities, placeholders, brief and written text.

A text may begin with conditions in brackets: ``[elite !onward] ...`` is for passengers of a tier without an onward
flight at risk. Conditions are severities, circumstances of a segment, ``elite`` and ``safety``. In a paragraph, a list
of texts stands for the first of them whose conditions hold and whose facts are known.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flightpulse.domain.entities import DelayReason
from flightpulse.domain.events import Kind, Severity
from flightpulse.messages.news.events import REASONS
from flightpulse.messages.placeholders import COMMON, ONWARD, PLACEHOLDERS, Channel, used
from flightpulse.messages.segments import Segment

_CONDITIONS = re.compile(r"\[([!\w ]+)\] ")
_SAFETY = (DelayReason.WEATHER, DelayReason.MECHANICAL, DelayReason.SECURITY)
_COMMON = "common"


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A message by people. ``sms`` holds one text message in several lengths, the fullest first."""

    subject: str
    paragraphs: tuple[str, ...]
    sms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsKind:
    """One kind of news. ``varies`` are the circumstances of a passenger that change its words.

    ``placeholders`` are those it has beside the common ones, ``needs`` those that each channel must use. ``must_say``
    is, by severity, a pattern that each channel must match where placeholders do not say it all.
    """

    kind: Kind
    severities: tuple[Severity, ...]
    has_reason: bool
    varies: tuple[str, ...]
    placeholders: frozenset[str]
    needs: Mapping[Channel, frozenset[str]]
    must_say: Mapping[str, str]
    inventions: tuple[str, ...]
    honest: tuple[str, ...]


@cache
def news_kind(kind: Kind) -> NewsKind:
    """What a kind of news says of itself."""
    fields = _fields(kind)
    return NewsKind(
        kind=kind,
        severities=tuple(map(Severity, fields["severities"])),
        has_reason=fields.get("has_reason", False),
        varies=tuple(fields["varies"]),
        placeholders=frozenset(fields["placeholders"]),
        needs={channel: frozenset(fields[f"{channel}_needs"]) for channel in Channel},
        must_say=fields.get("must_say", {}),
        inventions=(*_fields(_COMMON)["inventions"], *fields["canaries"]["inventions"]),
        honest=tuple(fields["canaries"]["honest"]),
    )


def known(segment: Segment) -> frozenset[str]:
    """The placeholders a template of this segment may use."""
    names = COMMON | news_kind(segment.kind).placeholders
    for holds, added in (
        (segment.elite, {"tier"}),
        (segment.assistance, {"special_requests"}),
        (segment.onward, ONWARD),
    ):
        names |= added if holds else set()
    return names


def required(segment: Segment, channel: Channel) -> frozenset[str]:
    """The placeholders a template of this segment must use on a channel."""
    names = news_kind(segment.kind).needs[channel] | {"first_name", "flight"}
    if segment.elite:
        names |= {"tier"}
    if channel is Channel.EMAIL:
        names |= {"special_requests"} if segment.assistance else set()
        names |= {"onward_flight"} if segment.onward else set()
    return names


def brief(segment: Segment) -> str:
    """What writer and reviewer of this segment's messages are told in the same words."""
    own, common, allowed = _fields(segment.kind)["brief"], _fields(_COMMON), known(segment)
    return "\n".join(
        (
            f"News: {' '.join(_applying(own['news'], segment))}",
            *([f"Reason: {REASONS[segment.reason][0]}, which messages say as {{reason}}."] if segment.reason else []),
            f"Tone: {' '.join(_applying(own['tone'], segment))}",
            *_applying(common["wanted"], segment),
            "",
            "A message may state:",
            *(f"- {fact}" for fact in _applying([*own["facts"], *common["facts"]], segment)),
            "",
            "It may advise passengers to:",
            *(f"- {advice}" for advice in _applying([*common["advice"], *own["advice"]], segment)),
            "",
            "Placeholders, what they stand for, and how they are used:",
            *(f"- {{{name}}}: {it.meaning}, as in: {it.usage}" for name, it in PLACEHOLDERS.items() if name in allowed),
        )
    )


def written(segment: Segment, facts: Set[str] | None = None) -> WrittenText:
    """The text people wrote, with the sentences that the known facts allow (all of them by default).

    The text message comes in several lengths: a special request outlives advice and detail; the name goes last.
    """
    facts = known(segment) if facts is None else facts | (known(segment) - news_kind(segment.kind).placeholders)
    text = _fields(segment.kind)["written"][segment.severity]
    sms = text["sms"]
    full, short = (next(_sayable(sms[length], segment, facts)) for length in ("full", "short"))
    advice = next(_applying(sms["advice"], segment))
    opening = sms.get("opening", "")
    update = f"{{tier}} update. {opening[:1].upper()}{opening[1:]}" if opening else "{tier} update: "
    named = f"{{first_name}}, {update if segment.elite else opening}"
    noted = (" Request noted: {special_requests}.", " Request noted.") if segment.assistance else ("",)
    unnamed = opening + short
    return WrittenText(
        text["subject"],
        tuple(
            " ".join(filter(None, (next(_sayable(sentence, segment, facts), "") for sentence in paragraph)))
            for paragraph in text["paragraphs"]
        ),
        (
            *(f"{named}{full}{note}{ending}" for note in noted for ending in (f" {advice}", "")),
            *(f"{named}{short}{note}" for note in noted),
            f"{named}{short}",
            unnamed[0].upper() + unnamed[1:],
        ),
    )


@cache
def _fields(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))


def _applying(texts: Iterable[str], segment: Segment) -> Iterator[str]:
    """The texts whose conditions hold, without the conditions."""
    holding = {segment.severity, *segment.circumstances}
    holding |= {name for name, holds in (("elite", segment.elite), ("safety", segment.reason in _SAFETY)) if holds}
    for text in texts:
        conditions = _CONDITIONS.match(text)
        wanted = conditions[1].split() if conditions else []
        if all((name.lstrip("!") in holding) != name.startswith("!") for name in wanted):
            yield text[conditions.end() :] if conditions else text


def _sayable(texts: str | list[str], segment: Segment, facts: Set[str]) -> Iterator[str]:
    """Those of some alternatives that apply and whose facts are known."""
    alternatives = [texts] if isinstance(texts, str) else texts
    return (text for text in _applying(alternatives, segment) if facts >= set(used(text)))
