"""A metric's values by period, read little by little, give what all of them give at once."""

from typing import Any

from localcloud.services.cloudwatch.alarms import Periods

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
