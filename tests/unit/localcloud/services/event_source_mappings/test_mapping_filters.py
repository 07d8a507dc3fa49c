"""Which records the filter criteria of a mapping let through, and which criteria and mappings Lambda refuses."""

import json
from typing import Any

import pytest

from awskit.kafka.records import Record
from localcloud.services.event_source_mappings import duplicates, filters, settings
from localcloud.services.event_source_mappings.filters import Filter

STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-11-23T00:00:00.000"


def criteria(*patterns: Any) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}}


def image(**attributes: dict[str, str]) -> dict[str, Any]:
    return {"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": {"NewImage": attributes}}


def wanted(**attributes: Any) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": attributes}}


@pytest.mark.parametrize(
    ("pattern", "record", "kept"),
    [
        ({"eventName": ["INSERT", "MODIFY"]}, image(), True),
        ({"eventName": ["MODIFY"]}, image(), False),
        ({"eventName": ["INSERT"], "eventSource": ["aws:dynamodb"]}, image(), True),
        (wanted(a={"S": ["x"]}), image(a={"S": "x"}), True),
        (wanted(a=["x"]), image(a={"S": "x"}), False),
        (wanted(a={"S": [{"exists": True}]}), image(b={"S": "x"}), False),
        (wanted(a=[{"exists": False}]), image(b={"S": "x"}), True),
        (wanted(a=[{"exists": False}]), image(a={"S": "x"}), True),
        (wanted(a={"N": [{"numeric": [">", 100]}]}), image(a={"N": "101"}), False),
        (wanted(a={"N": [{"numeric": [">", 100]}, {"anything-but": "101"}]}), image(a={"N": "42"}), True),
        (wanted(a={"S": [{"prefix": "us-1"}]}), image(a={"S": "us-1-x"}), True),
        (wanted(a={"S": [{"equals-ignore-case": "X"}]}), image(a={"S": "x"}), True),
        ({"$or": [{"eventName": ["REMOVE"]}, wanted(a={"S": ["x"]})]}, image(a={"S": "x"}), True),
    ],
)
def test_stream_records_are_kept_as_lambda_was_recorded_to_do(pattern: Any, record: Any, kept: bool) -> None:
    assert Filter.of(criteria(pattern)).keeps(record) is kept


def test_a_record_passes_when_one_of_the_patterns_matches() -> None:
    chosen = Filter.of(criteria({"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]}))
    assert chosen.keeps(image())
    assert Filter.of({}).keeps(image())


def kafka(value: bytes | None) -> Record:
    return Record("t", 0, 7, 0, "CREATE_TIME", None, value)


@pytest.mark.parametrize(
    ("pattern", "value", "kept"),
    [
        ({"value": {"a": ["x"]}}, b'{"a":"x"}', True),
        ({"value": {"a": ["x"]}}, b"no json", False),
        ({"value": {"a": [{"exists": False}]}}, b"no json", False),
        ({"value": {"a": [{"exists": False}]}}, b"{}", True),
        ({"value": {"a": ["x"]}}, b"[" * 100_000, False),
        ({"value": {"a": ["x"]}}, b"\xff", False),
        ({"value": {"a": ["x"]}}, None, False),
        ({"value": [{"prefix": "no"}]}, b"no json", True),
        ({"value": {"a": [{"prefix": {"equals-ignore-case": "X"}}]}}, b'{"a":"x1"}', True),
        ({"offset": [7]}, b"no json", True),
    ],
)
def test_a_kafka_value_is_json_or_text(pattern: Any, value: bytes | None, kept: bool) -> None:
    assert Filter.of(criteria(pattern)).keeps_kafka(kafka(value)) is kept


@pytest.mark.parametrize("text", ["single-string", '[{"eventName": ["INSERT"=123}]', "[]", "{}", '{"a": [{"x": 1}]}'])
def test_criteria_that_are_no_patterns_are_refused(text: str) -> None:
    given = {"FilterCriteria": {"Filters": [{"Pattern": text}]}}
    assert filters.problem(given) == "Invalid filter pattern definition."


def test_criteria_that_are_patterns_are_taken() -> None:
    assert filters.problem(criteria({"eventName": ["INSERT"]})) == ""
    assert filters.problem({}) == ""


def test_the_filters_of_other_pollers_are_read_by_the_same_matcher() -> None:
    assert filters.matches_decoded({"body": {"a": "X"}}, {"body": {"a": [{"equals-ignore-case": "x"}]}})
    assert not filters.matches_decoded({"body": {"a": "X"}}, {"body": {"a": [{"nonsense": "x"}]}})


@pytest.mark.parametrize(
    ("position", "said"),
    [
        (None, "Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."),
        ("x", "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"),
        ("AT_TIMESTAMP", f"Unsupported starting position for arn type: {STREAM}"),
    ],
)
def test_a_starting_position_is_refused_in_the_words_of_lambda(position: str | None, said: str) -> None:
    assert said in settings.stream_problem({"EventSourceArn": STREAM, "StartingPosition": position})


def mapping(**source: Any) -> dict[str, Any]:
    return {"UUID": "u-1", "FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:0:function:f", **source}


def brokers(*addresses: str, topic: str = "t") -> dict[str, Any]:
    return {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": addresses}}, "Topics": [topic]}


def test_a_second_mapping_of_a_stream_to_a_function_is_a_conflict() -> None:
    known = [mapping(EventSourceArn=STREAM)]
    assert duplicates.conflict({"EventSourceArn": STREAM}, "f", known) == (
        f'The event source arn (" {STREAM} ") and function (" f ") provided mapping already exists. '
        "Please update or delete the existing mapping with UUID u-1"
    )
    assert duplicates.conflict({"EventSourceArn": STREAM}, "g", known) == ""
    assert duplicates.conflict({"EventSourceArn": STREAM + "1"}, "f", known) == ""


def test_a_second_mapping_of_a_topic_to_a_function_is_a_conflict() -> None:
    known = [mapping(**brokers("kafka:1000", "kafka:2000", topic="topic"))]
    assert duplicates.conflict(brokers("kafka:1000", topic="topic"), "f", known) == (
        'An event source mapping with event source ("kafka:1000"), '
        'function ("arn:aws:lambda:us-east-1:0:function:f"), topics ("topic") already exists. '
        "Please update or delete the existing mapping with UUID u-1"
    )
    assert duplicates.conflict(brokers("kafka:1000"), "f", known) == ""
    assert duplicates.conflict(brokers("kafka:3000", topic="topic"), "f", known) == ""
