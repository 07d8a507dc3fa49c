"""A template as the table keeps it: what became of a draft, by whose word, and for which prompt."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from flightpulse.messages.lint import Refusal
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate


class Status(StrEnum):
    """Only APPROVED templates reach passengers. A DRAFT passed the lint and waits for a person."""

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


APPROVED_FOR = timedelta(days=30)
DRAFT_FOR = timedelta(days=30)
REFUSED_FOR = timedelta(hours=1)
"""How long a record counts. A refusal is short: the model may do better the next time it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRecord:
    """One draft for a segment under one version of the prompts; a segment has one record per version.

    ``template`` is None for a reply in which there was none. ``reasons`` are what lint or reviewer found, also in parts
    that were mended or dropped; ``dropped`` are sentences that were left out. ``drafted_by`` is a model's id,
    ``reviewed_by`` a model's id or a person's name, None while nobody has reviewed. The store sets ``created_at`` and
    ``expires_at``, seconds since the epoch.
    """

    segment: Segment
    prompt_version: str
    status: Status
    template: MessageTemplate | None
    drafted_by: str
    reviewed_by: str | None = None
    reasons: tuple[Refusal, ...] = ()
    dropped: tuple[str, ...] = ()
    repaired: bool = False
    created_at: int = 0
    expires_at: int = 0

    def stored(self, now: datetime) -> Self:
        """The same with the times of a record that is written now."""
        kept = {Status.APPROVED: APPROVED_FOR, Status.DRAFT: DRAFT_FOR, Status.REFUSED: REFUSED_FOR}[self.status]
        return replace(self, created_at=int(now.timestamp()), expires_at=int((now + kept).timestamp()))

    def judged(self, status: Status, by: str) -> Self:
        """The same as a person decided: APPROVED or REFUSED."""
        return replace(self, status=status, reviewed_by=by)
