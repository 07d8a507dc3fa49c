"""Kafka records in the shape of Lambda's events, and its on-failure records."""

import json
from datetime import UTC, datetime

import pytest
from aws_lambda_powertools.utilities.data_classes.kafka_event import KafkaEvent
from hypothesis import given
from hypothesis import strategies as st

from awskit.kafka.records import Record, describe, failed_identifier, kafka_event
from awskit.relay.delivery import Answer, Condition, Discarded, Verdict
from awskit.relay.on_failure import invocation_record, kafka_batch_info
from tests.unit.awskit.relay.relay_fakes import FakeMessage, record

BROKERS = "a:9092,b:9092"
NOW = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)


def test_a_polled_message_becomes_a_record() -> None:
    found = Record.of(FakeMessage(7, partition=2, value=b"v"))  # type: ignore[arg-type]
    assert (found.source, found.offset, found.value) == (("flight-operations", 2), 7, b"v")
    assert (found.timestamp_ms, found.timestamp_type) == (1_000, "CREATE_TIME")


def test_an_event_groups_records_by_partition() -> None:
    event = kafka_event(BROKERS, [record(1), record(1, partition=3), record(2)])
    assert (event["eventSource"], event["bootstrapServers"]) == ("SelfManagedKafka", "a:9092,b:9092")
    assert "eventSourceArn" not in event
    assert {name: [entry["offset"] for entry in entries] for name, entries in event["records"].items()} == {
        "flight-operations-0": [1, 2],
        "flight-operations-3": [1],
    }


def test_a_record_without_a_key_has_no_key() -> None:
    assert "key" not in record(1, key=None).as_event()


def test_a_tombstone_has_a_null_value() -> None:
    assert record(1, value=None).as_event()["value"] is None
    assert record(1, value=b"").as_event()["value"] == ""


def test_the_bytes_of_a_header_are_signed_as_javas_are() -> None:
    assert record(1, headers=(("trace", b"\x00\x7f\x80\xff"),)).as_event()["headers"] == [{"trace": [0, 127, -128, -1]}]


@given(st.binary(max_size=200), st.binary(max_size=50), st.text(max_size=20), st.binary(max_size=50))
def test_powertools_reads_back_what_was_sent(value: bytes, key: bytes, name: str, header: bytes) -> None:
    event = json.loads(json.dumps(kafka_event(BROKERS, [record(1, value=value, key=key, headers=((name, header),))])))
    (found,) = KafkaEvent(event).records
    assert (found.decoded_value, found.decoded_key) == (value, key)
    assert found.decoded_headers[name] == header


@given(st.binary(max_size=300), st.binary(max_size=300), st.text(max_size=50), st.binary(max_size=300))
def test_the_estimated_size_is_never_too_small(value: bytes, key: bytes, name: str, header: bytes) -> None:
    found = record(2**40, value=value, key=key, headers=((name, header), ("correlation_id", None)))
    assert found.payload_bytes >= len(json.dumps(found.as_event(), separators=(",", ":")).encode())


def test_both_spellings_of_a_failed_identifier_are_understood() -> None:
    assert failed_identifier({"topic-partition": "t-1", "offset": 5}) == ("t-1", 5)
    assert failed_identifier({"partition": "t-1", "offset": 5}) == ("t-1", 5)
    assert failed_identifier("t-1-5") is None
    assert failed_identifier({"topic-partition": "t-1", "offset": "5"}) is None


def test_records_are_described_by_partition_and_offsets() -> None:
    found = describe([record(4), record(9), record(1, partition=2)])
    assert found == "flight-operations-0 offsets 4 to 9, flight-operations-2 offset 1"


def test_an_on_failure_record_names_offsets_and_times_per_partition() -> None:
    failed = Answer(Verdict.FAILED, request_id="r-1")
    discarded = Discarded((record(1), record(2), record(5, partition=3)), Condition.RETRIES_EXHAUSTED, 3, failed)
    found = invocation_record(discarded, function_arn="arn:f", batch_info=kafka_batch_info(discarded, BROKERS), now=NOW)
    assert found["requestContext"] == {
        "requestId": "r-1",
        "functionArn": "arn:f",
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 3,
    }
    assert (found["version"], found["timestamp"]) == ("1.0", "2026-11-23T08:00:00.123Z")
    info = found["KafkaBatchInfo"]
    assert (info["batchSize"], info["bootstrapServers"]) == (3, "a:9092,b:9092")
    assert info["payloadSize"] == len(json.dumps(kafka_event(BROKERS, discarded.records), separators=(",", ":")))
    assert info["recordsInfo"]["flight-operations-0"] == {
        "firstRecordOffset": "1",
        "lastRecordOffset": "2",
        "firstRecordTimestamp": "1970-01-01T00:00:01.000Z",
        "lastRecordTimestamp": "1970-01-01T00:00:02.000Z",
    }
    assert info["recordsInfo"]["flight-operations-3"]["firstRecordOffset"] == "5"


@pytest.mark.parametrize(("verdict", "error"), [(Verdict.FAILED, "Unhandled"), (Verdict.SUCCEEDED, None)])
def test_a_function_that_only_reported_items_has_no_function_error(verdict: Verdict, error: str | None) -> None:
    discarded = Discarded((record(1),), Condition.RETRIES_EXHAUSTED, 4, Answer(verdict))
    found = invocation_record(discarded, function_arn="arn:f", batch_info={}, now=NOW)
    assert found["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": error}


def test_a_record_that_was_never_sent_has_no_response() -> None:
    discarded = Discarded((record(1),), Condition.TOO_LARGE, 0, None)
    found = invocation_record(discarded, function_arn="arn:f", batch_info={}, now=NOW)
    assert found["responseContext"] is None
    assert found["requestContext"]["requestId"]
