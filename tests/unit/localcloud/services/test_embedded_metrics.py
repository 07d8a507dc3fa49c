"""Metrics that log events carry by themselves, and metrics that filters make of them."""

import json
from typing import Any

import pytest

from localcloud.services.cloudwatch.embedded_metrics import Datum, embedded, filtered


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
    ],
)
def test_what_does_not_follow_the_specification_is_left_out(message: str) -> None:
    assert embedded(message, 0) == []


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
