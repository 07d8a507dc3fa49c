"""Derives a workflow's role from its definition: exactly the calls its tasks make, on exactly what they name."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from awskit.asl.machines import Json
from flightpulse.errors import UserError
from flightpulse.stack.asl import Definition

_DYNAMODB = {
    "dynamodb:getItem": "dynamodb:GetItem",
    "dynamodb:putItem": "dynamodb:PutItem",
    "dynamodb:updateItem": "dynamodb:UpdateItem",
    "dynamodb:deleteItem": "dynamodb:DeleteItem",
    "aws-sdk:dynamodb:query": "dynamodb:Query",
    "aws-sdk:dynamodb:batchGetItem": "dynamodb:BatchGetItem",
}
_TRANSACTION = "aws-sdk:dynamodb:transactWriteItems"
_PARTS = {
    "Update": "dynamodb:UpdateItem",
    "Put": "dynamodb:PutItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
_PART = re.compile(rf"""['"](?P<name>{"|".join(_PARTS)})\\?['"]\s*:""")
"""A part of a transaction, in JSON or in the JSONata that makes the parts."""
_ACTIONS = {
    **_DYNAMODB,
    "events:putEvents": "events:PutEvents",
    "sqs:sendMessage": "sqs:SendMessage",
    "sns:publish": "sns:Publish",
    "lambda:invoke": "lambda:InvokeFunction",
    "states:startExecution.sync:2": "states:StartExecution",
}


@dataclass(frozen=True, slots=True, order=True)
class StateCall:
    """An IAM action, and the substitution (such as ``TableName``) that names the resource it is used on."""

    action: str
    target: str


def calls(definition: Definition) -> list[StateCall]:
    """Every different call that a workflow's tasks make, sorted.

    Raises :class:`UserError` for an integration that has no rule here, and for a task that names no resource of the
    stack: a role must never grow by accident.
    """
    return sorted(set(_calls(definition)))


def _calls(definition: Definition) -> Iterator[StateCall]:
    for path, state in definition.states():
        if state.get("Type") == "Task":
            yield from _of_task(f"{definition.name}: {path}", state)


def _of_task(where: str, state: Json) -> Iterator[StateCall]:
    integration = str(state.get("Resource", "")).removeprefix("arn:aws:states:::")
    arguments = state.get("Arguments", {})
    if integration == _TRANSACTION:
        # No action by itself: a role needs what each part of it does.
        parts = {found["name"] for found in _PART.finditer(json.dumps(arguments))}
        if not parts:
            raise UserError(
                f"{where} does not say what its transaction does.", hint="Name its parts in the definition."
            )
        for part in parts:
            yield StateCall(_PARTS[part], _target(where, _PARTS[part], arguments))
        return
    if integration not in _ACTIONS:
        raise UserError(
            f"{where} calls {integration!r}, for which no permission is known.",
            hint="Add the integration to stack/workflow_permissions.py.",
        )
    action = _ACTIONS[integration]
    yield StateCall(action, _target(where, action, arguments))


_TARGETS: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("TableName",),
    "events": ("EventBusName",),
    "sqs": ("NotificationDeadLettersUrl",),
    "sns": ("ErrorTopicArn",),
    "lambda": ("LlmMessengerArn",),
    "states": ("NotifyPassengersArn", "NotifyChunkArn"),
}


def _target(where: str, action: str, arguments: object) -> str:
    text = json.dumps(arguments)
    found = [name for name in _TARGETS[action.partition(":")[0]] if f"${{{name}}}" in text]
    if len(found) != 1:
        raise UserError(f"{where} does not say which resource {action} is for.", hint="Use one substitution for it.")
    return found[0]
