"""Looks up flights, passengers and bookings for somebody outside, who sees no contact data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flightpulse.domain.entities import FlightStatus
from flightpulse.use_cases.ports import BadParameterError, Page, Reservations

LARGEST_LIMIT = 100
_DEFAULT_LIMIT = 25
_LONGEST_ID_BYTES = 1024
_LONGEST_ECHO = 64
_CONTACT_DATA = ("email", "phone")

Body = dict[str, Any]
Parameters = Mapping[str, str]
Entity = TypeVar("Entity")


class NotThereError(Exception):
    """Nothing is known under this id."""

    def __init__(self, kind: str, entity_id: str) -> None:
        super().__init__(f"There is no {kind} {entity_id[:_LONGEST_ECHO]}.")


class LookUp:
    """Every answer is plain JSON. Each look-up raises :class:`NotThereError` or :class:`BadParameterError`."""

    def __init__(self, reservations: Reservations) -> None:
        self._reservations = reservations

    def flight(self, flight_id: str) -> Body:
        return _known("flight", flight_id, self._reservations.flight).to_fields()

    def flights(self, parameters: Parameters) -> Body:
        status = _status(parameters)
        limit, token = _paging(parameters)
        page = self._reservations.flights_by_status(status, limit=limit, token=token)
        return _listed("flights", page, [flight.to_fields() for flight in page.items])

    def bookings_of_flight(self, flight_id: str, parameters: Parameters) -> Body:
        limit, token = _paging(parameters)
        page = self._reservations.bookings_of_flight(_possible("flight", flight_id), limit=limit, token=token)
        if not page.items:
            _known("flight", flight_id, self._reservations.flight)
        links = [{"booking_id": link.booking_id, "passenger_id": link.passenger_id} for link in page.items]
        return _listed("bookings", page, links)

    def passenger(self, passenger_id: str) -> Body:
        fields = _known("passenger", passenger_id, self._reservations.passenger).to_fields()
        return {name: value for name, value in fields.items() if name not in _CONTACT_DATA}

    def bookings_of_passenger(self, passenger_id: str, parameters: Parameters) -> Body:
        limit, token = _paging(parameters)
        page = self._reservations.bookings_of_passenger(_possible("passenger", passenger_id), limit=limit, token=token)
        if not page.items:
            _known("passenger", passenger_id, self._reservations.passenger)
        links = [{"booking_id": link.booking_id, "flight_id": link.flight_id} for link in page.items]
        return _listed("bookings", page, links)

    def booking(self, booking_id: str) -> Body:
        return _known("booking", booking_id, self._reservations.booking).to_fields()


def _known(kind: str, entity_id: str, read: Callable[[str], Entity | None]) -> Entity:
    found = read(_possible(kind, entity_id))
    if found is None:
        raise NotThereError(kind, entity_id)
    return found


def _possible(kind: str, entity_id: str) -> str:
    """The id, unless it is longer than any key of the table may be: DynamoDB would call that an error of ours."""
    if len(entity_id.encode("utf-8", "replace")) > _LONGEST_ID_BYTES:
        raise NotThereError(kind, entity_id)
    return entity_id


def _listed(name: str, page: Page[Any], entries: Sequence[Body]) -> Body:
    body: Body = {name: entries, "count": len(entries)}
    return body if page.next_token is None else {**body, "next_token": page.next_token}


def _status(parameters: Parameters) -> FlightStatus:
    try:
        return FlightStatus(parameters.get("status", ""))
    except ValueError:
        raise BadParameterError(f"status must be one of {', '.join(FlightStatus)}.") from None


def _paging(parameters: Parameters) -> tuple[int, str | None]:
    text = parameters.get("limit", str(_DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LARGEST_LIMIT):
        raise BadParameterError(f"limit must be a whole number from 1 to {LARGEST_LIMIT}.")
    return int(text), parameters.get("next_token")
