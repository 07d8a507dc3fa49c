"""How explorations write values, verdicts and wide tables as text."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import shortened

YES = "✓"
NO = "✗"
UNKNOWN = "?"

_WIDTH = 118
_LONGEST = 90


def mark(value: bool | None) -> str:
    """The glyph of true, false, or not known."""
    return UNKNOWN if value is None else YES if value else NO


def truth(value: bool | None) -> str:
    """Glyph and word: ``✓ true``, ``✗ false``, ``? not known``."""
    return f"{mark(value)} {'not known' if value is None else str(value).lower()}"


def match(matched: bool) -> str:
    """Glyph and word of a rule: ``✓ match`` or ``✗ no match``."""
    return f"{mark(matched)} {'match' if matched else 'no match'}"


def as_json(value: object) -> str:
    """A value as JSON text; sets, which DynamoDB has and JSON has not, as sorted arrays."""
    return json.dumps(value, ensure_ascii=False, default=_default)


def brief(value: object) -> str:
    """A value as JSON text, cut to one line of reading."""
    return shortened(as_json(value), _LONGEST)


def cell(value: object) -> str:
    """A value in a table: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else as_json(value)


def joined(words: Sequence[str], last: str) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def indented(text: str) -> str:
    """A text with every line moved to the right."""
    return "\n".join(f"  {line}" if line else line for line in text.splitlines())


def blocks(headings: Sequence[str], rows: Sequence[Sequence[str]], keys: int) -> list[Table]:
    """A table of any width as tables that fit on a page, each beginning with the first ``keys`` columns."""
    widths = [max(len(text) for text in column) for column in zip(headings, *rows, strict=True)]
    wanted: list[list[int]] = [[]]
    room = _WIDTH - sum(width + 2 for width in widths[:keys])
    left = room
    for column in range(keys, len(headings)):
        if wanted[-1] and widths[column] > left:
            wanted.append([])
            left = room
        wanted[-1].append(column)
        left -= widths[column] + 2
    return [_of(headings, rows, [*range(keys), *columns]) for columns in wanted]


def _of(headings: Sequence[str], rows: Sequence[Sequence[str]], columns: list[int]) -> Table:
    return Table.of([headings[column] for column in columns], [[row[column] for column in columns] for row in rows])


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
