"""Tells the bus when the status of a booking or a flight has changed in the table."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse.adapters import settings, telemetry
from flightpulse.adapters.bus import Bus, BusEvent, PublishError
from flightpulse.adapters.dynamodb_json import item_from_typed
from flightpulse.domain.events import EventSource
from flightpulse.use_cases.report_changes import StatusChange, status_change

SERVICE = "stream-handler"

logger = telemetry.logger(SERVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A change, and the stream record it was read from."""

    sequence_number: str
    change: StatusChange

    @property
    def bus_event(self) -> BusEvent:
        return BusEvent(
            event_id=self.change.detail["change_id"],
            source=EventSource.STREAM_HANDLER,
            detail_type=self.change.detail_type,
            detail=self.change.detail,
        )


def report_changes(records: Sequence[Mapping[str, Any]], bus: Bus) -> str | None:
    """Publish the status changes among the records of a stream batch, in order.

    Returns the sequence number of the first record that is not done, from which the stream is to deliver again, or
    ``None``. Records before it are done; those after it come again, under the same change ids.
    """
    told, unread = _changes_until_unreadable(records)
    try:
        bus.publish([entry.bus_event for entry in told])
    except PublishError as error:
        first = told[min(entry.index for entry in error.failed)]
        logger.error(
            "changes were not published", extra={"sequence_number": first.sequence_number, "reason": str(error)}
        )
        return first.sequence_number
    for entry in told:
        logger.info(entry.change.detail["summary"], extra=_ids(entry.change))
    return unread


def _changes_until_unreadable(records: Sequence[Mapping[str, Any]]) -> tuple[list[_Told], str | None]:
    """The changes up to the first record that makes no sense, and that record's sequence number.

    The mapping retries such a record, isolates it by bisecting and hands it to its on-failure queue.
    """
    told: list[_Told] = []
    for record in records:
        sequence_number = str(record["dynamodb"]["SequenceNumber"])
        try:
            change = _change(record)
        except (KeyError, TypeError, ValueError, AttributeError):
            logger.exception("a stream record makes no sense", extra={"sequence_number": sequence_number})
            return told, sequence_number
        if change is not None:
            told.append(_Told(sequence_number=sequence_number, change=change))
    return told, None


def _change(record: Mapping[str, Any]) -> StatusChange | None:
    # A new item has no status to come from, and a removed one, by hand or by its TTL, has none to go to.
    if record["eventName"] != "MODIFY":
        return None
    change = record["dynamodb"]
    return status_change(
        item_from_typed(change["OldImage"]),
        item_from_typed(change["NewImage"]),
        change_id="chg-" + hashlib.sha256(record["eventID"].encode()).hexdigest()[:24],
        changed_at=datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC),
    )


def _ids(change: StatusChange) -> dict[str, Any]:
    names = ("change_id", "correlation_id", "event_id", "booking_id", "flight_id", "passenger_id")
    return {name: change.detail[name] for name in names if name in change.detail}


@cache
def _bus() -> Bus:
    return Bus.connect(settings.read(settings.StreamSettings).event_bus_name)


@logger.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Takes a batch of the table's stream; answers with a partial batch response."""
    unfinished = report_changes(event.get("Records", []), _bus())
    return {"batchItemFailures": [] if unfinished is None else [{"itemIdentifier": unfinished}]}


if settings.in_lambda():
    _bus()
