"""The events that the simulator builds keep the contract of the topic."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightpulse import paths
from flightpulse.domain import events as domain
from flightpulse.domain.entities import CancellationReason, DelayReason, RebookingPriority
from simulator import events
from tests.unit.builders import a_flight

AT = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)
FLIGHT = a_flight(
    scheduled_departure=datetime(2026, 12, 1, 14, 15, tzinfo=UTC),
    scheduled_arrival=datetime(2026, 12, 1, 17, 35, tzinfo=UTC),
)


def keeps_the_contract(event: dict[str, Any]) -> None:
    schema = json.loads((paths.PACKAGE / "schemas" / f"{event['event_type'].lower()}.json").read_text())
    sent = json.loads(events.record(event).value or b"")
    fastjsonschema.compile(schema)(sent)
    domain.check(domain.parse(sent), FLIGHT, received_at=datetime.now(UTC))


@given(st.integers(0, 10_080), st.sampled_from(list(DelayReason)), st.text(max_size=500))
def test_every_delay_keeps_the_contract(minutes: int, reason: str, detail: str) -> None:
    keeps_the_contract(events.delay(FLIGHT, minutes, reason, detail))


@given(st.sampled_from(list(CancellationReason)), st.sampled_from(list(RebookingPriority)))
def test_every_cancellation_keeps_the_contract(reason: str, priority: str) -> None:
    keeps_the_contract(events.cancellation(FLIGHT, reason, rebooking_priority=priority))


@pytest.mark.parametrize("terminal_change", [True, False])
def test_every_gate_change_keeps_the_contract(terminal_change: bool) -> None:
    keeps_the_contract(events.gate_change(FLIGHT, "D15", terminal_change=terminal_change))


def test_a_delay_moves_departure_and_arrival_on_the_clocks_of_their_airports() -> None:
    payload = events.delay(FLIGHT, 25, "WEATHER")["payload"]
    assert payload["new_departure"] == "2026-12-01T08:40:00-06:00"
    assert payload["new_arrival"] == "2026-12-01T10:00:00-08:00"


def test_a_gate_change_leaves_the_flights_gate() -> None:
    payload = events.gate_change(FLIGHT, "D15", terminal_change=True)["payload"]
    assert (payload["old_gate"], payload["new_gate"], payload["terminal_change"]) == ("A12", "D15", True)


def test_event_times_are_utc_with_milliseconds() -> None:
    event = events.delay(FLIGHT, 25, "WEATHER", at=AT.astimezone(timezone(timedelta(hours=-6))))
    assert event["timestamp"] == "2026-11-23T08:00:00.123Z"


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        events.delay(FLIGHT, 25, "WEATHER", at=AT.replace(tzinfo=None))


@pytest.mark.parametrize("reason", ["ATC", "SECURITY", "SNOW"])
def test_a_cancellation_has_no_such_reason(reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        events.cancellation(FLIGHT, reason)


def test_every_event_has_an_id_of_its_own_unless_one_is_given() -> None:
    assert events.delay(FLIGHT, 25, "WEATHER")["event_id"] != events.delay(FLIGHT, 25, "WEATHER")["event_id"]
    assert events.delay(FLIGHT, 25, "WEATHER", event_id="evt-1")["event_id"] == "evt-1"


def test_deterministic_ids_depend_on_every_part() -> None:
    assert events.deterministic_id("SW1234", 1) == events.deterministic_id("SW1234", 1)
    assert events.deterministic_id("SW1234", 1) != events.deterministic_id("SW1234", 2)


def test_a_record_is_keyed_by_its_flight() -> None:
    assert events.record(events.cancellation(FLIGHT, "CREW")).key == b"SW1234"


def test_a_record_carries_its_correlation_id_as_header() -> None:
    event = events.cancellation(FLIGHT, "CREW", event_id="evt-1")
    assert events.record(event, traced=False).headers == {"correlation_id": b"evt-1"}
    assert events.record(event, correlation_id="abc").headers["correlation_id"] == b"abc"


def test_a_record_begins_a_trace_that_is_recorded_and_each_one_its_own() -> None:
    event = events.cancellation(FLIGHT, "CREW")
    found = [events.record(event).headers["traceparent"].decode() for _ in range(2)]
    assert all(re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", text) for text in found)
    assert found[0] != found[1]


def test_of_very_many_records_only_the_first_begin_a_trace() -> None:
    sent = list(events.records([events.cancellation(FLIGHT, "CREW")] * 25, correlation_id="many"))
    assert ["traceparent" in record.headers for record in sent] == [True] * 20 + [False] * 5
    assert {record.headers["correlation_id"] for record in sent} == {b"many"}
