"""Drafts and reviews templates ahead of any event, so that no model stands between an event and its passengers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flightpulse.messages import prompt
from flightpulse.messages.news import all_segments
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.segments import Segment
from flightpulse.messages.wording import (
    Author,
    ModelUnavailableError,
    Reviewer,
    draft_and_review,
)
from flightpulse.use_cases.choose_wordings import TemplateStore

SEGMENT_SECONDS = 40.0
"""What a draft, a review, a repair and its review may take; no segment begins with less time left."""


class UnknownSegmentError(ValueError):
    """No news has such a segment; the text is its key."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of one segment. Without a record, no model could be had, and ``problem`` says which and why.

    ``kept``: a template, or a person's refusal, was there already, and no model was asked.
    """

    segment: Segment
    record: TemplateRecord | None = None
    kept: bool = False
    problem: str | None = None

    def to_fields(self) -> dict[str, Any]:
        rules = () if self.record is None else (str(refusal.rule) for refusal in self.record.reasons)
        return {
            "segment": self.segment.key,
            "status": None if self.record is None else str(self.record.status),
            "rules": sorted(set(rules)),
            "kept": self.kept,
            "problem": self.problem,
        }


@dataclass(slots=True)
class Preparation:
    """What one invocation prepared; ``left`` are segments that it had no time for."""

    done: list[Prepared] = field(default_factory=list)
    left: list[Segment] = field(default_factory=list)

    def to_fields(self) -> dict[str, Any]:
        return {
            "prepared": [prepared.to_fields() for prepared in self.done],
            "left": [segment.key for segment in self.left],
        }


@cache
def segments_and_versions() -> dict[str, str]:
    """The key of every segment, and the version of the prompts under which its template is kept."""
    return {segment.key: prompt.version(segment) for segment in all_segments()}


def prepare_templates(
    segment_keys: Sequence[str],
    author: Author,
    reviewer: Reviewer | None,
    templates: TemplateStore,
    seconds_left: Callable[[], float],
) -> Preparation:
    """Draft and review what is not there yet, in order, as long as there is time.

    A refusal by a model is tried again, one by a person is not. After a model could not be had, the rest is left.
    Raises :class:`UnknownSegmentError`.
    """
    known = {segment.key: segment for segment in all_segments()}
    unknown = next((key for key in segment_keys if key not in known), None)
    if unknown is not None:
        raise UnknownSegmentError(unknown)
    preparation = Preparation()
    waiting = [known[key] for key in segment_keys]
    while waiting and seconds_left() > SEGMENT_SECONDS:
        prepared = _prepare(waiting.pop(0), author, reviewer, templates)
        preparation.done.append(prepared)
        if prepared.record is None:
            break
    preparation.left = waiting
    return preparation


def _prepare(segment: Segment, author: Author, reviewer: Reviewer | None, templates: TemplateStore) -> Prepared:
    there = templates.get_many([segment]).get(segment)
    if there is not None and (there.by_person or there.status is not Status.REFUSED):
        return Prepared(segment, there, kept=True)
    try:
        record = draft_and_review(segment, author, reviewer)
    except ModelUnavailableError as error:
        return Prepared(segment, problem=str(error))
    templates.put(record)
    return Prepared(segment, record)
