"""What the history of an execution says is out, booking by booking and channel by channel."""

import json
from typing import Any

import pytest

from flightpulse.workbench.executions import history
from flightpulse.workbench.faults import claims
from flightpulse.workbench.faults.claims import SentChannels
from tests.unit.workbench.histories import HistoryBuilder

EMAIL, SMS = frozenset({"email"}), frozenset({"sms"})
CALL = {"resource": "putEvents", "resourceType": "events"}
TWO = [("BKG-1", "email"), ("BKG-1", "sms"), ("BKG-2", "email")]


def call(builder: HistoryBuilder, state: str, entries: list[tuple[str, str]]) -> None:
    """A call of PutEvents that has no end yet."""
    written = [
        {"DetailType": f"notification.{channel}", "Detail": {"booking_id": booking}} for booking, channel in entries
    ]
    builder.entered("Task", state)
    builder.add("TaskScheduled", parameters=json.dumps({"Entries": written}), **CALL)


def refused(builder: HistoryBuilder, cause: str, error: str = "EventBridge.FailedEntry") -> None:
    builder.add("TaskFailed", error=error, cause=cause, **CALL)
    builder.exited("Task", "SendMessages")


def partly(*taken: bool) -> str:
    entries = [{"EventId": "1"} if took else {"ErrorCode": "InternalFailure"} for took in taken]
    return json.dumps({"Entries": entries, "FailedEntryCount": taken.count(False)})


def sent(builder: HistoryBuilder, booking: str) -> SentChannels:
    return claims.sent_to(history.read(builder.events).visits, booking)


@pytest.fixture
def builder() -> HistoryBuilder:
    started = HistoryBuilder()
    started.add("ExecutionStarted", input="{}")
    return started


def test_of_a_groups_call_each_booking_has_its_own_channels(builder: HistoryBuilder) -> None:
    call(builder, "SendMessages", TWO)
    builder.add("TaskSucceeded", output="{}", **CALL)

    assert sent(builder, "BKG-1") == SentChannels(EMAIL | SMS, EMAIL | SMS)
    assert sent(builder, "BKG-2") == SentChannels(EMAIL, EMAIL)
    assert not sent(builder, "BKG-3").complete


def test_of_a_call_that_was_refused_in_part_only_the_entries_that_were_taken_are_out(builder: HistoryBuilder) -> None:
    call(builder, "SendMessages", TWO)
    refused(builder, partly(True, False, True))

    assert sent(builder, "BKG-1") == SentChannels(EMAIL | SMS, EMAIL)
    assert sent(builder, "BKG-2").complete


def test_what_was_sent_by_itself_afterwards_is_out_too(builder: HistoryBuilder) -> None:
    call(builder, "SendMessages", TWO)
    refused(builder, partly(True, False, True))
    builder.entered("Map", "OneByOne")
    started = builder.add("MapStateStarted", length=1)
    builder.add("MapIterationStarted", started, name="OneByOne", index=0)
    call(builder, "SendMessage", TWO[1:2])
    builder.add("TaskSucceeded", output="{}", **CALL)

    assert sent(builder, "BKG-1").complete


@pytest.mark.parametrize(
    "end",
    [
        {},
        {"error": "States.Timeout", "cause": "no answer"},
        {"error": "EventBridge.FailedEntry", "cause": partly(True)},
        {"error": "EventBridge.FailedEntry", "cause": "no idea"},
        {"error": "EventBridge.FailedEntry", "cause": "FailedEntryCount: 1"},
    ],
    ids=["no end", "a timeout", "an answer of another length", "no answer", "no JSON"],
)
def test_a_call_that_does_not_say_what_it_took_has_sent_nothing(builder: HistoryBuilder, end: dict[str, Any]) -> None:
    call(builder, "SendMessages", TWO)
    if end:
        refused(builder, **end)

    assert sent(builder, "BKG-1") == SentChannels(EMAIL | SMS, frozenset())
