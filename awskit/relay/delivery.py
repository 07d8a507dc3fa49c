"""The rules of an event source mapping: what happens to a batch until its records are processed or discarded.

The rules are those of AWS Lambda's stream and Kafka mappings (developer guide: "Configuring error handling controls for
Kafka event sources", "Retaining discarded records for a DynamoDB event source"):

- a function error costs a retry, being throttled or unreachable does not;
- splitting a batch costs no retry; a partial batch response retries from the first failed record of each partition,
  and what is left has all its retries again (recorded: with 3 retries, the record that fails is seen 1 + 4 times);
- records older than the age limit are discarded, wherever they stand;
- what is discarded goes to the on-failure destination. Unlike Lambda, which drops a record when its destination cannot
  be reached, this waits until the destination has taken it.
"""

import enum
import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

R = TypeVar("R")

_log = logging.getLogger(__name__)


class Verdict(enum.Enum):
    """How an invocation ended. `NOT_INVOKED`: throttled or unreachable, so that the function never saw the batch."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NOT_INVOKED = "not invoked"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one invocation. `payload` is the decoded response, `error` one line for people."""

    verdict: Verdict
    payload: object = None
    error: str = ""
    function_error: str = "Unhandled"
    executed_version: str = "$LATEST"
    request_id: str = ""


class Condition(enum.StrEnum):
    """Why records were discarded, in the words of Lambda's on-failure records."""

    RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
    TOO_OLD = "MaxRecordAgeExceeded"
    TOO_LARGE = "MaximumPayloadSizeExceeded"


@dataclass(frozen=True, slots=True)
class Discarded(Generic[R]):
    """Records that will not be tried again. `answer` is that of the last invocation, None when there was none."""

    records: tuple[R, ...]
    condition: Condition
    invocations: int
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The error handling of a mapping. None means no limit, which is Lambda's default.

    Seconds between attempts double from `first_back_off` to `longest_back_off`.
    """

    max_retries: int | None = None
    max_age_seconds: float | None = None
    bisect: bool = False
    partial_responses: bool = False
    first_back_off: float = 1.0
    longest_back_off: float = 60.0

    def back_off(self, failures: int) -> float:
        return min(self.first_back_off * 2.0 ** min(failures - 1, 30), self.longest_back_off)

    def exhausted(self, invocations: int) -> bool:
        return self.max_retries is not None and invocations > self.max_retries


@dataclass(frozen=True, slots=True)
class Source(Generic[R]):
    """What the rules need to know about a kind of record.

    `lane` names the ordered sequence a record belongs to (a partition, a shard); `identifier` is what a partial batch
    response calls the record and `read_identifier` decodes one such name (None for a malformed one); `timestamp` is in
    seconds since 1970; `describe` is for logs.
    """

    event: Callable[[Sequence[R]], dict[str, Any]]
    lane: Callable[[R], Hashable]
    identifier: Callable[[R], Hashable]
    read_identifier: Callable[[object], Hashable | None]
    timestamp: Callable[[R], float]
    describe: Callable[[Sequence[R]], str]


class Abandoned(Exception):  # noqa: N818 - not an error: the mapping was stopped or the partition went elsewhere
    """Raised when records are handed back untouched, because the delivery was told to stop."""


class DestinationUnavailableError(Exception):
    """An on-failure destination could not take a record now."""


Invoke = Callable[[dict[str, Any]], Answer]
Destination = Callable[[Discarded[R]], None]


@dataclass(frozen=True, slots=True)
class Delivery(Generic[R]):
    """Delivers records of one source to one function. It holds no state: one object serves many threads."""

    source: Source[R]
    invoke: Invoke
    policy: RetryPolicy
    destination: Destination[R] | None = None
    clock: Callable[[], float] = field(default=time.time)

    def deliver(self, records: Sequence[R], stop: threading.Event) -> None:
        """Return when every record is processed or discarded. Raises `Abandoned`."""
        self._until_done(records, stop, invocations=0, failure=None)

    def deliver_later(self, records: Sequence[R], stop: threading.Event) -> None:
        """Like `deliver`, for records whose function has just been throttled or out of reach."""
        _pause(stop, self.policy.back_off(1))
        self.deliver(records, stop)

    def retry(self, records: Sequence[R], failure: Answer, stop: threading.Event, *, tried: int) -> None:
        """Like `deliver`, for records that an invocation has just failed for.

        `tried` is how many invocations count: none when it was for some of its records only that this one failed.
        """
        if not self._after_failure(records, stop, tried, failure):
            self._until_done(records, stop, invocations=tried, failure=failure)

    def attempt(self, records: Sequence[R]) -> tuple[Answer, list[R]]:
        """Invoke once. Returns the answer and the records that are still to be processed, in order."""
        answer = self.invoke(self.source.event(records))
        if answer.verdict is Verdict.NOT_INVOKED:
            _log.warning(
                "%s wait, because the function cannot be invoked: %s", self.source.describe(records), answer.error
            )
        return answer, self._remaining(records, answer)

    def unexpired(
        self, records: Sequence[R], stop: threading.Event, invocations: int = 0, failure: Answer | None = None
    ) -> list[R]:
        """Discard the oldest records as far as they exceed the age limit; return the others."""
        limit = self.policy.max_age_seconds
        if limit is None:
            return list(records)
        horizon = self.clock() - limit
        young = next((i for i, record in enumerate(records) if self.source.timestamp(record) >= horizon), len(records))
        if young:
            self.discard(Discarded(tuple(records[:young]), Condition.TOO_OLD, invocations, failure), stop)
        return list(records[young:])

    def discard(self, discarded: Discarded[R], stop: threading.Event) -> None:
        """Hand records to the on-failure destination, for as long as it takes. Raises `Abandoned`."""
        what = self.source.describe(discarded.records)
        if self.destination is None:
            _log.error("discarded %s (%s): the mapping has no on-failure destination", what, discarded.condition)
            return
        failures = 0
        while True:
            _check(stop)
            try:
                self.destination(discarded)
            except DestinationUnavailableError as error:
                failures += 1
                _log.warning("the on-failure destination did not take %s, trying again: %s", what, error)
                _pause(stop, self.policy.back_off(failures))
            else:
                _log.warning("%s went to the on-failure destination (%s)", what, discarded.condition)
                return

    def _until_done(
        self, records: Sequence[R], stop: threading.Event, *, invocations: int, failure: Answer | None
    ) -> None:
        refusals = 0
        while records := self.unexpired(records, stop, invocations, failure):
            _check(stop)
            answer, remaining = self.attempt(records)
            if answer.verdict is Verdict.NOT_INVOKED:
                refusals += 1
                _pause(stop, self.policy.back_off(refusals))
                continue
            refusals = 0
            # What is left of a batch is a batch of its own, with all of its retries before it.
            invocations = 0 if len(remaining) < len(records) else invocations + 1
            records, failure = remaining, answer
            if records and self._after_failure(records, stop, invocations, answer):
                return

    def _after_failure(self, records: Sequence[R], stop: threading.Event, invocations: int, failure: Answer) -> bool:
        """Bisect, discard or wait. True when nothing of these records is left to do."""
        _check(stop)
        _log.warning("%s failed (invocation %d): %s", self.source.describe(records), max(invocations, 1), failure.error)
        if self.policy.bisect and len(records) > 1:
            _pause(stop, self.policy.back_off(1))
            middle = len(records) // 2
            self.deliver(records[:middle], stop)
            self.deliver(records[middle:], stop)
            return True
        if self.policy.exhausted(invocations):
            self.discard(Discarded(tuple(records), Condition.RETRIES_EXHAUSTED, invocations, failure), stop)
            return True
        _pause(stop, self.policy.back_off(invocations))
        return False

    def _remaining(self, records: Sequence[R], answer: Answer) -> list[R]:
        if answer.verdict is not Verdict.SUCCEEDED:
            return list(records)
        if not self.policy.partial_responses:
            return []
        failed = self._reported(records, answer.payload)
        if failed is None:
            return list(records)
        remaining, failed_lanes = [], set()
        for record in records:
            lane = self.source.lane(record)
            if self.source.identifier(record) in failed:
                failed_lanes.add(lane)
            if lane in failed_lanes:
                remaining.append(record)
        return remaining

    def _reported(self, records: Sequence[R], payload: object) -> set[Hashable] | None:
        """The identifiers a partial batch response names; None when one is malformed or not of this batch.

        Lambda takes an empty or missing list for success and any unknown identifier for a failure of the whole batch.
        """
        entries = payload.get("batchItemFailures") if isinstance(payload, dict) else None
        if not entries:
            return set()
        if not isinstance(entries, list):
            return None
        known = {self.source.identifier(record) for record in records}
        named: set[Hashable] = set()
        for entry in entries:
            raw = entry.get("itemIdentifier") if isinstance(entry, dict) else None
            identifier = self.source.read_identifier(raw)
            if identifier is None or identifier not in known:
                return None
            named.add(identifier)
        return named


def _check(stop: threading.Event) -> None:
    if stop.is_set():
        raise Abandoned


def _pause(stop: threading.Event, seconds: float) -> None:
    if stop.wait(seconds):
        raise Abandoned
