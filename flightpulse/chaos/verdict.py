"""What came of a proof: promises kept or broken, and the figures that were measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table

Figure = int | float | str

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing that must hold, what was seen, and whether it holds."""

    said: str
    seen: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Verdict(ShownAsTable):
    """The outcome of one proof. The same ``seed`` sends the same events and faults again."""

    proof: str
    seed: int
    promises: tuple[Promise, ...]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def kept(self) -> bool:
        return bool(self.promises) and all(promise.kept for promise in self.promises)

    @property
    def broken(self) -> list[Promise]:
        return [promise for promise in self.promises if not promise.kept]

    def table(self) -> Table:
        """Promise beside what was seen, and the figures below."""
        rows = [("✓ kept" if promise.kept else "✗ broken", promise.said, promise.seen) for promise in self.promises]
        figures = ", ".join(f"{name} {value}" for name, value in self.figures.items())
        return Table.of(("", "promise", "seen"), rows, note=f"{self.proof}, seed {self.seed}: {figures}")

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain JSON values."""
        return {
            "proof": self.proof,
            "seed": self.seed,
            "kept": self.kept,
            "seconds": round(self.seconds, 1),
            "promises": [
                {"promise": promise.said, "seen": promise.seen, "kept": promise.kept} for promise in self.promises
            ],
            "figures": dict(self.figures),
        }


def held(said: str, wrong: list[str], otherwise: str) -> Promise:
    """A promise that is kept when nothing is wrong; else the first few things that are."""
    if not wrong:
        return Promise(said, otherwise, kept=True)
    more = f", and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return Promise(said, f"{'; '.join(wrong[:_SHOWN])}{more}", kept=False)
