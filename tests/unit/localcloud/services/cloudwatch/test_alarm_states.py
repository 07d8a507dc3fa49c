"""The state of an alarm, from its datapoints; the cases with missing data are those of the CloudWatch user guide."""

import pytest

from localcloud.services.cloudwatch.alarm_states import Datapoint, Rule, next_state, reason


def rule(periods: int, needed: int, missing: str = "missing") -> Rule:
    return Rule("GreaterThanThreshold", 5.0, periods, needed, missing)


def datapoints(drawn: str) -> list[Datapoint]:
    """X is beyond the threshold, 0 is not, - is missing."""
    return [Datapoint(index * 60.0, 9.0 if mark == "X" else 1.0) for index, mark in enumerate(drawn) if mark != "-"]


@pytest.mark.parametrize(
    ("drawn", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0XX", "OK", "OK", "OK", "OK"),
        ("XXX", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--0", "OK", "OK", "OK", "OK"),
        ("---", "INSUFFICIENT_DATA", "kept", "ALARM", "OK"),
        ("X--", "ALARM", "kept", "ALARM", "OK"),
    ],
)
def test_three_out_of_three(drawn: str, missing: str, ignore: str, breaching: str, not_breaching: str) -> None:
    treatments = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}

    for treatment, expected in treatments.items():
        assert next_state(rule(3, 3, treatment), datapoints(drawn), "kept") == expected


@pytest.mark.parametrize(
    ("drawn", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0XX", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0X-", "OK", "OK", "ALARM", "OK"),
        ("--0", "OK", "OK", "ALARM", "OK"),
        ("--X", "ALARM", "kept", "ALARM", "OK"),
    ],
)
def test_two_out_of_three(drawn: str, missing: str, ignore: str, breaching: str, not_breaching: str) -> None:
    treatments = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}

    for treatment, expected in treatments.items():
        assert next_state(rule(3, 2, treatment), datapoints(drawn), "kept") == expected


@pytest.mark.parametrize(
    ("comparison", "value", "beyond"),
    [
        ("GreaterThanThreshold", 5.0, False),
        ("GreaterThanOrEqualToThreshold", 5.0, True),
        ("LessThanThreshold", 5.0, False),
        ("LessThanOrEqualToThreshold", 5.0, True),
        ("LessThanThreshold", 4.9, True),
        ("SomethingElse", 4.9, False),
    ],
)
def test_comparisons_with_the_threshold(comparison: str, value: float, beyond: bool) -> None:
    assert Rule(comparison, 5.0, 1, 1, "missing").breached_by(value) is beyond


def test_the_reason_names_datapoints_and_threshold() -> None:
    assert reason(rule(3, 2), datapoints("XX0"), "ALARM") == (
        "Threshold Crossed: 2 out of the last 3 datapoints [9.0 (01/01/70 00:00:00), 9.0 (01/01/70 00:01:00)] were "
        "greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    assert "was not greater than the threshold" in reason(rule(1, 1), datapoints("0"), "OK")
    assert reason(rule(1, 1, "notBreaching"), [], "OK") == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[NonBreaching]."
    )
    assert reason(rule(2, 2), [], "INSUFFICIENT_DATA") == "Insufficient Data: 2 datapoints were unknown."
