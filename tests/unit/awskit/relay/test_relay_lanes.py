"""Records that wait for their batch."""

from hypothesis import given
from hypothesis import strategies as st

from awskit.kafka.records import MAX_PAYLOAD_BYTES
from awskit.relay.lanes import Lane, batch_is_due, take_batch
from tests.unit.awskit.relay.relay_fakes import TOPIC, record

MEGABYTE = b"x" * 1_000_000


def lane(partition: int, *arrivals: float, value: bytes = b"{}") -> Lane:
    found = Lane((TOPIC, partition), next_offset=0)
    for offset, now in enumerate(arrivals):
        found.add(record(offset, partition, value), now)
    return found


def due(*lanes: Lane, now: float, size: int = 10, window: float = 5.0) -> bool:
    return batch_is_due(lanes, batch_size=size, window=window, now=now)


def test_nothing_is_due_without_records() -> None:
    assert not due(lane(0), now=100)


def test_a_batch_is_due_when_its_oldest_record_has_waited_for_the_window() -> None:
    waiting = lane(0, 10.0, 12.0)
    assert not due(waiting, now=14.9)
    assert due(waiting, now=15.0)


def test_a_full_batch_is_due_at_once() -> None:
    assert due(lane(0, 1.0, 1.0), lane(1, 1.0), now=1.0, size=3)


def test_six_megabytes_are_due_at_once() -> None:
    assert due(lane(0, *[1.0] * 5, value=MEGABYTE), now=1.0)


def test_a_busy_partition_waits_for_its_batch_to_end() -> None:
    busy = lane(0, 1.0)
    busy.busy = True
    assert not due(busy, now=100)
    assert take_batch([busy], batch_size=10) == {}


def test_a_batch_takes_the_oldest_partition_first() -> None:
    young, old = lane(0, 5.0, 6.0), lane(1, 1.0, 2.0)
    batch = take_batch([young, old], batch_size=3)
    assert {found.partition[1]: [item.offset for item in items] for found, items in batch.items()} == {
        1: [0, 1],
        0: [0],
    }
    assert (young.busy, old.busy) == (True, True)


def test_a_batch_stays_under_the_payload_quota() -> None:
    waiting = lane(0, *[1.0] * 10, value=MEGABYTE)
    (records,) = take_batch([waiting], batch_size=10).values()
    assert len(records) == 4
    assert sum(found.payload_bytes for found in records) < MAX_PAYLOAD_BYTES


def test_a_record_that_is_too_large_for_any_invocation_comes_alone() -> None:
    waiting = lane(0, 1.0, 1.0, value=MEGABYTE * 5)
    (records,) = take_batch([waiting], batch_size=10).values()
    assert [found.offset for found in records] == [0]


def test_a_lane_is_full_with_two_batches_or_six_megabytes() -> None:
    assert lane(0, *[1.0] * 20).full(batch_size=10)
    assert not lane(0, *[1.0] * 19).full(batch_size=10)
    assert lane(0, *[1.0] * 6, value=MEGABYTE).full(batch_size=10)


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(1, 7))
def test_batches_keep_the_order_of_every_partition_and_lose_nothing(partitions: list[int], size: int) -> None:
    lanes = [Lane((TOPIC, number), next_offset=0) for number in range(4)]
    for now, partition in enumerate(partitions):
        lanes[partition].add(record(lanes[partition].next_offset, partition), float(now))
    taken: dict[int, list[int]] = {number: [] for number in range(4)}
    while batch := take_batch(lanes, batch_size=size):
        assert sum(map(len, batch.values())) <= size
        for found, records in batch.items():
            taken[found.partition[1]] += [item.offset for item in records]
            found.busy = False
    assert taken == {number: list(range(partitions.count(number))) for number in range(4)}
