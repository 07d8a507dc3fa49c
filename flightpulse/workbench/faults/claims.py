"""Closes claims of messages whose execution ended without saying what came of them.

A claim names its execution, and the execution's history shows whether the bus took the messages. So nobody has to
guess: before anything is started again, the note that is missing is written.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from flightpulse.adapters.dynamodb_json import item_to_typed
from flightpulse.domain import keys
from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.executions import bus_entries, executions
from flightpulse.workbench.executions.history import Visit, walk
from flightpulse.workbench.target.session import Session

_SUBJECTS = ("departure", "gate")


class StillAtWorkError(Exception):
    """A claim is held by an execution that still runs; the text says by which."""


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """News of one subject that an execution claimed on a booking and did not close. ``order`` names the event, ``out``
    the channels that an earlier execution has sent of it."""

    flight_id: str
    booking_id: str
    subject: str
    order: str
    by: str
    out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SentChannels:
    """What a history says of one booking: the channels that were to be told, and those whose messages are out."""

    due: frozenset[str]
    out: frozenset[str]

    @property
    def complete(self) -> bool:
        return bool(self.due) and self.due == self.out


def close(session: Session, event_id: str, flight_id: str, bookings: Iterable[str] = ()) -> int:
    """Close the claims of an event (on some bookings, or on all of its flight) whose executions are over.

    Gives how many there were. Raises StillAtWorkError when one of the executions still runs; then nothing is changed.
    """
    found = [
        claim
        for item in _items(session, flight_id, list(bookings))
        for claim in open_claims(flight_id, item)
        if claim.order.partition("#")[2] == event_id
    ]
    ended = {name: _ended(session, name) for name in dict.fromkeys(claim.by for claim in found)}
    for claim in found:
        _close(session, claim, sent_to(ended[claim.by], claim.booking_id))
    return len(found)


def open_claims(flight_id: str, item: Mapping[str, Any]) -> Iterator[OpenClaim]:
    """The claims on a flight's booking (as DynamoDB gives it) that are open."""
    for subject in _SUBJECTS:
        told = f"told_{subject}"
        if item.get(f"{told}_state", {}).get("S") == "SENDING":
            booking = item["SK"]["S"].removeprefix(keys.BOOKING)
            order = item[told]["S"]
            listed = (entry["S"].rpartition(" ") for entry in item.get(f"{told}_out", {"L": []})["L"])
            out = frozenset(channel for about, _, channel in listed if about == order)
            yield OpenClaim(flight_id, booking, subject, order, item[f"{told}_by"]["S"], out)


def sent_to(visits: Iterable[Visit], booking_id: str) -> SentChannels:
    """What the visits of a NotifyChunk execution say about one booking.

    A call to the bus of which the history shows no end, as when the execution was stopped in the middle of it, counts
    as one that sent nothing: the message goes out again rather than not at all.
    """
    due: set[str] = set()
    out: set[str] = set()
    for visit in walk(visits):
        for attempt in visit.attempts if visit.name in ("SendMessages", "SendMessage") else ():
            for entry, taken in bus_entries.of(attempt):
                if entry["Detail"]["booking_id"] == booking_id:
                    channel = str(entry["DetailType"]).rpartition(".")[2]
                    due.add(channel)
                    out |= {channel} if taken else set()
    return SentChannels(frozenset(due), frozenset(out))


def _items(session: Session, flight_id: str, bookings: list[str]) -> Iterator[Mapping[str, Any]]:
    table = session.table_name
    if bookings:
        for booking in bookings:
            key = item_to_typed(keys.booking_of_flight(flight_id, booking))
            answer = session.dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)
            yield from [answer["Item"]] if "Item" in answer else []
        return
    pages = session.dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="PK = :flight AND begins_with(SK, :booking)",
        ExpressionAttributeValues={":flight": {"S": keys.FLIGHT + flight_id}, ":booking": {"S": keys.BOOKING}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def _ended(session: Session, name: str) -> tuple[Visit, ...]:
    """The visits of a NotifyChunk execution that is over. One that nobody knows any more sent nothing that is known."""
    arn = f"{session.output('NotifyChunkArn').replace(':stateMachine:', ':execution:')}:{name}"
    try:
        execution = executions.load(session, arn)
    except UserError:
        return ()
    if execution.status == "RUNNING":
        raise StillAtWorkError(f"left alone: {names.NOTIFY_CHUNK} {name} is still at work on it")
    return execution.history.visits


def _close(session: Session, claim: OpenClaim, sent: SentChannels) -> None:
    told = f"told_{claim.subject}"
    attributes = {"#order": told, **{f"#{part}": f"{told}_{part}" for part in ("state", "by", "until", "out")}}
    values = {":order": {"S": claim.order}, ":by": {"S": claim.by}, ":sending": {"S": "SENDING"}}
    out = {"L": [{"S": f"{claim.order} {channel}"} for channel in sorted(claim.out | sent.out)]}
    update, more = (
        ("SET #state = :state REMOVE #by, #until, #out", {":state": {"S": "SENT"}})
        if sent.complete
        else ("SET #state = :state, #out = :out REMOVE #by, #until", {":state": {"S": "FAILED"}, ":out": out})
    )
    try:
        session.dynamodb.update_item(
            TableName=session.table_name,
            Key=item_to_typed(keys.booking_of_flight(claim.flight_id, claim.booking_id)),
            UpdateExpression=update,
            ConditionExpression="#order = :order AND #state = :sending AND #by = :by",
            ExpressionAttributeNames=attributes,
            ExpressionAttributeValues={**values, **more},  # type: ignore[dict-item]
        )
    except ClientError as error:
        # Newer news has taken over meanwhile.
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
