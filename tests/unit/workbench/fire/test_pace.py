"""A replay's clock runs faster than the day, can be held, and goes on where it was."""

from datetime import UTC, datetime, timedelta

import pytest

from flightpulse.workbench.fire.pace import Pace

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = BEGAN

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_at_speed_3600_an_hour_takes_a_second():
    pace = Pace(3600, now=Clock())

    assert [pace.at(hours * HOUR) - BEGAN for hours in (0, 1, 5)] == [0 * SECOND, SECOND, 5 * SECOND]


def test_while_it_is_held_no_time_of_the_day_passes():
    clock = Clock()
    pace = Pace(3600, now=clock)

    clock.wait(2)
    pace.pause()
    clock.wait(100)
    assert pace.held
    pace.resume()

    assert not pace.held
    assert pace.at(5 * HOUR) - BEGAN == 105 * SECOND


def test_holding_and_going_on_twice_is_no_different():
    clock = Clock()
    pace = Pace(3600, now=clock)
    pace.pause()
    clock.wait(10)
    pace.pause()
    pace.resume()
    clock.wait(3)
    pace.resume()

    assert pace.at(1 * HOUR) - BEGAN == 11 * SECOND


def test_a_replay_that_goes_on_begins_where_it_was_stopped():
    pace = Pace(3600, now=Clock(), passed=5 * HOUR)

    assert pace.at(6 * HOUR) - BEGAN == SECOND


@pytest.mark.parametrize("passed", [0 * HOUR, 5 * HOUR])
def test_what_comes_before_a_replay_begins_takes_no_time_of_its_day(passed: timedelta):
    clock = Clock()
    pace = Pace(3600, now=clock, passed=passed)
    clock.wait(20)
    pace.pause()
    pace.resume()

    pace.begin()

    assert pace.at(passed + HOUR) - clock.now == SECOND


def test_a_replay_that_is_stopped_while_it_is_held_is_held_no_longer():
    pace = Pace(3600, now=Clock())
    pace.pause()

    pace.stop()

    assert (pace.stopped, pace.held) == (True, False)
