"""Transactions of updates, made at once where nothing is wrong: the emulator tries every update twice before.

What may be refused, other kinds of parts and what has a token are left to the emulator; nothing is changed by then.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ministack.core import responses
from ministack.services import dynamodb

from localcloud.services.dynamodb import conditions, updates
from localcloud.services.dynamodb.requests import ForTheEmulator
from localcloud.services.dynamodb.shortcuts import index_write_units, item_size

Request = Mapping[str, Any]
Form = tuple[Any, ...]
"""What a part is, but for its values and the item: whether it may be at all depends on this alone."""

_FORMS = 1024
_MEMBERS = frozenset(
    {
        *("TableName", "Key", "UpdateExpression", "ConditionExpression", "ReturnValuesOnConditionCheckFailure"),
        *("ExpressionAttributeNames", "ExpressionAttributeValues"),
    }
)
_INDEXES = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
_ASKED = ("NONE", "TOTAL", "INDEXES")
_JSON_BYTES_OF_A_CHARACTER = 12
_JSON_BYTES_AROUND = 64


class _Change(NamedTuple):
    """One update: the item before, if there was one, and after, with its size."""

    table: dict[str, Any]
    keys: tuple[str, str]
    old: dict[str, Any] | None
    new: dict[str, Any]
    size: int


def install() -> None:
    """Go before the emulator's function."""
    transact = dynamodb._transact_write_items
    forms: set[Form] = set()

    def transacted(data: Any) -> Any:
        try:
            return _transacted(data, forms)
        except ForTheEmulator:
            return transact(data)

    dynamodb._transact_write_items = transacted


def _transacted(data: Any, forms: set[Form]) -> Any:
    given = _updates(data)
    changes: list[_Change] = []
    room = dynamodb._DDB_TXN_MAX_BYTES
    for update in given:
        room -= _accepted(update, forms)
        changes.append(_changed(update))
    targets = {(change.table["TableName"], *change.keys) for change in changes}
    if room < 0 or len(targets) < len(changes):
        raise ForTheEmulator
    failures = {
        place: change.old if update.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None
        for place, (update, change) in enumerate(zip(given, changes, strict=True))
        if not _holds(update, change.old)
    }
    if failures:
        return dynamodb._transact_cancel_response(len(changes), failures, {})
    for change in changes:
        name = change.table["TableName"]
        dynamodb._set_item(change.table, *change.keys, change.new)
        dynamodb._emit_stream_event(name, "MODIFY" if change.old else "INSERT", change.old, change.new)
    return responses.json_response(_answer(data.get("ReturnConsumedCapacity", "NONE"), changes))


def _updates(data: Any) -> list[Request]:
    """The updates of a request that asks for nothing else and for nothing special."""
    items = data.get("TransactItems")
    if "ClientRequestToken" in data or data.get("ReturnConsumedCapacity", "NONE") not in _ASKED:
        raise ForTheEmulator
    if "ReturnItemCollectionMetrics" in data or not isinstance(items, list):
        raise ForTheEmulator
    if not 1 <= len(items) <= dynamodb._DDB_TXN_WRITE_MAX_ITEMS:
        raise ForTheEmulator
    found: list[Request] = []
    for item in items:
        update = item.get("Update") if isinstance(item, dict) and len(item) == 1 else None
        if not isinstance(update, dict) or not update.keys() <= _MEMBERS:
            raise ForTheEmulator
        found.append(update)
    return found


def _accepted(update: Request, forms: set[Form]) -> int:
    """The bytes that a part takes as JSON, at most. The first of every form is shown to the emulator's checks."""
    names, values = update.get("ExpressionAttributeNames", {}), update.get("ExpressionAttributeValues", {})
    text, condition = update.get("UpdateExpression"), update.get("ConditionExpression", "")
    if not (isinstance(names, dict) and isinstance(values, dict) and isinstance(text, str)):
        raise ForTheEmulator
    if "ConditionExpression" in update and not condition:
        raise ForTheEmulator
    kinds, size = [], 0
    for name, value in values.items():
        kind, length = _plain(value)
        kinds += [name, kind]
        size += length
    form = (text, condition, *names.items(), *kinds)
    try:
        known = form in forms
    except TypeError:
        raise ForTheEmulator from None
    if not known:
        if not all(isinstance(part, str) for part in (condition, *names.values())):
            raise ForTheEmulator
        if (condition and conditions.compiled(condition) is None) or updates.compiled(text) is None:
            raise ForTheEmulator
        if dynamodb._transact_write_action_error("Update", update) is not None:
            raise ForTheEmulator
        if len(forms) < _FORMS:
            forms.add(form)
    written = (
        sum(map(len, names)) + sum(map(len, names.values())) + sum(map(len, values)) + len(repr(update.get("Key")))
    )
    around = _JSON_BYTES_AROUND * (len(names) + len(values) + 2 * len(_MEMBERS))
    return _JSON_BYTES_OF_A_CHARACTER * (len(text) + len(condition) + written + size) + around


def _plain(value: Any) -> tuple[str, int]:
    """The kind of a value that nothing is wrong with, and how long it is."""
    if type(value) is not dict or len(value) != 1:
        raise ForTheEmulator
    ((kind, content),) = value.items()
    if kind == "S" and type(content) is str:
        return kind, len(content)
    if dynamodb._attribute_value_error(value) is not None or dynamodb._nesting_exceeded(value):
        raise ForTheEmulator
    return kind, len(repr(content))


def _changed(update: Request) -> _Change:
    """What an update makes of its item, if that is an item that may be."""
    table = dynamodb._tables.get(update.get("TableName"))
    if not table or table.get("VectorIndexes"):
        raise ForTheEmulator
    key, names = update.get("Key"), [name for name in (table["pk_name"], table["sk_name"]) if name]
    if not isinstance(key, dict) or len(key) != len(names):
        raise ForTheEmulator
    partition, sort = _text(table, key, names[0]), _text(table, key, names[1]) if len(names) > 1 else "__no_sort__"
    attributes, values = update.get("ExpressionAttributeNames", {}), update.get("ExpressionAttributeValues", {})
    old = table["items"].get(partition, {}).get(sort)
    if not updates.is_usual(old or key, attributes):
        raise ForTheEmulator
    try:
        new, _ = dynamodb._apply_update_expression(old or dict(key), update["UpdateExpression"], values, attributes)
    except ValueError:
        raise ForTheEmulator from None
    size = item_size(new)
    if (
        size > dynamodb._DDB_ITEM_MAX_BYTES
        or dynamodb._index_key_empty_reason(table, new, update_expr=True)
        or dynamodb._index_key_type_reason(table, new)
        or any("S" not in value and dynamodb._nesting_exceeded(value) for value in new.values())
    ):
        raise ForTheEmulator
    return _Change(table, (partition, sort), old, new, size)


def _text(table: dict[str, Any], key: Mapping[str, Any], name: str) -> str:
    """The text of a key attribute that is one."""
    value = key.get(name)
    text = value.get("S") if isinstance(value, dict) and len(value) == 1 else None
    if not text or not isinstance(text, str) or dynamodb._get_attr_type(table, name) != "S":
        raise ForTheEmulator
    return text


def _holds(update: Request, item: dict[str, Any] | None) -> bool:
    condition = update.get("ConditionExpression")
    if not condition:
        return True
    names, values = update.get("ExpressionAttributeNames", {}), update.get("ExpressionAttributeValues", {})
    try:
        return bool(dynamodb._evaluate_condition(condition, item or {}, values, names))
    except ValueError:
        raise ForTheEmulator from None


def _answer(asked: str, changes: list[_Change]) -> dict[str, Any]:
    """What a transaction used of each table, for whoever asks."""
    if asked == "NONE":
        return {}
    used: dict[str, dict[str, Any]] = {}
    for table, _, old, new, size in changes:
        entry = used.setdefault(
            table["TableName"], {"table": 0.0, "GlobalSecondaryIndexes": {}, "LocalSecondaryIndexes": {}}
        )
        larger = max(item_size(old), size)
        entry["table"] += 2.0 * dynamodb._capacity_kb(larger)
        for kind in _INDEXES:
            for index in table.get(kind) or ():
                units = index_write_units(table, index, old, new, larger)
                if units:
                    entry[kind][index["IndexName"]] = entry[kind].get(index["IndexName"], 0.0) + units
    return {"ConsumedCapacity": [_told(name, entry, asked) for name, entry in used.items()]}


def _told(name: str, used: Mapping[str, Any], asked: str) -> dict[str, Any]:
    units = used["table"]
    total = units + sum(sum(used[kind].values()) for kind in _INDEXES)
    told = {"TableName": name, "CapacityUnits": total, "WriteCapacityUnits": units}
    for kind in _INDEXES:
        if asked == "INDEXES" and used[kind]:
            told[kind] = {
                index: {"CapacityUnits": part, "WriteCapacityUnits": part} for index, part in used[kind].items()
            }
    return told
