"""The folder in which one local cloud keeps everything it writes."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from awskit.errors import NO_SPACE, UserError
from localcloud.process import environment, processes, state

RUNTIME_FOLDER = "lambda-runtime"
"""Where the packages are that Lambda provides to every function."""

_LOG = "local-cloud.log"
_SHORT_FILE_BYTES = 4096


def prepare(home: Path) -> Path:
    """The folder as an absolute path, made if need be; refuse when it cannot be used."""
    home = home.expanduser().resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(home, error.strerror or str(error)) from error
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise _unusable(home, "it cannot be written to")
    return home


@contextmanager
def space_needed(home: Path) -> Iterator[None]:
    """A block that writes into a home: a full disk is a matter for the user. Raises UserError."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        raise no_space(home) from error


def is_full(home: Path) -> bool:
    """Whether there is no room left for even a short file."""
    return shutil.disk_usage(home).free < _SHORT_FILE_BYTES


def no_space(home: Path) -> UserError:
    """The error for a home on a full disk."""
    return UserError(
        f"No space left on the disk of {home}.", hint="Make room, or name another folder with FLIGHTPULSE_HOME."
    )


def log_file(home: Path) -> Path:
    """Where a detached local cloud writes its log."""
    return home / _LOG


def clear_remains(home: Path) -> list[str]:
    """Remove what a local cloud that was killed left behind, and say what it was.

    Only for those who hold the lock of this home: nothing of a running cloud may be taken for a remainder.
    """
    found = []
    left = orphans(home)
    if left:
        processes.end(left)
        found.append(f"{len(left)} function {'process' if len(left) == 1 else 'processes'}")
    if environment.temporary_folder(home).exists():
        shutil.rmtree(environment.temporary_folder(home), ignore_errors=True)
        found.append("temporary files")
    if state.path(home).exists():
        state.remove(home)
        found.append("its state file")
    return found


def orphans(home: Path) -> dict[int, str]:
    """Processes of functions that belong to this home, by id with their start token.

    They are known by their command, which names the runtime folder of the home as the program of an isolated
    interpreter; no other program is run like that.
    """
    python = f" -I -S {home / RUNTIME_FOLDER}{os.sep}"
    node = f"{environment.temporary_folder(home)}{os.sep}ministack-lambda-"
    lines = processes.command_lines()
    return processes.with_tokens(pid for pid, line in lines.items() if python in line or f"node {node}" in line)


def _unusable(home: Path, reason: str) -> UserError:
    return UserError(
        f"The folder {home} cannot be used for the local cloud: {reason}.",
        hint="Name another one with the variable FLIGHTPULSE_HOME.",
    )
