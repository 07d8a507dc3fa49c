import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from flightpulse.adapters import stream_records
from flightpulse.adapters.bus import Bus
from flightpulse.use_cases.report_changes import ChangeReporter
from tests.unit.fakes import FakeEvents, FakeLog, aws_error, patient, sample

Invoke = Callable[[list[dict[str, Any]]], dict[str, Any]]


@pytest.fixture
def events() -> FakeEvents:
    return FakeEvents()


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


@pytest.fixture
def invoke(events: FakeEvents, log: FakeLog) -> Invoke:
    reporter = ChangeReporter(Bus(cast(Any, events), "flightpulse-bus", backoff=patient()), log=log)
    return lambda records: reporter.report(stream_records.changes({"Records": records}))


def flight_change() -> dict[str, Any]:
    return cast(dict[str, Any], sample("dynamodb_stream")["Records"][0])


def booking_change(number: int = 7, **record: Any) -> dict[str, Any]:
    change = copy.deepcopy(sample("dynamodb_stream")["Records"][1])
    for image in ("OldImage", "NewImage"):
        change["dynamodb"][image]["booking_id"] = {"S": f"BKG-{number:04}"}
    change["dynamodb"]["SequenceNumber"] = str(number)
    change["eventID"] = f"stream-event-{number}"
    return {**change, **record}


def bookings(events: FakeEvents) -> list[str]:
    return [detail["booking_id"] for detail in events.details()]


def test_status_changes_are_published_in_order_and_our_own_items_are_not(events: FakeEvents, invoke: Invoke) -> None:
    assert invoke(sample("dynamodb_stream")["Records"]) == {"batchItemFailures": []}
    assert [(entry["Source"], entry["DetailType"]) for entry in events.published] == [
        ("flightpulse.stream-handler", "flight.status_changed"),
        ("flightpulse.stream-handler", "booking.status_changed"),
    ]


def test_a_booking_s_change_is_what_the_sample_event_says(events: FakeEvents, invoke: Invoke) -> None:
    invoke(sample("dynamodb_stream")["Records"])
    assert events.details() == [sample("flight_status_changed"), sample("booking_status_changed")]


def test_the_change_id_comes_from_the_stream_record_so_that_a_redelivery_has_the_same(
    events: FakeEvents, invoke: Invoke
) -> None:
    for _ in range(2):
        invoke([booking_change(7)])
    first, second = events.details()
    assert first == second
    assert first["change_id"] == "chg-" + hashlib.sha256(b"stream-event-7").hexdigest()[:24]


@pytest.mark.parametrize("kind", ["INSERT", "REMOVE"])
def test_new_and_removed_items_are_not_status_changes(events: FakeEvents, invoke: Invoke, kind: str) -> None:
    gone = "OldImage" if kind == "INSERT" else "NewImage"
    record = booking_change(eventName=kind)
    del record["dynamodb"][gone]
    assert invoke([record]) == {"batchItemFailures": []}
    assert events.calls == []


def test_no_records_are_nothing_to_do(events: FakeEvents, invoke: Invoke) -> None:
    assert invoke([]) == {"batchItemFailures": []}


def test_a_change_that_the_bus_goes_on_refusing_is_where_the_stream_takes_up_again(
    events: FakeEvents, invoke: Invoke
) -> None:
    events.refuse = lambda call, entry: (
        "ThrottlingException" if json.loads(entry["Detail"])["booking_id"] in ("BKG-0003", "BKG-0005") else None
    )
    answer = invoke([booking_change(number) for number in range(1, 8)])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "3"}]}


def test_a_refused_change_is_logged_with_its_place_and_the_reason(
    events: FakeEvents, invoke: Invoke, log: FakeLog
) -> None:
    events.refuse = lambda call, entry: "ThrottlingException"
    invoke([booking_change(7)])
    (line,) = log.lines
    assert (line["level"], line["sequence_number"]) == ("ERROR", "7")
    assert "ThrottlingException" in line["reason"]


def test_a_published_change_is_logged_with_the_ids_that_lead_on(invoke: Invoke, log: FakeLog) -> None:
    changed = booking_change(7)
    changed["dynamodb"]["NewImage"]["correlation_id"] = {"S": "corr-7"}
    invoke([changed, flight_change()])
    booking, flight = log.lines
    assert {"change_id", "correlation_id", "booking_id", "flight_id", "passenger_id"} <= booking.keys()
    assert booking["correlation_id"] == "corr-7"
    assert flight["flight_id"] == "SW9012"


def test_a_bus_that_is_away_is_where_the_stream_takes_up_again(events: FakeEvents, invoke: Invoke) -> None:
    events.errors[1] = aws_error("InternalException")
    answer = invoke([booking_change(number) for number in range(1, 15)])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "11"}]}
    assert bookings(events) == [f"BKG-{number:04}" for number in range(1, 11)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record["dynamodb"].pop("OldImage"),
        lambda record: record["dynamodb"]["NewImage"].pop("flight_id"),
        lambda record: record["dynamodb"].pop("ApproximateCreationDateTime"),
        lambda record: record["dynamodb"].update(NewImage="nonsense"),
        lambda record: record["dynamodb"]["NewImage"].update(seat={}),
        lambda record: record.update(eventID=None),
    ],
)
def test_a_record_that_makes_no_sense_is_left_to_the_mapping_after_those_before_it(
    events: FakeEvents, invoke: Invoke, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    records = [booking_change(number) for number in range(1, 5)]
    spoil(records[2])
    assert invoke(records) == {"batchItemFailures": [{"itemIdentifier": "3"}]}
    assert bookings(events) == ["BKG-0001", "BKG-0002"]


def test_a_refused_change_before_a_senseless_record_comes_first(events: FakeEvents, invoke: Invoke) -> None:
    records = [booking_change(number) for number in range(1, 5)]
    del records[3]["dynamodb"]["NewImage"]
    events.refuse = lambda call, entry: "ThrottlingException" if "BKG-0002" in entry["Detail"] else None
    assert invoke(records) == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_a_flight_s_change_names_the_event_behind_it(events: FakeEvents, invoke: Invoke) -> None:
    invoke([flight_change()])
    (detail,) = events.details()
    assert (detail["event_id"], detail["correlation_id"]) == ("evt-b02c7e6d51aa4b0e", "evt-b02c7e6d51aa4b0e")
