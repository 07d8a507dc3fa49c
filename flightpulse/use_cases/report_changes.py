"""Tells the bus when the status of a booking or a flight has changed in the table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flightpulse.domain.events import EventSource
from flightpulse.use_cases.ports import BusEvent, EventBus, ItemChange, Log, PublishError
from flightpulse.use_cases.status_changes import StatusChange, status_change


@dataclass(frozen=True, slots=True)
class _Report:
    """A change of status, and the number of the stream record it was read from."""

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


class ChangeReporter:
    """Publishes the changes of status among the records of a stream batch, in order."""

    def __init__(self, bus: EventBus, *, log: Log) -> None:
        self._bus = bus
        self._log = log

    def report(self, changes: Iterable[ItemChange]) -> dict[str, Any]:
        """A partial batch response: the first record that is not done, from which the stream is to deliver again.

        Records before it are done; those after it come again, under the same change ids. A record that makes no sense
        is left to the mapping, which retries it, isolates it by bisecting and hands it to its on-failure queue.
        """
        reports, unfinished = self._until_unreadable(changes)
        try:
            self._bus.publish([report.bus_event for report in reports])
        except PublishError as error:
            unfinished = reports[min(entry.index for entry in error.failed)].sequence_number
            self._log.error("changes were not published", extra={"sequence_number": unfinished, "reason": str(error)})
        else:
            for report in reports:
                self._log.info(report.change.detail["summary"], extra=_ids(report.change))
        return {"batchItemFailures": [] if unfinished is None else [{"itemIdentifier": unfinished}]}

    def _until_unreadable(self, changes: Iterable[ItemChange]) -> tuple[list[_Report], str | None]:
        reports: list[_Report] = []
        for item in changes:
            try:
                change = _status_change(item)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                self._log.error(
                    "a stream record makes no sense",
                    extra={"sequence_number": item.sequence_number, "reason": f"{type(error).__name__}: {error}"},
                )
                return reports, item.sequence_number
            if change is not None:
                reports.append(_Report(item.sequence_number, change))
        return reports, None


def _status_change(item: ItemChange) -> StatusChange | None:
    if item.malformed is not None:
        raise ValueError(item.malformed)
    # A new item has no status to come from, and a removed one, by hand or by its TTL, has none to go to.
    if item.before is None or item.after is None or item.changed_at is None:
        return None
    return status_change(item.before, item.after, change_id=item.change_id, changed_at=item.changed_at)


def _ids(change: StatusChange) -> dict[str, Any]:
    names = ("change_id", "correlation_id", "event_id", "booking_id", "flight_id", "passenger_id")
    return {name: change.detail[name] for name in names if name in change.detail}
