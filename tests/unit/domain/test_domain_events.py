from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flightpulse.domain import events
from flightpulse.domain.entities import CancellationReason, DelayReason, FlightStatus, RebookingPriority
from flightpulse.domain.events import (
    DetailType,
    FlightCancelled,
    FlightDelay,
    FlightEvent,
    GateChange,
    InvalidEventError,
    Rejection,
    Severity,
)
from tests.unit.builders import a_flight, an_envelope

RECEIVED = datetime(2026, 3, 1, 14, 16, tzinfo=UTC)


def a_delay(**payload: Any) -> FlightEvent:
    return events.parse(an_envelope("flight_delay", payload=payload))


def a_cancellation(**payload: Any) -> FlightEvent:
    return events.parse(an_envelope("flight_cancelled", payload=payload))


def a_gate_change(**payload: Any) -> FlightEvent:
    return events.parse(an_envelope("gate_change", payload=payload))


def test_a_delay_is_read_with_its_times_in_utc() -> None:
    assert events.parse(an_envelope("flight_delay")) == FlightDelay(
        event_id="evt-7d1f0c52a9b34e6f",
        flight_id="SW1234",
        timestamp=datetime(2026, 3, 1, 14, 15, 30, 250_000, tzinfo=UTC),
        source="operations_center",
        delay_minutes=25,
        reason=DelayReason.WEATHER,
        reason_detail="Thunderstorms over Dallas",
        new_departure=datetime(2026, 3, 2, 14, 25, tzinfo=UTC),
        new_arrival=datetime(2026, 3, 2, 17, 45, tzinfo=UTC),
    )


def test_a_cancellation_is_read() -> None:
    event = events.parse(an_envelope("flight_cancelled"))
    assert isinstance(event, FlightCancelled)
    assert (event.reason, event.rebooking_priority) == (CancellationReason.WEATHER, RebookingPriority.HIGH)


def test_a_gate_change_is_read() -> None:
    event = events.parse(an_envelope("gate_change"))
    assert isinstance(event, GateChange)
    assert (event.old_gate, event.new_gate, event.terminal_change) == ("A5", "D15", True)


def test_a_delay_of_25_point_0_minutes_is_25_minutes() -> None:
    event = a_delay(delay_minutes=25.0)
    assert isinstance(event, FlightDelay)
    assert repr(event.delay_minutes) == "25"


@pytest.mark.parametrize("name", ["flight_delay", "flight_cancelled"])
def test_the_free_text_may_be_left_out(name: str) -> None:
    event = events.parse(an_envelope(name, payload={"reason_detail": ...}))
    assert isinstance(event, FlightDelay | FlightCancelled)
    assert event.reason_detail == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timestamp": "2026-03-01T08:15:30"}, Rejection.NAIVE_TIMESTAMP),
        ({"timestamp": "yesterday"}, Rejection.BAD_TIMESTAMP),
        ({"timestamp": "0001-01-01T00:00:00+10:00"}, Rejection.BAD_TIMESTAMP),
        ({"payload": {"new_departure": "2026-03-02T08:25:00"}}, Rejection.NAIVE_TIMESTAMP),
        ({"payload": {"new_arrival": "2026-03-32T08:25:00Z"}}, Rejection.BAD_TIMESTAMP),
        ({"payload": {"new_arrival": "2026-03-02T08:25:00-06:00"}}, Rejection.ARRIVAL_BEFORE_DEPARTURE),
    ],
)
def test_a_delay_whose_times_make_no_sense_is_invalid(changes: dict[str, Any], code: Rejection) -> None:
    with pytest.raises(InvalidEventError) as invalid:
        events.parse(an_envelope("flight_delay", **changes))
    assert invalid.value.code is code


def test_a_gate_cannot_change_to_itself() -> None:
    with pytest.raises(InvalidEventError) as invalid:
        a_gate_change(old_gate="D15")
    assert invalid.value.code is Rejection.SAME_GATE


def test_a_departure_before_the_schedule_is_invalid() -> None:
    flight = a_flight(scheduled_departure=datetime(2026, 3, 2, 14, 26, tzinfo=UTC))
    with pytest.raises(InvalidEventError) as invalid:
        events.check(a_delay(), flight, received_at=RECEIVED)
    assert invalid.value.code is Rejection.DEPARTURE_BEFORE_SCHEDULE
    assert "2026-03-02T14:26:00Z" in invalid.value.message


def test_a_departure_exactly_on_schedule_is_valid() -> None:
    flight = a_flight(scheduled_departure=datetime(2026, 3, 2, 14, 25, tzinfo=UTC))
    events.check(a_delay(delay_minutes=0), flight, received_at=RECEIVED)


def test_news_from_more_than_a_day_ahead_is_invalid() -> None:
    known = a_gate_change().timestamp
    events.check(a_gate_change(), a_flight(), received_at=known - timedelta(days=1))
    with pytest.raises(InvalidEventError) as invalid:
        events.check(a_gate_change(), a_flight(), received_at=known - timedelta(days=1, seconds=1))
    assert invalid.value.code is Rejection.FUTURE_TIMESTAMP


def test_news_without_a_departure_fits_every_schedule() -> None:
    flight = a_flight(scheduled_departure=datetime(2100, 1, 1, tzinfo=UTC))
    events.check(a_cancellation(), flight, received_at=RECEIVED)
    events.check(a_gate_change(), flight, received_at=RECEIVED)


@pytest.mark.parametrize(("minutes", "seconds"), [(25, 0), (24, 0), (26, 0), (25, -60), (25, 60)])
def test_minutes_that_lead_to_the_new_departure_within_a_minute_are_valid(minutes: int, seconds: int) -> None:
    scheduled = datetime(2026, 3, 2, 14, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    events.check(a_delay(delay_minutes=minutes), a_flight(scheduled_departure=scheduled), received_at=RECEIVED)


@pytest.mark.parametrize("minutes", [0, 23, 27, 600])
def test_minutes_that_do_not_lead_to_the_new_departure_are_invalid(minutes: int) -> None:
    with pytest.raises(InvalidEventError) as invalid:
        events.check(a_delay(delay_minutes=minutes), a_flight(), received_at=RECEIVED)
    assert invalid.value.code is Rejection.DELAY_CONTRADICTS_DEPARTURE
    assert f"delay_minutes is {minutes}, but new_departure 2026-03-02T14:25:00Z is 25 minutes" in invalid.value.message


def test_the_flight_of_another_day_under_the_same_id_is_invalid() -> None:
    tomorrow = {"new_departure": "2026-03-03T08:25:00-06:00", "new_arrival": "2026-03-03T09:45:00-08:00"}
    with pytest.raises(InvalidEventError) as invalid:
        events.check(a_delay(**tomorrow), a_flight(), received_at=RECEIVED)
    assert invalid.value.code is Rejection.DELAY_CONTRADICTS_DEPARTURE


@pytest.mark.parametrize(("arrival", "valid"), [("19:45", True), ("19:46", False), ("15:45", True), ("15:44", False)])
def test_a_flight_takes_as_long_as_scheduled_give_or_take_two_hours(arrival: str, valid: bool) -> None:
    delay = a_delay(new_arrival=f"2026-03-02T{arrival}:00Z")
    with nullcontext() if valid else pytest.raises(InvalidEventError) as invalid:
        events.check(delay, a_flight(), received_at=RECEIVED)
    assert valid or invalid.value.code is Rejection.ARRIVAL_CONTRADICTS_DEPARTURE


@pytest.mark.parametrize(
    ("known", "told"), [("B7", "B7"), ("A5", "A5"), ("", "A5"), ("D15", "A5")], ids=["other", "same", "none", "applied"]
)
def test_a_gate_change_leaves_from_the_gate_that_the_table_knows(known: str, told: str) -> None:
    corrected = a_gate_change().corrected_by(a_flight(gate=known))
    assert isinstance(corrected, GateChange)
    assert (corrected.old_gate, corrected.new_gate) == (told, "D15")


@pytest.mark.parametrize(
    ("event", "severity", "detail_type"),
    [
        (a_delay(delay_minutes=29), Severity.MINOR, DetailType.DELAY_MINOR),
        (a_delay(delay_minutes=30), Severity.MAJOR, DetailType.DELAY_MAJOR),
        (a_delay(delay_minutes=120), Severity.MAJOR, DetailType.DELAY_MAJOR),
        (a_delay(delay_minutes=121), Severity.SEVERE, DetailType.DELAY_SEVERE),
        (a_cancellation(), Severity.CANCELLED, DetailType.CANCELLED),
        (a_gate_change(terminal_change=False), Severity.GATE, DetailType.GATE_CHANGE),
        (a_gate_change(terminal_change=True), Severity.TERMINAL, DetailType.GATE_CHANGE),
    ],
)
def test_every_event_has_a_severity_and_a_detail_type(
    event: FlightEvent, severity: Severity, detail_type: DetailType
) -> None:
    assert event.severity is severity
    assert event.detail_type is detail_type


def test_the_detail_of_a_delay_has_everything_the_workflow_and_a_reader_need() -> None:
    detail = events.enriched_detail(a_delay(), a_flight(), affected_passengers_count=3, correlation_id="corr-1")
    assert detail == {
        "event_id": "evt-7d1f0c52a9b34e6f",
        "event_type": "FLIGHT_DELAY",
        "flight_id": "SW1234",
        "timestamp": "2026-03-01T14:15:30.250Z",
        "source": "operations_center",
        "correlation_id": "corr-1",
        "delay_minutes": 25,
        "delay_category": "MINOR",
        "reason": "WEATHER",
        "reason_detail": "Thunderstorms over Dallas",
        "new_departure": "2026-03-02T14:25:00Z",
        "new_arrival": "2026-03-02T17:45:00Z",
        "affected_passengers_count": 3,
        "flight_details": {
            "origin": "DAL",
            "destination": "LAX",
            "original_departure": "2026-03-02T14:00:00Z",
            "original_arrival": "2026-03-02T17:20:00Z",
            "gate": "A12",
            "aircraft": "B737-800",
            "status": "SCHEDULED",
        },
        "summary": "Flight SW1234 from DAL to LAX leaves 25 minutes late because of the weather; "
        "3 passengers affected.",
    }


def test_only_delays_have_a_delay_category() -> None:
    for event in (a_cancellation(), a_gate_change()):
        detail = events.enriched_detail(event, a_flight(), affected_passengers_count=0, correlation_id="c")
        assert "delay_category" not in detail


def test_the_detail_shows_the_schedule_of_a_flight_that_is_already_late() -> None:
    late = a_flight(
        status=FlightStatus.DELAYED, estimated_departure=a_flight().scheduled_departure + timedelta(minutes=10)
    )
    detail = events.enriched_detail(a_delay(), late, affected_passengers_count=3, correlation_id="c")
    assert detail["flight_details"]["original_departure"] == "2026-03-02T14:00:00Z"
    assert detail["flight_details"]["status"] == "DELAYED"


@pytest.mark.parametrize(
    ("event", "passengers", "sentence"),
    [
        (a_delay(delay_minutes=1), 1, "leaves 1 minute late because of the weather; 1 passenger affected."),
        (a_delay(delay_minutes=0), 2, "is back on schedule; 2 passengers affected."),
        (a_cancellation(reason="CREW"), 0, "is cancelled because of crew availability; 0 passengers affected."),
        (a_gate_change(), 4, "leaves from gate D15 instead of A5, in another terminal; 4 passengers affected."),
        (a_gate_change(terminal_change=False), 4, "leaves from gate D15 instead of A5; 4 passengers affected."),
    ],
)
def test_every_event_tells_itself_in_one_sentence(event: FlightEvent, passengers: int, sentence: str) -> None:
    assert events.summary(event, a_flight(), passengers) == f"Flight {event.flight_id} from DAL to LAX {sentence}"


@pytest.mark.parametrize("reason", DelayReason)
def test_every_reason_has_words(reason: DelayReason) -> None:
    assert reason not in events.summary(a_delay(reason=reason), a_flight(), 1)
