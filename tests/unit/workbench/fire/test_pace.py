"""A replay's clock runs faster than the day, and goes on where it was."""

from datetime import UTC, datetime, timedelta

from flightpulse.workbench.fire.pace import Pace

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def test_at_speed_3600_an_hour_takes_a_second():
    pace = Pace(3600, since=BEGAN)

    assert [pace.at(hours * HOUR) - BEGAN for hours in (0, 1, 5)] == [0 * SECOND, SECOND, 5 * SECOND]


def test_a_replay_that_goes_on_begins_where_it_was_stopped():
    pace = Pace(3600, passed=5 * HOUR, since=BEGAN)

    assert pace.at(6 * HOUR) - BEGAN == SECOND
