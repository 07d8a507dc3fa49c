"""The REST API's routes: each with its description, and one call of the use case that answers it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.resources import files

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from flightpulse.adapters import telemetry
from flightpulse.domain.entities import FlightStatus
from flightpulse.domain.instants import to_milliseconds
from flightpulse.functions import api_document, bootstrap
from flightpulse.functions.api_document import described
from flightpulse.use_cases.look_up import LARGEST_LIMIT, Body, NotThereError
from flightpulse.use_cases.ports import BadParameterError

_NO_FLIGHT = "There is no such flight."
_NO_PASSENGER = "There is no such passenger."
_NO_BOOKING = "There is no such booking."

logger = telemetry.logger("api")
app = APIGatewayRestResolver()


@app.get("/health", **described("Whether the API answers.", api_document.HEALTH, signed=False))
def health() -> Body:
    return {"status": "healthy", "timestamp": to_milliseconds(datetime.now(UTC)), "service": "flightpulse-api"}


@app.get("/flights/<flight_id>", **described("A flight.", api_document.FLIGHT, missing=_NO_FLIGHT, signed=False))
def flight(flight_id: str) -> Body:
    return bootstrap.look_up().flight(flight_id)


@app.get(
    "/flights",
    **described(
        "Flights of a status, by departure.",
        api_document.FLIGHTS,
        signed=False,
        limit=LARGEST_LIMIT,
        query={"status": {"type": "string", "enum": list(FlightStatus)}},
    ),
)
def flights() -> Body:
    return bootstrap.look_up().flights(_parameters())


@app.get(
    "/flights/<flight_id>/bookings",
    **described("A flight's bookings.", api_document.BOOKINGS_OF_FLIGHT, missing=_NO_FLIGHT, limit=LARGEST_LIMIT),
)
def bookings_of_flight(flight_id: str) -> Body:
    return bootstrap.look_up().bookings_of_flight(flight_id, _parameters())


@app.get(
    "/passengers/<passenger_id>",
    **described("A passenger, without contact data.", api_document.PASSENGER, missing=_NO_PASSENGER),
)
def passenger(passenger_id: str) -> Body:
    return bootstrap.look_up().passenger(passenger_id)


@app.get(
    "/passengers/<passenger_id>/bookings",
    **described(
        "A passenger's bookings.", api_document.BOOKINGS_OF_PASSENGER, missing=_NO_PASSENGER, limit=LARGEST_LIMIT
    ),
)
def bookings_of_passenger(passenger_id: str) -> Body:
    return bootstrap.look_up().bookings_of_passenger(passenger_id, _parameters())


@app.get("/bookings/<booking_id>", **described("A booking.", api_document.BOOKING, missing=_NO_BOOKING))
def booking(booking_id: str) -> Body:
    return bootstrap.look_up().booking(booking_id)


@app.get("/openapi.json", include_in_schema=False)
def document() -> Response[str]:
    """The OpenAPI document of these routes, written by ``python -m tools.openapi``."""
    text = files(__package__).joinpath("openapi.json").read_text("utf-8")
    return Response(status_code=HTTPStatus.OK.value, content_type=content_types.APPLICATION_JSON, body=text)


@app.not_found
def no_such_route(error: NotFoundError) -> Response[Body]:
    return _error(HTTPStatus.NOT_FOUND, str(error.msg))


def not_there(error: NotThereError) -> Response[Body]:
    return _error(HTTPStatus.NOT_FOUND, str(error))


def refused(error: BadParameterError) -> Response[Body]:
    return _error(HTTPStatus.BAD_REQUEST, str(error))


def failed(error: Exception) -> Response[Body]:
    """What went wrong is in the log, under the request's id; a caller has no use for it."""
    logger.exception("the request failed", exc_info=error)
    return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.")


app.exception_handler(NotThereError)(not_there)
app.exception_handler(BadParameterError)(refused)
app.exception_handler(Exception)(failed)


def _error(status: HTTPStatus, message: str) -> Response[Body]:
    return Response(status_code=status.value, content_type=content_types.APPLICATION_JSON, body={"error": message})


def _parameters() -> Mapping[str, str]:
    return app.current_event.query_string_parameters or {}
