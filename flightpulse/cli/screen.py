"""How the command line looks: the console, tables and marks."""

import os
import sys

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.table import Table
from rich.text import Text

from flightpulse.workbench.show import tables
from flightpulse.workbench.show.progress import NO, YES

_WIDTH_WITHOUT_TERMINAL = 120
_COLOURS = {YES: "green", NO: "red", "■": "yellow", "!": "yellow", "…": "cyan"}


def console(*, stderr: bool = False) -> Console:
    """The console. Without a terminal it is wide enough for our tables and has neither colour nor motion."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def show(found: tables.Table, *, title: str | None = None) -> None:
    """Print a table of the workbench; the first column is not broken, and a mark gives its cell a colour."""
    made = _WholeWords(title=title, title_justify="left", title_style="bold", header_style="bold", expand=False)
    for number, heading in enumerate(found.headings):
        side: JustifyMethod = "right" if number in found.numbers else "left"
        made.add_column(heading, no_wrap=number == 0, overflow="fold", justify=side)
    for row in found.rows:
        made.add_row(*(Text(cell, _COLOURS.get(cell[:1], "")) for cell in row))
    screen = console()
    screen.print(made)
    if found.note:
        screen.print(found.note, markup=False)


class _WholeWords(Table):
    """A table that rather makes other columns narrower than it breaks a word, as far as the screen allows."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cells = [[column.header, *column.cells] for column in self.columns]
        full = [max(_longest_part(cell, whole=True) for cell in column) for column in cells]
        least = [
            max(_longest_part(cell, whole=column.no_wrap) for cell in shown)
            for column, shown in zip(self.columns, cells, strict=True)
        ]
        for column, width in zip(
            self.columns, _widths(full, least, options.max_width - 3 * len(full) - 1), strict=True
        ):
            column.width = width
        return super().__rich_console__(console, options)


def _widths(full: list[int], least: list[int], room: int) -> list[int]:
    """How wide columns are that want ``full`` and need ``least``: narrow ones get what they need first."""
    if sum(full) <= room:
        return full
    widths = list(least)
    while sum(widths) > max(room, len(widths)):
        widths[widths.index(max(widths))] -= 1
    for _ in range(room - sum(widths)):
        wanting = [want - width for want, width in zip(full, widths, strict=True)]
        widths[wanting.index(max(wanting))] += 1
    return widths


def _longest_part(cell: object, *, whole: bool) -> int:
    """How wide the widest word of a cell is, or its widest line where lines are kept whole."""
    text = str(cell)
    return max(map(cell_len, text.splitlines() if whole else text.split()), default=1)
