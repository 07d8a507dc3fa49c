"""How the command line looks: the console, tables and marks."""

import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flightpulse.workbench.show.progress import NO, YES

if TYPE_CHECKING:
    from flightpulse.workbench.fire.scenarios import Check

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


def mark(ok: bool, yes: str = "", no: str = "") -> str:
    """A mark in its colour, with a word beside it."""
    return f"[green]{YES} {yes}".rstrip() + "[/green]" if ok else f"[red]{NO} {no}".rstrip() + "[/red]"


def checks(found: "tuple[Check, ...]") -> Table:
    """Expected beside seen, with a mark and a word for each."""
    made = table("", "expected", "seen")
    for check in found:
        made.add_row(mark(check.ok, "seen", "missing"), escape(check.expected), escape(check.seen))
    return made
