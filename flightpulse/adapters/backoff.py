"""How long to wait before trying again what AWS only partly accepted."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, with full jitter, so that many callers that were throttled together do not come back together.

    botocore retries calls that fail as a whole. This is for the entries of a batch that failed inside a call that did
    not.
    """

    attempts: int = 5
    base_seconds: float = 0.1
    limit_seconds: float = 2.0
    sleep: Sleep = time.sleep

    def tries(self) -> Iterator[int]:
        """Count the attempts from 0, waiting before each but the first."""
        for attempt in range(self.attempts):
            if attempt:
                ceiling = min(self.limit_seconds, self.base_seconds * 2**attempt)
                self.sleep(random.uniform(0, ceiling))  # noqa: S311 - jitter is no secret
            yield attempt


STANDARD_BACKOFF = Backoff()
