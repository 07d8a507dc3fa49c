"""One local cloud per home: a lock that lives exactly as long as the process that holds it."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from awskit.errors import UserError
from localcloud.process import processes

_FILE = "local-cloud.lock"


class HomeLock:
    """Holds a home's lock, as a context manager. The system lets go of it even when the process is killed.

    ``patience`` is how many seconds to wait for another holder to let go: of a process that was ended, some threads
    live a moment longer than the process itself.
    """

    def __init__(self, home: Path, *, patience: float = 0.0) -> None:
        self._home = home
        self._patience = patience
        self._file = -1

    def __enter__(self) -> "HomeLock":
        self._file = os.open(self._home / _FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._patience
        while not _locked(self._file):
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            os.close(self._file)
            raise UserError(
                f"A local cloud is already running in {self._home}.",
                hint="Use it, or stop it with `flightpulse down`.",
            )
        os.truncate(self._file, 0)
        pid = os.getpid()
        try:
            os.write(self._file, f"{pid}\n{processes.start_token(pid) or ''}\n".encode())
        except OSError:
            os.close(self._file)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


def holder(home: Path) -> dict[int, str]:
    """The process that holds the lock of this home, by id with its start token; empty when nobody does."""
    try:
        file = os.open(home / _FILE, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return {}
    try:
        if _locked(file):
            return {}
        pid, _, token = os.read(file, 1024).decode().strip().partition("\n")
    finally:
        os.close(file)
    return {int(pid): token} if pid.isdigit() and processes.is_running(int(pid), token) else {}


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
