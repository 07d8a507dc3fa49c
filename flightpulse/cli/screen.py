"""How the command line looks: the console, marks, and progress that also reads well in a log file."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

YES, NO = "✓", "✗"
_WIDTH_WITHOUT_TERMINAL = 120


def console(*, stderr: bool = False) -> Console:
    """The console. Without a terminal it is wide enough for our tables and has neither colour nor motion."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def table(*headings: str, title: str | None = None) -> Table:
    """A table in the house style; its first column is not broken."""
    made = _WholeWords(title=title, title_justify="left", title_style="bold", header_style="bold", expand=False)
    for number, heading in enumerate(headings):
        made.add_column(heading, no_wrap=number == 0, overflow="fold")
    return made


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
    text = (cell if isinstance(cell, Text) else Text.from_markup(str(cell))).plain
    return max(map(cell_len, text.splitlines() if whole else text.split()), default=1)


def seconds(value: float | None) -> str:
    """A duration as people say it: ``0.42 s``, ``3.1 s``, ``2 min 05 s``."""
    if value is None:
        return "…"
    if value < 1:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60):02} s"


class Steps:
    """Shows the steps of something longer.

    On a terminal there is one moving line for each step under way; everywhere else a line when a step begins and one
    when it ends, so that a log of it can be read.
    """

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", style="bold"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", style="dim"),
            console=screen,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}

    @contextmanager
    def shown(self) -> Iterator["Steps"]:
        """Show the steps while the block runs."""
        if not self._screen.is_terminal:
            yield self
            return
        with self._bars:
            yield self

    def update(self, step: str, text: str, done: int = 0, total: int = 0) -> None:
        """Say what a step is doing now; the first call begins it."""
        if step not in self._began:
            self._began[step] = time.monotonic()
            if self._screen.is_terminal:
                self._tasks[step] = self._bars.add_task(step, total=total or None, count="", now="")
            else:
                self._screen.print(f"  … {step}: {text}", markup=False)
        if self._screen.is_terminal:
            count = f"{done}/{total}" if total else ""
            now = text[: max(10, self._screen.width - 60)]
            self._bars.update(self._tasks[step], completed=done, total=total or None, count=count, now=now)

    def finish(self, step: str, text: str, *, ok: bool = True) -> None:
        """End a step with one line that stays."""
        took = time.monotonic() - self._began.pop(step, time.monotonic())
        if step in self._tasks:
            self._bars.remove_task(self._tasks.pop(step))
        mark = f"[green]{YES}[/green]" if ok else f"[red]{NO}[/red]"
        self._screen.print(f"{mark} [bold]{step}[/bold]  {text}  [dim]{seconds(took)}[/dim]")
