"""Seeding may be repeated, and puts back what scenarios have changed."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from flightpulse import paths
from flightpulse.adapters.table import ReservationTable
from flightpulse.domain import local_time
from flightpulse.domain.entities import BookingStatus, FlightStatus
from flightpulse.errors import UserError
from flightpulse.workbench.deploy import seeding
from simulator import sample_data
from tests.unit.fakes import FakeDynamoDB
from tests.unit.workbench.cloud_fakes import FakeTarget

FAR = date(2031, 7, 4)


@pytest.fixture
def target(tmp_path_factory: pytest.TempPathFactory) -> FakeTarget:
    made = FakeTarget()
    made.home = tmp_path_factory.mktemp("home")
    made.dynamodb = FakeDynamoDB()  # type: ignore[assignment]
    return made


@pytest.fixture
def table(target: FakeTarget) -> ReservationTable:
    return ReservationTable(target.dynamodb, target.table_name)  # type: ignore[arg-type]


def test_everything_is_loaded_for_tomorrow_unless_told_otherwise(target: FakeTarget, table: ReservationTable):
    seeded = seeding.seed(target.session)

    assert (seeded.flights, seeded.passengers, seeded.bookings, seeded.items) == (5, 10, 15, 60)
    assert seeded.day == datetime.now().astimezone().date() + timedelta(days=1)
    flight = table.flight("SW1234")
    assert flight is not None
    assert local_time.at_airport(flight.scheduled_departure, "DAL").date() == seeded.day


def test_seeding_twice_leaves_the_same_items(target: FakeTarget):
    seeding.seed(target.session, day=FAR)
    once = dict(target.dynamodb.items)

    seeding.seed(target.session, day=FAR)

    assert target.dynamodb.items == once


def test_resetting_forgets_what_scenarios_did_to_a_flight_and_its_bookings(target: FakeTarget, table: ReservationTable):
    seeding.seed(target.session, day=FAR)
    items = target.dynamodb.items
    items["FLIGHT#SW9012", "METADATA"] |= {"status": {"S": "CANCELLED"}, "departure_as_of": {"S": "x"}}
    items["FLIGHT#SW9012", "BOOKING#BKG-0008"]["told_departure_email"] = {"S": "x"}
    items["BOOKING#BKG-0008", "METADATA"]["booking_status"] = {"S": "NEEDS_REBOOKING"}

    seeding.reset(target.session, ["SW9012"])

    flight, booking = table.flight("SW9012"), table.booking("BKG-0008")
    assert flight is not None
    assert booking is not None
    assert (flight.status, booking.booking_status) == (FlightStatus.SCHEDULED, BookingStatus.CONFIRMED)
    assert "departure_as_of" not in items["FLIGHT#SW9012", "METADATA"]
    assert "told_departure_email" not in items["FLIGHT#SW9012", "BOOKING#BKG-0008"]


def test_a_flight_that_is_not_of_the_sample_data_cannot_be_reset_and_nothing_changes(
    target: FakeTarget, table: ReservationTable
):
    seeding.seed(target.session, day=FAR)
    known = table.flight("SW9012")
    assert known is not None
    table.save(flights=[replace(known, flight_id="RP4711")])
    before = dict(target.dynamodb.items)

    with pytest.raises(UserError, match="RP4711 is not one of the sample data"):
        seeding.reset(target.session, ["SW9012", "RP4711"])

    assert target.dynamodb.items == before


def test_resetting_keeps_the_day_and_the_other_flights(target: FakeTarget, table: ReservationTable):
    seeding.seed(target.session, day=FAR)
    target.dynamodb.items["FLIGHT#SW1234", "METADATA"]["gate"] = {"S": "Z9"}
    before = table.flight("SW9012")

    seeding.reset(target.session, ["SW9012"])

    other = table.flight("SW1234")
    assert table.flight("SW9012") == before
    assert other is not None
    assert other.gate == "Z9"


@pytest.fixture
def other_folder(tmp_path: Path) -> Path:
    """Two of the flights, one of them a day later and from another gate, in files of their own."""
    for name in ("flights", "passengers", "bookings"):
        entries = json.loads((paths.SAMPLE_DATA / f"{name}.json").read_text())
        if name != "passengers":
            entries = [entry for entry in entries if entry["flight_id"] in ("SW1234", "SW9012")]
        for entry in entries:
            if name == "flights" and entry["flight_id"] == "SW9012":
                for time in ("scheduled_departure", "scheduled_arrival"):
                    entry[time] = (datetime.fromisoformat(entry[time]) + timedelta(days=1)).isoformat()
                entry["gate"] = "Z7"
        (tmp_path / f"{name}.json").write_text(json.dumps(entries))
    return tmp_path


def test_resetting_goes_back_to_the_folder_that_was_seeded_and_keeps_each_flight_s_day(
    target: FakeTarget, table: ReservationTable, other_folder: Path
):
    seeding.seed(target.session, day=FAR, folder=other_folder)
    before = table.flight("SW9012")
    target.dynamodb.items["FLIGHT#SW9012", "METADATA"]["gate"] = {"S": "A1"}

    seeding.reset(target.session, ["SW9012"])

    assert before is not None
    assert (before.gate, local_time.at_airport(before.scheduled_departure, "PHX").date()) == (
        "Z7",
        FAR + timedelta(days=1),
    )
    assert table.flight("SW9012") == before


def test_seeding_the_sample_data_again_forgets_the_other_folder(
    target: FakeTarget, table: ReservationTable, other_folder: Path
):
    seeding.seed(target.session, day=FAR, folder=other_folder)
    seeding.seed(target.session, day=FAR)

    seeding.reset(target.session, ["SW9012"])

    flight = table.flight("SW9012")
    assert flight is not None
    assert flight.gate == "C3"


@pytest.mark.parametrize("flights", [["SW3456"], ["SW7890", "SW3456"]])
def test_resetting_a_flight_late_in_the_day_keeps_its_day(
    target: FakeTarget, table: ReservationTable, flights: list[str]
):
    seeding.seed(target.session, day=FAR)
    before = [table.flight(flight_id) for flight_id in flights]

    seeding.reset(target.session, flights)

    assert [table.flight(flight_id) for flight_id in flights] == before


def test_a_flight_of_another_source_has_nobody_on_board_whom_an_earlier_load_booked(
    target: FakeTarget, table: ReservationTable
):
    data = sample_data.load(day=FAR).only(["SW9012"])
    fewer = replace(data, bookings=data.bookings[:1])
    seeding.store(target.session, data)

    seeding.store(target.session, fewer)

    booked = {link.booking_id for link in table.bookings_of_flight("SW9012", limit=99).items}
    assert booked == {fewer.bookings[0].booking_id} < {booking.booking_id for booking in data.bookings}


def test_a_flight_of_yesterday_is_reset_to_tomorrow(target: FakeTarget):
    seeding.seed(target.session, day=date(2020, 1, 1))

    assert seeding.reset(target.session, ["SW1234"]).day == seeding.tomorrow()


def test_resetting_what_was_never_loaded_says_how_to_load_it(target: FakeTarget):
    with pytest.raises(UserError) as refusal:
        seeding.reset(target.session, ["SW1234"])

    assert refusal.value.message == "Flight SW1234 is not in the table."
    assert refusal.value.hint == "Load the flights with: flightpulse seed"
