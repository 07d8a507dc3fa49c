import json
from datetime import datetime
from typing import Any, cast

import pytest

from flightpulse.adapters.table import ReservationTable
from flightpulse.domain.entities import BookingStatus, FlightStatus
from flightpulse.functions import api, bootstrap
from flightpulse.use_cases.look_up import LookUp
from tests.unit.builders import a_booking, a_flight, a_passenger
from tests.unit.fakes import FakeDynamoDB, aws_error, lambda_context, sample

Answer = tuple[int, dict[str, Any]]


class Client:
    """Calls the handler as API Gateway does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dynamodb = FakeDynamoDB()
        self.table = table = ReservationTable(cast(Any, self.dynamodb), "FlightPulseTable")
        table.save(
            flights=[
                *(a_flight(flight_id=f"SW{number}") for number in (1, 2, 3)),
                a_flight(status=FlightStatus.DELAYED, delay_minutes=25, delay_reason="WEATHER"),
            ],
            passengers=[a_passenger(), a_passenger(passenger_id="PAX-0002")],
            bookings=[a_booking(), a_booking(booking_id="BKG-0002", booking_status=BookingStatus.NEEDS_REBOOKING)],
        )
        self.dynamodb.calls.clear()
        monkeypatch.setattr(bootstrap, "look_up", lambda: LookUp(table))

    def get(self, path: str, method: str = "GET", **parameters: str) -> Answer:
        event = sample("api_gateway_proxy")
        event |= {"path": path, "httpMethod": method, "queryStringParameters": parameters or None}
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in parameters.items()} or None
        event["requestContext"] |= {"path": f"/prod{path}", "httpMethod": method}
        answer = api.handler(event, lambda_context())  # type: ignore[arg-type]
        assert answer["multiValueHeaders"]["Content-Type"] == ["application/json"]
        return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    return Client(monkeypatch)


def test_health_says_healthy_without_asking_the_table(client: Client) -> None:
    client.dynamodb.error = aws_error("InternalServerError")
    status, body = client.get("/health")
    assert (status, body["status"], body["service"]) == (200, "healthy", "flightpulse-api")
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None


def test_a_flight_is_shown_with_all_its_fields(client: Client) -> None:
    assert client.get("/flights/SW1234") == (
        200,
        {
            "flight_id": "SW1234",
            "origin": "DAL",
            "destination": "LAX",
            "scheduled_departure": "2026-03-02T14:00:00Z",
            "scheduled_arrival": "2026-03-02T17:20:00Z",
            "actual_departure": None,
            "actual_arrival": None,
            "status": "DELAYED",
            "gate": "A12",
            "aircraft": "B737-800",
            "delay_minutes": 25,
            "delay_reason": "WEATHER",
            "estimated_departure": None,
            "estimated_arrival": None,
            "cancellation_reason": None,
        },
    )
    assert client.dynamodb.operations() == ["get_item"]


def test_a_flight_that_passengers_know_by_another_name_says_so(client: Client) -> None:
    client.table.save(flights=[a_flight(flight_id="RP0208-B674-JFK", flight_number="B674")])
    _, body = client.get("/flights/RP0208-B674-JFK")
    assert (body["flight_id"], body["flight_number"]) == ("RP0208-B674-JFK", "B674")


def test_flights_of_a_status_are_listed(client: Client) -> None:
    status, body = client.get("/flights", status="SCHEDULED")
    assert (status, body["count"]) == (200, 3)
    assert [flight["flight_id"] for flight in body["flights"]] == ["SW1", "SW2", "SW3"]
    assert "next_token" not in body
    assert client.dynamodb.operations() == ["query"]


def test_a_status_without_flights_is_an_empty_list(client: Client) -> None:
    assert client.get("/flights", status="BOARDING") == (200, {"flights": [], "count": 0})


def test_a_list_goes_on_with_its_token(client: Client) -> None:
    _, first = client.get("/flights", status="SCHEDULED", limit="2")
    status, second = client.get("/flights", status="SCHEDULED", limit="2", next_token=first["next_token"])
    assert [flight["flight_id"] for flight in first["flights"]] == ["SW1", "SW2"]
    assert (status, [flight["flight_id"] for flight in second["flights"]]) == (200, ["SW3"])
    assert "next_token" not in second


@pytest.mark.parametrize("parameters", [{}, {"status": ""}, {"status": "LATE"}, {"status": "delayed"}])
def test_no_status_or_an_unknown_one_is_a_bad_request(client: Client, parameters: dict[str, str]) -> None:
    assert client.get("/flights", **parameters) == (
        400,
        {"error": "status must be one of SCHEDULED, BOARDING, DELAYED, CANCELLED, DEPARTED, ARRIVED."},
    )
    assert client.dynamodb.calls == []


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "ten", "", "٣", "9" * 5000])
def test_a_limit_that_is_not_1_to_100_is_a_bad_request(client: Client, limit: str) -> None:
    assert client.get("/flights", status="DELAYED", limit=limit) == (
        400,
        {"error": "limit must be a whole number from 1 to 100."},
    )


@pytest.mark.parametrize("limit", ["1", "100"])
def test_a_limit_from_1_to_100_is_fine(client: Client, limit: str) -> None:
    assert client.get("/flights", status="DELAYED", limit=limit)[0] == 200


@pytest.mark.parametrize("token", ["", "nonsense", "eyJQSyI6ICJGTElHSFQjU1cxIn0"])
def test_a_token_that_is_not_ours_is_a_bad_request(client: Client, token: str) -> None:
    status, body = client.get("/flights", status="SCHEDULED", next_token=token)
    assert (status, body) == (400, {"error": "next_token is not one of ours, or belongs to another query."})


def test_a_token_of_another_status_is_a_bad_request(client: Client) -> None:
    _, first = client.get("/flights", status="SCHEDULED", limit="1")
    assert client.get("/flights", status="DELAYED", next_token=first["next_token"])[0] == 400


def test_the_bookings_of_a_flight_are_listed_with_their_passengers(client: Client) -> None:
    assert client.get("/flights/SW1234/bookings") == (
        200,
        {
            "bookings": [
                {"booking_id": "BKG-0001", "passenger_id": "PAX-0001"},
                {"booking_id": "BKG-0002", "passenger_id": "PAX-0001"},
            ],
            "count": 2,
        },
    )
    assert client.dynamodb.operations() == ["query"]


def test_a_known_flight_without_bookings_is_an_empty_list(client: Client) -> None:
    assert client.get("/flights/SW1/bookings") == (200, {"bookings": [], "count": 0})


def test_bookings_can_be_paged(client: Client) -> None:
    _, first = client.get("/flights/SW1234/bookings", limit="1")
    _, second = client.get("/flights/SW1234/bookings", limit="1", next_token=first["next_token"])
    assert [booking["booking_id"] for page in (first, second) for booking in page["bookings"]] == [
        "BKG-0001",
        "BKG-0002",
    ]


def test_a_passenger_is_shown_without_contact_data(client: Client) -> None:
    assert client.get("/passengers/PAX-0001") == (
        200,
        {
            "passenger_id": "PAX-0001",
            "first_name": "Ana",
            "last_name": "Silva",
            "rapid_rewards_number": "RR10000001",
            "tier": "A-LIST",
            "notification_preferences": {"email": True, "sms": True, "push": False},
        },
    )


def test_the_bookings_of_a_passenger_are_listed_with_their_flights(client: Client) -> None:
    status, body = client.get("/passengers/PAX-0001/bookings")
    assert (status, body["count"]) == (200, 2)
    assert body["bookings"][0] == {"booking_id": "BKG-0001", "flight_id": "SW1234"}


def test_a_passenger_without_bookings_is_an_empty_list(client: Client) -> None:
    assert client.get("/passengers/PAX-0002/bookings") == (200, {"bookings": [], "count": 0})


def test_a_booking_is_shown(client: Client) -> None:
    status, body = client.get("/bookings/BKG-0002")
    assert (status, body["booking_status"], body["special_requests"]) == (
        200,
        "NEEDS_REBOOKING",
        ["wheelchair assistance"],
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/flights/SW0", "There is no flight SW0."),
        ("/flights/SW0/bookings", "There is no flight SW0."),
        ("/passengers/PAX-0", "There is no passenger PAX-0."),
        ("/passengers/PAX-0/bookings", "There is no passenger PAX-0."),
        ("/bookings/BKG-0", "There is no booking BKG-0."),
    ],
)
def test_an_unknown_id_is_not_found(client: Client, path: str, message: str) -> None:
    assert client.get(path) == (404, {"error": message})


@pytest.mark.parametrize("path", ["/flights/{}", "/flights/{}/bookings", "/passengers/{}/bookings", "/bookings/{}"])
def test_an_id_longer_than_any_key_is_not_found_without_asking(client: Client, path: str) -> None:
    status, body = client.get(path.format("X" * 3000))
    assert (status, list(body)) == (404, ["error"])
    assert client.dynamodb.calls == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/crews"), ("POST", "/flights/SW1234")])
def test_an_unknown_route_is_not_found_in_json(client: Client, method: str, path: str) -> None:
    assert client.get(path, method) == (404, {"error": "Not found"})


def test_a_failure_of_ours_is_a_500_that_says_nothing_about_its_cause(client: Client) -> None:
    client.dynamodb.error = aws_error("ProvisionedThroughputExceededException")
    assert client.get("/flights/SW1234") == (500, {"error": "Something went wrong on our side."})
