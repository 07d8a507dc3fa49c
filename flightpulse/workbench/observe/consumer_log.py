"""Reads from the consumer's log what it did with each Kafka record."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.observe import logs
from flightpulse.workbench.observe.hops import ConsumerLine
from flightpulse.workbench.observe.logs import LogEvent
from flightpulse.workbench.target.session import Session

_TEXT_START = "START RequestId: "
_BEFORE = timedelta(seconds=5)

Coordinates = tuple[int, int]
"""Partition and offset."""


def read(session: Session, *, since: datetime) -> dict[Coordinates, ConsumerLine]:
    """The consumer's line about each record since a moment, by the record's partition and offset."""
    return lines(logs.read(session, [names.LOG_GROUPS["consumer"]], since=since - _BEFORE))


def lines(events: Sequence[LogEvent]) -> dict[Coordinates, ConsumerLine]:
    """The same from log events. A record that was delivered again has its first line."""
    began = dict(_invocations(events))
    found: dict[Coordinates, ConsumerLine] = {}
    for event in events:
        fields = event.fields or {}
        place = (fields.get("partition"), fields.get("offset"))
        if fields.get("level") not in {"INFO", "WARNING"} or None in place or _is_aside(fields):
            continue
        request = str(fields.get("function_request_id", ""))
        line = ConsumerLine(
            at=event.at,
            began_at=min(began.get(request, event.at), event.at),
            request_id=request,
            correlation_id=str(fields.get("correlation_id") or ""),
            said=str(fields.get("message", "")),
            reason=str(fields.get("reason", "")),
        )
        found.setdefault((int(str(place[0])), int(str(place[1]))), line)
    return found


class Refusals:
    """Tells why the consumer put an event aside. Asks the log anew each time, for it may come to know."""

    def __init__(self, session: Session, event_ids: Iterable[str]) -> None:
        self._session = session
        self._wanted = frozenset(event_ids)
        self._since = datetime.now(UTC)

    def __call__(self, event_id: str) -> str:
        """The reason; empty when there is none (yet)."""
        events = logs.read(self._session, [names.LOG_GROUPS["consumer"]], since=self._since - _BEFORE)
        return refusals(events).get(event_id, "") if event_id in self._wanted else ""


def refusals(events: Sequence[LogEvent]) -> dict[str, str]:
    """The reasons by event id."""
    found = {}
    for event in events:
        fields = event.fields or {}
        if fields.get("reason"):
            # What the consumer refuses before it knows the id is found by the correlation id, which is the same.
            name = str(fields.get("event_id") or fields.get("correlation_id") or "")
            found[name] = f"{fields['reason']}, {str(fields.get('message', '')).removeprefix('put aside: ')}"
    return found


def _is_aside(fields: dict[str, Any]) -> bool:
    """Remarks about a record beside the line that says what became of it."""
    return fields.get("level") == "WARNING" and "reason" not in fields


def _invocations(events: Sequence[LogEvent]) -> Iterable[tuple[str, datetime]]:
    """When each invocation began, by its request id, from the lines that Lambda itself writes (JSON or text)."""
    for event in events:
        if event.message.startswith(_TEXT_START):
            yield event.message.removeprefix(_TEXT_START).split(" ", 1)[0], event.at
            continue
        fields = event.fields or {}
        if fields.get("type") == "platform.start":
            yield str((fields.get("record") or {}).get("requestId", "")), event.at
