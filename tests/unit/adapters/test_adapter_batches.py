import pytest

from flightpulse.adapters.backoff import Backoff
from flightpulse.adapters.chunks import chunked


def test_entries_are_cut_by_count_in_order() -> None:
    assert list(chunked(range(7), count=3)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_entries_are_cut_by_size_as_well() -> None:
    assert list(chunked([4, 4, 3, 9, 1], count=3, size=10, size_of=int)) == [[4, 4], [3], [9, 1]]


def test_an_entry_that_is_too_large_stands_alone() -> None:
    assert list(chunked([1, 99, 1], count=10, size=10, size_of=int)) == [[1], [99], [1]]


def test_no_entries_make_no_chunk() -> None:
    assert list(chunked([], count=3)) == []


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_back_off_waits_between_attempts_and_not_after_the_last(attempts: int) -> None:
    naps: list[float] = []
    assert list(Backoff(attempts=attempts, sleep=naps.append).tries()) == list(range(attempts))
    assert len(naps) == attempts - 1


def test_a_back_off_never_waits_longer_than_its_limit() -> None:
    naps: list[float] = []
    list(Backoff(attempts=50, base_seconds=1, limit_seconds=2, sleep=naps.append).tries())
    assert 0 <= min(naps) <= max(naps) <= 2
    assert len(set(naps)) > 1, "full jitter"
