"""The OpenAPI document is the handlers', is served as it is in the repository, and tells the truth of every answer."""

import json
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks as known

from flightpulse.adapters.table import ReservationTable
from flightpulse.functions import api, bootstrap
from flightpulse.use_cases.look_up import LookUp
from tests.unit.builders import a_booking, a_flight, a_passenger
from tests.unit.fakes import FakeDynamoDB, lambda_context, sample
from tools import openapi

DOCUMENT = json.loads(openapi.PATH.read_text("utf-8"))
Start = Callable[[str, list[tuple[str, str]]], object]


def look_up() -> LookUp:
    found = ReservationTable(cast(Any, FakeDynamoDB()), "FlightPulseTable")
    found.save(flights=[a_flight()], passengers=[a_passenger()], bookings=[a_booking()])
    return LookUp(found)


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """The handler as a WSGI application, which takes a request to API Gateway's event and back."""
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    event = sample("api_gateway_proxy")
    event |= {"path": path, "httpMethod": environ["REQUEST_METHOD"], "queryStringParameters": query or None}
    event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} or None
    event["requestContext"] |= {"path": f"/prod{path}", "httpMethod": environ["REQUEST_METHOD"]}
    answer = api.handler(event, lambda_context())  # type: ignore[arg-type]
    start(f"{answer['statusCode']} -", [("Content-Type", answer["multiValueHeaders"]["Content-Type"][0])])
    return [answer["body"].encode()]


schema = schemathesis.openapi.from_dict({**DOCUMENT, "servers": [{"url": "/"}]})
schema.app = application


def test_the_document_in_the_repository_is_the_handlers() -> None:
    assert openapi.text() == openapi.PATH.read_text("utf-8"), "Write it anew with: python -m tools.openapi"


def test_it_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "look_up", look_up)
    event = sample("api_gateway_proxy") | {"path": "/openapi.json", "queryStringParameters": None}
    event["requestContext"] |= {"path": "/prod/openapi.json"}
    answer = api.handler(event, lambda_context())  # type: ignore[arg-type]
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, DOCUMENT)


def test_it_has_every_route_and_says_which_are_signed() -> None:
    signed = {path: bool(operations["get"].get("security")) for path, operations in DOCUMENT["paths"].items()}
    assert signed == {
        "/health": False,
        "/flights": False,
        "/flights/{flight_id}": False,
        "/flights/{flight_id}/bookings": True,
        "/passengers/{passenger_id}": True,
        "/passengers/{passenger_id}/bookings": True,
        "/bookings/{booking_id}": True,
    }


@schema.parametrize()
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_document_promises(case: schemathesis.Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "look_up", look_up)
        case.call_and_validate(
            checks=[
                known.not_a_server_error,
                known.status_code_conformance,
                known.content_type_conformance,
                known.response_schema_conformance,
            ]
        )
