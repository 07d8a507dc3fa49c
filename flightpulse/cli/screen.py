"""How the command line looks: the console, marks, and progress that also reads well in a log file."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

YES, NO = "✓", "✗"
_WIDTH_WITHOUT_TERMINAL = 120


def console(*, stderr: bool = False) -> Console:
    """The console. Without a terminal it is wide enough for our tables and has neither colour nor motion."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def table(*headings: str, title: str | None = None) -> Table:
    """A table in the house style; its first column is not broken."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", expand=False)
    for number, heading in enumerate(headings):
        made.add_column(heading, no_wrap=number == 0, overflow="fold")
    return made


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
