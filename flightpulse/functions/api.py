"""Answers the REST API's read-only questions about flights, passengers and bookings."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.resources import files
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError, ServiceError
from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse.adapters import settings, telemetry
from flightpulse.adapters.page_token import BadTokenError
from flightpulse.adapters.table import Page
from flightpulse.domain.entities import FlightStatus, Passenger
from flightpulse.domain.instants import to_milliseconds
from flightpulse.functions import api_document, bootstrap
from flightpulse.functions.api_document import described

SERVICE = "api"

_DEFAULT_LIMIT = 25
_LARGEST_LIMIT = 100
_LONGEST_ID_BYTES = 1024
_LONGEST_ECHO = 64
_CONTACT_DATA = ("email", "phone")
_NO_FLIGHT = "There is no such flight."
_NO_PASSENGER = "There is no such passenger."

Body = dict[str, Any]
Entity = TypeVar("Entity")

logger = telemetry.logger(SERVICE)
app = APIGatewayRestResolver()


@app.get("/health", **described("Whether the API answers.", api_document.HEALTH, signed=False))
def health() -> Body:
    return {"status": "healthy", "timestamp": to_milliseconds(datetime.now(UTC)), "service": "flightpulse-api"}


@app.get("/flights/<flight_id>", **described("A flight.", api_document.FLIGHT, missing=_NO_FLIGHT, signed=False))
def flight(flight_id: str) -> Body:
    return _known("flight", flight_id, bootstrap.table().flight).to_fields()


@app.get(
    "/flights",
    **described(
        "Flights of a status, by departure.",
        api_document.FLIGHTS,
        signed=False,
        limit=_LARGEST_LIMIT,
        query={"status": {"type": "string", "enum": list(FlightStatus)}},
    ),
)
def flights() -> Body:
    page = bootstrap.table().flights_by_status(_status(), limit=_limit(), token=_token())
    return _listed("flights", page, [found.to_fields() for found in page.items])


@app.get(
    "/flights/<flight_id>/bookings",
    **described("A flight's bookings.", api_document.BOOKINGS_OF_FLIGHT, missing=_NO_FLIGHT, limit=_LARGEST_LIMIT),
)
def bookings_of_flight(flight_id: str) -> Body:
    page = bootstrap.table().bookings_of_flight(_possible("flight", flight_id), limit=_limit(), token=_token())
    if not page.items:
        _known("flight", flight_id, bootstrap.table().flight)
    links = [{"booking_id": link.booking_id, "passenger_id": link.passenger_id} for link in page.items]
    return _listed("bookings", page, links)


@app.get(
    "/passengers/<passenger_id>",
    **described("A passenger, without contact data.", api_document.PASSENGER, missing=_NO_PASSENGER),
)
def passenger(passenger_id: str) -> Body:
    return _without_contact_data(_known("passenger", passenger_id, bootstrap.table().passenger))


@app.get(
    "/passengers/<passenger_id>/bookings",
    **described(
        "A passenger's bookings.", api_document.BOOKINGS_OF_PASSENGER, missing=_NO_PASSENGER, limit=_LARGEST_LIMIT
    ),
)
def bookings_of_passenger(passenger_id: str) -> Body:
    page = bootstrap.table().bookings_of_passenger(_possible("passenger", passenger_id), limit=_limit(), token=_token())
    if not page.items:
        _known("passenger", passenger_id, bootstrap.table().passenger)
    links = [{"booking_id": link.booking_id, "flight_id": link.flight_id} for link in page.items]
    return _listed("bookings", page, links)


@app.get("/bookings/<booking_id>", **described("A booking.", api_document.BOOKING, missing="There is no such booking."))
def booking(booking_id: str) -> Body:
    return _known("booking", booking_id, bootstrap.table().booking).to_fields()


@app.get("/openapi.json", include_in_schema=False)
def document() -> Response[str]:
    """The OpenAPI document of these routes, written by ``python -m tools.openapi``."""
    text = files(__package__).joinpath("openapi.json").read_text("utf-8")
    return Response(status_code=HTTPStatus.OK.value, content_type=content_types.APPLICATION_JSON, body=text)


@app.not_found
def not_found(error: NotFoundError) -> Response[Body]:
    return _error(HTTPStatus.NOT_FOUND, str(error.msg))


def refused(error: ServiceError) -> Response[Body]:
    return _error(HTTPStatus(error.status_code), str(error.msg))


def bad_token(error: BadTokenError) -> Response[Body]:
    return _error(HTTPStatus.BAD_REQUEST, f"{error}.")


def failed(error: Exception) -> Response[Body]:
    """What went wrong is in the log, under the request's id; a caller has no use for it."""
    logger.exception("the request failed", exc_info=error)
    return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.")


app.exception_handler(ServiceError)(refused)
app.exception_handler(BadTokenError)(bad_token)
app.exception_handler(Exception)(failed)


def _known(kind: str, entity_id: str, read: Callable[[str], Entity | None]) -> Entity:
    found = read(_possible(kind, entity_id))
    if found is None:
        raise _unknown(kind, entity_id)
    return found


def _possible(kind: str, entity_id: str) -> str:
    """The id, unless it is longer than any key of the table may be: DynamoDB would call that an error of ours."""
    if len(entity_id.encode("utf-8", "replace")) > _LONGEST_ID_BYTES:
        raise _unknown(kind, entity_id)
    return entity_id


def _unknown(kind: str, entity_id: str) -> NotFoundError:
    return NotFoundError(f"There is no {kind} {entity_id[:_LONGEST_ECHO]}.")


def _error(status: HTTPStatus, message: str) -> Response[Body]:
    return Response(status_code=status.value, content_type=content_types.APPLICATION_JSON, body={"error": message})


def _listed(name: str, page: Page[Any], entries: list[Body]) -> Body:
    body: Body = {name: entries, "count": len(entries)}
    return body if page.next_token is None else {**body, "next_token": page.next_token}


def _without_contact_data(found: Passenger) -> Body:
    return {name: value for name, value in found.to_fields().items() if name not in _CONTACT_DATA}


def _parameter(name: str) -> str | None:
    parameters: Mapping[str, str] = app.current_event.query_string_parameters or {}
    return parameters.get(name)


def _status() -> FlightStatus:
    status = _parameter("status")
    try:
        return FlightStatus(status or "")
    except ValueError:
        raise BadRequestError(f"status must be one of {', '.join(FlightStatus)}.") from None


def _limit() -> int:
    text = _parameter("limit")
    if text is None:
        return _DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= _LARGEST_LIMIT):
        raise BadRequestError(f"limit must be a whole number from 1 to {_LARGEST_LIMIT}.")
    return int(text)


def _token() -> str | None:
    return _parameter("next_token")


@logger.inject_lambda_context(clear_state=True, correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes a proxy request of API Gateway's REST API; answers with JSON, errors included."""
    answer = app.resolve(event, context)
    logger.info(
        f"{event.get('httpMethod')} {event.get('resource') or event.get('path')}",
        extra={"status_code": answer["statusCode"]},
    )
    return answer


if settings.in_lambda():
    bootstrap.table()
