"""What a relay commits, when, and what it does when partitions come and go."""

import threading
from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from awskit.kafka.records import Partition, Record
from awskit.relay import Answer, Observer, RetryPolicy, StartingPosition
from awskit.relay.delivery import Condition, Discarded
from tests.unit.awskit.relay.relay_fakes import (
    FAILED,
    SUCCEEDED,
    THROTTLED,
    FakeConsumer,
    FakeMessage,
    Function,
    RunningPoller,
)
from tests.waiting import PATIENCE_SECONDS, until


class Gate:
    """A function that keeps every invocation waiting until the test lets it go."""

    def __init__(self, answer: Answer = SUCCEEDED) -> None:
        self.entered = threading.Semaphore(0)
        self.calls: list[list[int]] = []
        self._open = threading.Event()
        self._answer = answer

    def __call__(self, event: dict[str, Any]) -> Answer:
        self.calls.append([entry["offset"] for entries in event["records"].values() for entry in entries])
        self.entered.release()
        assert self._open.wait(PATIENCE_SECONDS)
        return self._answer

    def open(self) -> None:
        self._open.set()


class Notes(Observer):
    def __init__(self) -> None:
        self.assigned_partitions: list[int] = []
        self.missing: list[tuple[Partition, int, int]] = []
        self.waits: list[str] = []
        self.recoveries = 0
        self.invocations: list[tuple[int, float, Answer]] = []

    def invoked(self, records: int, seconds: float, answer: Answer) -> None:
        self.invocations.append((records, seconds, answer))

    def assigned(self, partitions: int) -> None:
        self.assigned_partitions.append(partitions)

    def missed(self, partition: Partition, first_offset: int, count: int) -> None:
        self.missing.append((partition, first_offset, count))

    def waiting(self, why: str) -> None:
        self.waits.append(why)

    def recovered(self) -> None:
        self.recoveries += 1


def committed(consumer: FakeConsumer) -> dict[int, int]:
    found: dict[int, int] = {}
    for commit in consumer.commits:
        found |= commit
    return found


def once_per_offset(bad: int) -> Callable[[list[int]], Answer]:
    return lambda offsets: FAILED if bad in offsets else SUCCEEDED


def test_an_offset_is_committed_only_after_the_function_succeeded() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0), FakeMessage(1))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        assert consumer.commits == []
        function.open()
        until(lambda: committed(consumer) == {0: 2} or committed(consumer) == {0: 1})


def test_a_partitions_next_batch_waits_for_the_one_before_it() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function, batch_size=1, concurrency=5):
        consumer.assign(0, 1)
        consumer.deliver(FakeMessage(0), FakeMessage(1), FakeMessage(0, partition=1))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        assert not function.entered.acquire(timeout=0.2)
        assert function.calls == [[0], [0]]
        function.open()
        until(lambda: committed(consumer) == {0: 2, 1: 1})


def test_a_flood_of_records_does_not_keep_the_relay_from_its_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer, waits, partitions = FakeConsumer(), list[float](), range(12)
    poll = consumer.poll
    monkeypatch.setattr(consumer, "poll", lambda timeout: waits.append(timeout) or poll(timeout))
    consumer.assign(*partitions)
    consumer.deliver(*(FakeMessage(offset, partition=number) for offset in range(100) for number in partitions))
    with RunningPoller(consumer, Function()):
        until(lambda: committed(consumer) == dict.fromkeys(partitions, 100))

    # The relay takes what is there without waiting; between two rounds of that it does everything else.
    assert max(len(list(polls)) for waiting, polls in groupby(waits, bool) if not waiting) < 1000


def test_records_are_batched_while_the_function_is_busy() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        consumer.deliver(*[FakeMessage(offset) for offset in range(1, 8)])
        function.open()
        until(lambda: committed(consumer) == {0: 8})
    assert function.calls == [[0], [1, 2, 3, 4, 5, 6, 7]]


def test_a_failing_partition_holds_up_no_other_partition() -> None:
    consumer, function = FakeConsumer(), Function(once_per_offset(bad=7))
    with RunningPoller(consumer, function):
        consumer.assign(0, 1)
        consumer.deliver(FakeMessage(7), FakeMessage(1, partition=1), FakeMessage(2, partition=1))
        until(lambda: committed(consumer) == {1: 3})
        consumer.deliver(FakeMessage(3, partition=1))
        until(lambda: committed(consumer) == {1: 4})
    assert 0 not in committed(consumer)


def test_a_throttled_batch_is_invoked_again() -> None:
    answers = [THROTTLED, THROTTLED, SUCCEEDED]
    consumer, function = FakeConsumer(), Function(lambda _: answers.pop(0))
    with RunningPoller(consumer, function):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        until(lambda: committed(consumer) == {0: 1})
    assert function.calls == [[0]] * 3


def test_each_invocation_is_told_with_its_records_its_time_and_its_answer() -> None:
    consumer, notes = FakeConsumer(), Notes()
    with RunningPoller(consumer, Function(), observer=notes):
        consumer.assign(0, 1)
        consumer.deliver(FakeMessage(0), FakeMessage(1), FakeMessage(0, partition=1))
        until(lambda: committed(consumer) == {0: 2, 1: 1})
    assert sum(records for records, _, _ in notes.invocations) == 3
    assert all(0 <= seconds < PATIENCE_SECONDS and answer is SUCCEEDED for _, seconds, answer in notes.invocations)


def test_a_revoked_partition_is_handed_over_with_its_last_success() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function):
        consumer.assign(0, 1)
        consumer.deliver(FakeMessage(4))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        over = consumer.revoke(0)
        assert not over.wait(0.2)
        function.open()
        assert over.wait(PATIENCE_SECONDS)
        assert committed(consumer) == {0: 5}


def test_a_result_that_comes_after_the_handover_is_not_committed() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function, handover_seconds=0.05):
        consumer.assign(0, 1)
        consumer.deliver(FakeMessage(4))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        assert consumer.revoke(0).wait(PATIENCE_SECONDS)
        function.open()
        consumer.deliver(FakeMessage(9, partition=1))
        until(lambda: 1 in committed(consumer))
    assert committed(consumer) == {1: 10}


def test_a_result_for_an_earlier_assignment_does_not_count_for_a_new_one() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function, handover_seconds=0.05, batch_size=1, concurrency=2):
        consumer.assign(0)
        consumer.deliver(FakeMessage(4))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        assert consumer.revoke(0).wait(PATIENCE_SECONDS)
        consumer.assign(0, 1)
        function.open()
        consumer.deliver(FakeMessage(9, partition=1))
        until(lambda: 1 in committed(consumer))
    assert committed(consumer) == {1: 10}


def test_a_revoked_partition_stops_retrying() -> None:
    consumer, function = FakeConsumer(), Function(lambda _: FAILED)
    with RunningPoller(consumer, function):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        until(lambda: len(function.calls) > 2)
        assert consumer.revoke(0).wait(PATIENCE_SECONDS)
        calls = len(function.calls)
        consumer.deliver(FakeMessage(1))
    assert len(function.calls) == calls
    assert consumer.commits == []


def test_a_lost_partition_is_never_committed() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function):
        consumer.assign(0, 1)
        consumer.deliver(FakeMessage(4))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        assert consumer.lose(0).wait(PATIENCE_SECONDS)
        function.open()
        consumer.deliver(FakeMessage(0, partition=1))
        until(lambda: 1 in committed(consumer))
    assert committed(consumer) == {1: 1}


def test_records_of_a_partition_that_is_not_ours_are_left_alone() -> None:
    consumer, function = FakeConsumer(), Function()
    with RunningPoller(consumer, function):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0, partition=5), FakeMessage(0))
        until(lambda: committed(consumer) == {0: 1})
    assert function.calls == [[0]]


def test_a_commit_that_fails_is_sent_again() -> None:
    consumer = FakeConsumer()
    consumer.refuse_commits = 1
    with RunningPoller(consumer, Function()):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        until(lambda: committed(consumer) == {0: 1})


def test_stopping_finishes_what_runs_and_commits_it() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function) as running:
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        running.poller.stop()
        function.open()
        running.join()
    assert committed(consumer) == {0: 1}
    assert consumer.closed.is_set()


def test_stopping_gives_up_retries_without_committing() -> None:
    consumer, function = FakeConsumer(), Function(lambda _: FAILED)
    slow = RetryPolicy(first_back_off=60, longest_back_off=60)
    with RunningPoller(consumer, function, policy=slow) as running:
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        until(lambda: function.calls)
        running.poller.stop()
        running.join()
    assert consumer.commits == []


def test_hurrying_does_not_wait_for_a_running_invocation() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function, shutdown_seconds=60, handover_seconds=60) as running:
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        assert function.entered.acquire(timeout=PATIENCE_SECONDS)
        running.poller.stop()
        running.poller.hurry()
        running.join()
    assert consumer.commits == []


def test_a_destination_that_took_the_record_lets_the_partition_go_on() -> None:
    taken: list[Discarded[Record]] = []
    consumer, function = FakeConsumer(), Function(once_per_offset(bad=0))
    policy = RetryPolicy(max_retries=1, first_back_off=0.01)
    with RunningPoller(consumer, function, policy=policy, destination=taken.append, batch_size=1):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0), FakeMessage(1))
        until(lambda: committed(consumer) == {0: 2})
    assert [(found.condition, found.invocations) for found in taken] == [(Condition.RETRIES_EXHAUSTED, 2)]
    assert function.calls == [[0], [0], [1]]


def test_a_record_that_no_invocation_can_carry_goes_to_the_destination() -> None:
    taken: list[Discarded[Record]] = []
    consumer, function = FakeConsumer(), Function()
    with RunningPoller(consumer, function, destination=taken.append):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0, value=b"x" * 5_000_000), FakeMessage(1))
        until(lambda: committed(consumer) == {0: 2})
    assert [found.condition for found in taken] == [Condition.TOO_LARGE]
    assert function.calls == [[1]]


def test_records_that_are_filtered_out_are_committed_too() -> None:
    consumer, function = FakeConsumer(), Function()
    with RunningPoller(consumer, function, keep=lambda found: found.offset % 2 == 1):
        consumer.assign(0)
        consumer.deliver(*[FakeMessage(offset) for offset in range(5)])
        until(lambda: committed(consumer) == {0: 5})
    assert [offset for call in function.calls for offset in call] == [1, 3]


def test_a_full_partition_is_not_fetched_until_its_batches_are_gone() -> None:
    consumer, function = FakeConsumer(), Gate()
    with RunningPoller(consumer, function, batch_size=2):
        consumer.assign(0)
        consumer.deliver(*[FakeMessage(offset) for offset in range(8)])
        until(lambda: consumer.paused == [0])
        assert consumer.resumed == [0]
        function.open()
        until(lambda: consumer.resumed == [0, 0])


def test_a_partition_that_comes_back_is_fetched_again() -> None:
    consumer = FakeConsumer()
    with RunningPoller(consumer, Function()):
        consumer.assign(0)
        assert consumer.revoke(0).wait(PATIENCE_SECONDS)
        consumer.assign(0)
        until(lambda: consumer.resumed == [0])


def test_a_new_group_begins_with_the_oldest_record() -> None:
    consumer = FakeConsumer(low=30, high=90)
    with RunningPoller(consumer, Function()):
        consumer.assign(0)
        until(lambda: consumer.starts == {0: 30})


def test_latest_is_committed_before_anything_is_read() -> None:
    consumer = FakeConsumer(high=90)
    with RunningPoller(consumer, Function(), starting_position=StartingPosition.LATEST):
        consumer.assign(0, 1)
        until(lambda: consumer.starts == {0: 90, 1: 90})
    assert consumer.commits == [{0: 90, 1: 90}]


def test_latest_is_committed_later_when_a_rebalance_refuses_it() -> None:
    consumer = FakeConsumer(high=90)
    consumer.refuse_commits = 1
    with RunningPoller(consumer, Function(), starting_position=StartingPosition.LATEST):
        consumer.assign(0)
        until(lambda: consumer.commits == [{0: 90}])


def test_an_offset_that_cannot_be_read_is_asked_for_again(monkeypatch: Any) -> None:
    monkeypatch.setattr("awskit.relay.poller._SESSION_RETRY_SECONDS", 0.01)
    consumer, notes = FakeConsumer(high=90), Notes()
    consumer.refuse_offsets = 1
    with RunningPoller(consumer, Function(), observer=notes, starting_position=StartingPosition.LATEST):
        consumer.assign(0)
        until(lambda: notes.waits)
        assert consumer.starts == {}
        consumer.assign(0)
        until(lambda: consumer.starts == {0: 90})


def test_a_timestamp_is_looked_up_as_milliseconds() -> None:
    consumer = FakeConsumer()
    options = {"starting_position": StartingPosition.AT_TIMESTAMP, "starting_timestamp_ms": 42_000}
    with RunningPoller(consumer, Function(), **options):
        consumer.assign(0)
        until(lambda: consumer.starts == {0: 42})


@pytest.mark.parametrize("offset", [0, 1, 40])
def test_a_known_group_goes_on_from_its_committed_offset(offset: int) -> None:
    consumer = FakeConsumer(high=90, committed=offset)
    with RunningPoller(consumer, Function(), starting_position=StartingPosition.LATEST):
        consumer.assign(0)
        until(lambda: consumer.starts == {0: offset})
    assert consumer.commits == []


def test_records_that_retention_removed_before_the_start_are_reported() -> None:
    consumer, notes = FakeConsumer(low=50, committed=40), Notes()
    with RunningPoller(consumer, Function(), observer=notes):
        consumer.assign(0)
        until(lambda: notes.missing == [(("flight-operations", 0), 40, 10)])


def test_records_that_retention_removed_while_reading_are_reported() -> None:
    consumer, notes = FakeConsumer(), Notes()
    with RunningPoller(consumer, Function(), observer=notes):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        until(lambda: committed(consumer) == {0: 1})
        consumer.low = 20
        consumer.deliver(FakeMessage(20))
        until(lambda: notes.missing == [(("flight-operations", 0), 1, 19)])


@pytest.mark.parametrize("low", [0, 1], ids=["nothing removed", "what was read removed"])
def test_the_gaps_of_transactions_are_no_loss(low: int) -> None:
    consumer, notes = FakeConsumer(), Notes()
    with RunningPoller(consumer, Function(), observer=notes):
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        until(lambda: committed(consumer) == {0: 1})
        consumer.low = low
        consumer.deliver(FakeMessage(5))
        until(lambda: committed(consumer) == {0: 6})
    assert notes.missing == []


def test_trouble_with_kafka_is_waited_out_and_told(monkeypatch: Any) -> None:
    monkeypatch.setattr("awskit.relay.poller._SESSION_RETRY_SECONDS", 0.01)
    consumer, notes = FakeConsumer(), Notes()
    with RunningPoller(consumer, Function(), observer=notes):
        consumer.fail(KafkaException(KafkaError(KafkaError._TRANSPORT)))
        until(lambda: notes.waits)
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        until(lambda: committed(consumer) == {0: 1})


def test_a_broker_that_is_back_is_noticed_without_a_record(monkeypatch: Any) -> None:
    monkeypatch.setattr("awskit.relay.session._PROBE_SECONDS", 0.01)
    consumer, notes = FakeConsumer(), Notes()
    with RunningPoller(consumer, Function(), observer=notes):
        consumer.assign(0)
        until(lambda: notes.assigned_partitions)
        assert consumer.asked == 0
        consumer.complain()
        until(lambda: consumer.asked >= 3)
        assert (len(notes.waits), notes.recoveries) == (1, 0)
        consumer.answers = True
        until(lambda: notes.recoveries == 1)


def test_a_broker_that_is_away_is_not_asked_all_the_time(monkeypatch: Any) -> None:
    monkeypatch.setattr("awskit.relay.session._PROBE_SECONDS", 3600)
    consumer = FakeConsumer()
    with RunningPoller(consumer, Function()):
        consumer.assign(0)
        consumer.complain()
        until(lambda: consumer.asked)
        for _ in range(3):
            assert consumer.turn().wait(PATIENCE_SECONDS)
        assert consumer.asked == 1


def test_an_error_in_the_program_ends_the_relay_loudly() -> None:
    def broken(_: dict[str, Any]) -> Answer:
        raise AttributeError("a bug")

    consumer = FakeConsumer()
    with RunningPoller(consumer, broken) as running:
        consumer.assign(0)
        consumer.deliver(FakeMessage(0))
        running.join()
    assert isinstance(running.error, AttributeError)
    assert consumer.commits == []


def test_the_owner_hears_how_many_partitions_it_has() -> None:
    consumer, notes = FakeConsumer(), Notes()
    with RunningPoller(consumer, Function(), observer=notes):
        consumer.assign(0, 1, 2)
        assert consumer.revoke(1).wait(PATIENCE_SECONDS)
        until(lambda: notes.assigned_partitions == [3, 2])


def test_a_consumer_never_commits_by_itself() -> None:
    consumer = FakeConsumer()
    with RunningPoller(consumer, Function()):
        until(lambda: consumer.settings)
    assert consumer.settings["enable.auto.commit"] is False
    assert consumer.settings["enable.auto.offset.store"] is False
    assert consumer.settings["partition.assignment.strategy"] == "cooperative-sticky"
