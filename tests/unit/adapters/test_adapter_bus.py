from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from flightpulse.adapters.bus import Bus
from flightpulse.domain.events import DetailType, EventSource
from flightpulse.use_cases.ports import BusEvent, PublishError
from tests.unit.fakes import FakeEvents, aws_error, patient


def bus_on(client: FakeEvents, naps: list[float] | None = None) -> Bus:
    return Bus(cast(Any, client), "flightpulse-bus", backoff=patient(naps))


def some_events(count: int, filler: str = "") -> list[BusEvent]:
    return [
        BusEvent(
            event_id=f"evt-{number}",
            source=EventSource.KAFKA_CONSUMER,
            detail_type=DetailType.GATE_CHANGE,
            detail={"event_id": f"evt-{number}", "filler": filler},
        )
        for number in range(count)
    ]


def ids(client: FakeEvents) -> list[str]:
    return [detail["event_id"] for detail in client.details()]


def only(*event_ids: str, until_call: int = 99) -> Any:
    """Refuse some events, in the calls before ``until_call``."""
    return lambda call, entry: (
        "ThrottlingException"
        if call < until_call and any(f'"{event_id}"' in entry["Detail"] for event_id in event_ids)
        else None
    )


def test_an_entry_names_bus_source_detail_type_and_detail() -> None:
    client = FakeEvents()
    bus_on(client).publish(some_events(1, "Zoë"))
    assert client.published == [
        {
            "EventBusName": "flightpulse-bus",
            "Source": "flightpulse.kafka-consumer",
            "DetailType": "flight.gate_change",
            "Detail": '{"event_id":"evt-0","filler":"Zoë"}',
        }
    ]


def test_events_go_ten_at_a_time_in_order() -> None:
    client = FakeEvents()
    bus_on(client).publish(some_events(23))
    assert [len(call) for call in client.calls] == [10, 10, 3]
    assert ids(client) == [f"evt-{number}" for number in range(23)]


def test_a_call_stays_below_one_megabyte() -> None:
    client = FakeEvents()
    bus_on(client).publish(some_events(5, "é" * 200_000))
    assert [len(call) for call in client.calls] == [2, 2, 1]


def test_nothing_to_publish_is_no_call() -> None:
    client = FakeEvents()
    bus_on(client).publish([])
    assert client.calls == []


def test_only_the_entries_that_failed_are_sent_again() -> None:
    client, naps = FakeEvents(only("evt-1", "evt-3", until_call=1)), list[float]()
    bus_on(client, naps).publish(some_events(5))
    assert [len(call) for call in client.calls] == [5, 2]
    assert sorted(ids(client)) == [f"evt-{number}" for number in range(5)]
    assert len(naps) == 1


def test_an_entry_that_goes_on_failing_is_named() -> None:
    client = FakeEvents(only("evt-11"))
    with pytest.raises(PublishError, match=r"1 events were not published: evt-11 \(ThrottlingException\)") as failed:
        bus_on(client).publish(some_events(13))
    assert [(entry.index, entry.event_id) for entry in failed.value.failed] == [(11, "evt-11")]
    assert len(client.published) == 12


def test_attempts_are_bounded() -> None:
    client = FakeEvents(only("evt-0"))
    with pytest.raises(PublishError):
        bus_on(client).publish(some_events(1))
    assert len(client.calls) == 3


@pytest.mark.parametrize(
    "error", [aws_error("InternalException"), EndpointConnectionError(endpoint_url="http://127.0.0.1")]
)
def test_when_a_whole_call_fails_everything_from_there_on_is_named(error: Exception) -> None:
    client = FakeEvents()
    client.errors[1] = error
    with pytest.raises(PublishError) as failed:
        bus_on(client).publish(some_events(25))
    assert [entry.index for entry in failed.value.failed] == list(range(10, 25))
    assert ids(client) == [f"evt-{number}" for number in range(10)]


def test_an_entry_that_failed_in_an_earlier_call_is_not_forgotten_when_later_calls_succeed() -> None:
    client = FakeEvents(only("evt-2"))
    with pytest.raises(PublishError) as failed:
        bus_on(client).publish(some_events(25))
    assert [entry.index for entry in failed.value.failed] == [2]


def test_failed_entries_of_earlier_calls_are_named_too_when_a_later_call_fails() -> None:
    client = FakeEvents(only("evt-2"))
    client.errors[3] = aws_error("InternalException")
    with pytest.raises(PublishError) as failed:
        bus_on(client).publish(some_events(12))
    assert [entry.index for entry in failed.value.failed] == [2, 10, 11]
