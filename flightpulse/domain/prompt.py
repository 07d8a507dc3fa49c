"""What a model is asked, and how its reply is read.

The prompt carries a segment and nothing else: no passenger, no flight, no free text of an event. Whatever a model could
be talked into, it has nobody's data to leak and no fact to bend.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from flightpulse.domain import facts, gsm7, placeholders
from flightpulse.domain.fallbacks import fallback
from flightpulse.domain.guard import RULES, Refusal, Rule, normalized
from flightpulse.domain.placeholders import PLACEHOLDERS, Channel
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity
from flightpulse.domain.templates import MessageTemplate, fill

SYSTEM = """You write service messages for an airline's passengers, in plain and friendly English.
You write tone, never facts. A program fills in the facts later, through placeholders in {braces}.
You reply with one JSON object and nothing else:
{"subject": "...", "paragraphs": ["...", "...", "..."], "sms": "..."}
Use only everyday words of airline service. Never write digits, numbers as words, times, days, prices, links, contact
details, places or names, and never promise or offer anything."""

_LONGEST_REPLY = 20_000
_QUOTED_REPLY = 4_000
_QUOTED_REFUSALS = 12

_BRIEFS: Mapping[Severity, tuple[str, str]] = {
    Severity.MINOR: ("The flight is delayed by a short time.", "Calm, brief and friendly. No alarm."),
    Severity.MAJOR: (
        "The flight is delayed by a good while.",
        "Warm and apologetic. Say sorry. Advise people with a connecting flight to speak with our team.",
    ),
    Severity.SEVERE: (
        "The flight is delayed by many hours.",
        "Very apologetic and understanding. Say sorry. Say what to do next, and that our team can help.",
    ),
    Severity.CANCELLED: (
        "The flight is cancelled. The booking is marked for rebooking.",
        "Deeply apologetic. Say sorry. Then the next steps: contact us or our team at the airport to rebook.",
    ),
    Severity.GATE: ("The flight leaves from another gate.", "Calm and practical. Point to the new gate."),
    Severity.TERMINAL: (
        "The flight leaves from another gate, in a DIFFERENT TERMINAL.",
        "Urgent but polite. Stress that it is a different terminal and that they should go right away.",
    ),
}
"""For each severity the news, and the tone in which to tell it."""
_GOOD_NEWS = ("The flight leaves on time after all.", "Glad and brief.")


def request(segment: Segment) -> str:
    """The question that a segment puts to a model."""
    known = sorted(placeholders.known(segment))
    news, tone = _brief(segment)
    return "\n".join(
        (
            "Write the message for this segment of passengers:",
            f"<segment>{json.dumps(segment.to_fields(), sort_keys=True)}</segment>",
            "",
            f"News: {news}",
            f"Tone: {tone}",
            *_extras(segment),
            "",
            "Placeholders, what they stand for, and how to use them:",
            *(f"- {{{name}}}: {PLACEHOLDERS[name].meaning}, as in: {PLACEHOLDERS[name].usage}" for name in known),
            "",
            f"The subject must contain {{flight}}. The e-mail must contain {_listed(segment, Channel.EMAIL)}.",
            "The e-mail has three paragraphs: the news with its facts; understanding; what to do next.",
            f"The sms must contain {_listed(segment, Channel.SMS)}, and at most {_sms_budget(segment)} characters of"
            f" your own besides these placeholders.",
            "Say the news in the first paragraph and in the sms. Use no placeholder that is not listed.",
            "",
            "This is what our people have written for this segment:",
            f"<example>{json.dumps(_example(segment).to_fields())}</example>",
            "Write another one: vary the words, and keep to sentences as plain as these. Sentences that state anything"
            " else are refused.",
        )
    )


def _example(segment: Segment) -> MessageTemplate:
    """The written template of a segment, with a text message that fits."""
    written, values = fallback(segment), facts.longest(segment, Channel.SMS)
    fitting = (text for text in written.sms if gsm7.fits(fill(text, values)))
    return MessageTemplate(written.subject, written.paragraphs, next(fitting, written.sms[-1]))


def version(segment: Segment) -> str:
    """Names the words in which a segment is asked for: a changed prompt finds no template that the old one got."""
    return hashlib.sha256(f"{SYSTEM}\n{request(segment)}".encode()).hexdigest()[:12]


def repair(refusals: Iterable[Refusal]) -> str:
    """What a model is told when its reply was refused."""
    lines = [f"- {RULES[refusal.rule]} ({refusal.detail})" for refusal in list(refusals)[:_QUOTED_REFUSALS]]
    return "\n".join(
        (
            "That reply cannot be used. What is wrong, and where:",
            *lines,
            "Reply with the whole corrected JSON object and nothing else.",
        )
    )


def quoted(reply: str) -> str:
    """A refused reply as it is shown to the model again: never empty, never endless."""
    return reply.strip()[:_QUOTED_REPLY] or "(empty)"


def read_reply(reply: str) -> MessageTemplate | Refusal:
    """The template in a model's reply, in plain typography, or why there is none."""
    if len(reply) > _LONGEST_REPLY:
        return Refusal(Rule.TOO_LONG, "reply")
    fields = _first_object(reply)
    if fields is None:
        return Refusal(Rule.SHAPE, "there is no JSON object in the reply")
    try:
        return normalized(MessageTemplate.from_fields(fields))
    except ValueError as error:
        return Refusal(Rule.SHAPE, str(error)[:200])


def _first_object(reply: str) -> dict[str, Any] | None:
    """The first JSON object in a text: models wrap it in fences and courtesies however often they are asked not to."""
    decoder = json.JSONDecoder()
    for start in (match.start() for match in re.finditer(r"\{", reply)):
        try:
            value, _ = decoder.raw_decode(reply, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value:
            return value
    return None


def _brief(segment: Segment) -> tuple[str, str]:
    return _GOOD_NEWS if segment.kind is Kind.ON_TIME else _BRIEFS[segment.severity]


def _extras(segment: Segment) -> Iterable[str]:
    if segment.elite:
        yield "Acknowledge the passenger's {tier} membership. Call it a priority update; promise nothing more."
    if segment.assistance:
        yield "Mention that the special request is noted on the booking."


def _listed(segment: Segment, channel: Channel) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(placeholders.required(segment, channel)))


def _sms_budget(segment: Segment) -> int:
    values = facts.longest(segment, Channel.SMS)
    return gsm7.LIMIT - sum(len(values[name]) for name in placeholders.required(segment, Channel.SMS))
