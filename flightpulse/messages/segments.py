"""Who gets the same wording: passengers who hear the same news in the same tone and circumstances.

A segment is all that a language model is ever told. It has no free text: every part is one of a few known words.
"""

from dataclasses import dataclass
from typing import Self

from flightpulse.domain.entities import DelayReason, Tier
from flightpulse.domain.events import Kind, Severity

LOCALE = "en-US"
CIRCUMSTANCES = ("assistance", "onward", "checked_in", "bags", "soon")
"""The fields of a segment that are true or false, in the order in which its key names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """``reason`` is None for news that has none.

    ``assistance``: the booking carries special requests. ``onward``: the passenger flies on that day, and the news puts
    it at risk. ``checked_in`` and ``bags``: for this flight. ``soon``: the flight leaves within hours of the news.
    """

    kind: Kind
    severity: Severity
    tier: Tier
    reason: DelayReason | None = None
    assistance: bool = False
    onward: bool = False
    checked_in: bool = False
    bags: bool = False
    soon: bool = False
    locale: str = LOCALE

    @property
    def circumstances(self) -> tuple[str, ...]:
        """The names of the circumstances that hold."""
        return tuple(name for name in CIRCUMSTANCES if getattr(self, name))

    @property
    def key(self) -> str:
        """The segment as one readable word, for the table, logs and seeds."""
        parts = (
            self.kind,
            self.severity,
            self.reason or "-",
            self.tier.replace(" ", "-"),
            "+".join(self.circumstances) or "-",
            self.locale,
        )
        return "/".join(parts)

    @property
    def elite(self) -> bool:
        """Whether the tier is one that messages acknowledge."""
        return self.tier is not Tier.MEMBER

    @classmethod
    def from_key(cls, key: str) -> Self:
        """Read what :attr:`key` wrote. Raises ``ValueError`` for anything else."""
        kind, severity, reason, tier, circumstances, locale = str(key).split("/")
        names = () if circumstances == "-" else circumstances.split("+")
        if not set(names) <= set(CIRCUMSTANCES):
            raise ValueError(f"{key} has unknown circumstances")
        tiers = {member.replace(" ", "-"): member for member in Tier}
        if tier not in tiers:
            raise ValueError(f"{key} has an unknown tier")
        return cls(
            kind=Kind(kind),
            severity=Severity(severity),
            reason=None if reason == "-" else DelayReason(reason),
            tier=tiers[tier],
            locale=locale,
            **dict.fromkeys(names, True),
        )
