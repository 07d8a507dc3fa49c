"""A template as the table keeps it: what became of a draft, by whose word, and for which prompt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, Sentence, normalized


class Status(StrEnum):
    """Only APPROVED templates reach passengers. A DRAFT passed the lint and waits for a person."""

    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


KEPT_FOR, REFUSED_FOR = timedelta(days=30), timedelta(hours=1)
"""How long a record counts. A model's refusal is short: it may do better the next time it is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRecord:
    """One draft for a segment under one version of the prompts; a segment has one record per version.

    ``template`` is None for a reply in which there was none. ``reasons`` are what lint or reviewer found, also in parts
    that were mended or dropped; ``dropped`` are sentences that were left out. ``drafted_by`` is a model's id,
    ``reviewed_by`` a model's id or, with ``by_person``, a person's name; None while nobody has reviewed. The store sets
    ``created_at`` and ``expires_at``, seconds since the epoch.
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
    by_person: bool = False
    created_at: int = 0
    expires_at: int = 0

    def stored(self, now: datetime) -> Self:
        """The same with the times of a record that is written now."""
        kept = REFUSED_FOR if self.status is Status.REFUSED and not self.by_person else KEPT_FOR
        return replace(self, created_at=int(now.timestamp()), expires_at=int((now + kept).timestamp()))

    def judged(self, status: Status, by: str) -> Self:
        """The same as a person decided: APPROVED or REFUSED."""
        return replace(self, status=status, reviewed_by=by, by_person=True)

    def to_fields(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        fields = asdict(self) | {"segment": self.segment.key, "status": str(self.status), "dropped": list(self.dropped)}
        fields["template"] = self.template.to_fields() if self.template else None
        fields["reasons"] = [asdict(reason) | {"rule": str(reason.rule)} for reason in self.reasons]
        return fields

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_fields` wrote. Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything else."""
        template = fields["template"]
        return cls(
            segment=Segment.from_key(fields["segment"]),
            prompt_version=str(fields["prompt_version"]),
            status=Status(fields["status"]),
            template=normalized(MessageTemplate.from_fields(template)) if template else None,
            drafted_by=str(fields["drafted_by"]),
            reviewed_by=str(fields["reviewed_by"]) if fields["reviewed_by"] else None,
            reasons=tuple(map(_reason_from_fields, fields["reasons"])),
            dropped=tuple(map(str, fields["dropped"])),
            repaired=fields["repaired"] is True,
            by_person=fields["by_person"] is True,
            created_at=int(fields["created_at"]),
            expires_at=int(fields["expires_at"]),
        )


def _reason_from_fields(fields: Mapping[str, Any]) -> Refusal:
    place = fields["sentence"]
    sentence = Sentence(str(place["part"]), str(place["text"])) if place else None
    return Refusal(Rule(fields["rule"]), str(fields["detail"]), sentence)
