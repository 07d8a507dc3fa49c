"""The journey joins what every hop left behind."""

import json

import pytest

from awskit.kafka.record_positions import KafkaRecord, Place
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.observe import journey
from flightpulse.workbench.observe.facts import AuditEvent
from flightpulse.workbench.observe.item_changes import from_record
from flightpulse.workbench.observe.payloads import Changed
from tests.unit.workbench.bench_builders import evidence, execution, seconds, stream_record, writing
from tests.unit.workbench.histories import HistoryBuilder


def test_the_hops_of_an_event_come_in_the_order_in_which_it_met_them() -> None:
    found = journey.of_event(evidence())

    assert found.path() == [
        "flight-operations",
        "FlightPulse-KafkaConsumer",
        "flight.delay.minor",
        "flightpulse-delay",
        "FlightPulse-DelayWorkflow",
        "ApplyToFlight",
        "flight SW1234",
        "TellEachPassenger",
        "notification.email",
    ]


def test_a_bookings_journey_leaves_out_what_concerns_other_bookings() -> None:
    found = journey.of_booking(evidence(), "BKG-0001")

    assert [hop.key for hop in found.of_kind("message")] == ["ntf-BKG-0001-email"]
    assert found.path().count("PublishNotification") == 1


def test_of_a_transaction_a_bookings_journey_has_the_write_to_that_booking_only() -> None:
    writes = [
        {"Update": {"Key": {"PK": {"S": "FLIGHT#SW1234"}, "SK": {"S": f"BOOKING#{booking}"}}}}
        for booking in ("BKG-0001", "BKG-0002")
    ]
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")
    builder.entered("Task", "ClaimBookings")
    about = {"resource": "transactWriteItems", "resourceType": "aws-sdk:dynamodb"}
    builder.add("TaskScheduled", parameters=json.dumps({"TransactItems": writes}), **about)
    builder.add("TaskSucceeded", output="{}", **about)
    builder.exited("Task", "ClaimBookings")
    builder.add("ExecutionSucceeded", output="{}")

    found = journey.of_booking(evidence(execution=execution(builder, "FlightPulse-NotifyChunk")), "BKG-0002")

    assert [hop.name for hop in found.of_kind("item")] == ["BKG-0002 on SW1234"]


def test_a_message_that_the_bus_took_is_a_hop_though_it_refused_another_of_the_same_call() -> None:
    entries = [{"Detail": {"notification_id": f"ntf-{booking}-email"}} for booking in ("BKG-0001", "BKG-0002")]
    answer = {"Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}], "FailedEntryCount": 1}
    about = {"resource": "putEvents", "resourceType": "events"}
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")
    for state, sent in (("SendMessages", entries), ("SendMessage", entries[1:])):
        builder.entered("Task", state)
        builder.add("TaskScheduled", parameters=json.dumps({"Entries": sent}), **about)
        if sent == entries:
            builder.add("TaskFailed", error="EventBridge.FailedEntry", cause=json.dumps(answer), **about)
        else:
            builder.add("TaskSucceeded", output="{}", **about)
        builder.exited("Task", state)
    builder.add("ExecutionSucceeded", output="{}")
    seen = evidence(execution=execution(builder, "FlightPulse-NotifyChunk"))

    for booking, state in (("BKG-0001", "SendMessages"), ("BKG-0002", "SendMessage")):
        path = journey.of_booking(seen, booking).path()
        assert path[path.index("notification.email") - 1] == state


def test_a_booking_is_not_taken_for_another_whose_id_begins_alike() -> None:
    assert journey.of_booking(evidence(), "BKG-000").of_kind("message") == []


def test_the_shares_until_the_last_message_add_up_to_one() -> None:
    found = journey.of_booking(evidence(), "BKG-0002")

    assert sum(hop.share or 0 for hop in found.hops) == pytest.approx(1)
    assert found.total_seconds == pytest.approx(22)


def test_nothing_behind_the_last_message_has_a_share() -> None:
    hops = journey.of_booking(evidence(), "BKG-0001").hops
    message = next(number for number, hop in enumerate(hops) if hop.kind == "message")

    assert all(hop.share is None for hop in hops[message:])


def test_the_bus_event_shows_what_the_consumer_added() -> None:
    changes = journey.of_event(evidence()).changes("bus")

    assert set(changes.added) == {"delay_category", "summary"}
    assert not changes.changed


def test_a_write_shows_what_the_stream_says_of_it() -> None:
    changes = journey.of_event(evidence()).changes("item")

    assert Changed("status", "SCHEDULED", "DELAYED") in changes.changed


def test_a_write_whose_stream_record_is_gone_is_still_a_hop() -> None:
    hop = journey.of_event(evidence(item_changes=[])).hop("flight SW1234")

    assert (hop.said, bool(hop.changes)) == ("written", False)


def test_a_write_that_changed_nothing_does_not_take_the_change_of_a_later_one() -> None:
    pk, sk = "FLIGHT#SW1234", "BOOKING#BKG-0001"
    claim = {"UpdateExpression": "SET told_state = :sending, told_by = :me"}
    confirm = {"UpdateExpression": "SET told_state = :sent REMOVE told_by"}
    sending, sent = {"told_state": {"S": "SENDING"}, "told_by": {"S": "me"}}, {"told_state": {"S": "SENT"}}
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")
    for state, write in (("ClaimBookings", claim), ("ClaimBooking", claim), ("ConfirmTold", confirm)):
        writing(builder, state, {"Key": {"PK": {"S": pk}, "SK": {"S": sk}}, **write})
    builder.add("ExecutionSucceeded", output="{}")
    changes = [
        from_record(stream_record(pk, sk, before, after))
        for before, after in (({"told_state": {"S": "FAILED"}}, sending), (sending, sent))
    ]

    found = journey.of_booking(
        evidence(execution=execution(builder, "FlightPulse-NotifyChunk"), item_changes=changes), "BKG-0001"
    )

    assert [hop.changes.removed for hop in found.of_kind("item")] == [(), (), ("told_by",)]
    assert [hop.said for hop in found.of_kind("item")] == ["changed in the table", "written", "changed in the table"]


def test_an_audit_event_delays_nobody() -> None:
    audit = [AuditEvent("flight.status_changed", {"flight_id": "SW1234", "summary": "changed"}, seconds(14))]

    with_audit = journey.of_booking(evidence(), "BKG-0002")
    found = journey.of_event(evidence(audit=audit))

    assert found.hop("audit").seconds is None
    assert found.total_seconds == with_audit.total_seconds


def test_a_bookings_journey_has_the_audit_events_of_that_booking_only() -> None:
    audit = [
        AuditEvent("booking.status_changed", {"booking_id": booking}, seconds(14)) for booking in ("BKG-0001", "BKG-9")
    ]

    assert [hop.key for hop in journey.of_booking(evidence(audit=audit), "BKG-0001").of_kind("audit")] == ["BKG-0001"]


def test_an_events_journey_goes_into_what_it_started_but_not_into_chunks() -> None:
    chunk = starting("FlightPulse-NotifyChunk")
    passengers = starting("FlightPulse-NotifyPassengers", chunk)

    found = journey.of_event(evidence(execution=starting("FlightPulse-DelayWorkflow", passengers)))

    assert [hop.name for hop in found.of_kind("execution")] == [
        "FlightPulse-DelayWorkflow",
        "FlightPulse-NotifyPassengers",
    ]


def starting(workflow: str, *children: Execution) -> Execution:
    """An execution that starts others and waits for them."""
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")
    for child in children:
        about = {"resource": "startExecution.sync:2", "resourceType": "states"}
        builder.entered("Task", "Start")
        builder.add("TaskScheduled", parameters="{}", **about)
        builder.add("TaskSubmitted", output=json.dumps({"ExecutionArn": child.arn}), **about)
        builder.add("TaskSucceeded", output="{}", **about)
        builder.exited("Task", "Start")
    builder.add("ExecutionSucceeded", output="{}")
    return execution(builder, workflow, *children)


def test_a_journey_without_a_record_begins_at_the_consumer() -> None:
    assert journey.of_event(evidence(record=None)).hops[0].kind == "consumer"


def test_an_event_that_no_workflow_took_ends_at_the_consumer() -> None:
    found = journey.of_event(evidence(execution=None, rule="", messages=[], item_changes=[]))

    assert [hop.kind for hop in found.hops] == ["kafka", "consumer"]


def test_a_clock_that_is_behind_makes_no_negative_time() -> None:
    ahead = KafkaRecord(Place("evt-1", 3, 7, "flight-operations"), "SW1234", seconds(5), b"{}")

    found = journey.of_event(evidence(record=ahead))

    assert found.path()[:2] == ["flight-operations", "FlightPulse-KafkaConsumer"]
    assert found.hop("FlightPulse-KafkaConsumer").seconds == 0
    assert all(hop.seconds is None or hop.seconds >= 0 for hop in found.hops)


def test_an_unknown_hop_is_named_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="ApplyToFlight"):
        journey.of_event(evidence()).hop("Nowhere")


def test_text_and_html_name_every_hop_and_its_kind_in_words() -> None:
    found = journey.of_event(evidence())

    for shown in (found.text(), found.html().replace("\N{NO-BREAK SPACE}", " ")):
        assert all(hop.name in shown for hop in found.hops)
        assert "Kafka record" in shown
    assert "<summary>2 changed</summary>" in found.html()


def test_the_picture_is_the_same_every_time() -> None:
    found = journey.of_event(evidence())

    assert found.picture().png == found.picture().png
    assert found.picture().png.startswith(b"\x89PNG")
    assert b"Software" not in found.picture().png
