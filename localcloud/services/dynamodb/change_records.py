"""Changes that the emulator makes without a record in the table's stream: by PartiQL, and of items that expire.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
"""

import copy
import functools
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core import responses
from ministack.core.arn import parse_arn
from ministack.services import dynamodb

Item = dict[str, Any]
Table = dict[str, Any]
Handler = Callable[[Any], Any]
Touched = dict[tuple[str, Any, Any], Item | None]

OLDEST_SECONDS = 5 * 365 * 86_400
"""DynamoDB leaves an item alone whose time is more than five years ago."""

SERVICE = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
"""Who deletes an expired item, in its record."""

_REAPER = "dynamodb-ttl-reaper"
_STATEMENTS = ("_execute_statement", "_batch_execute_statement", "_execute_transaction")
_touched: ContextVar[Touched | None] = ContextVar("touched", default=None)


def install() -> None:
    """Watch the emulator's two ways to change an item, and its statements."""
    original_set, original_remove = dynamodb._set_item, dynamodb._remove_item

    def set_item(table: Table, pk: Any, sk: Any, item: Item) -> Any:
        _remember(table, pk, sk)
        return original_set(table, pk, sk, item)

    def remove_item(table: Table, pk: Any, sk: Any) -> Any:
        if threading.current_thread().name == _REAPER:
            return _expire(table, pk, sk, original_remove)
        _remember(table, pk, sk)
        return original_remove(table, pk, sk)

    dynamodb._set_item, dynamodb._remove_item = set_item, remove_item
    for name in _STATEMENTS:
        setattr(dynamodb, name, _with_records(getattr(dynamodb, name)))


def _with_records(operation: Handler) -> Handler:
    """A statement, and a record for every item that it has changed in the end: a transaction may take changes back."""

    @functools.wraps(operation)
    def recorded(data: Any) -> Any:
        touched: Touched = {}
        token = _touched.set(touched)
        try:
            return operation(data)
        finally:
            _touched.reset(token)
            for (name, pk, sk), old in touched.items():
                new = _item(dynamodb._tables.get(name) or {}, pk, sk)
                if new != old:
                    event = "REMOVE" if new is None else "MODIFY" if old else "INSERT"
                    dynamodb._emit_stream_event(name, event, old, copy.deepcopy(new))

    return recorded


def _remember(table: Table, pk: Any, sk: Any) -> None:
    touched = _touched.get()
    if touched is not None:
        touched.setdefault((table["TableName"], pk, sk), copy.deepcopy(_item(table, pk, sk)))


def _item(table: Table, pk: Any, sk: Any) -> Item | None:
    found: Item | None = (table.get("items") or {}).get(pk, {}).get(sk)
    return found


def _expire(table: Table, pk: Any, sk: Any, remove: Callable[..., Any]) -> None:
    """What the emulator takes for an expired item is deleted if DynamoDB would, as a change of the service's own."""
    scope = parse_arn(table["TableArn"])
    with responses.request_scope(scope.account_id, scope.region):
        name, item = table["TableName"], _item(table, pk, sk)
        setting = dynamodb._ttl_settings.get(name) or {}
        if item is None or not expires(item.get(setting.get("AttributeName", "")), time.time()):
            return
        remove(table, pk, sk)
        before = _last_record(name)
        dynamodb._emit_stream_event(name, "REMOVE", item, None)
        record = _last_record(name)
        if record is not None and record is not before:
            record["userIdentity"] = dict(SERVICE)


def _last_record(table_name: str) -> dict[str, Any] | None:
    records: list[dict[str, Any]] = dynamodb._stream_records.get(table_name) or []
    return records[-1] if records else None


def expires(value: Any, now: float) -> bool:
    """Whether a time-to-live attribute says that an item is over: a number of seconds, not too long ago."""
    text = value.get("N") if isinstance(value, dict) else None
    try:
        seconds = float(text) if isinstance(text, str) else None
    except ValueError:
        return False
    return seconds is not None and now - OLDEST_SECONDS <= seconds <= now
