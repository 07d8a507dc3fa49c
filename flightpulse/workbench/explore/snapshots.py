"""The items of a flight at one moment, and what has become of them at another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from flightpulse.workbench.explore import show
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted

Key = tuple[str, str]
Kind = Literal["new", "gone", "changed"]

_GLYPHS = {"new": "+", "gone": "−", "changed": "~", "added": "+", "removed": "−"}


@dataclass(frozen=True)
class Snapshot:
    """A flight's items by key (PK, SK) as they were at one moment. ``with_bookings`` also holds the bookings' own."""

    flight_id: str
    items: Mapping[Key, Mapping[str, Any]] = field(repr=False)
    with_bookings: bool = False

    def __repr__(self) -> str:
        kinds = "its bookings on both sides" if self.with_bookings else "its bookings"
        return f"{counted(len(self.items), 'item')} of {self.flight_id}: the flight and {kinds}"


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute of an item; ``before`` or ``after`` is None when it was not there."""

    name: str
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One item that is new, gone or changed. ``key`` is written ``FLIGHT#SW1234 / METADATA``."""

    key: str
    kind: Kind
    attributes: tuple[AttributeChange, ...]


@dataclass(frozen=True, repr=False)
class ItemDiff(ShownAsTable):
    """How a flight's items differ between two moments, in order of their keys."""

    flight_id: str
    changes: tuple[ItemDifference, ...]
    unchanged: int

    @classmethod
    def between(cls, before: Snapshot, after: Snapshot) -> Self:
        """What has changed from one snapshot to another."""
        changes = []
        for key in sorted(before.items.keys() | after.items.keys()):
            old, new = before.items.get(key), after.items.get(key)
            if old != new:
                kind: Kind = "new" if old is None else "gone" if new is None else "changed"
                changes.append(ItemDifference(" / ".join(key), kind, tuple(_attributes(old or {}, new or {}))))
        same = len(before.items.keys() | after.items.keys()) - len(changes)
        return cls(before.flight_id, tuple(changes), same)

    def names(self) -> dict[str, tuple[str, ...]]:
        """The attributes that were touched, by item key: the same on every run of the same scenario."""
        return {change.key: tuple(attribute.name for attribute in change.attributes) for change in self.changes}

    def only(self, key: str) -> Self:
        """Only what became of one item, by its key as it is written here: ``FLIGHT#SW1234 / METADATA``."""
        return replace(self, changes=tuple(change for change in self.changes if change.key == key))

    def table(self) -> Table:
        """One row per attribute: item, what happened, before, after."""
        rows = [
            (
                change.key,
                f"{_GLYPHS[change.kind]} {change.kind}",
                _sign(attribute),
                attribute.before or "",
                attribute.after or "",
            )
            for change in self.changes
            for attribute in change.attributes
        ]
        return Table.of(("item", "is", "attribute", "before", "after"), rows, note=self.said)

    @property
    def said(self) -> str:
        """How many items changed, are new or gone, and stayed as they were."""
        counts = {kind: sum(change.kind == kind for change in self.changes) for kind in ("changed", "new", "gone")}
        parts = [f"{number} {kind}" for kind, number in counts.items() if number]
        return f"Items of {self.flight_id}: {', '.join([*parts, f'{self.unchanged} the same'])}."

    def __str__(self) -> str:
        lines = [self.said]
        for change in self.changes:
            lines.append(f"{_GLYPHS[change.kind]} {change.kind}: {change.key}")
            lines += [f"    {_sign(attribute)}: {_values(attribute)}" for attribute in change.attributes]
        return "\n".join(lines)

    def __len__(self) -> int:
        return len(self.changes)


def _attributes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[AttributeChange]:
    return [
        AttributeChange(
            name, show.cell(old[name]) if name in old else None, show.cell(new[name]) if name in new else None
        )
        for name in sorted(old.keys() | new.keys())
        if name not in old or name not in new or old[name] != new[name]
    ]


def _sign(change: AttributeChange) -> str:
    return f"{_GLYPHS[change.kind]} {change.name} {'' if change.kind == 'changed' else f'({change.kind})'}".rstrip()


def _values(change: AttributeChange) -> str:
    if change.kind == "changed":
        return f"{change.before} → {change.after}"
    return change.after if change.after is not None else str(change.before)
