"""Which processes run on this machine, and whether one is still the one we started (Linux and macOS)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LINUX = sys.platform.startswith("linux")


def start_token(pid: int) -> str | None:
    """A text that is the same for as long as this process lives and differs for a later one with its id.

    None when there is no such process, or when it has ended and only waits to be collected.
    """
    return _linux_start_token(pid) if _LINUX else _ps_start_token(pid)


def is_running(pid: int, token: str) -> bool:
    """Whether the process with this id is the one the token was taken from."""
    return start_token(pid) == token


def command_lines() -> dict[int, str]:
    """The command line of every process that we may look at, by process id."""
    return _linux_command_lines() if _LINUX else _ps_command_lines()


def end(tokens: dict[int, str], *, grace: float = 5.0) -> None:
    """End processes: ask, wait at most ``grace`` seconds for all of them, then kill.

    ``tokens`` maps each process id to its start token; a process whose token no longer fits is not ours and is left
    alone.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = {pid: token for pid, token in tokens.items() if is_running(pid, token)}
        for pid in left:
            _signal(pid, number)
        if wait_until_gone(left, grace):
            return


def wait_until_gone(tokens: dict[int, str], seconds: float) -> bool:
    """Wait for processes to end; say whether all did in time."""
    deadline = time.monotonic() + seconds
    while any(is_running(pid, token) for pid, token in tokens.items()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def with_tokens(pids: Iterable[int]) -> dict[int, str]:
    """Start tokens of those processes that still run."""
    found = {pid: start_token(pid) for pid in pids}
    return {pid: token for pid, token in found.items() if token is not None}


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _linux_start_token(pid: int) -> str | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the command in parentheses and may hold anything; the rest starts after the last one.
    values = text.rpartition(")")[2].split()
    state, started = values[0], values[19]
    return None if state in "ZX" else f"{_boot_id()}:{started}"


def _boot_id() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _linux_command_lines() -> dict[int, str]:
    found = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            found[int(folder.name)] = b" ".join(words).decode(errors="replace").strip()
    return found


def _ps_start_token(pid: int) -> str | None:
    answer = _ps("-p", str(pid), "-o", "stat=", "-o", "lstart=").strip()
    state, _, started = answer.partition(" ")
    return None if not answer or state.startswith("Z") else started.strip()


def _ps_command_lines() -> dict[int, str]:
    found = {}
    for line in _ps("-axww", "-o", "pid=", "-o", "command=").splitlines():
        pid, _, command = line.strip().partition(" ")
        if pid.isdigit():
            found[int(pid)] = command.strip()
    return found


def _ps(*arguments: str) -> str:
    # The C locale keeps the date of `lstart` the same for everybody who asks.
    done = subprocess.run(  # noqa: S603
        ["/bin/ps", *arguments], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    return done.stdout
