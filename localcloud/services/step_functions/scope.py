"""Stopping work in progress: an execution, an attempt of a Map or Parallel state, and the branches inside it."""

import threading

from localcloud.services.step_functions.failures import Stopped


class Scope:
    """A part of an execution that ends as a whole. Stopping it stops the scopes inside it and wakes what waits there.

    All scopes of an execution share the lock of its history: between a scope's stop and the events that follow it,
    no other branch gets an event in.
    """

    def __init__(self, lock: threading.RLock, parent: "Scope | None" = None) -> None:
        self._lock = lock
        self._parent = parent
        self._inner: set[Scope] = set()
        self._waiting: set[threading.Event] = set()
        self.stopped = False

    def child(self) -> "Scope":
        with self._lock:
            inner = Scope(self._lock, self)
            inner.stopped = self.stopped
            self._inner.add(inner)
            return inner

    def close(self) -> None:
        """The work of this scope is over: its parent forgets it."""
        if self._parent is not None:
            with self._lock:
                self._parent._inner.discard(self)

    def stop(self) -> None:
        with self._lock:
            self.stopped = True
            for event in self._waiting:
                event.set()
            for inner in self._inner:
                inner.stop()

    def check(self) -> None:
        """Raise Stopped in a scope that has been told to stop."""
        if self.stopped:
            raise Stopped

    def wait_for(self, event: threading.Event, seconds: float | None = None) -> bool:
        """Wait for an event that nobody else waits for; False when the time is over first.

        Raises Stopped as soon as the scope is stopped.
        """
        with self._lock:
            self.check()
            self._waiting.add(event)
        try:
            happened = event.wait(seconds)
        finally:
            with self._lock:
                self._waiting.discard(event)
        self.check()
        return happened

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.wait_for(threading.Event(), seconds)
