"""What is special about running inside a notebook: mistakes show as one sentence, and notebooks take turns."""

from pathlib import Path
from types import TracebackType
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.show.checks import CheckError
from flightpulse.workbench.show.picture import PictureAndWords
from flightpulse.workbench.show.progress import say, shell
from flightpulse.workbench.target import aws_errors, turns


def show_user_errors() -> None:
    """Show a user's error, an error of AWS that we can explain, and a failed check as one sentence in a notebook.

    Nothing happens outside of IPython. Every other exception keeps its traceback, and the names of exceptions stay.
    """
    running = shell()
    if running is not None:
        # Only a notebook needs them, and the command line shall start quickly.
        from botocore.exceptions import BotoCoreError, ClientError

        running.set_custom_exc((UserError, CheckError, BotoCoreError, ClientError), _show)


def take_turns(home: Path) -> None:
    """Let no other notebook run on the local cloud of this home while this one does. Nothing outside of IPython."""
    running = shell()
    if running is not None:
        turns.take_turns(running, home, say)


def show(picture: PictureAndWords) -> None:
    """Show a picture and its words in the middle of a cell. Nothing outside of IPython."""
    if shell() is not None:
        picture._ipython_display_()


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
    known = aws_errors.explain(error)
    return str(known) if known is not None else None
