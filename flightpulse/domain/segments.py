"""Who gets the same wording: passengers who hear the same news in the same tone.

A segment is all that a language model is ever told. It has no free text: every part is one of a few known words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any, Self

from flightpulse.domain.entities import DelayReason, Tier
from flightpulse.domain.severity import Severity

LOCALE = "en-US"


class Kind(StrEnum):
    """What has happened. A delay of 0 minutes is the good news that a flight leaves on time after all."""

    DELAY = "delay"
    ON_TIME = "on_time"
    CANCELLATION = "cancellation"
    GATE_CHANGE = "gate_change"


SEVERITIES: dict[Kind, tuple[Severity, ...]] = {
    Kind.DELAY: (Severity.MINOR, Severity.MAJOR, Severity.SEVERE),
    Kind.ON_TIME: (Severity.MINOR,),
    Kind.CANCELLATION: (Severity.CANCELLED,),
    Kind.GATE_CHANGE: (Severity.GATE, Severity.TERMINAL),
}
WITH_REASON = (Kind.DELAY, Kind.CANCELLATION)
"""News that has a cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """``reason`` is None for news that has none. ``assistance``: the booking carries special requests."""

    kind: Kind
    severity: Severity
    tier: Tier
    reason: DelayReason | None = None
    assistance: bool = False
    locale: str = LOCALE

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES[self.kind]:
            raise ValueError(f"{self.kind} is never {self.severity}")
        if (self.reason is not None) != (self.kind in WITH_REASON):
            raise ValueError(f"{self.kind} has {'a' if self.reason is None else 'no'} reason")

    @property
    def key(self) -> str:
        """The segment as one readable word, for cache keys, logs and seeds."""
        parts = (
            self.kind,
            self.severity,
            self.reason or "-",
            self.tier.replace(" ", "-"),
            "assistance" if self.assistance else "-",
            self.locale,
        )
        return "/".join(parts)

    @property
    def elite(self) -> bool:
        """Whether the tier is one that messages acknowledge."""
        return self.tier is not Tier.MEMBER

    def to_fields(self) -> dict[str, Any]:
        """The segment as plain JSON values, the only thing about an event that a model reads."""
        return {
            "kind": str(self.kind),
            "severity": str(self.severity),
            "reason": str(self.reason) if self.reason else None,
            "tier": str(self.tier),
            "assistance": self.assistance,
            "locale": self.locale,
        }

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_fields` wrote. Raises ``ValueError`` or ``KeyError`` for anything else."""
        reason = fields["reason"]
        return cls(
            kind=Kind(fields["kind"]),
            severity=Severity(fields["severity"]),
            reason=DelayReason(reason) if reason else None,
            tier=Tier(fields["tier"]),
            assistance=fields["assistance"] is True,
            locale=str(fields["locale"]),
        )


def all_segments() -> Iterator[Segment]:
    """Every segment there is."""
    for kind, severities in SEVERITIES.items():
        reasons: tuple[DelayReason | None, ...] = tuple(DelayReason) if kind in WITH_REASON else (None,)
        for severity, reason, tier, assistance in product(severities, reasons, Tier, (False, True)):
            yield Segment(kind=kind, severity=severity, reason=reason, tier=tier, assistance=assistance)
