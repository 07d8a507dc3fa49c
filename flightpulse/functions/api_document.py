"""What the REST API's answers look like, for its OpenAPI document. Plain data: nothing here runs with a request."""

from collections.abc import Mapping
from typing import Any

from flightpulse.domain.entities import BookingStatus, FlightStatus, Tier

Schema = Mapping[str, Any]

_ANY_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_TIME: Schema = {"type": "string", "format": "date-time"}
_TIME_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}


def _closed(may_lack: str | None = None, /, **properties: Schema) -> Schema:
    """An object with exactly these fields, of which it may lack one."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != may_lack],
        "additionalProperties": False,
    }


def _page(name: str, item: Schema) -> Schema:
    fields: dict[str, Schema] = {name: {"type": "array", "items": item}, "count": _COUNT}
    return _closed("next_token", **fields, next_token=_ANY_TEXT)


FLIGHT = _closed(
    "flight_number",
    flight_id=_ANY_TEXT,
    flight_number=_ANY_TEXT,
    origin=_ANY_TEXT,
    destination=_ANY_TEXT,
    scheduled_departure=_TIME,
    scheduled_arrival=_TIME,
    actual_departure=_TIME_OR_NULL,
    actual_arrival=_TIME_OR_NULL,
    status={"type": "string", "enum": list(FlightStatus)},
    gate=_ANY_TEXT,
    aircraft=_ANY_TEXT,
    delay_minutes=_COUNT,
    delay_reason=_TEXT_OR_NULL,
    estimated_departure=_TIME_OR_NULL,
    estimated_arrival=_TIME_OR_NULL,
    cancellation_reason=_TEXT_OR_NULL,
)
PASSENGER = _closed(
    passenger_id=_ANY_TEXT,
    first_name=_ANY_TEXT,
    last_name=_ANY_TEXT,
    rapid_rewards_number=_TEXT_OR_NULL,
    tier={"type": "string", "enum": list(Tier)},
    notification_preferences=_closed(email=_FLAG, sms=_FLAG, push=_FLAG),
)
BOOKING = _closed(
    booking_id=_ANY_TEXT,
    passenger_id=_ANY_TEXT,
    flight_id=_ANY_TEXT,
    confirmation_number=_ANY_TEXT,
    seat=_ANY_TEXT,
    fare_class=_ANY_TEXT,
    booking_status={"type": "string", "enum": list(BookingStatus)},
    checked_in=_FLAG,
    bags_checked=_COUNT,
    special_requests={"type": "array", "items": _ANY_TEXT},
    created_at=_TIME,
    rebooking_priority=_TEXT_OR_NULL,
)
HEALTH = _closed(status={"const": "healthy"}, timestamp=_TIME, service={"const": "flightpulse-api"})
FLIGHTS = _page("flights", FLIGHT)
BOOKINGS_OF_FLIGHT = _page("bookings", _closed(booking_id=_ANY_TEXT, passenger_id=_ANY_TEXT))
BOOKINGS_OF_PASSENGER = _page("bookings", _closed(booking_id=_ANY_TEXT, flight_id=_ANY_TEXT))
_ERROR = _closed(error=_ANY_TEXT)

QUERY = "x-query-parameters"
"""Where a route keeps its query parameters until the document is written: they are no arguments of its function."""


def described(
    summary: str,
    answer: Schema,
    *,
    missing: str | None = None,
    signed: bool = True,
    limit: int | None = None,
    query: Mapping[str, Schema] | None = None,
) -> dict[str, Any]:
    """What a route's decorator is given.

    ``missing`` says what a 404 means; ``signed`` that requests are signed with IAM; ``limit`` makes it a list of at
    most so many entries a page. ``query`` are required query parameters by name.
    """
    answers = {200: _json("Found.", answer)}
    parameters = [_parameter(name, schema, required=True) for name, schema in (query or {}).items()]
    if limit is not None:
        parameters.append(_parameter("limit", {"type": "integer", "minimum": 1, "maximum": limit}, required=False))
        parameters.append(_parameter("next_token", {"type": "string"}, required=False))
    if parameters:
        answers[400] = _json("A parameter is wrong; the text says which and what it may be.", _ERROR)
    if missing:
        answers[404] = _json(missing, _ERROR)
    return {
        "summary": summary,
        "responses": answers,
        "security": [{"sigv4": []}] if signed else None,
        "openapi_extensions": {QUERY: parameters} if parameters else None,
    }


def _json(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": dict(schema)}}}


def _parameter(name: str, schema: Schema, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": dict(schema)}
