"""Says how one payload differs from another: which keys are new, gone or have another value."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flightpulse.workbench.show.words import shortened

_LONGEST_VALUE = 60
# The table's own keys repeat what other attributes say.
_KEY_ATTRIBUTES = frozenset({"PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK"})


@dataclass(frozen=True, slots=True)
class Changed:
    """One key with another value than before; values as JSON texts."""

    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the keys of a payload. Keys inside objects are written ``outer.inner``."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def names(self) -> frozenset[str]:
        """Every key that is touched."""
        return frozenset([*self.added, *self.removed, *(change.key for change in self.changed)])

    def brief(self, shown: int = 3) -> str:
        """``~ status: SCHEDULED → DELAYED · + gate, seat · − old``: at most ``shown`` keys of each kind, keys last."""
        parts = []
        if self.changed:
            known = sorted(self.changed, key=lambda change: change.key in _KEY_ATTRIBUTES)
            said = [
                f"{change.key}: {shortened(change.before, _LONGEST_VALUE)} → {shortened(change.after, _LONGEST_VALUE)}"
                for change in known
            ]
            parts.append("~ " + _listed(said, shown))
        if self.added:
            parts.append("+ " + _listed(_keys_last(self.added), shown))
        if self.removed:
            parts.append("− " + _listed(_keys_last(self.removed), shown))
        return " · ".join(parts)


def between(before: object, after: object) -> Changes:
    """The changes from one payload to another. What is no object counts as one without keys."""
    old, new = _leaves(before), _leaves(after)
    return Changes(
        added=tuple(key for key in new if key not in old),
        removed=tuple(key for key in old if key not in new),
        changed=tuple(
            Changed(key, _json(old[key]), _json(new[key])) for key in new if key in old and old[key] != new[key]
        ),
    )


def _leaves(payload: object) -> dict[str, Any]:
    return dict(_walk(payload, "")) if isinstance(payload, Mapping) else {}


def _walk(value: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _walk(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _keys_last(names: tuple[str, ...]) -> list[str]:
    return sorted(names, key=lambda name: name in _KEY_ATTRIBUTES)


def _listed(words: list[str], shown: int) -> str:
    more = f" and {len(words) - shown} more" if len(words) > shown else ""
    return ", ".join(words[:shown]) + more
