"""The retry rules of event source mappings."""

from collections.abc import Sequence
from functools import partial

import pytest

from awskit.kafka.records import Record, describe, failed_identifier, kafka_event, partition_name
from awskit.relay.delivery import (
    Abandoned,
    Answer,
    Condition,
    Delivery,
    DestinationUnavailableError,
    Discarded,
    RetryPolicy,
    Source,
    Verdict,
)
from tests.unit.awskit.relay.relay_fakes import FAILED, SUCCEEDED, THROTTLED, Function, StopAfter, record

SOURCE: Source[Record] = Source(
    event=partial(kafka_event, "broker:9092"),
    lane=lambda found: found.source,
    identifier=lambda found: (partition_name(found.source), found.offset),
    read_identifier=failed_identifier,
    timestamp=lambda found: found.timestamp_ms / 1000,
    describe=describe,
)


class Destination:
    """An on-failure destination that is out of reach for the first few calls."""

    def __init__(self, failures: int = 0) -> None:
        self.taken: list[Discarded[Record]] = []
        self._failures = failures

    def __call__(self, discarded: Discarded[Record]) -> None:
        if self._failures:
            self._failures -= 1
            raise DestinationUnavailableError("the queue does not answer")
        self.taken.append(discarded)

    @property
    def offsets(self) -> list[list[int]]:
        return [[found.offset for found in discarded.records] for discarded in self.taken]


def deliver(
    function: Function,
    records: Sequence[Record],
    policy: RetryPolicy | None = None,
    destination: Destination | None = None,
    stop: StopAfter | None = None,
    now: float = 0.0,
) -> StopAfter:
    stop = stop or StopAfter()
    delivery = Delivery(SOURCE, function, policy or RetryPolicy(), destination, clock=lambda: now)
    delivery.deliver(records, stop)
    return stop


def failing_on(bad: int, answer: Answer = FAILED) -> Function:
    return Function(lambda offsets: answer if bad in offsets else SUCCEEDED)


def reporting(*bad: int, partition: int = 0) -> Function:
    def answer(offsets: list[int]) -> Answer:
        failed = [{"itemIdentifier": _identifier(offset, partition)} for offset in bad if offset in offsets]
        return Answer(Verdict.SUCCEEDED, payload={"batchItemFailures": failed})

    return Function(answer)


def _identifier(offset: int, partition: int = 0) -> dict[str, object]:
    return {"topic-partition": f"flight-operations-{partition}", "offset": offset}


def test_a_batch_that_succeeds_is_invoked_once() -> None:
    function = Function()
    deliver(function, [record(1), record(2)])
    assert function.calls == [[1, 2]]


def test_a_failed_batch_is_retried_without_limit_by_default() -> None:
    answers = [FAILED] * 20 + [SUCCEEDED]
    function = Function(lambda _: answers.pop(0))
    deliver(function, [record(1)])
    assert len(function.calls) == 21


def test_waits_between_attempts_double_up_to_the_longest() -> None:
    answers = [FAILED] * 5 + [SUCCEEDED]
    policy = RetryPolicy(first_back_off=1, longest_back_off=6)
    stop = deliver(Function(lambda _: answers.pop(0)), [record(1)], policy)
    assert stop.waits == [1, 2, 4, 6, 6]


def test_exhausted_retries_send_the_batch_to_the_destination() -> None:
    function, destination = failing_on(1), Destination()
    deliver(function, [record(1), record(2)], RetryPolicy(max_retries=2), destination)
    assert function.calls == [[1, 2]] * 3
    (discarded,) = destination.taken
    assert destination.offsets == [[1, 2]]
    assert (discarded.condition, discarded.invocations, discarded.answer) == (Condition.RETRIES_EXHAUSTED, 3, FAILED)


def test_no_retries_means_one_invocation() -> None:
    function, destination = failing_on(1), Destination()
    deliver(function, [record(1)], RetryPolicy(max_retries=0), destination)
    assert (function.calls, destination.offsets) == ([[1]], [[1]])


def test_without_a_destination_an_exhausted_batch_is_dropped_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    deliver(failing_on(1), [record(1)], RetryPolicy(max_retries=0))
    assert "flight-operations-0 offset 1" in caplog.text
    assert "no on-failure destination" in caplog.text


def test_a_destination_that_is_out_of_reach_is_waited_for() -> None:
    destination = Destination(failures=3)
    deliver(failing_on(1), [record(1)], RetryPolicy(max_retries=0), destination)
    assert destination.offsets == [[1]]


@pytest.mark.parametrize(("answer", "left"), [(SUCCEEDED, []), (FAILED, [1, 2]), (THROTTLED, [1, 2])])
def test_only_an_invocation_that_succeeded_leaves_nothing_to_do(answer: Answer, left: list[int]) -> None:
    said, remaining = Delivery(SOURCE, Function(lambda _: answer), RetryPolicy()).attempt([record(1), record(2)])
    assert said is answer
    assert [found.offset for found in remaining] == left


def test_being_throttled_costs_no_retry() -> None:
    answers = [THROTTLED] * 5 + [FAILED, SUCCEEDED]
    destination = Destination()
    deliver(Function(lambda _: answers.pop(0)), [record(1)], RetryPolicy(max_retries=1), destination)
    assert (answers, destination.taken) == ([], [])


def test_bisecting_isolates_the_bad_record_and_costs_no_retry() -> None:
    function, destination = failing_on(3), Destination()
    deliver(function, [record(i) for i in (1, 2, 3, 4)], RetryPolicy(max_retries=1, bisect=True), destination)
    assert function.calls == [[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4]]
    assert destination.offsets == [[3]]


def test_bisecting_alone_still_retries_the_bad_record_for_ever() -> None:
    function = failing_on(2)
    with pytest.raises(Abandoned):
        deliver(function, [record(1), record(2)], RetryPolicy(bisect=True), stop=StopAfter(waits=50))
    assert function.calls[:2] == [[1, 2], [1]]
    assert function.calls[2:] == [[2]] * (len(function.calls) - 2)


def test_a_partial_response_goes_on_from_the_first_failed_record() -> None:
    function, destination = reporting(3, 5), Destination()
    policy = RetryPolicy(max_retries=1, partial_responses=True)
    deliver(function, [record(i) for i in range(1, 6)], policy, destination)
    assert function.calls == [[1, 2, 3, 4, 5], [3, 4, 5], [3, 4, 5]]
    assert destination.offsets == [[3, 4, 5]]


def test_what_a_partial_response_leaves_has_all_of_its_retries_as_lambda_was_recorded_to_do() -> None:
    function, destination = reporting(5), Destination()
    deliver(function, [record(i) for i in (3, 4, 5)], RetryPolicy(max_retries=3, partial_responses=True), destination)
    assert function.calls == [[3, 4, 5], [5], [5], [5], [5]]
    assert [found.invocations for found in destination.taken] == [4]


def test_partial_responses_and_bisecting_discard_only_the_bad_records() -> None:
    destination = Destination()
    policy = RetryPolicy(max_retries=0, partial_responses=True, bisect=True)
    deliver(reporting(2, 4), [record(i) for i in range(1, 6)], policy, destination)
    assert destination.offsets == [[2], [4]]


def test_retries_start_anew_for_the_next_bad_record() -> None:
    answers = {1: 2, 3: 2}

    def answer(offsets: list[int]) -> Answer:
        failed = [offset for offset in offsets if answers.get(offset, 0) > 0]
        for offset in failed[:1]:
            answers[offset] -= 1
        failures = [{"itemIdentifier": _identifier(offset)} for offset in failed[:1]]
        return Answer(Verdict.SUCCEEDED, payload={"batchItemFailures": failures})

    destination = Destination()
    policy = RetryPolicy(max_retries=2, partial_responses=True)
    deliver(Function(answer), [record(i) for i in (1, 2, 3)], policy, destination)
    assert destination.taken == []


def test_partial_failures_are_taken_by_partition() -> None:
    delivery = Delivery(SOURCE, reporting(2, partition=1), RetryPolicy(partial_responses=True))
    _, remaining = delivery.attempt([record(1), record(2), record(1, partition=1), record(2, partition=1)])
    assert remaining == [record(2, partition=1)]


@pytest.mark.parametrize("payload", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, "done", 7])
def test_a_response_that_names_no_failure_is_a_success(payload: object) -> None:
    function = Function(lambda _: Answer(Verdict.SUCCEEDED, payload=payload))
    deliver(function, [record(1)], RetryPolicy(partial_responses=True))
    assert function.calls == [[1]]


@pytest.mark.parametrize(
    "failures",
    [
        "all of them",
        [{}],
        ["flight-operations-0"],
        [{"itemIdentifier": None}],
        [{"itemIdentifier": ""}],
        [{"itemIdentifier": _identifier(99)}],
        [{"itemIdentifier": _identifier(2, partition=7)}],
        [{"itemIdentifier": {"topic-partition": "flight-operations-0", "offset": True}}],
        [{"itemIdentifier": _identifier(2)}, {"itemIdentifier": _identifier(99)}],
    ],
)
def test_a_response_with_an_unknown_identifier_fails_the_whole_batch(failures: object) -> None:
    function = Function(lambda _: Answer(Verdict.SUCCEEDED, payload={"batchItemFailures": failures}))
    destination = Destination()
    deliver(function, [record(1), record(2)], RetryPolicy(partial_responses=True, max_retries=0), destination)
    assert destination.offsets == [[1, 2]]


def test_partial_responses_mean_nothing_unless_the_mapping_asks_for_them() -> None:
    function = reporting(1)
    deliver(function, [record(1)])
    assert function.calls == [[1]]


def test_records_that_are_too_old_never_reach_the_function() -> None:
    function, destination = Function(), Destination()
    deliver(function, [record(10), record(20), record(90)], RetryPolicy(max_age_seconds=60), destination, now=100)
    assert function.calls == [[90]]
    (discarded,) = destination.taken
    assert destination.offsets == [[10, 20]]
    assert (discarded.condition, discarded.invocations, discarded.answer) == (Condition.TOO_OLD, 0, None)


def test_the_age_limit_ends_the_retries_of_a_throttled_batch() -> None:
    destination, clock = Destination(), iter(range(0, 1000, 10))
    delivery = Delivery(
        SOURCE,
        Function(lambda _: THROTTLED),
        RetryPolicy(max_age_seconds=60),
        destination,
        clock=lambda: float(next(clock)),
    )
    delivery.deliver([record(1)], StopAfter())
    assert destination.offsets == [[1]]


def test_a_stopped_delivery_hands_its_records_back() -> None:
    function = failing_on(1)
    with pytest.raises(Abandoned):
        deliver(function, [record(1)], stop=StopAfter(waits=3))
    assert len(function.calls) == 3


def test_a_stopped_delivery_never_invokes() -> None:
    function = Function()
    with pytest.raises(Abandoned):
        deliver(function, [record(1)], stop=StopAfter(waits=0))
    assert function.calls == []


def test_a_stop_ends_the_wait_for_a_destination() -> None:
    destination = Destination(failures=100)
    with pytest.raises(Abandoned):
        deliver(failing_on(1), [record(1)], RetryPolicy(max_retries=0), destination, stop=StopAfter(waits=5))
    assert destination.taken == []
