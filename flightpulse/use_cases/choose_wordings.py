"""Chooses the wordings of segments: approved templates, templates drafted and reviewed now, or the written texts.

Chunks of one flight are composed at the same time and need the same segments. Whoever claims a segment drafts it; the
others wait for its record.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Protocol

from flightpulse.messages import prompt, wording
from flightpulse.messages.records import TemplateRecord
from flightpulse.messages.segments import Segment
from flightpulse.messages.wording import Author, ModelUnavailableError, Origin, Reviewer, Wording

PAUSE_SECONDS = 0.5
PAUSES = 50
"""So often somebody else's draft is looked for before the written text goes out."""


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
) -> dict[Segment, Wording]:
    """The wording of each segment. Never raises: there is always the written one.

    Without a reviewer a person reviews: drafts that pass the lint are stored and wait, and the written text goes out.
    """
    wanted = sorted(set(segments), key=lambda segment: segment.key)
    chosen: dict[Segment, Wording] = {}
    for pauses in range(PAUSES + 1):
        if pauses:
            sleep(PAUSE_SECONDS)
        found = store.get_many(segment for segment in wanted if segment not in chosen)
        chosen |= {segment: wording.wording_of(record, Origin.CACHE) for segment, record in found.items()}
        missing = [segment for segment in wanted if segment not in chosen]
        # Whoever was first to claim the first of them is left to claim the others, too: one draft can then have all.
        mine = list((filter if pauses else takewhile)(store.claim, missing))
        chosen |= _drafted(mine, author, reviewer, store)
        if len(chosen) == len(wanted):
            break
    return {
        segment: chosen.get(segment) or wording.written(segment, problem="drafted by somebody else, and not ready")
        for segment in wanted
    }


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
    for segment in claimed:
        if segment not in chosen:
            store.release(segment)
            chosen[segment] = wording.written(segment, problem=problem)
    return chosen
