"""Expressions of requests are held to DynamoDB's grammar, before the emulator, which reads them less strictly, does.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.core import responses
from ministack.services import dynamodb

from awskit.languages import dynamodb_expressions as expressions
from awskit.languages.dynamodb_expressions import Expression
from awskit.languages.dynamodb_grammar import InvalidExpression

Request = Mapping[str, Any]
Handler = Callable[[dict[str, Any]], Any]

OPERATIONS = ("_put_item", "_update_item", "_delete_item", "_get_item", "_query", "_scan")
_ACTIONS = ("ConditionCheck", "Put", "Update", "Delete", "Get")


def install() -> None:
    """Go before every operation that takes expressions."""
    for name in (*OPERATIONS, "_batch_get_item", "_transact_write_items", "_transact_get_items"):
        setattr(dynamodb, name, _checked(getattr(dynamodb, name)))


def _checked(operation: Handler) -> Handler:
    @functools.wraps(operation)
    def checked(data: Any) -> Any:
        try:
            for request in _requests(data):
                check(request, dynamodb._tables.get(dynamodb._normalize_table_name(request.get("TableName"))))
        except InvalidExpression as refusal:
            return responses.error_response_json("ValidationException", str(refusal), 400)
        return operation(data)

    return checked


def _requests(data: Any) -> Iterator[Request]:
    """The request itself, and the parts of a batch or a transaction: what has expressions of its own."""
    if not isinstance(data, dict):
        return
    if isinstance(data.get("TableName"), str):
        yield data
    for item in data.get("TransactItems") or ():
        for action in _ACTIONS:
            if isinstance(item, dict) and isinstance(item.get(action), dict):
                yield item[action]
    batch = data.get("RequestItems")
    if isinstance(batch, dict):
        yield from ({"TableName": name, **keys} for name, keys in batch.items() if isinstance(keys, dict))


def check(request: Request, table: Mapping[str, Any] | None) -> None:
    """Refuse what DynamoDB refuses of a request's expressions, without looking at an item. Raises InvalidExpression.

    ``table`` is the emulator's own record; None when there is no such table, which is for others to say.
    """
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    if _is_malformed(names) or _is_malformed(values):
        return
    found = dict(_expressions(request, names or {}, values or {}))
    if "KeyConditionExpression" in found:
        expressions.key_condition(request["KeyConditionExpression"], names or {}, values or {})
    if found:
        expressions.check_all_used(found.values(), names, values)
    _check_no_empty_key(request.get("Key"))
    if table is not None:
        _check_keys(request, found, table)
        _check_selection(request, table)


def _check_no_empty_key(key: Any) -> None:
    """The emulator looks at keys as well, but not at those of a TransactGetItems."""
    for name, value in key.items() if isinstance(key, Mapping) else ():
        for kind, word in (("S", "string"), ("B", "binary")):
            if isinstance(value, Mapping) and value.get(kind) == "":
                problem = f"The AttributeValue for a key attribute cannot contain an empty {word} value. Key: {name}"
                raise InvalidExpression(f"One or more parameter values are not valid. {problem}")


def _is_malformed(placeholders: Any) -> bool:
    """Placeholders that are refused as such, by the emulator."""
    if placeholders is None:
        return False
    if not isinstance(placeholders, dict) or not placeholders:
        return True
    return any(isinstance(value, dict) and len(value) != 1 for value in placeholders.values())


def _expressions(request: Request, names: Any, values: Any) -> Iterator[tuple[str, Expression]]:
    """Every expression of the request, in the order in which DynamoDB reads them."""
    for slot in ("UpdateExpression", "KeyConditionExpression", "ConditionExpression", "FilterExpression"):
        text = request.get(slot)
        if not isinstance(text, str):
            continue
        if slot == "UpdateExpression":
            yield slot, expressions.update(text, names, values)
        else:
            yield slot, expressions.condition(text, names, values, slot=slot)
    if isinstance(request.get("ProjectionExpression"), str):
        yield "ProjectionExpression", expressions.projection(request["ProjectionExpression"], names)


def _check_keys(request: Request, found: Mapping[str, Expression], table: Mapping[str, Any]) -> None:
    """A Query's filter may not look at the key it was chosen by."""
    if "KeyConditionExpression" not in request or "FilterExpression" not in found:
        return
    keys = _keys(table, request.get("IndexName"))
    for attribute in found["FilterExpression"].attributes:
        if attribute[0] in keys:
            raise InvalidExpression(
                f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {attribute[0]}"
            )


def _check_selection(request: Request, table: Mapping[str, Any]) -> None:
    """All attributes of an item are not to be had from a global index that has only some."""
    name = request.get("IndexName")
    if request.get("Select") != "ALL_ATTRIBUTES" or not name:
        return
    for index in table.get("GlobalSecondaryIndexes") or ():
        if index.get("IndexName") == name and (index.get("Projection") or {}).get("ProjectionType") != "ALL":
            raise InvalidExpression(
                "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
                f"secondary index {name} because its projection type is not ALL"
            )


def _keys(table: Mapping[str, Any], index_name: Any) -> set[str]:
    indexes = [*(table.get("GlobalSecondaryIndexes") or ()), *(table.get("LocalSecondaryIndexes") or ())]
    schemas = [index["KeySchema"] for index in indexes if index.get("IndexName") == index_name]
    schema = schemas[0] if schemas else table.get("KeySchema") or ()
    return {key["AttributeName"] for key in schema}
