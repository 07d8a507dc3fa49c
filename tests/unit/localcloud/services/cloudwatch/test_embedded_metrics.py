"""Metrics that log events carry by themselves, and metrics that filters make of them."""

import json
from typing import Any

import pytest

from localcloud.services.cloudwatch.embedded_metrics import Datum, embedded, filtered, transformation_problem


def event(directive: dict[str, Any], **members: Any) -> str:
    return json.dumps({"_aws": {"Timestamp": 5000, "CloudWatchMetrics": [directive]}, **members})


def test_each_metric_counts_for_each_dimension_set() -> None:
    directive = {
        "Namespace": "N",
        "Dimensions": [["a"], ["a", "b"]],
        "Metrics": [{"Name": "X", "Unit": "Count"}, {"Name": "Y"}],
    }

    data = embedded(event(directive, a="1", b=2, X=3, Y=[4, 5]), 0)

    assert data == [
        Datum("N", "X", {"a": "1"}, 5, "Count", (3,)),
        Datum("N", "X", {"a": "1", "b": "2"}, 5, "Count", (3,)),
        Datum("N", "Y", {"a": "1"}, 5, "None", (4, 5)),
        Datum("N", "Y", {"a": "1", "b": "2"}, 5, "None", (4, 5)),
    ]


def test_without_dimensions_the_metric_has_none() -> None:
    assert embedded(event({"Namespace": "N", "Metrics": [{"Name": "X"}]}, X=1), 0)[0].dimensions == {}


@pytest.mark.parametrize(
    "message",
    [
        'text with "_aws" in it',
        '{"_aws": 5}',
        '{"_aws": {"CloudWatchMetrics": "no"}}',
        event({"Metrics": [{"Name": "X"}]}, X=1),
        event({"Namespace": "N", "Metrics": [{"Name": "X"}]}),
        event({"Namespace": "N", "Metrics": [{"Name": "X"}]}, X="text"),
        event({"Namespace": "N", "Metrics": [{"Name": "X"}]}, X=True),
        event({"Namespace": "N", "Dimensions": [["missing"]], "Metrics": [{"Name": "X"}]}, X=1),
        event({"Namespace": "N", "Metrics": ["X"]}, X=1),
        event({"Namespace": "N", "Metrics": {"Name": "X"}}, X=1),
        event({"Namespace": "N", "Metrics": [{"Name": ["X"]}]}, X=1),
        event({"Namespace": "N", "Metrics": [{"Name": "X", "Unit": "Parsecs"}]}, X=1),
        event({"Namespace": "N", "Metrics": [{"Name": "X", "Unit": []}]}, X=1),
        event({"Namespace": "N", "Dimensions": [None], "Metrics": [{"Name": "X"}]}, X=1),
        event({"Namespace": "N", "Dimensions": 5, "Metrics": [{"Name": "X"}]}, X=1),
        event({"Namespace": "N", "Dimensions": [[["a"]]], "Metrics": [{"Name": "X"}]}, X=1),
        event({"Namespace": "N", "Dimensions": [["a"]], "Metrics": [{"Name": "X"}]}, X=1, a={"b": 1}),
        event({"Namespace": "N", "Metrics": [{"Name": "X"}]}, X=[1, "2"]),
        event({"Namespace": "N", "Metrics": [{"Name": "X"}]}, X=10**400),
        event({"Namespace": "N", "Metrics": [{"Name": "X"}]}, X=float("nan")),
        event({"Namespace": ["N"], "Metrics": [{"Name": "X"}]}, X=1),
        '{"_aws": {"Timestamp": "now", "CloudWatchMetrics": [{"Namespace": "N", "Metrics": [{"Name": "X"}]}]}, "X": 1}',
        '{"_aws": ' + "[" * 100_000,
    ],
)
def test_what_does_not_follow_the_specification_is_left_out(message: str) -> None:
    assert embedded(message, 0) == []


def named(count: int) -> str:
    names = [f"M{number}" for number in range(count)]
    return event({"Namespace": "N", "Metrics": [{"Name": name} for name in names]}, **dict.fromkeys(names, 1))


def dimensioned(count: int) -> str:
    names = [f"d{number}" for number in range(count)]
    return event(
        {"Namespace": "N", "Dimensions": [names], "Metrics": [{"Name": "X"}]}, X=1, **dict.fromkeys(names, "a")
    )


def valued(count: int) -> str:
    return event({"Namespace": "N", "Metrics": [{"Name": "X"}]}, X=[1] * count)


def test_the_limits_of_the_specification_are_held() -> None:
    for build, most in ((named, 100), (dimensioned, 30), (valued, 100)):
        assert embedded(build(most), 0)
        assert embedded(build(most + 1), 0) == []


def test_metrics_are_at_most_two_weeks_old_and_two_hours_ahead() -> None:
    message, at = event({"Namespace": "N", "Metrics": [{"Name": "X"}]}, X=1), 5000
    week, hour = 7 * 86_400_000, 3_600_000
    assert embedded(message, at + 2 * week)
    assert embedded(message, at + 2 * week + 1) == []
    assert embedded(message, at - 2 * hour)
    assert embedded(message, at - 2 * hour - 1) == []


def test_without_a_timestamp_the_time_of_the_log_event_counts() -> None:
    message = json.dumps({"_aws": {"CloudWatchMetrics": [{"Namespace": "N", "Metrics": [{"Name": "X"}]}]}, "X": 1})

    assert embedded(message, 7000)[0].timestamp == 7


def test_a_filter_takes_its_value_and_dimensions_from_the_event() -> None:
    change = {
        "metricNamespace": "N",
        "metricName": "M",
        "metricValue": "$.ms",
        "unit": "Milliseconds",
        "dimensions": {"who": "$.user.name"},
    }
    rule = {"filterPattern": "{ $.ms > 1 }", "metricTransformations": [change]}

    data = filtered(rule, '{"ms": 2.5, "user": {"name": "Ann"}}', 9000)

    assert data == [Datum("N", "M", {"who": "Ann"}, 9, "Milliseconds", (2.5,))]
    assert filtered(rule, '{"ms": 1}', 9000) == []
    assert filtered(rule, '{"ms": 3}', 9000) == []


@pytest.mark.parametrize(
    ("pattern", "changes", "said"),
    [
        ("ERROR", [{}], ""),
        ("{ $.a = 1 }", [{"dimensions": {"a": "$.a"}}], ""),
        ("[a, b]", [{"dimensions": {"a": "$a"}}], ""),
        ("ERROR", [{"dimensions": {"a": "$.a"}}], "The specified filter pattern does not support dimensions"),
        ("{ $.a = 1 }", [{"dimensions": {"a": "$.a"}, "defaultValue": 0}], "mutually exclusive"),
        ("ERROR", [{}, {}], "Member must have length less than or equal to 1"),
        ("ERROR", [], "Member must have length greater than or equal to 1"),
    ],
)
def test_a_transformation_that_cloudwatch_refuses_is_refused(pattern: str, changes: list[Any], said: str) -> None:
    problem = transformation_problem({"filterPattern": pattern, "metricTransformations": changes})
    assert said in problem
    assert bool(problem) is bool(said)
