"""What the bus hears when the status of a booking or a flight changes in the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flightpulse.domain import keys
from flightpulse.domain.events import DetailType
from flightpulse.domain.instants import to_milliseconds

Image = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A change as it is published. ``change_id`` is the same each time the same change is delivered."""

    detail_type: DetailType
    detail: dict[str, Any]


def status_change(old: Image, new: Image, *, change_id: str, changed_at: datetime) -> StatusChange | None:
    """Compare an item before and after a write.

    ``None`` when the item is not a flight or a booking itself, or when it did not go from one status to another.
    Raises ``KeyError`` when a flight or booking lacks an identifying field.
    """
    if new.get("SK") != keys.METADATA:
        return None
    kind = str(new.get("PK", ""))
    if kind.startswith(keys.BOOKING):
        return _booking_change(old, new, change_id, changed_at)
    if kind.startswith(keys.FLIGHT):
        return _flight_change(old, new, change_id, changed_at)
    return None


def _booking_change(old: Image, new: Image, change_id: str, changed_at: datetime) -> StatusChange | None:
    before, after = old.get("booking_status"), new.get("booking_status")
    if not before or not after or before == after:
        return None
    booking, flight = new["booking_id"], new["flight_id"]
    return StatusChange(
        detail_type=DetailType.BOOKING_STATUS_CHANGED,
        detail={
            "change_id": change_id,
            "changed_at": to_milliseconds(changed_at),
            "booking_id": booking,
            "flight_id": flight,
            "passenger_id": new["passenger_id"],
            "old_status": before,
            "new_status": after,
            **_cause(_rebooking_event(old), _rebooking_event(new), new),
            "summary": f"Booking {booking} on flight {flight} went from {before} to {after}.",
        },
    )


def _flight_change(old: Image, new: Image, change_id: str, changed_at: datetime) -> StatusChange | None:
    before, after = old.get("status"), new.get("status")
    if not before or not after or before == after:
        return None
    flight = new["flight_id"]
    return StatusChange(
        detail_type=DetailType.FLIGHT_STATUS_CHANGED,
        detail={
            "change_id": change_id,
            "changed_at": to_milliseconds(changed_at),
            "flight_id": flight,
            "old_status": before,
            "new_status": after,
            **_cause(_departure_event(old), _departure_event(new), new),
            "summary": f"Flight {flight} went from {before} to {after}.",
        },
    )


def _cause(marker_before: str, marker_after: str, new: Image) -> dict[str, str]:
    """The event behind the change, where the same write left its mark on the item.

    A mark that was there before belongs to an earlier change; a status set by hand must not be pinned on it.
    """
    if not marker_after or marker_after == marker_before:
        return {}
    correlation_id = new.get("correlation_id")
    return {
        "event_id": marker_after,
        "correlation_id": correlation_id if isinstance(correlation_id, str) and correlation_id else marker_after,
    }


def _rebooking_event(booking: Image) -> str:
    return str(booking.get("rebooking_event") or "")


def _departure_event(flight: Image) -> str:
    """The id in the order token ``<time>#<event_id>`` of the newest news about the departure."""
    return str(flight.get("departure_as_of") or "").partition("#")[2]
