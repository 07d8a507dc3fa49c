"""Which notebook needs what to run, and how long it may take: ``notebooks/tiers.toml``."""

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightpulse.errors import UserError

REPLAY, LOCAL, AWS = "replay", "local", "aws"
_KEYS = {"notebooks", "cell_timeout", "budget"}


@dataclass(frozen=True, slots=True)
class Tier:
    """A group of notebooks with the same needs.

    ``replay`` needs nothing that runs and compares every output; ``local`` gets a local cloud and compares the cells
    that are tagged for it; ``aws`` needs an account, and nothing runs it but a person. Times are in seconds:
    ``cell_timeout`` for one cell, ``budget`` for a whole notebook.
    """

    name: str
    notebooks: tuple[str, ...]
    cell_timeout: float
    budget: float

    @property
    def compares_everything(self) -> bool:
        return self.name == REPLAY

    @property
    def runs_unattended(self) -> bool:
        return self.name != AWS


@dataclass(frozen=True, slots=True)
class Tiers:
    """All tiers; every notebook is in exactly one of them."""

    tiers: tuple[Tier, ...]

    def of(self, name: str) -> Tier:
        """The tier of a notebook. Raises UserError when the list does not name it."""
        for tier in self.tiers:
            if name in tier.notebooks:
                return tier
        raise UserError(f"{name} is in no tier.", hint="Add it to notebooks/tiers.toml.")

    def problems(self, names: list[str]) -> list[str]:
        """What is wrong with the list for these notebooks, one sentence each."""
        listed = Counter(name for tier in self.tiers for name in tier.notebooks)
        return [
            *(f"{name} is in no tier" for name in names if name not in listed),
            *(f"{name} is listed but does not exist" for name in sorted(listed) if name not in names),
            *(f"{name} is listed {times} times" for name, times in sorted(listed.items()) if times > 1),
        ]


def load(path: Path) -> Tiers:
    """Read the list. Raises UserError when it is not one."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path.name} cannot be read: {error}.") from error
    return Tiers(tuple(_tier(path, name, table) for name, table in tables.items()))


def _tier(path: Path, name: str, table: Any) -> Tier:
    if name not in (REPLAY, LOCAL, AWS):
        raise UserError(f"{path.name} has a tier {name}.", hint=f"Tiers are {REPLAY}, {LOCAL} and {AWS}.")
    missing = _KEYS - set(table)
    unknown = set(table) - _KEYS
    if missing or unknown:
        what = f"lacks {sorted(missing)[0]}" if missing else f"has an unknown key {sorted(unknown)[0]}"
        raise UserError(f"The tier {name} in {path.name} {what}.")
    return Tier(
        name,
        tuple(table["notebooks"]),
        float(table["cell_timeout"]),
        float(table["budget"]),
    )
