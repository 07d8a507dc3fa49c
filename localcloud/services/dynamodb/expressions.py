"""Expressions of requests are held to DynamoDB's grammar, before the emulator, which reads them less strictly, does.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.core import responses
from ministack.services import dynamodb

from awskit.languages import dynamodb_expressions as expressions
from awskit.languages.dynamodb_expressions import Expression, type_of
from awskit.languages.dynamodb_grammar import InvalidExpression
from localcloud.services import refusals
from localcloud.services.dynamodb.requests import parts

Request = Mapping[str, Any]
Handler = Callable[[dict[str, Any]], Any]
Texts = tuple[tuple[str, str], ...]
"""Expressions with the parameters they stand in."""

OPERATIONS = ("_put_item", "_update_item", "_delete_item", "_get_item", "_query", "_scan")
_ACTIONS = ("ConditionCheck", "Put", "Update", "Delete", "Get")
_SLOTS = (
    *("UpdateExpression", "KeyConditionExpression", "ConditionExpression", "FilterExpression"),
    "ProjectionExpression",
)
_VALUES_MATTER = re.compile("between|attribute_type", re.IGNORECASE)
_TEXTS = 1024


def install() -> None:
    """Go before every operation that takes expressions."""
    for name in (*OPERATIONS, "_batch_get_item", "_transact_write_items", "_transact_get_items"):
        setattr(dynamodb, name, _checked(getattr(dynamodb, name)))


def _checked(operation: Handler) -> Handler:
    @functools.wraps(operation)
    def checked(data: Any) -> Any:
        try:
            _check_parts(data)
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


def _check_parts(data: Any) -> None:
    """The emulator takes an Update of a transaction that does not say what it changes."""
    if not isinstance(data, dict):
        return
    absent = [
        f"transactItems.{place}.member.{kind[:1].lower()}{kind[1:]}.{name[:1].lower()}{name[1:]}"
        for place, kind, part in parts(data)
        for name in _needed().get(kind, ())
        if part.get(name) is None
    ]
    if absent:
        raise InvalidExpression(refusals.without(absent))


@functools.cache
def _needed() -> Mapping[str, tuple[str, ...]]:
    """What each kind of part of a transaction cannot do without."""
    transactions = (refusals.request_shape("dynamodb", f"Transact{what}Items") for what in ("Write", "Get"))
    kinds = [shape.members["TransactItems"].member.members for shape in transactions]
    return {kind: tuple(part.required_members) for members in kinds for kind, part in members.items()}


def check(request: Request, table: Mapping[str, Any] | None) -> None:
    """Refuse what DynamoDB refuses of a request's expressions, without looking at an item. Raises InvalidExpression.

    ``table`` is the emulator's own record; None when there is no such table, which is for others to say.
    """
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    if _is_malformed(names) or _is_malformed(values):
        return
    found = _expressions(request, names or {}, values or {})
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


def _expressions(request: Request, names: dict[str, Any], values: dict[str, Any]) -> Mapping[str, Expression]:
    """Every expression of the request, by the parameter it stands in.

    The same texts with the same names and types have mostly been looked at before, for another item.
    """
    texts = tuple((slot, request[slot]) for slot in _SLOTS if isinstance(request.get(slot), str))
    if not texts:
        return {}
    if _looks_at_values(texts) or not all(isinstance(name, str) for name in names.values()):
        return _read(texts, names, values)
    return _of_types(texts, tuple(names.items()), tuple([(name, type_of(value)) for name, value in values.items()]))


@functools.lru_cache(maxsize=_TEXTS)
def _looks_at_values(texts: Texts) -> bool:
    return any(_VALUES_MATTER.search(text) for _, text in texts)


@functools.lru_cache(maxsize=_TEXTS)
def _of_types(
    texts: Texts, names: tuple[tuple[str, str], ...], types: tuple[tuple[str, str | None], ...]
) -> Mapping[str, Expression]:
    return _read(texts, dict(names), {name: {} if found is None else {found: None} for name, found in types})


def _read(texts: Texts, names: dict[str, Any], values: dict[str, Any]) -> Mapping[str, Expression]:
    """Read them in the order in which DynamoDB does."""
    found = {}
    for slot, text in texts:
        if slot == "UpdateExpression":
            found[slot] = expressions.update(text, names, values)
        elif slot == "ProjectionExpression":
            found[slot] = expressions.projection(text, names)
        else:
            found[slot] = expressions.condition(text, names, values, slot=slot)
    for slot, text in texts:
        if slot == "KeyConditionExpression":
            expressions.key_condition(text, names, values)
    expressions.check_all_used(found.values(), names, values)
    return found


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
