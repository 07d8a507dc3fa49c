from datetime import UTC, datetime
from typing import Any

import pytest

from flightpulse.domain.events import DetailType
from flightpulse.use_cases.status_changes import StatusChange, status_change

FLIGHT = {"PK": "FLIGHT#SW9012", "SK": "METADATA", "flight_id": "SW9012", "status": "SCHEDULED"}
BOOKING = {
    "PK": "BOOKING#BKG-0007",
    "SK": "METADATA",
    "booking_id": "BKG-0007",
    "flight_id": "SW9012",
    "passenger_id": "PAX-0004",
    "booking_status": "CONFIRMED",
}


def change(old: dict[str, Any], **after: Any) -> StatusChange | None:
    return status_change(
        old, {**old, **after}, change_id="chg-1", changed_at=datetime(2026, 3, 1, 13, 40, 2, tzinfo=UTC)
    )


def test_a_booking_that_needs_rebooking_is_reported() -> None:
    changed = change(BOOKING, booking_status="NEEDS_REBOOKING")
    assert changed == StatusChange(
        detail_type=DetailType.BOOKING_STATUS_CHANGED,
        detail={
            "change_id": "chg-1",
            "changed_at": "2026-03-01T13:40:02.000Z",
            "booking_id": "BKG-0007",
            "flight_id": "SW9012",
            "passenger_id": "PAX-0004",
            "old_status": "CONFIRMED",
            "new_status": "NEEDS_REBOOKING",
            "summary": "Booking BKG-0007 on flight SW9012 went from CONFIRMED to NEEDS_REBOOKING.",
        },
    )


def test_a_flight_that_is_cancelled_is_reported() -> None:
    changed = change(FLIGHT, status="CANCELLED")
    assert changed is not None
    assert changed.detail_type is DetailType.FLIGHT_STATUS_CHANGED
    assert changed.detail["summary"] == "Flight SW9012 went from SCHEDULED to CANCELLED."


@pytest.mark.parametrize(
    ("old", "after"),
    [
        (BOOKING, {"seat": "1A"}),
        (FLIGHT, {"gate": "D15"}),
        (BOOKING, {"booking_status": None}),
        ({**BOOKING, "booking_status": None}, {"booking_status": "CONFIRMED"}),
        (FLIGHT, {"status": None}),
        ({**FLIGHT, "status": None}, {"status": "SCHEDULED"}),
        ({"PK": "EVENT#evt-1", "SK": "CLAIM", "status": "IN_PROGRESS"}, {"status": "DONE"}),
        ({"PK": "TEMPLATE#a#1", "SK": "METADATA", "status": "a"}, {"status": "b"}),
        ({"PK": "FLIGHT#SW9012", "SK": "BOOKING#BKG-0007", "status": "a"}, {"status": "b"}),
    ],
)
def test_other_writes_are_not_status_changes(old: dict[str, Any], after: dict[str, Any]) -> None:
    assert change(old, **after) is None


def test_a_change_names_the_event_whose_mark_the_same_write_left() -> None:
    changed = change(BOOKING, booking_status="NEEDS_REBOOKING", rebooking_event="evt-1")
    assert changed is not None
    assert (changed.detail["event_id"], changed.detail["correlation_id"]) == ("evt-1", "evt-1")


def test_a_change_keeps_the_correlation_id_that_the_same_write_noted() -> None:
    changed = change(
        FLIGHT, status="DELAYED", departure_as_of="2026-03-01T13:40:00.000Z#evt-1", correlation_id="ops-console-4711"
    )
    assert changed is not None
    assert (changed.detail["event_id"], changed.detail["correlation_id"]) == ("evt-1", "ops-console-4711")


def test_a_change_made_by_hand_is_not_pinned_on_an_earlier_event() -> None:
    old = {**FLIGHT, "departure_as_of": "2026-03-01T13:40:00.000Z#evt-1", "correlation_id": "ops-console-4711"}
    changed = change(old, status="DEPARTED")
    assert changed is not None
    assert "event_id" not in changed.detail
    assert "correlation_id" not in changed.detail


def test_a_booking_without_a_passenger_is_not_reported_half() -> None:
    with pytest.raises(KeyError):
        change({name: value for name, value in BOOKING.items() if name != "passenger_id"}, booking_status="CANCELLED")
