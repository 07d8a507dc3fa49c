"""How explorations write values, verdicts and wide tables as text."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flightpulse.workbench.tables import Table

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


def plural(number: int, word: str) -> str:
    """``1 item``, ``2 items``."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def as_json(value: object) -> str:
    """A value as JSON text; sets, which DynamoDB has and JSON has not, as sorted arrays."""
    return json.dumps(value, ensure_ascii=False, default=_default)


def brief(value: object, longest: int = _LONGEST) -> str:
    """A value as JSON text, cut to one line of reading."""
    text = as_json(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def cell(value: object) -> str:
    """A value in a table: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else as_json(value)


def joined(words: Sequence[str], last: str) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def indented(text: str, by: str = "  ") -> str:
    """A text with every line moved to the right."""
    return "\n".join(by + line if line else line for line in text.splitlines())


def folded(headings: Sequence[str], rows: Sequence[Sequence[str]], keys: int, numbers: Iterable[int] = ()) -> str:
    """A table of any width, in blocks that fit on a page, each beginning with the first ``keys`` columns."""
    right = frozenset(numbers)
    widths = [max(len(text) for text in column) for column in zip(headings, *rows, strict=True)]
    blocks: list[list[int]] = [[]]
    room = _WIDTH - sum(width + 2 for width in widths[:keys])
    left = room
    for column in range(keys, len(headings)):
        if blocks[-1] and widths[column] > left:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= widths[column] + 2
    return "\n\n".join(_block(headings, rows, [*range(keys), *block], right) for block in blocks)


def _block(headings: Sequence[str], rows: Sequence[Sequence[str]], columns: list[int], right: frozenset[int]) -> str:
    return str(
        Table.of(
            [headings[column] for column in columns],
            [[row[column] for column in columns] for row in rows],
            numbers=[place for place, column in enumerate(columns) if column in right],
        )
    )


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
