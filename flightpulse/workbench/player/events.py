"""Brings a history into one shape: sorted, without doubles, times aware.

A history may come from boto3, from a saved file, page by page, shuffled, with times as datetime, ISO text or epoch
number, and in the shape that execution logs have.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from flightpulse.errors import UserError

Event = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 1e11
_TEXTS = frozenset({"input", "output", "parameters", "resource", "resourceType", "name", "state", "error", "cause"})
_NUMBERS = ("index", "length")
_NOT_A_HISTORY = (
    "Give the events of states:GetExecutionHistory, or what `aws stepfunctions get-execution-history` printed."
)


def normalise(history: Any) -> list[Event]:
    """The events in order of their ids.

    Takes a list of events, an answer with ``events``, a list of such answers (pages), or the text of a file that holds
    one of these. Raises UserError for anything else.
    """
    raw = list(_events_of(_loaded(history) if isinstance(history, str) else history))
    numbered = [_plain(event, number) for number, event in enumerate(raw, 1)]
    unique: dict[int, Event] = {}
    for event in numbered:
        unique.setdefault(event["id"], event)
    events = [unique[number] for number in sorted(unique)]
    _fill_times(events)
    _mend_redrives(events)
    return events


def _events_of(history: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(history, Mapping):
        history = history.get("events")
    if not isinstance(history, Iterable) or isinstance(history, str | bytes):
        raise UserError("This is not an execution history.", hint=_NOT_A_HISTORY)
    for item in history:
        if isinstance(item, Mapping) and "type" not in item and "events" in item:
            yield from _events_of(item)
        elif isinstance(item, Mapping) and isinstance(item.get("type"), str):
            yield item
        else:
            raise UserError("This is not an execution history: an event has no type.", hint=_NOT_A_HISTORY)


def _plain(event: Mapping[str, Any], number: int) -> Event:
    if "event_timestamp" in event:
        event = _from_log(event)
    previous = event.get("previousEventId")
    return {
        **{name: _plain_details(value) if name.endswith("EventDetails") else value for name, value in event.items()},
        "id": _whole(event.get("id"), number),
        "previousEventId": _whole(previous, 0) if previous is not None else 0,
        "timestamp": _time(event.get("timestamp")),
    }


def _plain_details(found: Any) -> dict[str, Any]:
    """Details as AWS writes them: texts are texts, also where a tool that saved them has parsed their JSON."""
    if not isinstance(found, Mapping):
        return {}
    plain = {
        name: json.dumps(value, ensure_ascii=False) if name in _TEXTS and not isinstance(value, str | None) else value
        for name, value in found.items()
    }
    return plain | {name: _whole(found[name], 0) for name in _NUMBERS if name in found}


def _from_log(line: Mapping[str, Any]) -> Event:
    """A line of an execution log, which has the same facts under other names."""
    kind = str(line["type"])
    details = f"{kind[:1].lower()}{kind[1:]}EventDetails"
    if kind.endswith(("StateEntered", "StateExited")):
        details = "stateEnteredEventDetails" if kind.endswith("Entered") else "stateExitedEventDetails"
    return {
        "id": line.get("id"),
        "previousEventId": line.get("previous_event_id"),
        "type": kind,
        "timestamp": line["event_timestamp"],
        details: line.get("details") or {},
    }


def _whole(value: Any, otherwise: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return otherwise


def _time(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, str):
        try:
            return _from_number(float(value))
        except ValueError:
            return _from_text(value)
    return _from_number(float(value)) if isinstance(value, int | float) else None


def _from_text(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise UserError(f"This is not an execution history: {text!r} is no time.", hint=_NOT_A_HISTORY) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _from_number(number: float) -> datetime:
    try:
        return datetime.fromtimestamp(number / 1000 if abs(number) >= _MILLISECONDS_FROM else number, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UserError(f"This is not an execution history: {number:g} is no time.", hint=_NOT_A_HISTORY) from error


def _fill_times(events: list[Event]) -> None:
    known = _EPOCH
    for event in events:
        known = event["timestamp"] = event["timestamp"] or known


def _mend_redrives(events: list[Event]) -> None:
    """What a redrive starts again follows the event that had failed, not the ``ExecutionRedriven`` between them."""
    before: dict[int, int] = {}
    for event in events:
        if event["type"] == "ExecutionRedriven":
            end = next((e for e in events if e["id"] == event["previousEventId"]), None)
            before[event["id"]] = end["previousEventId"] if end else 0
    for event in events:
        failed = before.get(event["previousEventId"])
        if failed and not event["type"].endswith("StateEntered") and not event["type"].startswith("Execution"):
            event["previousEventId"] = failed


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"This is not an execution history: {error}.", hint=_NOT_A_HISTORY) from error
