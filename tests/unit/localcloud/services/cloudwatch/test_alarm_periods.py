"""A metric's values by period, read little by little, give what all of them give at once."""

from typing import Any

import pytest
from ministack.services import cloudwatch as emulator

from localcloud.services.cloudwatch.alarms import Periods
from localcloud.services.cloudwatch.period import Period

MINUTE = 60.0


def value(at: float, number: float, unit: str = "Count") -> dict[str, Any]:
    return {
        "Timestamp": at,
        "Value": number,
        "Unit": unit,
        "SampleCount": 1,
        "Sum": number,
        "Minimum": number,
        "Maximum": number,
    }


def statistic_set(count: float, total: float, low: float, high: float) -> dict[str, Any]:
    said = {"SampleCount": count, "Sum": total, "Minimum": low, "Maximum": high}
    return {"Timestamp": 0, "Value": total / count if count else 0.0, "Unit": "Count", "_stat": said}


def test_values_that_come_later_count_in_their_period():
    # Given a metric that has been looked at
    points = [value(0, 1), value(59, 2), value(60, 4)]
    periods = Periods(points, None, MINUTE)
    assert periods.since(0, 60, "Sum") == {0: 3, 60: 4}

    # When new values come, one of them late
    points += [value(61, 8), value(3, 16)]

    # Then both periods have theirs
    assert periods.since(0, 60, "Sum") == {0: 19, 60: 12}
    assert periods.since(0, 60, "Maximum") == {0: 16, 60: 8}


def test_what_is_before_the_window_is_forgotten_and_what_is_ahead_counts_as_now():
    periods = Periods([value(0, 1), value(60, 2), value(130, 4)], None, MINUTE)

    assert periods.since(60, 60, "Sum") == {60: 6}
    assert periods.since(60, 120, "Sum") == {60: 2, 120: 4}


def test_only_values_of_the_unit_count():
    periods = Periods([value(0, 1), value(1, 2, "Seconds")], "Seconds", MINUTE)

    assert periods.since(0, 0, "Sum") == {0: 2}


@pytest.mark.parametrize(
    "statistic", ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "p50", "p99", "p99.9", "?"]
)
@pytest.mark.parametrize(
    "points",
    [
        pytest.param([value(0, number) for number in (5, 1, 4, 1.5, 3)], id="values"),
        pytest.param([value(0, 7)], id="one value"),
        pytest.param([value(0, 2), {**value(0, 1), "Count": 3.0}], id="a value seen three times"),
        pytest.param([value(0, 2), value(0, -1)], id="a value below zero"),
        pytest.param([value(0, 2), {**value(0, 4), "Count": 0.0}], id="a value never seen"),
        pytest.param([value(0, 2), statistic_set(4, 8, 2, 2)], id="a statistic set of one value"),
        pytest.param([value(0, 2), statistic_set(4, 8, 1, 3)], id="a statistic set of several values"),
        pytest.param([statistic_set(0, 0, 0, 0)], id="an empty statistic set"),
    ],
)
def test_a_statistic_kept_up_is_that_of_all_values_at_once(statistic: str, points: list[dict[str, Any]]):
    period = Period()
    for number, point in enumerate(points, 1):
        period.add(point)
        seen = points[:number]

        assert period.statistic(statistic) == emulator._stat_value(emulator._calc_stats(seen), statistic, seen)
