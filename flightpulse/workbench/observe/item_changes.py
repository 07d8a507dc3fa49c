"""What the table's stream says of an event's writes: each item before and after."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flightpulse.adapters.dynamodb_json import item_from_typed
from flightpulse.domain import keys
from flightpulse.workbench.observe import payloads
from flightpulse.workbench.observe.payloads import Changes
from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

# A stream's times have whole seconds, and its clock may differ a little from ours.
_SKEW = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class StreamedChange:
    """One write to one item. ``action`` is INSERT, MODIFY or REMOVE; ``at`` has whole seconds, as streams have.

    ``after`` is the item as it was then (empty for REMOVE).
    """

    pk: str
    sk: str
    action: str
    at: datetime
    sequence: str
    changes: Changes
    after: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        return f"{self.pk} / {self.sk}"


class ItemChanges(Records[StreamedChange]):
    """Writes as the table's stream tells them."""

    columns = ("at", "action", "pk", "sk", "changed")
    categories = ("action",)

    def row(self, item: StreamedChange) -> Mapping[str, Any]:
        return {"at": item.at, "action": item.action, "pk": item.pk, "sk": item.sk, "changed": item.changes.brief(99)}

    def table(self) -> Table:
        """One line per write: to which item, and what it changed."""
        rows = [(change.action, change.key, change.changes.brief(2)) for change in self]
        return Table.of(("write", "item", "what changed"), rows)


def read(session: Session, *, since: datetime) -> list[StreamedChange]:
    """Every change since a moment that the stream still has (24 hours), shard by shard in the order it happened.

    Nothing when the table has no stream.
    """
    table = session.dynamodb.describe_table(TableName=session.table_name)["Table"]
    arn = table.get("LatestStreamArn")
    if not arn:
        return []
    streams = session.client("dynamodbstreams")
    found = [change for shard in _shards(streams, arn) for change in _changes(streams, arn, shard, since - _SKEW)]
    return sorted(found, key=lambda change: change.at)


def of_event(
    changes: Iterable[StreamedChange], event_id: str, flights: Iterable[str], bookings: Iterable[str]
) -> list[StreamedChange]:
    """The changes of items that an event is about: its claim, and flights and bookings that name the event."""
    flights_pk = {keys.FLIGHT + flight for flight in flights}
    bookings_pk = {keys.BOOKING + booking for booking in bookings}
    own, others = f"EVENT#{event_id}", flights_pk | bookings_pk
    return [change for change in changes if change.pk == own or (change.pk in others and _names(change, event_id))]


def _names(change: StreamedChange, event_id: str) -> bool:
    """Whether the item names the event, by itself or at the end of an order token (``time#event``)."""
    return any(
        isinstance(value, str) and (value == event_id or value.endswith(f"#{event_id}"))
        for value in change.after.values()
    )


def from_record(record: Mapping[str, Any]) -> StreamedChange:
    """Read one record of a DynamoDB stream (NEW_AND_OLD_IMAGES)."""
    change = record["dynamodb"]
    key = item_from_typed(change["Keys"])
    before, after = item_from_typed(change.get("OldImage") or {}), item_from_typed(change.get("NewImage") or {})
    return StreamedChange(
        pk=str(key["PK"]),
        sk=str(key["SK"]),
        action=record["eventName"],
        at=change["ApproximateCreationDateTime"],
        sequence=str(change["SequenceNumber"]),
        changes=payloads.between(before, after),
        after=after,
    )


def _shards(streams: Any, arn: str) -> Iterator[str]:
    query: dict[str, str] = {"StreamArn": arn}
    while True:
        description = streams.describe_stream(**query)["StreamDescription"]
        yield from (shard["ShardId"] for shard in description["Shards"])
        last = description.get("LastEvaluatedShardId")
        if not last:
            return
        query["ExclusiveStartShardId"] = last


def _changes(streams: Any, arn: str, shard: str, since: datetime) -> Iterator[StreamedChange]:
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON").get(
        "ShardIterator"
    )
    while iterator:
        page = streams.get_records(ShardIterator=iterator, Limit=1000)
        for record in page["Records"]:
            if record["dynamodb"]["ApproximateCreationDateTime"] >= since:
                yield from_record(record)
        # An open shard always has a next iterator; an empty page says that we are at its end for now.
        iterator = page.get("NextShardIterator") if page["Records"] else None
