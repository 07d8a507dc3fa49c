"""The clock of a replay: faster than the day was, and it can be held, let go on and ended."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]


class Pace:
    """At ``speed`` 3600 an hour of the day takes a second. All methods may be called from any thread.

    ``passed`` is how much of the day has passed when it begins.
    """

    def __init__(self, speed: float, *, now: Now = lambda: datetime.now(UTC), passed: timedelta = timedelta()) -> None:
        self._speed = speed
        self._now = now
        self._before = self._passed = passed
        self._since = now()
        self._lock = threading.Lock()
        self._held = False
        self._stopped = False

    def begin(self) -> None:
        """Begin now: nothing of the day has passed since this was made."""
        with self._lock:
            self._passed, self._since = self._before, self._now()

    def at(self, passed: timedelta) -> datetime:
        """The moment of today at which so much of the day has passed, at the present speed."""
        with self._lock:
            return self._since + (passed - self._passed) / self._speed

    def pause(self) -> None:
        """Hold: nothing more is sent until :meth:`resume`."""
        with self._lock:
            self._settle()
            self._held = True

    def resume(self) -> None:
        """Go on where it was held: the time in between has not passed."""
        with self._lock:
            if self._held:
                self._since, self._held = self._now(), False

    def stop(self) -> None:
        """End the replay before its next event; it can be taken up again later."""
        with self._lock:
            self._stopped = True
            self._held = False

    @property
    def held(self) -> bool:
        return self._held

    @property
    def stopped(self) -> bool:
        return self._stopped

    def _settle(self) -> None:
        """Count the time that has passed so far at the speed until now."""
        if not self._held:
            now = self._now()
            self._passed += (now - self._since) * self._speed
            self._since = now
