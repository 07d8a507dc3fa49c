"""Says that Kafka is in trouble once, then now and again, and that it is over."""

import logging
import time

from awskit.relay.subscription import Observer

_REPEAT_SECONDS = 30.0

_log = logging.getLogger(__name__)


class Complaints:
    """The trouble of one relay, however often it has to connect anew."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._next_line = 0.0
        self.in_trouble = False

    def add(self, why: str) -> None:
        if not self.in_trouble:
            self._observer.waiting(why)
        self.in_trouble = True
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _REPEAT_SECONDS
            _log.warning("waiting for Kafka: %s", why)

    def over(self) -> None:
        if self.in_trouble:
            self.in_trouble = False
            self._next_line = 0.0
            _log.warning("Kafka answers again")
            self._observer.recovered()
