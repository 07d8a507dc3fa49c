"""Chooses the wordings of segments: approved templates, templates drafted and reviewed now, or the written texts.

Chunks of one flight are composed at the same time and need the same segments. Whoever claims a segment drafts it; the
others wait for its record.
"""

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from flightpulse.messages import prompt, wording
from flightpulse.messages.records import TemplateRecord
from flightpulse.messages.segments import Segment
from flightpulse.messages.wording import Author, ModelUnavailableError, Origin, Reviewer, Wording

PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 25.0
"""So long after the beginning somebody else's draft is waited for; then the written text goes out."""


class TemplateStore(Protocol):
    """Records of templates. A store that cannot be reached is an empty one that takes every claim: no method raises."""

    def get_many(self, segments: Iterable[Segment]) -> Mapping[Segment, TemplateRecord]:
        """The records of segments under today's prompts, whatever their status, that have not expired."""

    def put(self, record: TemplateRecord) -> None:
        """Keep a record, unless there is one that has not expired: a person's word is not written over."""

    def claim(self, segment: Segment) -> bool:
        """Whether the caller is to draft this one: there is no record, and nobody else is at it. Ends by itself."""

    def release(self, segment: Segment) -> None:
        """Let somebody else draft it."""


def choose_wordings(
    segments: Iterable[Segment],
    author: Author,
    reviewer: Reviewer | None,
    store: TemplateStore,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[Segment, Wording]:
    """The wording of each segment. Never raises: there is always the written one.

    Without a reviewer a person reviews: drafts that pass the lint are stored and wait, and the written text goes out.
    """
    wanted = sorted(set(segments), key=lambda segment: segment.key)
    chosen, awaited = _kept(wanted, store), set[Segment]()
    until = clock() + PATIENCE_SECONDS
    while (missing := _without(chosen, wanted)) and clock() < until:
        chosen |= _given_up(awaited.intersection(missing), store)
        mine = list(_claimed(_without(awaited, missing), awaited, store))
        chosen |= _drafted(mine, author, reviewer, store)
        if missing := _without(chosen, wanted):
            sleep(PAUSE_SECONDS)
            chosen |= _kept(missing, store)
    late = {segment: wording.written(segment, problem="somebody else's draft is late") for segment in missing}
    return {segment: (chosen | late)[segment] for segment in wanted}


def _without(some: Container[Segment], segments: Iterable[Segment]) -> list[Segment]:
    return [segment for segment in segments if segment not in some]


def _claimed(segments: Iterable[Segment], awaited: set[Segment], store: TemplateStore) -> Iterator[Segment]:
    """What is the caller's to draft. Whoever is first to claim one is left the next as well: one draft can have all."""
    for segment in segments:
        if not store.claim(segment):
            awaited.add(segment)
            return
        yield segment


def _given_up(awaited: Iterable[Segment], store: TemplateStore) -> dict[Segment, Wording]:
    """The written texts of what somebody else let go of without a record: models cannot be had, so none is asked."""
    chosen = {}
    for segment in awaited:
        if store.claim(segment):
            store.release(segment)
            chosen[segment] = wording.written(segment, problem="somebody else had no model for it")
    return chosen


def _kept(segments: Sequence[Segment], store: TemplateStore) -> dict[Segment, Wording]:
    """The wordings of which there is a record."""
    found = store.get_many(segments)
    return {segment: wording.wording_of(record, Origin.CACHE) for segment, record in found.items()}


def _drafted(
    claimed: Sequence[Segment], author: Author, reviewer: Reviewer | None, store: TemplateStore
) -> dict[Segment, Wording]:
    """The wordings of what was claimed; the written ones where no model can be had."""
    chosen: dict[Segment, Wording] = {}
    problem = ""
    try:
        for first in range(0, len(claimed), prompt.MOST_TOGETHER):
            together = claimed[first : first + prompt.MOST_TOGETHER]
            for record in wording.draft_and_review_together(together, author, reviewer):
                store.put(record)
                chosen[record.segment] = wording.wording_of(record, Origin.MODEL)
    except ModelUnavailableError as error:
        problem = str(error)
    finally:
        for segment in _without(chosen, claimed):
            store.release(segment)
    return chosen | {segment: wording.written(segment, problem=problem) for segment in _without(chosen, claimed)}
