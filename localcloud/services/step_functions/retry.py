"""Retry and Catch rules of the Amazon States Language: which rule matches an error, and how long a retry waits.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from localcloud.services.step_functions.failures import RUNTIME, TASK_FAILED, TIMEOUT, StateFailure

DEFAULT_MAX_ATTEMPTS = 3
_DEFAULT_INTERVAL_SECONDS = 1.0
_DEFAULT_BACKOFF_RATE = 2.0


class Retries:
    """The retriers of one state on one visit, each with the number of retries it has given."""

    def __init__(self, retriers: Sequence[Mapping[str, Any]], jitter: Callable[[float, float], float]) -> None:
        self._retriers = retriers
        self._given = [0] * len(retriers)
        self._jitter = jitter

    @property
    def count(self) -> int:
        """Retries given so far, by all retriers."""
        return sum(self._given)

    def delay_after(self, failure: StateFailure) -> float | None:
        """Seconds to wait before the next attempt after a failure, or None when there is none.

        The first retrier that matches decides, also when it has used up its attempts.
        """
        for index, retrier in enumerate(self._retriers):
            if not matches(retrier.get("ErrorEquals", ()), failure):
                continue
            if self._given[index] >= retrier.get("MaxAttempts", DEFAULT_MAX_ATTEMPTS):
                return None
            delay = delay_seconds(retrier, self._given[index], self._jitter)
            self._given[index] += 1
            return delay
        return None


def delay_seconds(retrier: Mapping[str, Any], retries: int, jitter: Callable[[float, float], float]) -> float:
    """The wait before a retry that follows ``retries`` others: exponential, capped, with full jitter any part of it."""
    interval = float(retrier.get("IntervalSeconds", _DEFAULT_INTERVAL_SECONDS))
    delay = interval * float(retrier.get("BackoffRate", _DEFAULT_BACKOFF_RATE)) ** retries
    if "MaxDelaySeconds" in retrier:
        delay = min(delay, float(retrier["MaxDelaySeconds"]))
    return jitter(0.0, delay) if retrier.get("JitterStrategy") == "FULL" else delay


def catcher_for(catchers: Iterable[Mapping[str, Any]], failure: StateFailure) -> Mapping[str, Any] | None:
    """The first catcher that matches."""
    return next((catcher for catcher in catchers if matches(catcher.get("ErrorEquals", ()), failure)), None)


def matches(error_equals: Iterable[str], failure: StateFailure) -> bool:
    """Whether one of the names in ``ErrorEquals`` stands for a failure.

    Nothing catches States.Runtime, not even its own name. States.ALL stands for everything else, States.TaskFailed for
    everything but a time-out.
    """
    if failure.error == RUNTIME:
        return False
    wanted = set(error_equals)
    if wanted & failure.names:
        return True
    if failure.by_name_only:
        return False
    return "States.ALL" in wanted or (TASK_FAILED in wanted and failure.error != TIMEOUT)
