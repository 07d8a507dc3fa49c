"""Turns whatever went wrong into one line and an exit code."""

import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

import click

from awskit.errors import NO_SPACE
from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench.target import aws_errors

INTERRUPTED = 130


def report(error: BaseException) -> int:
    """Print one line about an error to stderr and return the exit code that goes with it."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | click.Abort | EOFError):
        _say("Stopped.")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader has gone (head, less): nothing more to say, and Python must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, click.ClickException):
        return _usage(error)
    known = error if isinstance(error, UserError) else _explained(error)
    if known is not None:
        _say(f"{known.message} {known.hint}".strip())
        return known.exit_code
    return _unexpected(error)


def _usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    way_out = f" See: {context.command_path} --help" if isinstance(context, click.Context) else ""
    text = " ".join(error.format_message().split())
    _say(f"{text if text.endswith(('.', '?')) else text + '.'}{way_out}")
    return error.exit_code


def _explained(error: BaseException) -> UserError | None:
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        where = f" for {error.filename}" if error.filename else ""
        return UserError(f"No space left on the disk{where}.", hint="Make room, then try again.")
    # botocore takes a moment to import; an error of its can only be there when it has been imported.
    if "botocore" not in sys.modules:
        return None

    return aws_errors.explain(error)


def _unexpected(error: BaseException) -> int:
    file = _details_file(error)
    where = f" The details are in {file}." if file else ""
    said = " ".join(str(error).split())[:300]
    _say(f"Unexpected {type(error).__name__}{': ' + said if said else ''}.{where}")
    return 70  # EX_SOFTWARE of sysexits.h


def _details_file(error: BaseException) -> Path | None:
    """Write the traceback down, for a bug report. No place to write it to is not worth a second error."""
    folder = paths.home() / "logs"
    file = folder / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    details = "".join(traceback.format_exception(error))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(f"flightpulse {' '.join(sys.argv[1:])}\n\n{details}", encoding="utf-8")
    except OSError:
        return None
    return file


def _say(line: str) -> None:
    mark = click.style("✗", fg="red") if sys.stderr.isatty() and "NO_COLOR" not in os.environ else "✗"
    click.echo(f"{mark} {line}", err=True)
