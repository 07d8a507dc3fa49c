from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from flightpulse.domain.entities import Booking, Flight, InvalidFieldError, Passenger, Tier
from tests.unit.builders import a_booking, a_flight, a_passenger


def test_loyal_passengers_come_before_others() -> None:
    assert [(tier.value, tier.priority) for tier in Tier] == [("A-LIST PREFERRED", 1), ("A-LIST", 2), ("MEMBER", 3)]


@pytest.mark.parametrize("entity", [a_flight(), a_flight(flight_number="B674"), a_passenger(), a_booking()])
def test_an_entity_survives_the_way_to_plain_fields_and_back(entity: Any) -> None:
    assert type(entity).from_fields(entity.to_fields()) == entity


def test_a_flight_shows_the_number_that_passengers_know_only_where_it_has_one() -> None:
    assert a_flight(flight_number="B674").to_fields()["flight_number"] == "B674"
    assert "flight_number" not in a_flight().to_fields()


def test_a_flight_of_the_sample_data_is_read_in_utc() -> None:
    fields = {**a_flight().to_fields(), "scheduled_departure": "2026-03-02T08:00:00-06:00", "actual_departure": None}
    flight = Flight.from_fields(fields)
    assert flight.scheduled_departure == datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    assert flight.actual_departure is None


def test_a_booking_keeps_the_order_of_its_special_requests() -> None:
    fields = {**a_booking().to_fields(), "special_requests": ["wheelchair assistance", "aisle chair"]}
    assert Booking.from_fields(fields).special_requests == ("wheelchair assistance", "aisle chair")


@pytest.mark.parametrize(
    ("entity", "field", "value", "problem"),
    [
        (a_flight(), "flight_id", None, "flight_id is missing"),
        (a_flight(), "flight_number", 74, "flight_number is not text"),
        (a_flight(), "origin", "", "origin is missing"),
        (a_flight(), "origin", 5, "origin is not text"),
        (a_flight(), "status", "LATE", "status is none of SCHEDULED, BOARDING, DELAYED, CANCELLED, DEPARTED, ARRIVED"),
        (a_flight(), "scheduled_departure", "2026-03-02T14:00:00", "scheduled_departure has no offset from UTC"),
        (a_flight(), "scheduled_arrival", "noon", "scheduled_arrival is not an ISO 8601 date and time"),
        (a_flight(), "delay_minutes", -1, "delay_minutes is not a whole number of 0 or more"),
        (a_flight(), "delay_minutes", True, "delay_minutes is not a whole number of 0 or more"),
        (a_flight(), "delay_minutes", "5", "delay_minutes is not a whole number of 0 or more"),
        (a_passenger(), "tier", "GOLD", "tier is none of A-LIST PREFERRED, A-LIST, MEMBER"),
        (a_passenger(), "notification_preferences", "email", "notification_preferences is not an object"),
        (a_passenger(), "notification_preferences", {"sms": "yes"}, "sms is neither true nor false"),
        (a_booking(), "special_requests", "wheelchair", "special_requests is not a list of texts"),
        (a_booking(), "special_requests", [1], "special_requests is not a list of texts"),
        (a_booking(), "checked_in", 1, "checked_in is neither true nor false"),
        (a_booking(), "created_at", None, "created_at is missing"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(entity: Any, field: str, value: object, problem: str) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        type(entity).from_fields({**entity.to_fields(), field: value})
    assert str(refused.value) == problem


def test_contact_data_does_not_show_when_a_passenger_is_printed() -> None:
    shown = repr(a_passenger())
    assert "example.com" not in shown
    assert "5550123" not in shown


def test_what_a_passenger_does_not_say_is_a_no() -> None:
    passenger = Passenger.from_fields({**a_passenger().to_fields(), "notification_preferences": {"email": True}})
    wishes = passenger.notification_preferences
    assert (wishes.email, wishes.sms, wishes.push) == (True, False, False)


def test_entities_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        a_flight().gate = "B1"  # type: ignore[misc]
