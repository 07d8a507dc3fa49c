"""A small table that reads well as text and as HTML without any style."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from flightpulse.workbench.show import frames
from flightpulse.workbench.show.words import counted

if TYPE_CHECKING:
    import pandas as pd

# The attribute is for where styles are stripped, the style for where a notebook's own sheet sets cells to the right.
LEFT = 'align="left" style="text-align:left"'
RIGHT = 'align="right" style="text-align:right"'

TABLE = '<table class="mathjax_ignore">'
"""The tag that begins a table: a dollar sign in it begins no formula, where notebooks typeset formulas."""

INDENT = "\N{NO-BREAK SPACE}" * 2
"""One step to the right in a cell, which no page takes away."""

# A few words, such as a glyph and what it means, stay on one line.
_KEPT_TOGETHER = 12


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of texts. Columns named in ``numbers`` are set to the right; ``note`` stands below.

    ``values`` are the same cells as they were before they became texts.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    note: str = ""
    values: tuple[tuple[object, ...], ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(
        cls, headings: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Iterable[int] = (), note: str = ""
    ) -> "Table":
        """A table of whatever can be written as text."""
        values = tuple(tuple(row) for row in rows)
        texts = tuple(tuple(_text(cell) for cell in row) for row in values)
        return cls(tuple(headings), texts, frozenset(numbers), note, values)

    def to_frame(self) -> "pd.DataFrame":
        """The table as a DataFrame; a column without a heading is called ``mark``."""
        columns = [heading or "mark" for heading in self.headings]
        rows = (dict(zip(columns, row, strict=True)) for row in self.values or self.rows)
        return frames.frame(rows, columns=columns)

    def column(self, heading: str) -> list[str]:
        """The texts of one column, from top to bottom. Raises ValueError when there is no such heading."""
        place = self.headings.index(heading)
        return [row[place] for row in self.rows]

    def first(self, number: int) -> "Table":
        """The same with at most so many rows; how many more there are stands below."""
        if len(self) <= number:
            return self
        more = f"… and {counted(len(self) - number, 'more line')}"
        note = "\n".join(filter(None, [more, self.note]))
        return replace(self, rows=self.rows[:number], values=self.values[:number], note=note)

    def html(self) -> str:
        """The table as HTML that loses nothing where styles are stripped."""
        head = "".join(f"<th {self._side(n)}>{escape(heading)}</th>" for n, heading in enumerate(self.headings))
        body = "".join(f"<tr>{''.join(self._cell(n, cell) for n, cell in enumerate(row))}</tr>" for row in self.rows)
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return f"{TABLE}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"

    def _cell(self, column: int, text: str) -> str:
        side = self._side(column)
        if len(text) <= _KEPT_TOGETHER:
            side = f'{side[:-1]};white-space:nowrap"'
        return f"<td {side}>{escape(text)}</td>"

    def _side(self, column: int) -> str:
        return RIGHT if column in self.numbers else LEFT

    def __str__(self) -> str:
        lines = [self.headings, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.headings))]
        shown = [self._line(line, widths) for line in lines]
        shown.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*shown, *([self.note] if self.note else [])])

    def _line(self, line: Sequence[str], widths: Sequence[int]) -> str:
        cells = [
            cell.rjust(width) if column in self.numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    def __repr__(self) -> str:
        return str(self)

    def __len__(self) -> int:
        return len(self.rows)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html()}


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        at = cell.astimezone(UTC).isoformat(timespec="milliseconds" if cell.microsecond else "seconds")
        return at.replace("+00:00", "Z")
    return f"{cell:g}" if isinstance(cell, float) else str(cell)
