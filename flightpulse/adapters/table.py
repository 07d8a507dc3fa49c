"""The single table: every access pattern as one Query or GetItem, never a Scan."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self, TypeVar

from flightpulse.adapters import aws, page_token
from flightpulse.adapters.backoff import STANDARD_BACKOFF, Backoff
from flightpulse.adapters.chunks import chunked
from flightpulse.adapters.dynamodb_json import item_from_typed, item_to_typed
from flightpulse.domain import keys
from flightpulse.domain.entities import Booking, BookingStatus, Flight, FlightStatus, InvalidFieldError, Passenger, Tier
from flightpulse.use_cases.ports import FlightBooking, Page, PassengerBooking, UnreadableItemError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Entity = TypeVar("Entity")
Item = dict[str, Any]

# What one BatchWriteItem and one BatchGetItem take.
_WRITES_PER_CALL = 25
_READS_PER_CALL = 100
_LONGEST_KEY_BYTES = 1024

_OF_A_FLIGHT = ("SK", "passenger_id", *(field.name for field in fields(Flight)))


class UnreadItemsError(Exception):
    """DynamoDB went on leaving items of a batch unread."""


class UnwrittenItemsError(Exception):
    """DynamoDB went on leaving items of a batch unwritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """One partition of the table or of an index, in sort-key order."""

    partition: str
    index: str | None = None
    sort_key_prefix: str | None = None

    @property
    def key_attributes(self) -> tuple[str, ...]:
        return ("PK", "SK") if self.index is None else ("PK", "SK", f"{self.index}PK", f"{self.index}SK")

    def has(self, position: page_token.Position) -> bool:
        """Whether a position can be the key of an item of this query: DynamoDB calls any other an error."""
        index = self.index or ""
        return (
            position.keys() == set(self.key_attributes)
            and position[f"{index}PK"] == self.partition
            and position[f"{index}SK"].startswith(self.sort_key_prefix or "")
            and all(0 < len(value.encode("utf-8", "replace")) <= _LONGEST_KEY_BYTES for value in position.values())
            and all(value.isprintable() for value in position.values())
        )

    @property
    def arguments(self) -> dict[str, Any]:
        prefix = self.index or ""
        names = {"#pk": f"{prefix}PK"}
        values = {":pk": {"S": self.partition}}
        condition = "#pk = :pk"
        if self.sort_key_prefix is not None:
            names["#sk"] = f"{prefix}SK"
            values[":sk"] = {"S": self.sort_key_prefix}
            condition += " AND begins_with(#sk, :sk)"
        arguments = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        return arguments if self.index is None else {**arguments, "IndexName": self.index}


class ReservationTable:
    """Flights, passengers and bookings by their access patterns.

    botocore's errors pass through: they mean that AWS could not be asked, never that something does not exist.
    """

    def __init__(self, client: "DynamoDBClient", name: str, *, backoff: Backoff = STANDARD_BACKOFF) -> None:
        self._client = client
        self._name = name
        self._backoff = backoff

    @classmethod
    def connect(cls, name: str) -> Self:
        """The table of this name, with a client from the environment."""
        return cls(aws.client("dynamodb"), name)

    def flight(self, flight_id: str, *, consistent: bool = False) -> Flight | None:
        """``consistent`` also sees a flight that was written a moment ago, for twice the price."""
        return self._get(keys.flight(flight_id), Flight.from_fields, consistent=consistent)

    def passenger(self, passenger_id: str) -> Passenger | None:
        return self._get(keys.passenger(passenger_id), Passenger.from_fields)

    def booking(self, booking_id: str) -> Booking | None:
        return self._get(keys.booking(booking_id), Booking.from_fields)

    def bookings_of_flight(self, flight_id: str, *, limit: int, token: str | None = None) -> Page[FlightBooking]:
        query = _Query(partition=keys.FLIGHT + flight_id, sort_key_prefix=keys.BOOKING)
        return self._page(query, _flight_booking, limit, token)

    def bookings_of_passenger(
        self, passenger_id: str, *, limit: int, token: str | None = None
    ) -> Page[PassengerBooking]:
        query = _Query(partition=keys.PASSENGER + passenger_id, sort_key_prefix=keys.BOOKING)
        return self._page(query, _passenger_booking, limit, token)

    def flights_by_status(self, status: FlightStatus, *, limit: int, token: str | None = None) -> Page[Flight]:
        """The flights of a status, the earliest departure first."""
        query = _Query(partition=status, index=keys.FLIGHTS_BY_STATUS)
        return self._page(query, Flight.from_fields, limit, token)

    def bookings_by_status(self, status: BookingStatus, *, limit: int, token: str | None = None) -> Page[Booking]:
        """The bookings of a status, the oldest first."""
        query = _Query(partition=status, index=keys.BOOKINGS_BY_STATUS)
        return self._page(query, Booking.from_fields, limit, token)

    def flight_and_passengers(self, flight_id: str) -> tuple[Flight, int] | None:
        """A flight and how many people are booked on it; someone with two bookings counts once.

        Both are in one partition. It is read consistently: the flight may have been added a moment ago.
        """
        flight: Flight | None = None
        booked = set()
        for item in self._all(_Query(partition=keys.FLIGHT + flight_id), _OF_A_FLIGHT, consistent=True):
            if item["SK"] == keys.METADATA:
                flight = _readable({**keys.flight(flight_id), **item}, Flight.from_fields)
            elif "passenger_id" in item:
                booked.add(item["passenger_id"])
        return None if flight is None else (flight, len(booked))

    def save(
        self,
        *,
        flights: Iterable[Flight] = (),
        passengers: Sequence[Passenger] = (),
        bookings: Iterable[Booking] = (),
    ) -> int:
        """Write entities with all their items, over what was there. Returns the number of items.

        A booking that moves to another flight or passenger leaves no link behind. Links go first: whoever is cut off
        in between finds the booking as it was, and the next attempt does the same again.

        Raises ``ValueError`` for a booking whose passenger is not among ``passengers``: the tier, which decides who
        hears first, is copied to the flight's side of the booking.
        """
        bookings = tuple(bookings)
        tiers = {passenger.passenger_id: passenger.tier for passenger in passengers}
        items = [
            *(_flight_item(flight) for flight in flights),
            *(_passenger_item(passenger) for passenger in passengers),
            *(item for booking in bookings for item in _booking_items(booking, tiers)),
        ]
        self._write([{"DeleteRequest": {"Key": item_to_typed(key)}} for key in self._superseded_links(bookings)])
        self._write([{"PutRequest": {"Item": item_to_typed(item)}} for item in items])
        return len(items)

    def remove_bookings(self, flight_ids: Iterable[str], *, but: Collection[str]) -> int:
        """Delete the bookings on some flights, ``but`` those of these ids. Returns how many they were.

        Their passengers stay. The flight's link goes last: whoever is cut off in between finds the booking again.
        """
        found = [
            (flight_id, str(item["booking_id"]), str(item["passenger_id"]))
            for flight_id in flight_ids
            for item in self._all(
                _Query(partition=keys.FLIGHT + flight_id, sort_key_prefix=keys.BOOKING), ("booking_id", "passenger_id")
            )
            if item["booking_id"] not in but
        ]
        items = [
            *(keys.booking_of_passenger(passenger_id, booking_id) for _, booking_id, passenger_id in found),
            *(keys.booking(booking_id) for _, booking_id, _ in found),
            *(keys.booking_of_flight(flight_id, booking_id) for flight_id, booking_id, _ in found),
        ]
        self._write([{"DeleteRequest": {"Key": item_to_typed(key)}} for key in items])
        return len(found)

    def remove_flights(self, flight_ids: Iterable[str]) -> None:
        """Delete flights with the bookings on them. The passengers stay."""
        ids = list(flight_ids)
        self.remove_bookings(ids, but=())
        self._write([{"DeleteRequest": {"Key": item_to_typed(keys.flight(flight_id))}} for flight_id in ids])

    def _superseded_links(self, bookings: Sequence[Booking]) -> Iterator[keys.Key]:
        """The links that stored bookings have and that their new versions do not."""
        wanted = {booking.booking_id: booking for booking in bookings}
        for stored in self._stored_bookings(list(wanted)):
            booking = wanted[stored["booking_id"]]
            if stored.get("flight_id") not in (None, booking.flight_id):
                yield keys.booking_of_flight(stored["flight_id"], booking.booking_id)
            if stored.get("passenger_id") not in (None, booking.passenger_id):
                yield keys.booking_of_passenger(stored["passenger_id"], booking.booking_id)

    def _stored_bookings(self, booking_ids: Sequence[str]) -> Iterator[Item]:
        for chunk in chunked(booking_ids, count=_READS_PER_CALL):
            wanted: Any = {
                "Keys": [item_to_typed(keys.booking(booking_id)) for booking_id in chunk],
                "ProjectionExpression": "booking_id, flight_id, passenger_id",
                "ConsistentRead": True,
            }
            for _ in self._backoff.tries():
                answer = self._client.batch_get_item(RequestItems={self._name: wanted})
                yield from map(item_from_typed, answer["Responses"].get(self._name, []))
                wanted = answer.get("UnprocessedKeys", {}).get(self._name)
                if not wanted:
                    break
            else:
                raise UnreadItemsError(f"{len(wanted['Keys'])} bookings were not read from {self._name}")

    def _get(
        self, key: keys.Key, read: Callable[[Mapping[str, Any]], Entity], *, consistent: bool = False
    ) -> Entity | None:
        answer = self._client.get_item(TableName=self._name, Key=item_to_typed(key), ConsistentRead=consistent)
        item = answer.get("Item")
        return None if item is None else _readable(item_from_typed(item), read)

    def _page(
        self, query: _Query, read: Callable[[Mapping[str, Any]], Entity], limit: int, token: str | None
    ) -> Page[Entity]:
        identity = f"{self._name}/{query.index}/{query.partition}/{query.sort_key_prefix}"
        arguments = query.arguments
        if token is not None:
            start = page_token.decode(token, identity)
            if not query.has(start):
                raise page_token.BadTokenError
            arguments["ExclusiveStartKey"] = item_to_typed(start)
        # DynamoDB says where it stopped even when nothing follows. One item more than asked for tells the difference.
        answer = self._client.query(TableName=self._name, Limit=limit + 1, **arguments)
        items = [item_from_typed(item) for item in answer["Items"]]
        shown, position = items[:limit], None
        if len(items) > limit:
            position = {name: shown[-1][name] for name in query.key_attributes}
        elif "LastEvaluatedKey" in answer:
            position = item_from_typed(answer["LastEvaluatedKey"])
        return Page(
            items=tuple(_readable(item, read) for item in shown),
            next_token=None if position is None else page_token.encode(position, identity),
        )

    def _all(self, query: _Query, attributes: Iterable[str], *, consistent: bool = False) -> Iterator[Item]:
        arguments = query.arguments
        # By other names: some attributes are called what DynamoDB keeps for itself.
        names = {f"#{name}": name for name in attributes}
        arguments["ExpressionAttributeNames"] = {**arguments["ExpressionAttributeNames"], **names}
        arguments |= {"ProjectionExpression": ", ".join(names), "ConsistentRead": consistent}
        while True:
            answer = self._client.query(TableName=self._name, **arguments)
            yield from map(item_from_typed, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _write(self, requests: Iterable[Any]) -> None:
        for chunk in chunked(requests, count=_WRITES_PER_CALL):
            self._write_chunk(chunk)

    def _write_chunk(self, requests: list[Any]) -> None:
        for _ in self._backoff.tries():
            answer = self._client.batch_write_item(RequestItems={self._name: requests})
            requests = list(answer.get("UnprocessedItems", {}).get(self._name, []))
            if not requests:
                return
        raise UnwrittenItemsError(f"{len(requests)} items were not written to {self._name}")


def _readable(item: Item, read: Callable[[Mapping[str, Any]], Entity]) -> Entity:
    try:
        return read(item)
    except InvalidFieldError as error:
        raise UnreadableItemError(f"{item.get('PK')} / {item.get('SK')}: {error}") from error


def _flight_booking(item: Mapping[str, Any]) -> FlightBooking:
    return FlightBooking(booking_id=_link(item, "booking_id"), passenger_id=_link(item, "passenger_id"))


def _passenger_booking(item: Mapping[str, Any]) -> PassengerBooking:
    return PassengerBooking(booking_id=_link(item, "booking_id"), flight_id=_link(item, "flight_id"))


def _link(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise InvalidFieldError(name, "is missing")
    return value


def _flight_item(flight: Flight) -> Item:
    return {
        **keys.flight(flight.flight_id),
        **keys.flight_index(flight.status, flight.scheduled_departure),
        **_present(flight.to_fields()),
    }


def _passenger_item(passenger: Passenger) -> Item:
    return {**keys.passenger(passenger.passenger_id), **_present(passenger.to_fields())}


def _booking_items(booking: Booking, tiers: Mapping[str, Tier]) -> list[Item]:
    tier = tiers.get(booking.passenger_id)
    if tier is None:
        raise ValueError(f"booking {booking.booking_id} is for passenger {booking.passenger_id}, who is not there")
    return [
        {
            **keys.booking(booking.booking_id),
            **keys.booking_index(booking.booking_status, booking.created_at),
            **_present(booking.to_fields()),
            **({"legs": booking.legs} if booking.legs else {}),
        },
        {
            **keys.booking_of_flight(booking.flight_id, booking.booking_id),
            "booking_id": booking.booking_id,
            "passenger_id": booking.passenger_id,
            "priority": tier.priority,
        },
        {
            **keys.booking_of_passenger(booking.passenger_id, booking.booking_id),
            "booking_id": booking.booking_id,
            "flight_id": booking.flight_id,
        },
    ]


def _present(fields: Mapping[str, Any]) -> Item:
    return {name: value for name, value in fields.items() if value is not None}
