"""What a model is asked when it drafts, and how its reply is read.

The prompt carries the brief of a segment, and nothing else: no passenger, no flight, no free text of an event. Whatever
a model could be talked into, it has nobody's data to leak and no fact to bend.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flightpulse.messages import gsm7, news, review
from flightpulse.messages.facts import longest
from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.replies import objects, system_prompt
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, fill, normalized

SYSTEM = system_prompt("draft")

_FORM = '{"subject": "...", "paragraphs": ["...", "...", "..."], "sms": "..."}'
SYSTEM_FOR_SEVERAL = SYSTEM.replace(_FORM, f'{{"messages": [{{"n": 1, {_FORM[1:]}, ...]}}')
"""The same instructions where one reply holds the messages of several briefs."""

MOST_TOGETHER = 3
"""So many segments are drafted, and reviewed, by one call: a longer reply could run into the time that it has."""

_LONGEST_REPLY = 20_000
_QUOTED_REPLY = 4_000
_QUOTED_REFUSALS = 12


def system(count: int) -> str:
    """The instructions for so many segments at once."""
    return SYSTEM if count == 1 else SYSTEM_FOR_SEVERAL


def request(*segments: Segment) -> str:
    """The question that segments put to a model: of several, each as if it were alone, with its number above."""
    if len(segments) == 1:
        return _request(segments[0])
    return "\n\n".join(
        (
            "Write one message for each of these briefs. Each has its own words and follows its own brief only.",
            *(f"Brief {number}\n{_request(segment)}" for number, segment in enumerate(segments, start=1)),
            f"Reply with one JSON object that has all {len(segments)} messages, each with the number of its brief.",
        )
    )


def _request(segment: Segment) -> str:
    return "\n".join(
        (
            news.brief(segment),
            "",
            "Subject: one short line that contains {flight}.",
            "E-mail: three paragraphs of one to four sentences: the news with its facts; understanding; what to do"
            f" next. It must contain {_listed(segment, Channel.EMAIL)}. It gets no signature.",
            f"SMS: one or two short sentences that say the news. It must contain {_listed(segment, Channel.SMS)}, and"
            f" at most {_sms_budget(segment)} characters besides these. Another placeholder costs up to twenty"
            f" characters. Such as: {_example(segment)}",
        )
    )


def version(segment: Segment) -> str:
    """Names the words in which a draft is asked for and reviewed: another prompt finds no template of this one.

    Whether it was asked for alone or together with others makes no difference: what is asked is the same.
    """
    words = "\n".join((SYSTEM, request(segment), review.SYSTEM, review.brief(segment)))
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def repair(refusals: Iterable[Refusal]) -> str:
    """What a model is told when its reply was refused."""
    lines = dict.fromkeys(f"- {refusal.rule.words} ({refusal.detail})" for refusal in refusals)
    return "\n".join(
        (
            "That reply cannot be used as it is. What is wrong, and where:",
            *list(lines)[:_QUOTED_REFUSALS],
            "Reply with the whole corrected JSON object and nothing else.",
        )
    )


def quoted(reply: str) -> str:
    """A refused reply as it is shown to the model again: never empty, never endless."""
    return reply.strip()[:_QUOTED_REPLY] or "(empty)"


def read_reply(reply: str) -> MessageTemplate | Refusal:
    """The template in a model's reply, in plain typography, or why there is none.

    The last object that has the wanted fields counts: models think aloud, quote the format, and correct themselves.
    """
    if len(reply) > _LONGEST_REPLY:
        return Refusal(Rule.SHAPE, "the reply is too long")
    problem = "there is no JSON object in the reply"
    for fields in reversed(list(objects(reply))):
        try:
            template = normalized(MessageTemplate.from_fields(fields))
        except ValueError as error:
            problem = str(error)
            continue
        return template
    return Refusal(Rule.SHAPE, problem)


def replies(reply: str, segments: Sequence[Segment]) -> Iterator[tuple[Segment, str]]:
    """What one reply to :func:`request` says for each of several segments, as if each had been asked for alone.

    A segment that it leaves out, or gives two messages, is not among them.
    """
    numbered: dict[int, list[dict[str, Any]]] = {}
    if len(reply) <= _LONGEST_REPLY * len(segments):
        for found in objects(reply):
            for message in found["messages"] if isinstance(found.get("messages"), list) else (found,):
                if isinstance(message, dict) and isinstance(message.get("n"), int):
                    numbered.setdefault(message["n"], []).append(message)
    for number, segment in enumerate(segments, start=1):
        messages = numbered.get(number, [])
        if len(messages) == 1:
            yield segment, json.dumps({name: value for name, value in messages[0].items() if name != "n"})


def _listed(segment: Segment, channel: Channel) -> str:
    names: Sequence[str] = sorted(news.required(segment, channel))
    return ", ".join(f"{{{name}}}" for name in names)


def _sms_budget(segment: Segment) -> int:
    values = longest(segment, Channel.SMS)
    return gsm7.LIMIT - sum(len(values[name]) for name in news.required(segment, Channel.SMS))


def _example(segment: Segment) -> str:
    """The written text message of a segment, as full as always fits."""
    values, written = longest(segment, Channel.SMS), news.written(segment)
    return next((text for text in written.sms if gsm7.fits(fill(text, values))), written.sms[-1])
