"""The sample data is what the contracts promise, and a mistake in it is named."""

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flightpulse import paths
from flightpulse.domain import local_time
from flightpulse.domain.entities import BookingStatus, FlightStatus, Tier
from flightpulse.errors import UserError
from flightpulse.messages import gsm7
from simulator import sample_data

SUMMER, WINTER = date(2027, 7, 4), date(2027, 1, 15)
Edit = Callable[[dict[str, list[dict[str, Any]]]], None]


@pytest.fixture(scope="module")
def data() -> sample_data.SampleData:
    return sample_data.load()


def edited(folder: Path, edit: Edit) -> Path:
    """A copy of the sample data with something changed."""
    content = {name: json.loads((paths.SAMPLE_DATA / f"{name}.json").read_text()) for name in FILES}
    edit(content)
    for name, entries in content.items():
        (folder / f"{name}.json").write_text(json.dumps(entries))
    return folder


FILES = ("flights", "passengers", "bookings")


def test_the_flights_are_those_of_the_contracts(data: sample_data.SampleData):
    seen = [(flight.flight_id, flight.origin, flight.destination, flight.gate) for flight in data.flights]

    assert seen == [
        ("SW1234", "DAL", "LAX", "A12"),
        ("SW5678", "HOU", "DEN", "B7"),
        ("SW9012", "PHX", "OAK", "C3"),
        ("SW3456", "LAS", "SEA", "A5"),
        ("SW7890", "SAN", "PDX", "B12"),
    ]
    assert {flight.status for flight in data.flights} == {FlightStatus.SCHEDULED}


def test_passengers_are_of_all_tiers_and_wishes(data: sample_data.SampleData):
    tiers = Counter(passenger.tier for passenger in data.passengers)
    wishes = [(p.notification_preferences.email, p.notification_preferences.sms) for p in data.passengers]

    assert tiers == {Tier.A_LIST_PREFERRED: 2, Tier.A_LIST: 3, Tier.MEMBER: 5}
    assert {(True, True), (True, False), (False, True), (False, False)} == set(wishes)


def test_people_are_invented(data: sample_data.SampleData):
    assert all((passenger.email or "").endswith("@example.com") for passenger in data.passengers)
    assert all((passenger.phone or "")[5:10] == "55501" for passenger in data.passengers)


def test_every_flight_has_at_least_two_bookings_and_one_has_all_tiers(data: sample_data.SampleData):
    tiers = {passenger.passenger_id: passenger.tier for passenger in data.passengers}
    on_board = {
        flight.flight_id: [b for b in data.bookings if b.flight_id == flight.flight_id] for flight in data.flights
    }

    assert len(data.bookings) == 15
    assert min(len(bookings) for bookings in on_board.values()) >= 2
    assert {tiers[booking.passenger_id] for booking in on_board["SW5678"]} == set(Tier)


def test_the_most_loyal_are_not_first_by_chance(data: sample_data.SampleData):
    tiers = {passenger.passenger_id: passenger.tier for passenger in data.passengers}
    order = [tiers[booking.passenger_id].priority for booking in data.bookings if booking.flight_id == "SW5678"]

    assert order != sorted(order)


def test_bookings_are_confirmed_or_checked_in_and_some_need_assistance(data: sample_data.SampleData):
    assert {booking.booking_status for booking in data.bookings} == {BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN}
    assert all((b.booking_status is BookingStatus.CHECKED_IN) == b.checked_in for b in data.bookings)
    assert any("wheelchair assistance" in booking.special_requests for booking in data.bookings)
    assert len({booking.confirmation_number for booking in data.bookings}) == len(data.bookings)


def test_a_name_outside_the_sms_alphabet_is_among_them(data: sample_data.SampleData):
    assert any(gsm7.unsupported(passenger.first_name) for passenger in data.passengers)


@pytest.mark.parametrize("day", [SUMMER, WINTER])
def test_moved_flights_leave_at_the_same_local_time_and_take_as_long(data: sample_data.SampleData, day: date):
    for before, after in zip(data.flights, sample_data.load(day=day).flights, strict=True):
        local_before = local_time.at_airport(before.scheduled_departure, before.origin)
        local_after = local_time.at_airport(after.scheduled_departure, after.origin)

        assert local_after.date() == day
        assert local_after.time() == local_before.time()
        assert after.scheduled_arrival - after.scheduled_departure == (
            before.scheduled_arrival - before.scheduled_departure
        )


@pytest.mark.parametrize(
    ("origin", "departure", "destination", "arrival"),
    [
        ("BOM", "2026-12-01T02:15:00+05:30", "LAX", "2026-12-01T08:05:00-08:00"),
        ("AKL", "2026-12-01T21:45:00+13:00", "LAX", "2026-12-01T13:20:00-08:00"),
        ("LAX", "2026-12-01T16:30:00+00:00", "DAL", "2026-12-01T19:30:00+00:00"),
        ("TUS", "2026-12-01T09:00:00-07:00", "BOI", "2026-12-01T11:10:00-07:00"),
        ("FRA", "2026-12-01T13:05:00+01:00", "RNO", "2026-12-01T16:00:00-08:00"),
    ],
)
def test_a_flight_keeps_its_instants_whatever_offset_they_are_written_with(
    tmp_path: Path, origin: str, departure: str, destination: str, arrival: str
):
    def other(content: dict[str, list[dict[str, Any]]]) -> None:
        content["flights"][0] |= {
            "origin": origin,
            "destination": destination,
            "scheduled_departure": departure,
            "scheduled_arrival": arrival,
        }

    (flight, *_) = sample_data.load(edited(tmp_path, other), day=date(2026, 12, 1)).flights

    assert flight.scheduled_departure == datetime.fromisoformat(departure)
    assert flight.scheduled_arrival == datetime.fromisoformat(arrival)


def test_moved_bookings_were_made_as_many_days_ahead(data: sample_data.SampleData):
    moved = sample_data.load(day=WINTER)

    shifts = {after.created_at - before.created_at for before, after in zip(data.bookings, moved.bookings, strict=True)}

    assert shifts == {WINTER - date(2026, 12, 1)}
    assert all(shift % timedelta(days=1) == timedelta(0) for shift in shifts)


def test_every_passenger_arrives_before_their_next_flight_leaves(data: sample_data.SampleData):
    flights = {flight.flight_id: flight for flight in data.flights}
    for passenger in data.passengers:
        trips = sorted(
            (flights[b.flight_id] for b in data.bookings if b.passenger_id == passenger.passenger_id),
            key=lambda flight: flight.scheduled_departure,
        )
        for first, second in itertools.pairwise(trips):
            assert second.scheduled_departure - first.scheduled_arrival > timedelta(hours=3)


def _set(name: str, number: int, field: str, value: object) -> Edit:
    return lambda content: content[name][number].__setitem__(field, value)


def _unset(name: str, number: int, field: str) -> Edit:
    return lambda content: content[name][number].__delitem__(field)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (_set("flights", 0, "origin", "QQQ"), "entry 1 (SW1234), field origin: QQQ is the IATA code of no airport"),
        (
            _set("flights", 0, "scheduled_arrival", "2026-12-01T05:00:00-08:00"),
            "field scheduled_arrival: 2026-12-01T05:00:00-08:00 is not after the departure",
        ),
        (_set("flights", 1, "flight_id", "SW1234"), "SW1234 is there twice; an id names one departure"),
        (_set("passengers", 2, "tier", "GOLD"), "passengers.json, entry 3 (PAX-0003), field tier: is 'GOLD'"),
        (_unset("flights", 0, "gate"), "flights.json, entry 1 (SW1234), field gate: is missing"),
        (_set("bookings", 14, "note", "x"), "bookings.json, entry 15 (BKG-0015), field note: is not a field"),
        (_set("flights", 1, "scheduled_departure", "2026-12-01T09:40:00"), "entry 2 (SW5678), field scheduled_dep"),
        (_set("bookings", 0, "bags_checked", -1), "field bags_checked"),
        (_set("bookings", 0, "bags_checked", "two"), "field bags_checked: is 'two', must be of type integer"),
        (_set("bookings", 4, "flight_id", "SW1"), "entry 5 (BKG-0005), field flight_id: SW1 is not in flights.json"),
        (_set("bookings", 4, "passenger_id", "PAX-0099"), "field passenger_id: PAX-0099 is not in passengers.json"),
        (_set("flights", 1, "flight_id", "SW1234"), "entry 2 (SW1234), field flight_id: SW1234 is there twice"),
        (
            lambda content: content["passengers"][0]["notification_preferences"].update(sms="yes"),
            "entry 1 (PAX-0001), field notification_preferences.sms: is 'yes', must be of type boolean",
        ),
        (lambda content: content["passengers"].__setitem__(0, "Maya"), "passengers.json, entry 1, field"),
        (_set("flights", 0, "scheduled_departure", "2026-13-01T09:40:00-06:00"), "entry 1 (SW1234)"),
    ],
)
def test_a_mistake_is_named_by_file_entry_and_field(tmp_path: Path, edit: Edit, named: str):
    with pytest.raises(UserError) as refusal:
        sample_data.load(edited(tmp_path, edit), day=WINTER)

    assert named in refusal.value.message
    assert refusal.value.hint == "Nothing was loaded."


def test_many_mistakes_are_counted(tmp_path: Path):
    def edit(content: dict[str, list[dict[str, Any]]]) -> None:
        for booking in content["bookings"]:
            booking["seat"] = "window"

    with pytest.raises(UserError) as refusal:
        sample_data.load(edited(tmp_path, edit))

    assert refusal.value.message.endswith("; and 12 more.")


def test_a_file_that_is_no_json_is_named(tmp_path: Path):
    for name in FILES:
        shutil.copy(paths.SAMPLE_DATA / f"{name}.json", tmp_path)
    (tmp_path / "flights.json").write_text("[")

    with pytest.raises(UserError, match=r"flights\.json is not JSON"):
        sample_data.load(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UserError, match=r"flights\.json is not in"):
        sample_data.load(tmp_path)


def test_a_part_of_the_data_keeps_all_passengers(data: sample_data.SampleData):
    part = data.only(["SW9012"])

    assert [flight.flight_id for flight in part.flights] == ["SW9012"]
    assert {booking.flight_id for booking in part.bookings} == {"SW9012"}
    assert part.passengers == data.passengers
