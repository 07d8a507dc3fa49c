"""Explores the single table by its access patterns: each is one GetItem or one Query, shown as it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from html import escape
from typing import Any, Final, Literal

from flightpulse.adapters.dynamodb_json import item_from_typed, item_to_typed
from flightpulse.domain import entities, keys
from flightpulse.errors import UserError
from flightpulse.workbench.deploy.seeding import not_seeded
from flightpulse.workbench.explore import show
from flightpulse.workbench.explore.adjacency import Adjacency, Link
from flightpulse.workbench.explore.snapshots import ItemDiff, Snapshot
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import counted
from flightpulse.workbench.target.session import Session

Item = dict[str, Any]

_BATCH = 100
_MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class AccessPattern:
    """One question the table answers with a single read.

    ``pk`` holds the parameter in braces. ``sk`` is the whole sort key, or where it ends with ``#`` how it begins; of an
    ``index`` or a whole partition it is empty. ``example`` is empty where only a run gives an id.
    """

    name: str
    question: str
    pk: str
    sk: str = ""
    example: str = ""
    index: str = ""

    @property
    def operation(self) -> Literal["GetItem", "Query"]:
        return "GetItem" if self.sk and not self.sk.endswith("#") else "Query"

    @property
    def parameter(self) -> str:
        """What is asked for: ``flight_id``, ``status``."""
        return self.pk[self.pk.index("{") + 1 : -1]

    def condition(self, value: str = "") -> str:
        """The key condition in words, with the parameter or a value for it."""
        own = f'{self.index}PK = "{self._key(value)}"'
        if not self.sk:
            return own
        return (
            f'{own} AND SK = "{self.sk}"' if self.operation == "GetItem" else f'{own} AND begins_with(SK, "{self.sk}")'
        )

    def request(self, table: str, value: str, page_size: int | None = None) -> dict[str, Any]:
        """The arguments of the GetItem or Query."""
        if self.operation == "GetItem":
            return {"TableName": table, "Key": item_to_typed({"PK": self._key(value), "SK": self.sk})}
        request: dict[str, Any] = {
            "TableName": table,
            **({"IndexName": self.index} if self.index else {}),
            "KeyConditionExpression": "#pk = :pk",
            "ExpressionAttributeNames": {"#pk": f"{self.index}PK"},
            "ExpressionAttributeValues": {":pk": {"S": self._key(value)}},
            **({"Limit": page_size} if page_size else {}),
        }
        if self.sk:
            request["KeyConditionExpression"] += " AND begins_with(#sk, :sk)"
            request["ExpressionAttributeNames"]["#sk"] = "SK"
            request["ExpressionAttributeValues"][":sk"] = {"S": self.sk}
        return request

    def _key(self, value: str) -> str:
        return self.pk.replace(f"{{{self.parameter}}}", value) if value else self.pk


_FLIGHT: Final = f"{keys.FLIGHT}{{flight_id}}"
_PASSENGER: Final = f"{keys.PASSENGER}{{passenger_id}}"

PATTERNS: Final = (
    AccessPattern("flight", "What is known of a flight?", _FLIGHT, keys.METADATA, "SW1234"),
    AccessPattern("passenger", "Who is a passenger, and how are they told?", _PASSENGER, keys.METADATA, "PAX-0001"),
    AccessPattern("booking", "What was booked?", f"{keys.BOOKING}{{booking_id}}", keys.METADATA, "BKG-0001"),
    AccessPattern("bookings-of-flight", "Who is booked on a flight?", _FLIGHT, keys.BOOKING, "SW1234"),
    AccessPattern("bookings-of-passenger", "What has a passenger booked?", _PASSENGER, keys.BOOKING, "PAX-0001"),
    AccessPattern(
        "flights-by-status",
        "Which flights have a status, the earliest departure first?",
        "{status}",
        example="SCHEDULED",
        index=keys.FLIGHTS_BY_STATUS,
    ),
    AccessPattern(
        "bookings-by-status",
        "Which bookings have a status, the oldest first?",
        "{status}",
        example="CONFIRMED",
        index=keys.BOOKINGS_BY_STATUS,
    ),
    AccessPattern("flight-collection", "What lies under a flight: itself and its bookings?", _FLIGHT, "", "SW1234"),
    AccessPattern(
        "event-claim",
        "Which execution took an event, and what came of it?",
        f"{keys.EVENT}{{event_id}}",
        keys.CLAIM,
    ),
)
"""Every access pattern of the contract, then the two that the project adds for itself."""


def item_type(item: Mapping[str, Any]) -> str:
    """What an item is, by the prefixes of its key."""
    pk, sk = str(item.get("PK", "")), str(item.get("SK", ""))
    prefix = pk.split("#", 1)[0] + "#"
    if sk.startswith(keys.BOOKING):
        return {keys.FLIGHT: "booking on a flight", keys.PASSENGER: "booking of a passenger"}.get(prefix, "other")
    if sk == keys.CLAIM:
        return "claim of an event"
    kinds = {
        keys.FLIGHT: "flight",
        keys.PASSENGER: "passenger",
        keys.BOOKING: "booking",
        keys.TEMPLATE: "message template",
    }
    return kinds.get(prefix, "other")


@dataclass(frozen=True)
class Reading:
    """One access pattern, read for a value: the request as it was sent, what came back, and on how many pages.

    ``more`` says that the last page was not the end, because fewer pages were wanted; ``shown`` which attributes are
    shown, all of them when it is empty; ``left_out`` how many items came back that :meth:`where` took out.
    """

    pattern: AccessPattern
    value: str
    request: Mapping[str, Any]
    items: tuple[Item, ...]
    pages: int
    more: bool = False
    shown: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def operation(self) -> str:
        return self.pattern.operation

    @property
    def condition(self) -> str:
        """The key condition with names and values put in: ``PK = "FLIGHT#SW1234" AND begins_with(SK, "BOOKING#")``."""
        return self.pattern.condition(self.value)

    def by_type(self) -> dict[str, tuple[Item, ...]]:
        """The items by what they are, in the order in which the table gave them."""
        found: dict[str, list[Item]] = {}
        for item in self.items:
            found.setdefault(item_type(item), []).append(item)
        return {kind: tuple(items) for kind, items in found.items()}

    def only(self, *attributes: str) -> "Reading":
        """The same with these attributes shown of each item, in this order. The items keep the others."""
        return replace(self, shown=attributes)

    def where(self, **wanted: Any) -> "Reading":
        """The same with the items alone whose attributes are these; what was sent and how much came back stay."""
        fitting = tuple(item for item in self.items if all(item.get(name) == value for name, value in wanted.items()))
        return replace(self, items=fitting, left_out=self.left_out + len(self.items) - len(fitting))

    def values(self, attribute: str) -> list[Any]:
        """One attribute of every item that has it, in the order in which the table gave them."""
        return [item[attribute] for item in self.items if attribute in item]

    @property
    def said(self) -> str:
        """How much came back."""
        if self.operation == "GetItem":
            return "1 item" if self.items or self.left_out else "There is no such item."
        calls = "" if self.pages < 2 else f" (the Query was sent {self.pages} times, each from where the last stopped)"
        more = "; more follow" if self.more else ""
        came = len(self.items) + self.left_out
        shown = f", {len(self.items)} of them shown" if self.left_out else ""
        return f"{counted(came, 'item')} on {counted(self.pages, 'page')}{shown}{more}{calls}"

    def __str__(self) -> str:
        lines = [f"{self.pattern.name}: {self.pattern.question}", f"  {self.operation}", *self._request_lines()]
        lines.append(f"  {self.said}")
        for kind, items in self.by_type().items():
            lines += ["", f"{kind} ({len(items)})", "\n\n".join(map(str, self._tables(items)))]
        return "\n".join(lines)

    def _request(self) -> list[tuple[str, str]]:
        """The arguments of the call as text, and what they amount to in words."""
        sent = [
            (name, show.as_json(value) if isinstance(value, Mapping) else str(value))
            for name, value in self.request.items()
        ]
        return [*sent, ("in words", self.condition)]

    def _request_lines(self) -> list[str]:
        shown = self._request()
        width = max(len(name) for name, _ in shown)
        return [f"    {name.ljust(width)}  {value}" for name, value in shown]

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        about = Table.of(("sent", self.operation), self._request(), note=self.said).html()
        tables = [
            f"<p>{kind} ({len(items)})</p>{''.join(table.html() for table in self._tables(items))}"
            for kind, items in self.by_type().items()
        ]
        heading = f"<p>{self.pattern.name}: {escape(self.pattern.question)}</p>"
        return {"text/plain": str(self), "text/html": heading + about + "".join(tables)}

    def _tables(self, items: Sequence[Item]) -> list[Table]:
        """One item as attributes and values, several as rows."""
        names = [name for name in self.shown or _attributes(items) if any(name in item for item in items)]
        if len(items) == 1 and len(names) > _MOST_COLUMNS:
            (item,) = items
            return [Table.of(("attribute", "value"), [(name, show.cell(item[name])) for name in names])]
        rows = [[show.cell(item[name]) if name in item else "" for name in names] for item in items]
        return show.blocks(names, rows, keys=0 if self.shown else 2)


class TableExplorer:
    """Reads the single table by its access patterns, one GetItem or Query each, and never scans it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def patterns(self) -> Table:
        """Every access pattern: the question, the operation that answers it, the key condition, an example."""
        rows = [
            (
                pattern.name,
                pattern.question,
                f"{pattern.operation} on {pattern.index or 'table'}",
                pattern.condition(),
                pattern.example or f"an {pattern.parameter}",
            )
            for pattern in PATTERNS
        ]
        return Table.of(("pattern", "question", "operation", "key condition", "example"), rows)

    def read(
        self, pattern: str, value: str = "", *, page_size: int | None = None, max_pages: int | None = None
    ) -> Reading:
        """Answer one access pattern for one id or status; without one, for its example.

        A Query takes as many pages as there are, or ``max_pages`` of ``page_size`` items. Raises UserError for an
        unknown pattern.
        """
        chosen = _named(pattern)
        value = value or chosen.example
        if not value:
            raise UserError(
                f"The pattern {pattern} needs an {chosen.parameter}.",
                hint=f'For example: read("{pattern}", run.event["event_id"])',
            )
        if chosen.index and value not in _STATUSES[chosen.index]:
            raise UserError(f"There is no status {value!r}.", hint=f"Choose from: {', '.join(_STATUSES[chosen.index])}")
        request = chosen.request(self._session.table_name, value, page_size)
        if chosen.operation == "GetItem":
            answer: Mapping[str, Any] = self._session.dynamodb.get_item(**request)
            items = [item_from_typed(answer["Item"])] if "Item" in answer else []
            return Reading(chosen, value, request, tuple(items), 1)
        return self._query(chosen, value, request, max_pages)

    def snapshot(self, flight_id: str, *, bookings: bool = False) -> Snapshot:
        """The items of a flight as they are now: the flight and its side of the bookings, one consistent Query.

        With ``bookings`` also the bookings' own items, which hold their status. Raises UserError for an unknown flight.
        """
        items = self._collection(flight_id)
        if bookings:
            items += self._bookings([str(item["booking_id"]) for item in items if "booking_id" in item])
        return Snapshot(flight_id, {f"{item['PK']} / {item['SK']}": item for item in items}, bookings)

    def changes(self, since: Snapshot) -> ItemDiff:
        """What has become of a snapshot's items: which are new, gone or changed, attribute by attribute."""
        now = self.snapshot(since.flight_id, bookings=since.with_bookings)
        return ItemDiff(since.flight_id, since.items, now.items)

    def adjacency(self, flight_id: str) -> Adjacency:
        """A flight, its bookings and their passengers as keys that lead to one another, from a single Query."""
        flight, *links = self._collection(flight_id)
        return Adjacency(
            flight,
            [
                Link(str(link["booking_id"]), str(link["passenger_id"]), int(link.get("priority") or 0))
                for link in links
                if "booking_id" in link and "passenger_id" in link
            ],
        )

    def _collection(self, flight_id: str) -> list[Item]:
        """The flight first, then its bookings by id."""
        chosen = _named("flight-collection")
        request = chosen.request(self._session.table_name, flight_id) | {"ConsistentRead": True}
        items = self._query(chosen, flight_id, request, None).items
        if not any(item["SK"] == keys.METADATA for item in items):
            raise not_seeded(self._session, flight_id)
        return sorted(items, key=lambda item: (item["SK"] != keys.METADATA, item["SK"]))

    def _query(self, pattern: AccessPattern, value: str, request: dict[str, Any], max_pages: int | None) -> Reading:
        items: list[Item] = []
        pages, following = 0, request
        while True:
            answer: Mapping[str, Any] = self._session.dynamodb.query(**following)
            pages += 1
            items += [item_from_typed(item) for item in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            if not last or pages == max_pages:
                return Reading(pattern, value, request, tuple(items), pages, more=bool(last))
            following = {**request, "ExclusiveStartKey": last}

    def _bookings(self, booking_ids: Sequence[str]) -> list[Item]:
        table, found = self._session.table_name, []
        for start in range(0, len(booking_ids), _BATCH):
            wanted: Any = [item_to_typed(keys.booking(key)) for key in booking_ids[start : start + _BATCH]]
            while wanted:
                request: Any = {table: {"Keys": wanted, "ConsistentRead": True}}
                answer: Mapping[str, Any] = self._session.dynamodb.batch_get_item(RequestItems=request)
                found += [item_from_typed(item) for item in answer["Responses"].get(table, [])]
                wanted = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        return found


_STATUSES: Final = {
    keys.FLIGHTS_BY_STATUS: [status.value for status in entities.FlightStatus],
    keys.BOOKINGS_BY_STATUS: [status.value for status in entities.BookingStatus],
}

_KEY_ATTRIBUTES: Final = ("PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK")
_ORDER: Final = (
    *_KEY_ATTRIBUTES,
    *(field.name for kind in (entities.Booking, entities.Passenger, entities.Flight) for field in fields(kind)),
)


def _named(name: str) -> AccessPattern:
    for pattern in PATTERNS:
        if pattern.name == name:
            return pattern
    known = ", ".join(pattern.name for pattern in PATTERNS)
    raise UserError(f"There is no access pattern {name!r}.", hint=f"Choose from: {known}")


def _attributes(items: Sequence[Item]) -> list[str]:
    """The attributes of some items: keys first, then as the entities list them, then the others by name."""
    names = {name for item in items for name in item}
    return [*(name for name in dict.fromkeys(_ORDER) if name in names), *sorted(names - set(_ORDER))]
