"""Flights, passengers, bookings and envelopes with sensible values, for tests that care about one of them."""

import copy
from datetime import UTC, datetime
from typing import Any

from flightpulse.domain.entities import (
    Booking,
    BookingStatus,
    Flight,
    FlightStatus,
    NotificationPreferences,
    Passenger,
    Tier,
)
from tests.unit.fakes import sample


def a_flight(**changes: Any) -> Flight:
    values: dict[str, Any] = {
        "flight_id": "SW1234",
        "origin": "DAL",
        "destination": "LAX",
        "scheduled_departure": datetime(2026, 3, 2, 14, 0, tzinfo=UTC),
        "scheduled_arrival": datetime(2026, 3, 2, 17, 20, tzinfo=UTC),
        "status": FlightStatus.SCHEDULED,
        "gate": "A12",
        "aircraft": "B737-800",
    }
    return Flight(**{**values, **changes})


def a_passenger(**changes: Any) -> Passenger:
    values: dict[str, Any] = {
        "passenger_id": "PAX-0001",
        "first_name": "Ana",
        "last_name": "Silva",
        "email": "ana.silva@example.com",
        "phone": "+12145550123",
        "rapid_rewards_number": "RR10000001",
        "tier": Tier.A_LIST,
        "notification_preferences": NotificationPreferences(email=True, sms=True),
    }
    return Passenger(**{**values, **changes})


def a_booking(**changes: Any) -> Booking:
    values: dict[str, Any] = {
        "booking_id": "BKG-0001",
        "passenger_id": "PAX-0001",
        "flight_id": "SW1234",
        "confirmation_number": "K7QWZ2",
        "booking_status": BookingStatus.CONFIRMED,
        "created_at": datetime(2026, 1, 20, 17, 31, tzinfo=UTC),
        "seat": "21B",
        "fare_class": "WANNA_GET_AWAY",
        "bags_checked": 1,
        "special_requests": ("wheelchair assistance",),
    }
    return Booking(**{**values, **changes})


def an_envelope(name: str = "flight_delay", *, payload: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The sample envelope of that name with some fields changed; a field changed to ``...`` is left out."""
    envelope = copy.deepcopy(sample(name))
    envelope["payload"] = _changed(envelope["payload"], payload or {})
    return _changed(envelope, changes)


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not ...}
