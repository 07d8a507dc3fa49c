"""Progress of something that takes a while: a moving line where somebody watches, and one line that stays per step."""

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from html import escape
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console, RenderableType
from rich.markup import escape as no_markup
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

OnProgress = Callable[[str, int, int], None]
"""Told what is going on: in words, how much is done, of how much (0 when nobody can say)."""

YES, NO = "✓", "✗"
_BETWEEN_UPDATES = 0.15
_BAR_STYLE = "width:320px;vertical-align:middle"


def silent(_text: str, _done: int, _total: int) -> None:
    """Progress that nobody hears."""


def shell() -> Any:
    """The IPython shell this runs in, or None. IPython is not imported for it."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def watched(kernel: Any) -> bool:
    """Whether a person looks at the notebook: programs that run one (nbclient, nbval) allow no input."""
    return bool(getattr(kernel, "_allow_stdin", False))


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def seconds(value: float | None) -> str:
    """A duration as people say it: ``0.42 s``, ``3.1 s``, ``2 min 05 s``."""
    if value is None:
        return "…"
    if value < 1:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60):02} s"


Board = Mapping[str, str]
"""Figures that change while a step is under way, by what they count."""


class _Bars(Protocol):
    """The moving part. ``end`` says whether ``line`` now stands in the bar's place."""

    def show(self, step: str, text: str, done: int, total: int, board: "Board") -> None: ...

    def end(self, step: str, line: str) -> bool: ...


class Steps:
    """Shows the steps of something that takes a while; leaving the block takes away what still moves.

    In a notebook that a person opened and on a terminal a bar moves; it leaves one line per step. A notebook or a
    script that a program runs gets only those lines, the same on every run. With a ``console`` (the command line) the
    line has its duration, and without a terminal there is one more when a step begins, to follow in a log.
    """

    def __init__(self, say_line: Callable[[str], object] | None = None, *, console: Console | None = None) -> None:
        self._say = say_line or say
        self._console = console
        self._bars: _Bars | None = _bars(console)
        self._began: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for step in list(self._began):
            self._end(step, "")

    def update(self, step: str, text: str, done: int = 0, total: int = 0, board: Board | None = None) -> None:
        """Say what a step is doing now; the first call begins it. A ``board`` stands below its bar."""
        if step not in self._began:
            self._began[step] = time.monotonic()
            if self._console is not None and self._bars is None:
                self._console.print(f"  … {step}: {text}", markup=False)
        if self._bars is not None:
            self._bars.show(step, text, done, total, board or {})

    def finish(self, step: str, text: str, *, ok: bool = True) -> None:
        """End a step with one line that stays; one that never began took no time."""
        began = self._began.get(step)
        took = f"  [dim]{seconds(time.monotonic() - began)}[/dim]" if began is not None else ""
        line = f"{YES if ok else NO} {step}: {text}"
        if self._end(step, line):
            return
        if self._console is None:
            self._say(line)
            return
        mark = f"[green]{YES}[/green]" if ok else f"[red]{NO}[/red]"
        self._console.print(f"{mark} [bold]{step}[/bold]  {no_markup(text)}{took}")

    def _end(self, step: str, line: str) -> bool:
        return self._began.pop(step, None) is not None and self._bars is not None and self._bars.end(step, line)


class _NotebookBars:
    """Progress elements, each replaced by its last line in the end."""

    def __init__(self) -> None:
        self._handles: dict[str, Any] = {}
        self._shown = 0.0

    def show(self, step: str, text: str, done: int, total: int, board: Board) -> None:
        now = time.monotonic()
        if step in self._handles and now - self._shown < _BETWEEN_UPDATES:
            return
        self._shown = now
        value = f' max="{total}" value="{done}"' if total else ""
        counted = f" {done}/{total}" if total else ""
        html = f'<progress style="{_BAR_STYLE}"{value}></progress>{counted} {escape(f"{step}: {text}")}{_html(board)}'
        self._put(step, {"text/html": html, "text/plain": f"{step}: {text}{counted}"})

    def end(self, step: str, line: str) -> bool:
        if step not in self._handles:
            return False
        self._put(step, {"text/plain": line})
        del self._handles[step]
        return True

    def _put(self, step: str, data: dict[str, str]) -> None:
        if step in self._handles:
            self._handles[step].update(data, raw=True)
            return
        # IPython is there when there is a kernel, and only then.
        from IPython import display

        show: Any = display.display
        self._handles[step] = show(data, raw=True, display_id=True)


def _html(board: Board) -> str:
    if not board:
        return ""
    names, figures = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in (board.keys(), board.values()))
    return f"<table><tr>{names}</tr><tr>{figures}</tr></table>"


class _BarsAndBoard(Progress):
    """Bars, with a board below them where a step has one."""

    board: Board | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.board:
            table = Table(*self.board, box=None, header_style="dim")
            table.add_row(*self.board.values())
            yield table


class _TerminalBars:
    """One moving line for each step under way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = _BarsAndBoard(
            SpinnerColumn(),
            TextColumn("{task.description}", style="bold"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", style="dim"),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, Any] = {}

    def show(self, step: str, text: str, done: int, total: int, board: Board) -> None:
        self._progress.board = board
        if step not in self._tasks:
            self._progress.start()
            self._tasks[step] = self._progress.add_task(step, total=total or None, count="", now="")
        count, now = f"{done}/{total}" if total else "", text[: max(10, self._console.width - 60)]
        self._progress.update(self._tasks[step], completed=done, total=total or None, count=count, now=now)

    def end(self, step: str, line: str) -> bool:  # noqa: ARG002
        self._progress.board = None
        with suppress(KeyError):
            self._progress.remove_task(self._tasks.pop(step))
        if not self._tasks:
            self._progress.stop()
        return False


def _bars(console: Console | None) -> _Bars | None:
    kernel = getattr(shell(), "kernel", None)
    if kernel is not None:
        return _NotebookBars() if watched(kernel) else None
    if console is not None:
        return _TerminalBars(console) if console.is_terminal else None
    return _TerminalBars(Console(stderr=True)) if sys.stderr.isatty() else None
