"""What a function writes to its standard output, read so that every line is given to the right invocation."""

import os
import selectors
import threading
import time
from dataclasses import dataclass
from typing import IO

_CHUNK = 65536
_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output and when it was read, in milliseconds since 1970."""

    timestamp: int
    text: str


class Output:
    """Reads a process's output from a pipe, in a thread of its own.

    A function writes before it answers. When its answer is here, everything it wrote is therefore in the pipe, and
    :meth:`take` returns all of it without waiting for the thread.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._descriptor = stream.fileno()
        os.set_blocking(self._descriptor, False)
        self._lock = threading.Lock()
        self._ended = False
        self._rest = b""
        self._lines: list[Line] = []

    def pump(self) -> None:
        """Read until the process closes its output, then close the pipe: without a reader the process would block."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            while not self._ended:
                selector.select()
                with self._lock:
                    self._read_available()
        with self._lock:
            self._stream.close()

    def read(self) -> None:
        """Read what has been written so far, for its time; :meth:`take` hands it over."""
        with self._lock:
            self._read_available()

    def take(self) -> list[Line]:
        """Everything written since the last call, an unfinished line included."""
        with self._lock:
            self._read_available()
            if self._rest:
                self._add(self._rest)
                self._rest = b""
            taken, self._lines = self._lines, []
        return taken

    def _read_available(self) -> None:
        while not self._ended:
            try:
                chunk = os.read(self._descriptor, _CHUNK)
            except BlockingIOError:
                return
            self._ended = not chunk
            *complete, self._rest = (self._rest + chunk).split(b"\n")
            for line in complete:
                self._add(line)

    def _add(self, line: bytes) -> None:
        # The runtime interface client separates the lines of one error by carriage returns: one event with many lines.
        text = line.decode(errors="replace").rstrip("\r").replace("\r", "\n")
        if text:
            self._lines.append(Line(int(time.time() * 1000), text))
            del self._lines[:-_MOST_LINES]
