import json
from base64 import b64encode
from typing import Any

import pytest

from flightpulse.adapters import kafka_records
from flightpulse.domain.events import InvalidEventError, Rejection
from flightpulse.use_cases.strict_json import decode
from tests.unit.fakes import sample


def headed(*headers: Any) -> str | None:
    entry = {"topic": "t", "partition": 0, "offset": 0, "value": b64encode(b"{}").decode(), "headers": list(headers)}
    (record,) = kafka_records.records({"records": {"t-0": [entry]}})
    assert record.malformed is None
    return record.correlation_id


def test_a_batch_gives_its_records_partition_by_partition_in_offset_order() -> None:
    records = list(kafka_records.records(sample("kafka_batch")))
    assert [(record.coordinates["partition"], record.coordinates["offset"]) for record in records] == [
        (0, 41),
        (0, 42),
        (2, 7),
    ]
    assert [record.key for record in records] == [b"SW1234", b"SW3456", b"SW9012"]
    assert decode(records[0]) == sample("flight_delay")


def test_a_record_knows_where_it_came_from() -> None:
    record = next(kafka_records.records(sample("kafka_batch")))
    assert record.kind == "kafka_record"
    assert record.coordinates == {
        "topic": "flight-operations",
        "partition": 0,
        "offset": 41,
        "timestamp": 1772374530250,
    }


def test_a_record_without_key_and_value_has_neither() -> None:
    entry = {"topic": "t", "partition": 0, "offset": 0, "timestamp": 0}
    (record,) = kafka_records.records({"records": {"t-0": [entry]}})
    assert (record.key, record.value, record.malformed) == (None, None, None)


def test_an_invocation_without_records_is_one_event_handed_over_directly() -> None:
    (record,) = kafka_records.records(sample("gate_change"))
    assert record.kind == "direct_invocation"
    assert decode(record) == sample("gate_change")


@pytest.mark.parametrize("body", [sample("gate_change"), json.dumps(sample("gate_change"))], ids=["object", "text"])
def test_an_event_may_be_the_body_of_a_request_to_an_api(body: object) -> None:
    (record,) = kafka_records.records({"httpMethod": "POST", "path": "/events", "body": body})

    assert (record.kind, decode(record)) == ("direct_invocation", sample("gate_change"))


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ({"t-0": "nonsense"}, "is not a list of records"),
        ({"t-0": [None]}, "is not a record"),
        ({"t-0": [{"value": 7}]}, "has a key or value that is not text"),
        ({"t-0": [{"value": "###"}]}, "has a key or value that is not base64"),
        ({"t-0": [{"value": "é"}]}, "has a key or value that is not base64"),
        ({"t-0": [{"key": "ab", "value": "e30="}]}, "has a key or value that is not base64"),
    ],
)
def test_an_entry_that_is_no_record_is_rejected_and_kept(records: dict[str, Any], problem: str) -> None:
    (record,) = kafka_records.records({"records": records})
    assert record.malformed == f"an entry of the batch {problem}"
    assert record.value is not None
    with pytest.raises(InvalidEventError) as invalid:
        decode(record)
    assert invalid.value.code is Rejection.MALFORMED_RECORD


def test_coordinates_of_other_types_are_left_out() -> None:
    entry = {"topic": ["t"], "partition": "0", "offset": 1.5, "timestamp": None, "value": ""}
    (record,) = kafka_records.records({"records": {"t-0": [entry]}})
    assert record.coordinates == {"topic": None, "partition": "0", "offset": None, "timestamp": None}


def test_the_correlation_id_is_read_from_its_header() -> None:
    assert headed({"other": [1]}, {"correlation_id": list(b"ops-console-4711")}) == "ops-console-4711"


def test_header_bytes_are_signed_as_in_java() -> None:
    assert headed({"correlation_id": [byte - 256 if byte > 127 else byte for byte in "größe".encode()]}) == "größe"


@pytest.mark.parametrize(
    "header",
    [[], list(b"x" * 129), list(b"two\nlines"), [0xC3], list("\u200b".encode()), "text", None, [1.5], ["a"]],
)
def test_a_correlation_id_that_is_not_1_to_128_printable_characters_counts_as_none(header: Any) -> None:
    assert headed({"correlation_id": header}) is None


@pytest.mark.parametrize("headers", [None, "x", 3, {"correlation_id": [65]}, [None], [["correlation_id"]]])
def test_odd_headers_do_no_harm(headers: Any) -> None:
    (record,) = kafka_records.records({"records": {"t-0": [{"value": "e30=", "headers": headers}]}})
    assert (record.correlation_id, record.malformed) == (None, None)
