"""The items of a flight at one moment, and what has become of them at another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from flightpulse.workbench.explore import show
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted

Items = Mapping[str, Mapping[str, Any]]
"""Items by their keys, written ``FLIGHT#SW1234 / METADATA``."""


@dataclass(frozen=True)
class Snapshot:
    """A flight's items as they were at one moment. ``with_bookings`` also holds the bookings' own."""

    flight_id: str
    items: Items = field(repr=False)
    with_bookings: bool = False

    def __repr__(self) -> str:
        kinds = "its bookings on both sides" if self.with_bookings else "its bookings"
        return f"{counted(len(self.items), 'item')} of {self.flight_id}: the flight and {kinds}"


@dataclass(frozen=True, repr=False)
class ItemDiff(ShownAsTable):
    """How a flight's items differ between two moments, in order of their keys."""

    flight_id: str
    before: Items
    after: Items

    def names(self) -> dict[str, tuple[str, ...]]:
        """The attributes that were touched, by item key: the same on every run of the same scenario."""
        return {key: tuple(self._touched(key)) for key in self._keys() if self.before.get(key) != self.after.get(key)}

    def only(self, key: str) -> Self:
        """Only what became of one item."""
        old, new = ({name: items[name] for name in items if name == key} for items in (self.before, self.after))
        return replace(self, before=old, after=new)

    def table(self) -> Table:
        """One row per attribute: item, what happened, before, after."""
        rows = []
        for key, names in self.names().items():
            old, new = self.before.get(key, {}), self.after.get(key, {})
            for name in names:
                was, is_now = (show.cell(item[name]) if name in item else "" for item in (old, new))
                rows.append((key, self._kind(key), _sign(name, old, new), was, is_now))
        return Table.of(("item", "is", "attribute", "before", "after"), rows, note=self.said)

    @property
    def said(self) -> str:
        """How many items changed, are new or gone, and stayed as they were."""
        kinds = [self._kind(key) for key in self.names()]
        parts = [f"{kinds.count(kind)} {kind[2:]}" for kind in ("~ changed", "+ new", "− gone") if kind in kinds]
        return f"Items of {self.flight_id}: {', '.join([*parts, f'{len(self._keys()) - len(kinds)} the same'])}."

    def _keys(self) -> list[str]:
        return sorted(self.before.keys() | self.after.keys())

    def _kind(self, key: str) -> str:
        return "+ new" if key not in self.before else "− gone" if key not in self.after else "~ changed"

    def _touched(self, key: str) -> Iterator[str]:
        old, new = self.before.get(key, {}), self.after.get(key, {})
        for name in sorted(old.keys() | new.keys()):
            if name not in old or name not in new or old[name] != new[name]:
                yield name


def _sign(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    return f"+ {name} (added)" if name not in old else f"− {name} (removed)" if name not in new else f"~ {name}"
