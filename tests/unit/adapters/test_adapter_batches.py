import pytest

from flightpulse.adapters.aws import CLIENT_CONFIG
from flightpulse.adapters.backoff import Backoff
from flightpulse.adapters.chunks import chunked


def test_entries_are_cut_by_count_in_order() -> None:
    assert list(chunked(range(7), count=3)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_entries_are_cut_by_size_as_well() -> None:
    assert list(chunked([4, 4, 3, 9, 1], count=3, size=10, size_of=int)) == [[4, 4], [3], [9, 1]]
    assert list(chunked([4, 6, 5, 5], count=3, size=10, size_of=int)) == [[4, 6], [5, 5]]
    assert list(chunked([5, 6, 5, 6], count=3, size=10, size_of=int)) == [[5], [6], [5], [6]]


def test_an_entry_that_is_too_large_stands_alone() -> None:
    assert list(chunked([1, 99, 1], count=10, size=10, size_of=int)) == [[1], [99], [1]]


def test_no_entries_make_no_chunk() -> None:
    assert list(chunked([], count=3)) == []


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_back_off_waits_between_attempts_and_not_after_the_last(attempts: int) -> None:
    naps: list[float] = []
    assert list(Backoff(attempts=attempts, sleep=naps.append).tries()) == list(range(attempts))
    assert len(naps) == attempts - 1


def test_a_back_off_waits_anything_from_nothing_to_a_bound_that_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[tuple[float, float]] = []
    monkeypatch.setattr("random.uniform", lambda low, high: bounds.append((low, high)) or 0.0)
    list(Backoff(attempts=6, base_seconds=0.1, limit_seconds=2, sleep=lambda _: None).tries())
    assert bounds == [(0, pytest.approx(high)) for high in (0.2, 0.4, 0.8, 1.6, 2.0)]


@pytest.mark.parametrize("timeout", [60, 15], ids=["consumer", "api"])
def test_a_call_that_hangs_leaves_a_function_time_for_another(timeout: int) -> None:
    """One attempt ends well inside the shortest function's own time-out; all of them inside the consumer's."""
    attempt = CLIENT_CONFIG.connect_timeout + CLIENT_CONFIG.read_timeout
    assert 1 <= CLIENT_CONFIG.connect_timeout < CLIENT_CONFIG.read_timeout
    assert attempt < timeout
    assert CLIENT_CONFIG.retries["mode"] == "standard"
    assert CLIENT_CONFIG.retries["total_max_attempts"] > 1
    assert timeout < 60 or attempt * CLIENT_CONFIG.retries["total_max_attempts"] < timeout


def test_a_back_off_never_waits_longer_than_its_limit() -> None:
    naps: list[float] = []
    list(Backoff(attempts=50, base_seconds=1, limit_seconds=2, sleep=naps.append).tries())
    assert 0 <= min(naps) <= max(naps) <= 2
    assert len(set(naps)) > 1, "full jitter"
