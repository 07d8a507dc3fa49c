"""``aws-sdk:dynamodb`` calls of everything that is done with items, made without a request in between.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import dynamodb
from ministack.services import stepfunctions as emulator

from localcloud.services import refusals
from localcloud.services.step_functions.failures import StateFailure, sdk_cause

Rename = Callable[[Any], Any]

_HANDLERS: Mapping[str, str] = {
    "batchGetItem": "_batch_get_item",
    "batchWriteItem": "_batch_write_item",
    "deleteItem": "_delete_item",
    "getItem": "_get_item",
    "putItem": "_put_item",
    "query": "_query",
    "scan": "_scan",
    "transactGetItems": "_transact_get_items",
    "transactWriteItems": "_transact_write_items",
    "updateItem": "_update_item",
}


def made_here(action: str) -> bool:
    """Whether an action of DynamoDB is one of these calls."""
    return action in _HANDLERS


def call(action: str, arguments: Mapping[str, Any]) -> Any:
    """The answer of DynamoDB, as a state gets it. Raises StateFailure."""
    given, told, required = _members(action)
    absent = [name for name in required if arguments.get(name) is None]
    if absent:
        raise _failure("ValidationException", refusals.without(absent))
    # The table keeps what it is given, and changes it later: the names are put into a copy.
    status, _, body = getattr(dynamodb, _HANDLERS[action])(given(arguments))
    answer = json.loads(body)
    if status < 400:
        return told(answer)
    code = str(answer.get("__type", "")).rpartition("#")[2]
    raise _failure(code, str(answer.get("message", answer.get("Message", ""))), status)


def _failure(code: str, message: str, status: int = 400) -> StateFailure:
    """Errors that the service's model knows have their name, the others that of the service."""
    known = code in _errors()
    name = f"{code.removesuffix('Exception')}Exception" if known else "DynamoDbException"
    return StateFailure(f"DynamoDb.{name}", sdk_cause("DynamoDb", message, status))


@functools.cache
def _errors() -> frozenset[str]:
    return frozenset(shape.name for shape in refusals.model("dynamodb").error_shapes)


@functools.cache
def _members(action: str) -> tuple[Rename, Rename, tuple[str, ...]]:
    """Names an action's arguments for the service, names its answer for a state, and what it cannot do without."""
    operation = refusals.model("dynamodb").operation_model(f"{action[:1].upper()}{action[1:]}")
    told = _renaming(operation.output_shape, _told, {})
    return _renaming(operation.input_shape, _given, {}), told, tuple(operation.input_shape.required_members)


def _sdk_name(shape: Any, name: str) -> str:
    """What the SDK for Java, and Step Functions with it, calls a member: ``Bool`` for ``BOOL``."""
    found: str = emulator._SDK_MEMBER_NAME_OVERRIDES.get((shape.name, name)) or emulator._api_name_to_sfn_key(name)
    return found


def _given(shape: Any) -> dict[str, tuple[str, str]]:
    """Under which names a member may be given: the emulator takes the service's own as well."""
    by_sdk_name = {_sdk_name(shape, name): (name, name) for name in shape.members}
    return {**by_sdk_name, **{name: (name, name) for name in shape.members}}


def _told(shape: Any) -> dict[str, tuple[str, str]]:
    return {name: (_sdk_name(shape, name), name) for name in shape.members}


def _renaming(shape: Any, names: Callable[[Any], dict[str, tuple[str, str]]], known: dict[str, Rename]) -> Rename:
    """A copy of a shape's value with other names: ``names`` has each with the new name and the member it is."""
    if shape.name in known:
        return known[shape.name]
    # A shape may hold itself.
    known[shape.name] = lambda value: known[shape.name](value)
    if shape.type_name == "structure":
        members = {
            name: (other, _renaming(shape.members[member], names, known))
            for name, (other, member) in names(shape).items()
        }
        known[shape.name] = _structure(members)
    elif shape.type_name == "list":
        each = _renaming(shape.member, names, known)
        known[shape.name] = lambda value: [each(item) for item in value] if isinstance(value, list) else value
    elif shape.type_name == "map":
        every = _renaming(shape.value, names, known)
        known[shape.name] = lambda value: (
            {name: every(item) for name, item in value.items()} if isinstance(value, dict) else value
        )
    else:
        known[shape.name] = _itself
    return known[shape.name]


def _itself(value: Any) -> Any:
    return value


def _structure(members: Mapping[str, tuple[str, Rename]]) -> Rename:
    plain = frozenset(name for name, (other, rename) in members.items() if other == name and rename is _itself)

    def renamed(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            # What there is most of: an attribute's value that is one text.
            ((name, item),) = value.items()
            if name in plain:
                return {name: item}
        new = {}
        for name, item in value.items():
            other, rename = members.get(name, (name, _itself))
            new[other] = rename(item)
        return new

    return renamed
