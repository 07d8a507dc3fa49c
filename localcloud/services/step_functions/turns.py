"""Who of many executions may run: their threads share one processor, and thousands of them only hinder each other.

AWS runs them all at once. Here some do, and the others have started and wait before their first state; what an
execution starts itself never waits. One that has nothing to do, in a Wait state, before a retry or until somebody
answers, gives its turn back; one that hangs keeps nobody waiting for more than some seconds.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

AT_ONCE = 4 * (os.cpu_count() or 2)
LONGEST_SECONDS = 10.0

FOR_AN_EXECUTION: ContextVar[bool] = ContextVar("for an execution", default=False)
"""Whether an execution starts what is being started."""

Launch = Callable[[], None]

log = logging.getLogger(__name__)


@contextmanager
def for_an_execution() -> Iterator[None]:
    """What is started within never waits: who starts it has a turn, and may wait for its end."""
    token = FOR_AN_EXECUTION.set(True)
    try:
        yield
    finally:
        FOR_AN_EXECUTION.reset(token)


class Turns:
    """Launches executions, in the order in which they came, when it is their turn."""

    def __init__(self, at_once: int = AT_ONCE, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._at_once = at_once
        self._longest = longest_seconds
        self._changed = threading.Condition()
        self._since: dict[object, float] = {}
        self._waiting: deque[tuple[object, Launch]] = deque()
        threading.Thread(target=self._work, name="step-functions-turns", daemon=True).start()

    def take(self, who: object, launch: Launch) -> None:
        """Launch now, or when somebody's turn is over."""
        if FOR_AN_EXECUTION.get():
            self._start(who, launch)
            return
        with self._changed:
            if self._waiting or not self._has_room():
                self._waiting.append((who, launch))
                self._changed.notify()
                return
            self._since[who] = time.monotonic()
        self._start(who, launch)

    def give_back(self, who: object) -> None:
        """An execution has ended."""
        with self._changed:
            if self._since.pop(who, None) is not None and self._waiting:
                self._changed.notify()

    def _has_room(self) -> bool:
        if len(self._since) >= self._at_once:
            over = time.monotonic() - self._longest
            for who in [who for who, since in self._since.items() if since < over]:
                del self._since[who]
        return len(self._since) < self._at_once

    def _start(self, who: object, launch: Launch) -> None:
        try:
            launch()
        except Exception:
            log.exception("An execution could not be launched")
            self.give_back(who)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._waiting and self._has_room()):
                    oldest = min(self._since.values(), default=0.0)
                    left = oldest + self._longest - time.monotonic()
                    self._changed.wait(max(left, 0.01) if self._waiting else None)
                who, launch = self._waiting.popleft()
                self._since[who] = time.monotonic()
            self._start(who, launch)
