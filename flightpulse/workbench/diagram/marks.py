"""The signs a picture is marked with: a glyph, a word and colours for each way a state can have fared.

The colours are Okabe and Ito's, which colour-blind people can tell apart; no sign is a colour alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sign:
    """``fill`` and ``stroke`` are for light and dark pages."""

    glyph: str
    word: str
    fill: tuple[str, str]
    stroke: tuple[str, str]


SIGNS: Mapping[str, Sign] = {
    "idle": Sign("", "not reached", ("#ffffff", "#22272e"), ("#6e7781", "#768390")),
    "running": Sign("▶", "running", ("#d9ecfa", "#12314a"), ("#0072b2", "#56b4e9")),
    "retrying": Sign("↻", "trying again", ("#fbf6b5", "#45400a"), ("#9a8c00", "#f0e442")),
    "done": Sign("✓", "done", ("#e0f4ec", "#0f3429"), ("#009e73", "#2fc79b")),
    "caught": Sign("!", "caught", ("#fdeecb", "#47330a"), ("#b87d00", "#e69f00")),
    "failed": Sign("✗", "failed", ("#fbdfce", "#4d2108"), ("#d55e00", "#f08040")),
    "timed_out": Sign("◷", "timed out", ("#f7e1ec", "#47253a"), ("#b0487f", "#cc79a7")),
    "aborted": Sign("■", "aborted", ("#e4e4e4", "#3a3a3a"), ("#444444", "#bbbbbb")),
    "same": Sign("=", "same", ("#f1f3f5", "#2a2f36"), ("#57606a", "#99a3ad")),
    "differs": Sign("≠", "differs", ("#fbdfce", "#4d2108"), ("#d55e00", "#f08040")),
    "only_a": Sign("A", "only in A", ("#d9ecfa", "#12314a"), ("#0072b2", "#56b4e9")),
    "only_b": Sign("B", "only in B", ("#fdeecb", "#47330a"), ("#b87d00", "#e69f00")),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """How one state fared: the name of a sign, and the words beside it."""

    sign: str
    text: str

    @property
    def line(self) -> str:
        """Glyph and words, as the box says them."""
        return f"{SIGNS[self.sign].glyph} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Marks:
    """What a run left on a diagram: a mark by state path, and the ways taken as (kind, source path, target path)."""

    states: Mapping[str, Mark] = field(default_factory=dict)
    taken: frozenset[tuple[str, str, str]] = frozenset()


NO_MARKS = Marks()
