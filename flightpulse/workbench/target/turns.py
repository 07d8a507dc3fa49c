"""One notebook at a time on a local cloud: a cell waits for the notebook whose cells are running.

Scenarios put the same flights back to where they began, and a protection that is switched off is off for everybody.
So a notebook that runs from top to bottom must not meet another one. Its turn begins with its first cell and ends when
it has been idle for some seconds, or with its kernel: the operating system takes back the lock of a process that ends.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

_IDLE_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.2


class Turn:
    """The turn of this process on the local cloud of a home. ``name`` is told to those who wait, by ``say``."""

    def __init__(self, home: Path, name: str, say: Callable[[str], None], *, idle_seconds: float = _IDLE_SECONDS):
        self._path = home / "notebook.lock"
        self._name = name
        self._say = say
        self._idle_seconds = idle_seconds
        self._change = threading.Lock()
        self._file: IO[str] | None = None
        self._end: threading.Timer | None = None

    def begin(self, *_: Any) -> None:
        """Take the turn, or keep it; wait in one sentence for whoever has it."""
        with self._change:
            if self._end is not None:
                self._end.cancel()
                self._end = None
            if self._file is None:
                self._file = self._taken()

    def end_soon(self, *_: Any) -> None:
        """Give the turn away unless another cell begins soon."""
        with self._change:
            if self._file is not None and self._end is None:
                self._end = threading.Timer(self._idle_seconds, self.end)
                self._end.daemon = True
                self._end.start()

    def end(self) -> None:
        """Give the turn away now. May be called twice."""
        with self._change:
            if self._file is not None:
                self._file.close()
            self._file = self._end = None

    def _taken(self) -> IO[str]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="utf-8")
        said = False
        try:
            while not _locked(file):
                if not said:
                    file.seek(0)
                    holder = file.read().strip() or "another notebook"
                    self._say(
                        f"… waiting: {holder} is running on this local cloud, and there is room for one notebook."
                    )
                    said = True
                time.sleep(_LOOK_AGAIN_SECONDS)
        except BaseException:
            file.close()
            raise
        file.truncate(0)
        file.write(self._name)
        file.flush()
        return file


_turns: dict[Path, Turn] = {}


def take_turns(shell: Any, home: Path, say: Callable[[str], None]) -> None:
    """From now on the cells of this kernel run in turn with those of other kernels on the same home."""
    if home not in _turns:
        _turns[home] = Turn(home, _name(), say)
        shell.events.register("pre_run_cell", _turns[home].begin)
        shell.events.register("post_run_cell", _turns[home].end_soon)
    _turns[home].begin()


def _name() -> str:
    """What a person calls the notebook: its file, which Jupyter tells its kernels, or else the process."""
    return Path(os.environ.get("JPY_SESSION_NAME", "")).stem or f"process {os.getpid()}"


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
