"""The clock of a replay: faster than the day was."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """At ``speed`` 3600 an hour of the day takes a second. ``passed`` is how much of the day is over at the moment."""

    speed: float
    passed: timedelta = timedelta()
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def at(self, passed: timedelta) -> datetime:
        """The moment of today at which so much of the day has passed."""
        return self.since + (passed - self.passed) / self.speed
