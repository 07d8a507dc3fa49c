"""Has a model judge a template sentence by sentence, and judges the model by sentences whose verdict is known.

A lint cannot tell "we will send someone to help" from "our team can help"; a model can, most of the time. So each
request mixes in canaries, inventions and honest sentences drawn by a hash of the template: a reviewer that gets one of
them wrong, leaves a sentence out or answers in another form is not believed, and approves nothing.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

from flightpulse.messages import news
from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.replies import objects, system_prompt
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, Sentence

MAX_TOKENS = 2_000
"""How long a reply may be, about however many drafts: many models refuse a request that allows more than they can."""

INVENTIONS, HONEST = 3, 2
"""How many canaries of each sort a request holds."""


class SentenceVerdict(StrEnum):
    """What a sentence is. Only an invention is refused."""

    NEWS = "news"
    COURTESY = "courtesy"
    ADVICE = "advice"
    INVENTION = "invention"


SYSTEM = system_prompt("review")
DRAFT, SENTENCES = "Draft", "Sentences:"
"""What stands above each draft of several, and above its sentences."""

_SCHEMA: dict[str, Any] = json.loads(
    """{"type": "object", "properties": {"verdicts": {"type": "array", "items": {"type": "object", "properties": {
    "n": {"type": "integer"}, "why": {"type": "string"},
    "verdict": {"type": "string", "enum": ["news", "courtesy", "advice", "invention"]}},
    "required": ["n", "why", "verdict"], "additionalProperties": false}}},
    "required": ["verdicts"], "additionalProperties": false}"""
)


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What a reviewer is asked. ``sentences`` are numbered from 1; a canary has no part of the template behind it.

    ``segments`` are those of the drafts, one or several. ``schema`` is a JSON schema of the reply, for models that can
    be held to one.
    """

    segments: tuple[Segment, ...]
    sentences: tuple[Sentence, ...]
    user: str
    system: str = SYSTEM

    @property
    def schema(self) -> dict[str, Any]:
        return _SCHEMA


CANARY_INVENTION, CANARY_HONEST = "canary: invention", "canary: honest"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a reviewer said of a template. ``problem`` is why it is not believed; then nothing is approved."""

    refused: tuple[Refusal, ...] = ()
    problem: str | None = None

    @property
    def approved(self) -> bool:
        return self.problem is None and not self.refused

    @property
    def reasons(self) -> tuple[Refusal, ...]:
        """Why the template is not approved."""
        return self.refused if self.problem is None else (Refusal(Rule.REVIEWER, self.problem),)


def review_request(template: MessageTemplate, segment: Segment) -> ReviewRequest:
    """The question about a template: its sentences with canaries among them, in an order that its hash decides."""
    seed = json.dumps([segment.key, template.to_fields()], sort_keys=True)
    draw = random.Random(seed)  # noqa: S311 - repeatable on purpose
    own = list(dict.fromkeys(template.sentences()))
    said = {sentence.text for sentence in own}
    known = news.news_kind(segment.kind)
    for part, texts, count in (
        (CANARY_INVENTION, known.inventions, INVENTIONS),
        (CANARY_HONEST, known.honest, HONEST),
    ):
        for text in draw.sample([text for text in texts if text not in said], count):
            own.insert(draw.randrange(len(own) + 1), Sentence(part, text))
    return ReviewRequest((segment,), tuple(own), _question(segment, own))


def joint_request(requests: Sequence[ReviewRequest]) -> ReviewRequest:
    """One question about several templates, each with its brief and its canaries; sentences are numbered through."""
    if len(requests) == 1:
        return requests[0]
    segments = tuple(segment for request in requests for segment in request.segments)
    sentences = tuple(sentence for request in requests for sentence in request.sentences)
    parts = zip(segments, requests, _firsts(requests), strict=True)
    questions = (
        f"{DRAFT} {number}\n{_question(segment, request.sentences, first)}"
        for number, (segment, request, first) in enumerate(parts, start=1)
    )
    told = "These are several drafts. Judge each sentence by the brief of its own draft, and by no other."
    return ReviewRequest(segments, sentences, "\n\n".join((told, *questions)))


def _firsts(requests: Sequence[ReviewRequest]) -> Iterator[int]:
    """The number of each request's first sentence, where they are numbered through."""
    return accumulate((len(request.sentences) for request in requests[:-1]), initial=1)


def _question(segment: Segment, sentences: Sequence[Sentence], first: int = 1) -> str:
    numbered = "\n".join(f"{number}. {sentence.text}" for number, sentence in enumerate(sentences, start=first))
    return f"{brief(segment)}\n\n{SENTENCES}\n{numbered}"


def brief(segment: Segment) -> str:
    """The brief of a segment as its reviewer reads it."""
    return f"Brief:\n{news.brief(segment)}"


def read_verdicts(reply: str, request: ReviewRequest) -> Verdicts:
    """What a reply says of the template; a reply that cannot be believed says nothing."""
    return read_joint_verdicts(reply, [request])[0]


def read_joint_verdicts(reply: str, requests: Sequence[ReviewRequest]) -> list[Verdicts]:
    """What a reply to :func:`joint_request` says of each template; one that cannot be believed says nothing of any."""
    given = _by_number(reply, sum(len(request.sentences) for request in requests))
    if isinstance(given, str):
        return [Verdicts(problem=given)] * len(requests)
    found = [_judged(request, first, given) for request, first in zip(requests, _firsts(requests), strict=True)]
    problem = next((verdicts.problem for verdicts in found if verdicts.problem is not None), None)
    return found if problem is None else [Verdicts(problem=problem)] * len(requests)


def _judged(request: ReviewRequest, first: int, given: Mapping[int, tuple[SentenceVerdict, str]]) -> Verdicts:
    refused = []
    for number, sentence in enumerate(request.sentences, start=first):
        verdict, why = given[number]
        invention = verdict is SentenceVerdict.INVENTION
        if sentence.part in (CANARY_INVENTION, CANARY_HONEST):
            if invention != (sentence.part == CANARY_INVENTION):
                return Verdicts(problem=f"it calls this {verdict}: {sentence.text}")
        elif invention:
            refused.append(Refusal(Rule.REVIEW, f"{sentence.text!r}: {why}", sentence))
    return Verdicts(tuple(refused))


def _by_number(reply: str, count: int) -> dict[int, tuple[SentenceVerdict, str]] | str:
    """Verdict and reason of every sentence, or why the reply is not one."""
    lists = [found["verdicts"] for found in objects(reply) if isinstance(found.get("verdicts"), list)]
    if not lists:
        return "its answer is not in the form that was asked for"
    by_number: dict[int, tuple[SentenceVerdict, str]] = {}
    for entry in lists[-1]:
        try:
            number, verdict = int(entry["n"]), SentenceVerdict(str(entry["verdict"]).strip().lower())
        except (TypeError, KeyError, ValueError):
            return "its answer is not in the form that was asked for"
        if number in by_number or not 1 <= number <= count:
            return f"it judges a sentence {number} that it was not asked about, or twice"
        by_number[number] = (verdict, " ".join(str(entry.get("why") or "").split())[:120])
    return by_number if len(by_number) == count else f"it judged {len(by_number)} of {count} sentences"
