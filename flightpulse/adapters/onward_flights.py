"""Finds where passengers of a flight fly on the same day: passenger to bookings, bookings to flights.

It is a nicety that messages do without: it has a few seconds, and whatever it has not found by then is left out.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from flightpulse.adapters import aws
from flightpulse.adapters.chunks import chunked
from flightpulse.adapters.dynamodb_json import item_from_typed, item_to_typed
from flightpulse.domain import keys, local_time
from flightpulse.domain.entities import BookingStatus, FlightStatus
from flightpulse.domain.instants import parse_instant, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECONDS = 5.0
"""No read begins later than this."""

_THREADS = 8
_READS_PER_CALL = 100
# A passenger with more bookings than this travels for a living; the next ones will be among them.
_BOOKINGS = 50
# One call for each passenger, and all of one shape: that botocore checks it against its model is a seventh of the work.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=_THREADS,
    parameter_validation=False,
)
_NOT_FLYING = {FlightStatus.CANCELLED, FlightStatus.DEPARTED, FlightStatus.ARRIVED}
_NOT_BOOKED = {BookingStatus.CANCELLED, BookingStatus.NEEDS_REBOOKING}

Fields = Mapping[str, Any]
Report = Callable[[str, Mapping[str, str]], None]


class OnwardFlights:
    """Next flights by the table's own access patterns: a Query per passenger, then flights and bookings in batches."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        report: Report,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._report = report
        self._clock = clock

    @classmethod
    def connect(cls, table_name: str, report: Report) -> Self:
        """The table of this name, with a client from the environment."""
        return cls(aws.client("dynamodb", _CONFIG), table_name, report)

    def of(self, flight: Fields, passenger_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """The next flight of each passenger on the day of a flight, by passenger; those without one are not in it.

        ``flight`` has flight_id, origin, destination, scheduled_departure and scheduled_arrival. A next flight has
        flight_id, origin, destination and departure (ISO 8601). Never raises: what cannot be read is reported.
        """
        try:
            this_departure, days = _departure_and_days(flight)
        except (KeyError, TypeError, ValueError):
            return {}
        until = self._clock() + SECONDS
        wanted = list(dict.fromkeys(passenger_ids))
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="onward") as pool:
            booked = dict(zip(wanted, pool.map(lambda person: self._bookings(person, until), wanted), strict=True))
        others = {
            person: {booking: other for booking, other in theirs.items() if other != flight["flight_id"]}
            for person, theirs in booked.items()
        }
        items = self._items({pair for theirs in others.values() for pair in theirs.items()}, until)
        found = {}
        for person, theirs in others.items():
            flights = (_next(items, booking, other) for booking, other in theirs.items())
            later = [
                flight
                for flight in flights
                if flight and flight["day"] in days and parse_instant(flight["departure"]) > this_departure
            ]
            if later:
                first = min(later, key=lambda flight: parse_instant(flight["departure"]))
                found[person] = {name: str(first[name]) for name in ("flight_id", "origin", "destination", "departure")}
        return found

    def _bookings(self, passenger_id: str, until: float) -> dict[str, str]:
        """The flights of a passenger's bookings, by booking."""
        if self._clock() >= until:
            return {}
        try:
            answer = self._client.query(
                TableName=self._table_name,
                KeyConditionExpression="PK = :passenger AND begins_with(SK, :booking)",
                ExpressionAttributeValues=item_to_typed(
                    {":passenger": keys.PASSENGER + passenger_id, ":booking": keys.BOOKING}
                ),
                ProjectionExpression="booking_id, flight_id",
                Limit=_BOOKINGS,
            )
        except (ClientError, BotoCoreError) as error:
            self._report("a passenger's bookings could not be read", {"error": type(error).__name__})
            return {}
        links = map(item_from_typed, answer["Items"])
        return {
            str(link["booking_id"]): str(link["flight_id"])
            for link in links
            if link.keys() >= {"booking_id", "flight_id"}
        }

    def _items(self, links: set[tuple[str, str]], until: float) -> dict[str, Fields]:
        """Flights and bookings by their partition key, as far as they can be read."""
        wanted = [keys.booking(booking) for booking, _ in sorted(links)]
        wanted += [keys.flight(flight_id) for flight_id in sorted({flight_id for _, flight_id in links})]
        found: dict[str, Fields] = {}
        for chunk in chunked(wanted, count=_READS_PER_CALL):
            if self._clock() >= until:
                break
            try:
                answer = self._client.batch_get_item(
                    RequestItems={self._table_name: {"Keys": [item_to_typed(key) for key in chunk]}}
                )
            except (ClientError, BotoCoreError) as error:
                self._report("onward flights could not be read", {"error": type(error).__name__})
                break
            for item in map(item_from_typed, answer.get("Responses", {}).get(self._table_name, [])):
                found[str(item["PK"])] = item
        return found


def _departure_and_days(flight: Fields) -> tuple[datetime, set[date]]:
    """When a flight should leave, and the days on which it should leave and arrive on the clocks there."""
    departure = parse_instant(str(flight["scheduled_departure"]))
    days = {local_time.at_airport(departure, str(flight["origin"])).date()}
    if flight.get("scheduled_arrival"):
        arrival = parse_instant(str(flight["scheduled_arrival"]))
        days.add(local_time.at_airport(arrival, str(flight["destination"])).date())
    return departure, days


def _next(items: Mapping[str, Fields], booking_id: str, flight_id: str) -> dict[str, Any] | None:
    """A booked flight that is still to leave, and the day on which it does."""
    booking = items.get(keys.BOOKING + booking_id, {})
    flight = items.get(keys.FLIGHT + flight_id, {})
    if not booking or booking.get("booking_status") in _NOT_BOOKED or flight.get("status") in _NOT_FLYING:
        return None
    try:
        departure = parse_instant(str(flight.get("estimated_departure") or flight["scheduled_departure"]))
        return {
            "flight_id": flight_id,
            "origin": flight["origin"],
            "destination": flight["destination"],
            "departure": to_seconds(departure),
            "day": local_time.at_airport(departure, str(flight["origin"])).date(),
        }
    except (KeyError, ValueError):
        return None
