"""Whether a state machine's role may make the call of a task, where this local cloud checks permissions."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localcloud.services.dynamodb.requests import parts
from localcloud.services.iam import roles
from localcloud.services.step_functions.failures import StateFailure, sdk_cause
from localcloud.services.step_functions.integrations import service_error
from localcloud.services.step_functions.resource import Resource

Arguments = Mapping[str, Any]

# What Step Functions calls a refusal of each service: the error, and the service in its cause.
_REFUSALS = {
    "dynamodb": ("DynamoDB.AmazonDynamoDBException", "AmazonDynamoDBv2"),
    "aws-sdk:dynamodb": ("DynamoDb.DynamoDbException", "DynamoDb"),
    "events": ("EventBridge.AmazonEventBridgeException", "AmazonEventBridge"),
    "lambda": ("Lambda.AWSLambdaException", "AWSLambda"),
    "sns": ("SNS.AmazonSNSException", "AmazonSNS"),
    "sqs": ("SQS.AmazonSQSException", "AmazonSQS"),
    "states": ("StepFunctions.AWSStepFunctionsException", "AWSStepFunctions"),
}


def check(role_arn: str, resource: Resource, arguments: Any) -> None:
    """Raise StateFailure when the role's policies do not allow the task. Services without a rule here pass."""
    if not roles.ENFORCED.is_set():
        return
    request = resource.request
    service = request.service or "lambda"
    if service not in _REFUSALS:
        return
    given = arguments if isinstance(arguments, Mapping) else {}
    account = role_arn.split(":")[4]
    for action, arn, context in _calls(service, request, given, f"us-east-1:{account}"):
        try:
            roles.authorise(role_arn, action, arn, context)
        except roles.AccessDeniedError as denied:
            error, name = _REFUSALS[service]
            if service.startswith("aws-sdk:"):
                raise StateFailure(error, sdk_cause(name, str(denied))) from denied
            raise StateFailure(error, service_error(name, "AccessDeniedException", str(denied))) from denied


def _calls(
    service: str, request: Resource, arguments: Arguments, place: str
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The IAM actions of a task, each with the resource and the condition keys that it is asked about."""
    if service.endswith("dynamodb"):
        yield from _tables(request, arguments, place)
        return
    action = f"{service}:{request.action[:1].upper()}{request.action[1:]}"
    for arn in _NAMED[service](request, arguments, place):
        yield _ACTIONS.get(action, action), arn, {}


def _tables(request: Resource, arguments: Arguments, place: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    from ministack.core import iam_actions

    operation = f"{request.action[:1].upper()}{request.action[1:]}"
    # A transaction is no action by itself: each of its parts is allowed, or not, as what it does.
    for _, kind, part in parts(arguments):
        action = iam_actions._DYNAMODB_TRANSACT_ITEM_ACTIONS.get(kind, f"dynamodb:{kind}")
        yield action, _table(part.get("TableName"), place), {**_keys(part), "dynamodb:EnclosingOperation": [operation]}
    context = _keys(arguments)
    names = [arguments["TableName"]] if "TableName" in arguments else list(arguments.get("RequestItems", {}))
    for name in names:
        index = arguments.get("IndexName")
        arn = _table(name, place)
        yield f"dynamodb:{operation}", f"{arn}/index/{index}" if index else arn, context


def _keys(request: Arguments) -> Mapping[str, Any]:
    from ministack.core import iam_actions

    found: Mapping[str, Any] = iam_actions.dynamodb_service_context(json.dumps(request).encode())
    return found


def _table(name: Any, place: str) -> str:
    return f"arn:aws:dynamodb:{place}:table/{str(name).rpartition('/')[2]}"


def _buses(_: Resource, arguments: Arguments, place: str) -> Iterator[str]:
    for name in {str(entry.get("EventBusName", "default")) for entry in arguments.get("Entries", [])}:
        yield f"arn:aws:events:{place}:event-bus/{name.rpartition('/')[2]}"


def _function(request: Resource, arguments: Arguments, place: str) -> Iterator[str]:
    name = str(arguments.get("FunctionName", "")) if request.service else request.arn
    yield name if name.startswith("arn:") else f"arn:aws:lambda:{place}:function:{name}"


def _queue(_: Resource, arguments: Arguments, place: str) -> Iterator[str]:
    yield f"arn:aws:sqs:{place}:{str(arguments.get('QueueUrl', '')).rpartition('/')[2]}"


_NAMED: Mapping[str, Callable[[Resource, Arguments, str], Iterator[str]]] = {
    "events": _buses,
    "lambda": _function,
    "sns": lambda _, arguments, __: iter([str(arguments.get("TopicArn", ""))]),
    "sqs": _queue,
    "states": lambda _, arguments, __: iter([str(arguments.get("StateMachineArn", ""))]),
}
_ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
