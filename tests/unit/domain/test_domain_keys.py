from datetime import timedelta, timezone

from flightpulse.domain import keys
from flightpulse.domain.entities import BookingStatus, FlightStatus
from tests.unit.builders import a_booking, a_flight


def test_every_item_has_the_key_of_the_contract() -> None:
    assert keys.flight("SW1234") == {"PK": "FLIGHT#SW1234", "SK": "METADATA"}
    assert keys.passenger("PAX-0001") == {"PK": "PASSENGER#PAX-0001", "SK": "METADATA"}
    assert keys.booking("BKG-0001") == {"PK": "BOOKING#BKG-0001", "SK": "METADATA"}
    assert keys.booking_of_flight("SW1234", "BKG-0001") == {"PK": "FLIGHT#SW1234", "SK": "BOOKING#BKG-0001"}
    assert keys.booking_of_passenger("PAX-0001", "BKG-0001") == {"PK": "PASSENGER#PAX-0001", "SK": "BOOKING#BKG-0001"}
    assert keys.claim("evt-1") == {"PK": "EVENT#evt-1", "SK": "CLAIM"}
    assert keys.template("delay/minor", "v1") == {"PK": "TEMPLATE#delay/minor", "SK": "VERSION#v1"}


def test_flights_are_indexed_by_status_and_departure_in_utc() -> None:
    departure = a_flight().scheduled_departure.astimezone(timezone(timedelta(hours=-6)))
    assert keys.flight_index(FlightStatus.DELAYED, departure) == {"GSI1PK": "DELAYED", "GSI1SK": "2026-03-02T14:00:00Z"}


def test_bookings_are_indexed_by_status_and_creation_time() -> None:
    assert keys.booking_index(BookingStatus.NEEDS_REBOOKING, a_booking().created_at) == {
        "GSI2PK": "NEEDS_REBOOKING",
        "GSI2SK": "2026-01-20T17:31:00Z",
    }
