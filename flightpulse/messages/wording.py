"""A segment's wording: how a draft is made, judged and mended, and what of it reaches passengers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from flightpulse.messages import lint, prompt, review
from flightpulse.messages.lint import Refusal
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.review import ReviewRequest, Verdicts
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

    def draft(self, *segments: Segment) -> str:
        """What the model answers to :func:`prompt.system` and :func:`prompt.request`."""

    def repair(self, segment: Segment, reply: str, refusals: Sequence[Refusal]) -> str:
        """What it answers to :func:`prompt.repair`, shown its first reply as :func:`prompt.quoted`."""


class Reviewer(Protocol):
    """A model that judges sentences. Every method may raise :class:`ModelUnavailableError`."""

    def model_id(self) -> str: ...

    def review(self, request: ReviewRequest) -> str:
        """What the model answers to a request; asked at temperature 0."""


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


def wording_of(record: TemplateRecord, origin: Origin) -> Wording:
    """The wording that a record makes; the written one where it has no approved template that keeps every rule."""
    segment = record.segment
    if record.status is Status.DRAFT:
        return written(segment, problem=WAITING)
    if record.status is Status.REFUSED or record.template is None:
        return written(segment, refusals=record.reasons, problem="refused")
    # What lies in a table may have been put there by anybody, or before a rule was made: it is checked like new.
    broken = tuple(lint.lint(record.template, segment))
    if broken:
        return written(segment, refusals=broken, problem="the approved template breaks a rule")
    return Wording(segment, origin, record.template, record.drafted_by, record.reasons)


def draft_and_review(segment: Segment, author: Author, reviewer: Reviewer | None) -> TemplateRecord:
    """Ask for a draft and judge it; one that cannot be mended by dropping sentences goes back to its author once.

    Without a reviewer a draft that passes the lint comes back as DRAFT. Raises :class:`ModelUnavailableError`.
    """
    drafted_by = author.model_id()
    reply = author.draft(segment)
    return _settled(_judged([_linted(segment, reply)], reviewer)[0], drafted_by, author, reviewer)


def draft_and_review_together(
    segments: Sequence[Segment], author: Author, reviewer: Reviewer | None
) -> Iterator[TemplateRecord]:
    """The records of several segments, at most :data:`prompt.MOST_TOGETHER`, with one draft and one review for all.

    What this does not bring is made as if it had been asked for alone: a draft that is missing or has to go back to its
    author, and a review that is not believed. Raises :class:`ModelUnavailableError`; what was finished before is given.
    """
    if len(segments) == 1:
        yield draft_and_review(segments[0], author, reviewer)
        return
    drafted_by = author.model_id()
    replies = dict(prompt.replies(author.draft(*segments), segments))
    judged = _judged([_linted(segment, reply) for segment, reply in replies.items()], reviewer)
    # What has to go back to its author comes last: its failing must not take along what is good as it is.
    for draft in sorted(judged, key=lambda draft: draft.goes_back):
        yield _settled(draft, drafted_by, author, reviewer)
    for segment in segments:
        if segment not in replies:
            yield draft_and_review(segment, author, reviewer)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What became of one reply; without a status it passed the lint. ``mendable``: its author could do better."""

    segment: Segment
    reply: str
    template: MessageTemplate | None
    status: Status | None = None
    reasons: tuple[Refusal, ...] = ()
    dropped: tuple[str, ...] = ()
    mendable: bool = True

    @property
    def goes_back(self) -> bool:
        """Whether its author is asked to repair it."""
        return self.status is Status.REFUSED and self.mendable


def _linted(segment: Segment, reply: str) -> _Draft:
    template = prompt.read_reply(reply)
    if isinstance(template, Refusal):
        return _Draft(segment, reply, None, Status.REFUSED, (template,))
    linted = mended(template, segment, lint.lint(template, segment))
    if linted.template is None:
        return _Draft(segment, reply, template, Status.REFUSED, linted.reasons)
    return _Draft(segment, reply, linted.template, None, linted.reasons, linted.dropped)


def _judged(drafts: Sequence[_Draft], reviewer: Reviewer | None) -> list[_Draft]:
    """The same with what a reviewer says of those that passed the lint, or waiting for a person."""
    passed = {draft.segment: draft.template for draft in drafts if draft.status is None and draft.template is not None}
    if reviewer is None:
        return [replace(draft, status=Status.DRAFT) if draft.segment in passed else draft for draft in drafts]
    requests = [review.review_request(template, segment) for segment, template in passed.items()]
    verdicts = dict(zip(passed, _verdicts(requests, reviewer), strict=True))
    return [
        _reviewed(draft, passed[draft.segment], verdicts[draft.segment]) if draft.segment in passed else draft
        for draft in drafts
    ]


def _verdicts(requests: Sequence[ReviewRequest], reviewer: Reviewer) -> list[Verdicts]:
    """What is said of each draft, all in one request. Where that answer is not believed, each is asked about alone."""
    if not requests:
        return []
    found = review.read_joint_verdicts(reviewer.review(review.joint_request(requests)), requests)
    if len(requests) > 1 and found[0].problem is not None:
        return [review.read_verdicts(reviewer.review(request), request) for request in requests]
    return found


def _reviewed(draft: _Draft, template: MessageTemplate, verdicts: Verdicts) -> _Draft:
    reasons = (*draft.reasons, *verdicts.reasons)
    reviewed = mended(template, draft.segment, verdicts.refused)
    if verdicts.problem is not None or reviewed.template is None:
        return replace(draft, status=Status.REFUSED, reasons=reasons, mendable=verdicts.problem is None)
    dropped = (*draft.dropped, *reviewed.dropped)
    return replace(draft, status=Status.APPROVED, template=reviewed.template, reasons=reasons, dropped=dropped)


def _settled(first: _Draft, drafted_by: str, author: Author, reviewer: Reviewer | None) -> TemplateRecord:
    """The record of a draft, which goes back to its author once where that may help."""
    judged = first
    if first.goes_back:
        reply = author.repair(first.segment, first.reply, first.reasons)
        judged = _judged([_linted(first.segment, reply)], reviewer)[0]
    repaired = judged is not first
    return TemplateRecord(
        segment=first.segment,
        prompt_version=prompt.version(first.segment),
        status=judged.status or Status.REFUSED,
        template=judged.template,
        drafted_by=drafted_by,
        reviewed_by=None if judged.status is Status.DRAFT or reviewer is None else reviewer.model_id(),
        reasons=(*first.reasons, *judged.reasons) if repaired else first.reasons,
        dropped=judged.dropped,
        repaired=repaired,
    )


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
