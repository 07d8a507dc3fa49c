"""Chooses a segment's wording: an approved template, one drafted and reviewed now, or the written one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from flightpulse.messages import lint, prompt, review
from flightpulse.messages.lint import Refusal
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.review import ReviewRequest
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, Sentence

MOST_DROPPED = 3
"""A draft with more bad sentences than that goes back to its author instead."""

WAITING = "waiting for a person's review"


class Origin(StrEnum):
    """Where a wording comes from: drafted and approved now, approved earlier, or written by people."""

    MODEL = "model"
    CACHE = "cache"
    FALLBACK = "fallback"


class ModelUnavailableError(RuntimeError):
    """No reply can be had from a model right now; the text is a short reason without anybody's data."""


class Author(Protocol):
    """A model that drafts templates. Every method may raise :class:`ModelUnavailableError`."""

    def model_id(self) -> str: ...

    def draft(self, segment: Segment) -> str:
        """What the model answers to :data:`prompt.SYSTEM` and :func:`prompt.request`."""

    def repair(self, segment: Segment, reply: str, refusals: Sequence[Refusal]) -> str:
        """What it answers to :func:`prompt.repair`, shown its first reply as :func:`prompt.quoted`."""


class Reviewer(Protocol):
    """A model that judges sentences. Every method may raise :class:`ModelUnavailableError`."""

    def model_id(self) -> str: ...

    def review(self, request: ReviewRequest) -> str:
        """What the model answers to a request; asked at temperature 0."""


class TemplateStore(Protocol):
    """Records of templates. A store that cannot be reached is an empty one: no method raises."""

    def get(self, segment: Segment, prompt_version: str) -> TemplateRecord | None:
        """The record of this segment and version, whatever its status, None when there is none or it has expired."""

    def put(self, record: TemplateRecord) -> None:
        """Keep a record, unless there is one that has not expired: a person's word is not written over."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The template chosen for a segment; None stands for the written one.

    ``refusals`` are what was found in a draft, ``problem`` is why the written text goes out.
    """

    segment: Segment
    origin: Origin
    template: MessageTemplate | None = None
    model_id: str | None = None
    refusals: tuple[Refusal, ...] = field(default=())
    problem: str | None = None

    @property
    def waiting(self) -> bool:
        """Whether there is a draft that a person has yet to review."""
        return self.problem == WAITING


def written(segment: Segment, *, refusals: tuple[Refusal, ...] = (), problem: str | None = None) -> Wording:
    """The wording that people wrote for a segment."""
    return Wording(segment, Origin.FALLBACK, refusals=refusals, problem=problem)


def choose(segment: Segment, author: Author, reviewer: Reviewer | None, store: TemplateStore) -> Wording:
    """The wording for a segment. Never raises: there is always the written one.

    Without a reviewer a person reviews: drafts that pass the lint are stored and wait, and the written text goes out.
    """
    known = store.get(segment, prompt.version(segment))
    if known is None:
        try:
            known, origin = draft_and_review(segment, author, reviewer), Origin.MODEL
        except ModelUnavailableError as error:
            return written(segment, problem=str(error))
        store.put(known)
    else:
        origin = Origin.CACHE
    if known.status is Status.DRAFT:
        return written(segment, problem=WAITING)
    if known.status is Status.REFUSED or known.template is None:
        return written(segment, refusals=known.reasons, problem="refused")
    # What lies in a table may have been put there by anybody, or before a rule was made: it is checked like new.
    broken = tuple(lint.lint(known.template, segment))
    if broken:
        return written(segment, refusals=broken, problem="the approved template breaks a rule")
    return Wording(segment, origin, known.template, known.drafted_by, known.reasons)


def draft_and_review(segment: Segment, author: Author, reviewer: Reviewer | None) -> TemplateRecord:
    """Ask for a draft and judge it; one that cannot be mended by dropping sentences goes back to its author once.

    Without a reviewer a draft that passes the lint comes back as DRAFT. Raises :class:`ModelUnavailableError`.
    """
    drafted_by = author.model_id()
    reply = author.draft(segment)
    judged = first = _judge(reply, segment, reviewer)
    if first.status is Status.REFUSED and first.mendable:
        judged = _judge(author.repair(segment, reply, first.reasons), segment, reviewer)
    repaired = judged is not first
    return TemplateRecord(
        segment=segment,
        prompt_version=prompt.version(segment),
        status=judged.status,
        template=judged.template,
        drafted_by=drafted_by,
        reviewed_by=None if judged.status is Status.DRAFT or reviewer is None else reviewer.model_id(),
        reasons=(*first.reasons, *judged.reasons) if repaired else first.reasons,
        dropped=judged.dropped,
        repaired=repaired,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """What became of one reply; ``mendable`` when its author could do better."""

    status: Status
    template: MessageTemplate | None
    reasons: tuple[Refusal, ...] = ()
    dropped: tuple[str, ...] = ()
    mendable: bool = True


def _judge(reply: str, segment: Segment, reviewer: Reviewer | None) -> _Judged:
    draft = prompt.read_reply(reply)
    if isinstance(draft, Refusal):
        return _Judged(Status.REFUSED, None, (draft,))
    linted = mended(draft, segment, lint.lint(draft, segment))
    if linted.template is None:
        return _Judged(Status.REFUSED, draft, linted.reasons)
    if reviewer is None:
        return _Judged(Status.DRAFT, linted.template, linted.reasons, linted.dropped)
    request = review.review_request(linted.template, segment)
    verdicts = review.read_verdicts(reviewer.review(request), request)
    reasons = (*linted.reasons, *verdicts.reasons)
    reviewed = mended(linted.template, segment, verdicts.refused)
    if verdicts.problem is not None or reviewed.template is None:
        return _Judged(Status.REFUSED, linted.template, reasons, linted.dropped, mendable=verdicts.problem is None)
    return _Judged(Status.APPROVED, reviewed.template, reasons, (*linted.dropped, *reviewed.dropped))


@dataclass(frozen=True, slots=True)
class Mended:
    """A template without its refused sentences; None when the lint needs one of them, or they are many."""

    template: MessageTemplate | None
    reasons: tuple[Refusal, ...] = ()
    dropped: tuple[str, ...] = ()


def mended(template: MessageTemplate, segment: Segment, refusals: Sequence[Refusal]) -> Mended:
    """Leave refused sentences out, until the lint finds nothing more."""
    found = wrong = tuple(refusals)
    dropped: list[Sentence] = []
    while wrong:
        sentences = {refusal.sentence: None for refusal in wrong if refusal.sentence is not None}
        dropped += sentences
        if any(refusal.sentence is None for refusal in wrong) or len(dropped) > MOST_DROPPED:
            return Mended(None, found)
        template = template.without(sentences)
        wrong = tuple(lint.lint(template, segment))
        found += wrong
    return Mended(template, found, tuple(sentence.text for sentence in dropped))
