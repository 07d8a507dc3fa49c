"""How long the step player takes to replay and to pack long histories: ``pytest -s tests/benchmarks``.

The figures are printed; a slow machine fails nothing.
"""

import sys
import time

import pytest

from flightpulse.workbench.player import Player
from tests.unit.workbench.player import runs

_ROUNDS = 3


def _figure(what: str, seconds: float, events: int) -> None:
    each = 1e6 * seconds / events
    sys.stdout.write(f"\n{what}: {events} events in {seconds:.2f} s of processor time, {each:.0f} µs each\n")


@pytest.mark.parametrize(
    "items",
    [
        pytest.param(46, id="500 events"),
        pytest.param(930, id="10,000 events", marks=pytest.mark.prove),
        pytest.param(2270, id="25,000 events", marks=pytest.mark.prove),
    ],
)
def test_replaying_a_history(items: int) -> None:
    """25,000 events are the most that Step Functions keeps of an execution."""
    history = runs.chunk_of(items)
    best = float("inf")
    for _ in range(_ROUNDS):
        before = time.process_time()
        captions = Player(runs.MAP, history).captions()
        best = min(best, time.process_time() - before)
    _figure("replayed", best, len(history))
    assert len(captions) == len(history)


def test_packing_a_long_history_into_a_page() -> None:
    history = runs.chunk_of(930)
    player = Player(runs.MAP, history)
    player.captions()
    before = time.process_time()
    page = player.page()
    _figure(f"packed into {len(page.encode()) / 1000:.0f} KB", time.process_time() - before, len(history))
    assert len(page.encode()) < 250_000
