from typing import Any, cast

import pytest

from flightpulse.adapters.dynamodb_json import item_to_typed
from flightpulse.adapters.onward_flights import SECONDS, OnwardFlights
from flightpulse.domain import keys
from tests.unit.fakes import FakeDynamoDB, aws_error

THIS = {
    "flight_id": "SW1",
    "origin": "DAL",
    "destination": "LAX",
    "scheduled_departure": "2026-12-01T14:00:00Z",
    "scheduled_arrival": "2026-12-01T17:20:00Z",
}


class FakeTable(FakeDynamoDB):
    def query(self, **arguments: Any) -> dict[str, Any]:
        self._note("query", arguments)
        assert arguments["KeyConditionExpression"] == "PK = :passenger AND begins_with(SK, :booking)"
        passenger = arguments["ExpressionAttributeValues"][":passenger"]["S"]
        return {"Items": [item for (partition, _), item in sorted(self.items.items()) if partition == passenger]}

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        self._note("batch_get_item", arguments)
        ((table, wanted),) = arguments["RequestItems"].items()
        found = [
            self.items[key] for asked in wanted["Keys"] if (key := (asked["PK"]["S"], asked["SK"]["S"])) in self.items
        ]
        return {"Responses": {table: found}}


class Scene:
    def __init__(self) -> None:
        self.table = FakeTable()
        self.now = 0.0
        self.reports: list[str] = []
        self.onward = OnwardFlights(
            cast(Any, self.table),
            "FlightPulseTable",
            lambda problem, _: self.reports.append(problem),
            clock=lambda: self.now,
        )

    def flight(self, flight_id: str, departure: str, **fields: str) -> "Scene":
        flight = {
            "origin": "LAX",
            "destination": "SEA",
            "scheduled_departure": departure,
            "status": "SCHEDULED",
            **fields,
        }
        self.table.put(item_to_typed({**keys.flight(flight_id), "flight_id": flight_id, **flight}))
        return self

    def booked(self, passenger: str, flight_id: str, status: str = "CONFIRMED") -> "Scene":
        booking = f"BKG-{passenger}-{flight_id}"
        link = {"booking_id": booking, "flight_id": flight_id}
        self.table.put(item_to_typed({**keys.booking_of_passenger(passenger, booking), **link}))
        self.table.put(item_to_typed({**keys.booking(booking), "booking_status": status, **link}))
        return self

    def found(self, *passengers: str) -> dict[str, dict[str, str]]:
        return self.onward.of(THIS, passengers)


def test_the_next_flight_of_the_day_is_found_with_where_and_when_it_leaves() -> None:
    scene = Scene().flight("SW2", "2026-12-01T20:00:00Z").flight("SW3", "2026-12-01T18:00:00Z")
    scene.booked("P1", "SW1").booked("P1", "SW2").booked("P1", "SW3").booked("P2", "SW1")
    assert scene.found("P1", "P2") == {
        "P1": {"flight_id": "SW3", "origin": "LAX", "destination": "SEA", "departure": "2026-12-01T18:00:00Z"}
    }


def test_the_number_that_passengers_know_the_next_flight_by_comes_with_it() -> None:
    scene = Scene().flight("SW2", "2026-12-01T18:00:00Z", flight_number="B674").booked("P1", "SW2")
    assert scene.found("P1")["P1"]["flight_number"] == "B674"


def test_a_flight_that_is_late_itself_leaves_when_it_is_now_expected_to() -> None:
    scene = (
        Scene().flight("SW2", "2026-12-01T18:00:00Z", estimated_departure="2026-12-01T19:30:00Z").booked("P1", "SW2")
    )
    assert scene.found("P1")["P1"]["departure"] == "2026-12-01T19:30:00Z"


@pytest.mark.parametrize(
    ("departure", "fields", "status"),
    [
        ("2026-12-01T13:00:00Z", {}, "CONFIRMED"),
        ("2026-12-02T18:00:00Z", {}, "CONFIRMED"),
        ("2026-12-01T18:00:00Z", {"status": "CANCELLED"}, "CONFIRMED"),
        ("2026-12-01T18:00:00Z", {"status": "DEPARTED"}, "CONFIRMED"),
        ("2026-12-01T18:00:00Z", {}, "CANCELLED"),
        ("2026-12-01T18:00:00Z", {}, "NEEDS_REBOOKING"),
        ("soon", {}, "CONFIRMED"),
    ],
)
def test_what_is_no_flight_to_catch_is_left_out(departure: str, fields: dict[str, str], status: str) -> None:
    assert Scene().flight("SW2", departure, **fields).booked("P1", "SW2", status).found("P1") == {}


def test_the_day_is_that_of_the_airports_and_not_of_utc() -> None:
    scene = Scene().flight("SW2", "2026-12-02T05:00:00Z").booked("P1", "SW2")
    assert scene.found("P1")["P1"]["flight_id"] == "SW2"


def test_who_lands_on_the_next_day_may_go_on_that_day() -> None:
    overnight = {**THIS, "scheduled_departure": "2026-12-02T05:00:00Z", "scheduled_arrival": "2026-12-02T08:20:00Z"}
    scene = Scene().flight("SW2", "2026-12-02T18:00:00Z").booked("P1", "SW2")
    assert scene.onward.of(overnight, ["P1"])["P1"]["flight_id"] == "SW2"
    assert scene.onward.of({**overnight, "scheduled_arrival": None}, ["P1"]) == {}


def test_everybody_costs_one_query_and_all_together_one_batch() -> None:
    scene = Scene().flight("SW2", "2026-12-01T18:00:00Z")
    people = [f"P{number}" for number in range(30)]
    for person in people:
        scene.booked(person, "SW2")
    assert set(scene.found(*people, *people)) == set(people)
    assert sorted(scene.table.operations()) == ["batch_get_item"] + ["query"] * 30


def test_a_table_in_trouble_is_reported_and_stops_nobody() -> None:
    scene = Scene().booked("P1", "SW2")
    scene.table.error = aws_error("ThrottlingException")
    assert scene.found("P1") == {}
    assert scene.reports == ["a passenger's bookings could not be read"]


def test_once_its_time_is_over_nothing_is_read_any_more() -> None:
    scene = Scene().flight("SW2", "2026-12-01T18:00:00Z").booked("P1", "SW2").booked("P2", "SW2")

    def slow(**arguments: Any) -> dict[str, Any]:
        scene.now += SECONDS
        return FakeTable.query(scene.table, **arguments)

    scene.table.query = slow  # type: ignore[method-assign]
    assert scene.found("P1", "P2") == {}
    assert "batch_get_item" not in scene.table.operations()


def test_a_flight_without_times_has_no_day() -> None:
    assert Scene().onward.of({"flight_id": "SW1"}, ["P1"]) == {}
