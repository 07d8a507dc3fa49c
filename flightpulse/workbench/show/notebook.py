"""What is special about running inside a notebook: errors as one sentence, and progress that leaves one line."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.show.checks import CheckError

_BETWEEN_UPDATES = 0.15
_BAR_STYLE = "width:320px;vertical-align:middle"


def shell() -> Any:
    """The IPython shell this runs in, or None. IPython is not imported for it."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def show_user_errors() -> None:
    """Show a user's error, an error of AWS that we can explain, and a failed check as one sentence in a notebook.

    Nothing happens outside of IPython. Every other exception keeps its traceback, and the names of exceptions stay.
    """
    running = shell()
    if running is not None:
        from botocore.exceptions import BotoCoreError, ClientError

        running.set_custom_exc((UserError, CheckError, BotoCoreError, ClientError), _show)


def _show(running: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, **_: Any) -> list[str]:
    said = sentence(error)
    if said is None:
        # Not one of ours after all: the whole traceback, as IPython writes it.
        lines: list[str] = running.InteractiveTB.structured_traceback(kind, error, trace)
    else:
        lines = [f"✗ {said}"]
    running._showtraceback(kind, error, lines)
    return lines


def sentence(error: BaseException) -> str | None:
    """What to tell the user about an error; None when it is none that a user could put right."""
    if isinstance(error, UserError | CheckError):
        return str(error)
    from flightpulse.workbench.target import aws_errors

    known = aws_errors.explain(error)
    return str(known) if known is not None else None


class Steps:
    """Shows the steps of something that takes a while.

    Where somebody watches (a notebook opened by a person, a terminal) a bar moves; it leaves one line per step. A
    notebook that is run by a program gets only those lines, so that what it prints is the same on every run.
    """

    def __init__(self, say: Callable[[str], object] | None = None) -> None:
        self._say = say or _print
        self._bars: dict[str, _Bar] = {}

    def update(self, step: str, text: str, done: int = 0, total: int = 0) -> None:
        """Say what a step is doing now; the first call begins it."""
        if step not in self._bars:
            self._bars[step] = _bar()
        self._bars[step].show(f"{step}: {text}", done, total)

    def finish(self, step: str, text: str, *, ok: bool = True) -> None:
        """End a step with one line that stays."""
        line = f"{'✓' if ok else '✗'} {step}: {text}"
        bar = self._bars.pop(step, None)
        if bar is None or not bar.end(line):
            self._say(line)

    def stop(self) -> None:
        """Take away what still moves, because something went wrong."""
        for bar in self._bars.values():
            bar.end("")
        self._bars.clear()


class _Bar:
    """Shows nothing."""

    def show(self, text: str, done: int, total: int) -> None: ...

    def end(self, line: str) -> bool:  # noqa: ARG002
        """Take the bar away. True when ``line`` now stands in its place."""
        return False


class _NotebookBar(_Bar):
    """A progress element that is replaced by the last line in the end."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._shown = 0.0

    def show(self, text: str, done: int, total: int) -> None:
        from html import escape

        now = time.monotonic()
        if self._handle is not None and now - self._shown < _BETWEEN_UPDATES:
            return
        self._shown = now
        value = f' max="{total}" value="{done}"' if total else ""
        counted = f" {done}/{total}" if total else ""
        html = f'<progress style="{_BAR_STYLE}"{value}></progress>{counted} {escape(text)}'
        self._put({"text/html": html, "text/plain": f"{text}{counted}"})

    def end(self, line: str) -> bool:
        if self._handle is None:
            return False
        self._put({"text/plain": line})
        return True

    def _put(self, data: dict[str, str]) -> None:
        if self._handle is not None:
            self._handle.update(data, raw=True)
            return
        from IPython import display as notebook

        display: Any = notebook.display
        self._handle = display(data, raw=True, display_id=True)


class _TerminalBar(_Bar):
    """One line on standard error that is written over."""

    def __init__(self) -> None:
        self._width = 0

    def show(self, text: str, done: int, total: int) -> None:
        counted = f" {done}/{total}" if total else ""
        line = f"  … {text}{counted}"[:100]
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)

    def end(self, line: str) -> bool:  # noqa: ARG002
        sys.stderr.write("\r" + " " * self._width + "\r")
        sys.stderr.flush()
        return False


def _bar() -> _Bar:
    running = shell()
    kernel = getattr(running, "kernel", None)
    if kernel is not None:
        return _NotebookBar() if watched(kernel) else _Bar()
    return _TerminalBar() if sys.stderr.isatty() else _Bar()


def watched(kernel: Any) -> bool:
    """Whether a person looks at the notebook: programs that run one (nbclient, nbval) allow no input."""
    return bool(getattr(kernel, "_allow_stdin", False))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(line: str) -> None:
    """Print one line."""
    _print(line)
