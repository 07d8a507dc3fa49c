"""The services a Task can call, with the error names that Step Functions gives their errors.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

import asyncio
import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

from ministack.core import responses
from ministack.services import dynamodb, eventbridge, lambda_svc, sns, sqs
from ministack.services import stepfunctions as emulator

from localcloud.services import refusals
from localcloud.services.step_functions import aws_sdk, table_calls, turns
from localcloud.services.step_functions.failures import RUNTIME, StateFailure, sdk_cause
from localcloud.services.step_functions.payload import to_json
from localcloud.services.step_functions.resource import Resource

_DYNAMODB_OWN_ERRORS = frozenset(
    {
        "ConditionalCheckFailedException",
        "DuplicateItemException",
        "IdempotentParameterMismatchException",
        "InternalServerErrorException",
        "ItemCollectionSizeLimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceededException",
        "ResourceInUseException",
        "ResourceNotFoundException",
        "TransactionCanceledException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_SEQUENCE_NUMBER = re.compile(r"<SequenceNumber>([^<]*)</SequenceNumber>")
_XML_ERROR = re.compile(r"<Code>(?P<code>[^<]*)</Code>\s*<Message>(?P<message>[^<]*)</Message>")
_LOG_TAIL_BYTES = 4096
_MESSAGE_ID = re.compile(r"<MessageId>([^<]*)</MessageId>")


def call(resource: Resource, arguments: Any, caller: Sequence[str]) -> Any:
    """Call a service and give its answer, as JSON; ``caller`` are the ARNs of state machine and execution.

    Raises StateFailure.
    """
    if resource.family == "LambdaFunction":
        return _invoke_function(resource.arn, arguments, lambda body: json.dumps(body, ensure_ascii=False))
    if (resource.service, resource.action) == ("events", "putEvents"):
        return _put_events(_members(arguments), caller)
    integration = _INTEGRATIONS.get(f"{resource.service}:{resource.action}")
    if integration is not None:
        return integration(_members(arguments))
    service = resource.service.removeprefix("aws-sdk:")
    if resource.service == "aws-sdk:dynamodb" and table_calls.made_here(resource.action):
        return table_calls.call(resource.action, _members(arguments))
    if service != resource.service and service in aws_sdk.SERVICES:
        return aws_sdk.call(service, resource.action, _members(arguments))
    return _call_emulator(resource, arguments)


def known(resource: Resource) -> bool:
    """Whether the local cloud can make a task's call."""
    request = resource.request
    if not request.service:
        return True
    if request.service.startswith("aws-sdk:"):
        return request.service.removeprefix("aws-sdk:").lower() in emulator._AWS_SDK_SERVICE_MAP
    action = f"{request.service}:{request.action}"
    return action in _INTEGRATIONS or action in ("events:putEvents", "states:startExecution")


def answered(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer of an optimised integration, which carries something of the HTTP response as well."""
    request_id = str(uuid.uuid4())
    metadata = {"SdkHttpMetadata": {"HttpStatusCode": 200}, "SdkResponseMetadata": {"RequestId": request_id}}
    return {**answer, **metadata}


def service_error(service: str, code: str, message: str, status: int = 400) -> str:
    """The cause of a failed task: the service's message, and where it came from."""
    request = f"Request ID: {uuid.uuid4()}; Proxy: null"
    return f"{message} (Service: {service}; Status Code: {status}; Error Code: {code}; {request})"


def _members(arguments: Any) -> dict[str, Any]:
    if not isinstance(arguments, dict):
        raise StateFailure(RUNTIME, f"The arguments of a task must be an object, but were: {to_json(arguments)}")
    return arguments


def _lambda_invoke(arguments: dict[str, Any]) -> Any:
    function, qualifier = str(arguments.get("FunctionName", "")), arguments.get("Qualifier")
    logged: list[str] = []
    result = _invoke_function(f"{function}:{qualifier}" if qualifier else function, _payload(arguments), logged=logged)
    answer = {"ExecutedVersion": qualifier or "$LATEST", "Payload": result, "StatusCode": 200}
    if arguments.get("LogType") == "Tail":
        answer["LogResult"] = base64.b64encode("".join(logged).encode()[-_LOG_TAIL_BYTES:]).decode()
    return answered(answer)


def _payload(arguments: Mapping[str, Any]) -> Any:
    """What the function gets: without a Payload, or with null, an empty object."""
    payload = arguments.get("Payload")
    return {} if payload is None else payload


def _invoke_function(
    reference: str, event: Any, cause_of: Callable[[Any], str] = to_json, *, logged: list[str] | None = None
) -> Any:
    """Raises StateFailure; where the function is the resource itself, with its error as the runtime wrote it.

    ``logged`` gets what the function has logged.
    """
    function, config, name = lambda_svc._get_func_record_for_ref(reference)
    if not function or not config:
        code = "ResourceNotFoundException"
        cause = service_error("AWSLambda", code, f"Function not found: {_function_arn(reference or name)}", 404)
        raise StateFailure(f"Lambda.{code}", cause)
    record = lambda_svc._execution_record_for_config(function, config)
    result = lambda_svc._execute_function_with_config_scope(record, event)
    if logged is not None:
        logged.append(str(result.get("log") or ""))
    body = result.get("body")
    if result.get("throttle"):
        code = "TooManyRequestsException"
        raise StateFailure(f"Lambda.{code}", service_error("AWSLambda", code, body["message"], 429))
    if result.get("error"):
        if not isinstance(body, dict):
            raise StateFailure("Lambda.Unknown", str(body))
        raise StateFailure(str(body.get("errorType") or "Lambda.Unknown"), cause_of(body))
    if isinstance(body, str | bytes):
        try:
            return json.loads(body)
        except ValueError:
            return body.decode(errors="replace") if isinstance(body, bytes) else body
    return body


def _function_arn(reference: str) -> str:
    """As Lambda names a function that it does not find, whatever it was called."""
    if reference.startswith("arn:"):
        return reference if reference.count(":") > 6 else f"{reference}:$LATEST"
    name, _, qualifier = reference.partition(":")
    where = f"{responses.get_region()}:{responses.get_account_id()}"
    return f"arn:aws:lambda:{where}:function:{name}:{qualifier or '$LATEST'}"


def _dynamodb(operation: Callable[[dict[str, Any]], Any], needed: str) -> Callable[[dict[str, Any]], Any]:
    def integration(arguments: dict[str, Any]) -> Any:
        absent = [name for name in (needed, "TableName") if arguments.get(name) is None]
        if absent:
            cause = service_error("AmazonDynamoDBv2", "ValidationException", refusals.without(absent))
            raise StateFailure("DynamoDB.AmazonDynamoDBException", cause)
        # The table keeps what it is given, and changes it later.
        status, _, body = operation(_copied(arguments))
        answer = json.loads(body) if body else {}
        if status < 400:
            return answered(answer)
        code = str(answer.get("__type", "")).rsplit("#", 1)[-1].rsplit(".", 1)[-1]
        message = str(answer.get("message", answer.get("Message", "")))
        error = f"{code.removesuffix('Exception')}Exception"
        if error not in _DYNAMODB_OWN_ERRORS:
            error = "AmazonDynamoDBException"
        raise StateFailure(f"DynamoDB.{error}", service_error("AmazonDynamoDBv2", code, message, status))

    return integration


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _put_events(arguments: dict[str, Any], caller: Sequence[str]) -> Any:
    entries = [
        {
            **entry,
            **({"Detail": _text(entry["Detail"])} if "Detail" in entry else {}),
            "Resources": [*entry.get("Resources", ()), *caller],
        }
        for entry in arguments.get("Entries", [])
    ]
    status, _, body = eventbridge._put_events({**arguments, "Entries": entries})
    answer = json.loads(body)
    if status >= 400:
        code = str(answer.get("__type", "EventBridgeException"))
        raise StateFailure(
            "EventBridge.AmazonEventBridgeException",
            service_error("AmazonEventBridge", code, str(answer.get("message", "")), status),
        )
    result = {"Entries": answer["Entries"], "FailedEntryCount": answer["FailedEntryCount"]}
    if result["FailedEntryCount"]:
        raise StateFailure("EventBridge.FailedEntry", to_json(result))
    return result


def _send_message(arguments: dict[str, Any]) -> Any:
    request = dict(arguments)
    url = str(request.get("QueueUrl", ""))
    host = urlsplit(url).hostname or url
    if host not in ("127.0.0.1", "localhost") and ".amazonaws.com" not in host:
        raise StateFailure(
            "SQS.SdkClientException", f"Unable to execute HTTP request: {host}: Name or service not known"
        )
    if "MessageBody" in request:
        request["MessageBody"] = _text(request["MessageBody"])
    try:
        return answered(sqs._act_send_message(request, str(request.get("QueueUrl", ""))))
    except sqs._Err as error:
        code = str(error.code)
        name = "QueueDoesNotExistException" if code == "QueueDoesNotExist" else "AmazonSQSException"
        raise StateFailure(f"SQS.{name}", service_error("AmazonSQS", code, error.message, error.status)) from error


def _receive_message(arguments: dict[str, Any]) -> Any:
    try:
        return asyncio.run(sqs._act_receive_message(arguments, str(arguments.get("QueueUrl", ""))))
    except sqs._Err as error:
        cause = f"{error.message} (Service: Sqs, Status Code: {error.status}, Request ID: {uuid.uuid4()})"
        raise StateFailure(f"Sqs.{str(error.code).removesuffix('Exception')}Exception", cause) from error


def _start_execution(arguments: dict[str, Any]) -> Any:
    """Step Functions writes an Input that is given as JSON out as the text that its API wants."""
    request = {**arguments, "Input": _text(arguments["Input"])} if "Input" in arguments else arguments
    return _call_emulator(Resource.read("arn:aws:states:::aws-sdk:sfn:startExecution"), request)


def _publish(arguments: dict[str, Any]) -> Any:
    request = dict(arguments)
    if "Message" in request:
        request["Message"] = _text(request["Message"])
    for place, (name, attribute) in enumerate((request.pop("MessageAttributes", None) or {}).items(), 1):
        entry = f"MessageAttributes.entry.{place}"
        request[f"{entry}.Name"] = name
        request.update({f"{entry}.Value.{part}": value for part, value in attribute.items()})
    status, _, body = sns._publish(request)
    text = body.decode() if isinstance(body, bytes) else str(body)
    if status >= 400:
        found = _XML_ERROR.search(text)
        code, message = (found["code"], found["message"]) if found else ("Unknown", text)
        # The API's code, and what the service says, are shorter than the emulator's.
        code = code.removesuffix("Exception")
        message = message.partition(": ")[0] if code == "NotFound" else message
        error = f"{code}Exception" if found else "AmazonSNSException"
        raise StateFailure(f"SNS.{error}", service_error("AmazonSNS", code, message, status))
    found = _MESSAGE_ID.search(text)
    sequence = _SEQUENCE_NUMBER.search(text)
    number = {"SequenceNumber": sequence[1]} if sequence else {}
    return answered({"MessageId": found[1] if found else str(uuid.uuid4()), **number})


def _call_emulator(resource: Resource, arguments: Any) -> Any:
    """Everything else the emulator knows: ``aws-sdk:*``, activities, and what it refuses by itself."""
    try:
        with turns.for_an_execution() if resource.service == "aws-sdk:sfn" else nullcontext():
            return emulator._invoke_resource(resource.arn, arguments)
    except emulator._ExecutionError as error:
        cause = error.cause
        if resource.service.startswith("aws-sdk:") and not str(error.error).startswith("States."):
            service = str(error.error).partition(".")[0]
            name = f"{str(error.error).removesuffix('Exception')}Exception"
            raise StateFailure(name, sdk_cause(service, cause)) from error
        raise StateFailure(error.error, cause) from error


def _text(value: Any) -> str:
    """A member that the service wants as text and that a definition may give as JSON."""
    return value if isinstance(value, str) else to_json(value)


# The emulator's functions are looked up at the time of the call: other behaviours replace some of them.
_INTEGRATIONS: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "lambda:invoke": _lambda_invoke,
    "dynamodb:getItem": _dynamodb(lambda arguments: dynamodb._get_item(arguments), "Key"),
    "dynamodb:putItem": _dynamodb(lambda arguments: dynamodb._put_item(arguments), "Item"),
    "dynamodb:updateItem": _dynamodb(lambda arguments: dynamodb._update_item(arguments), "Key"),
    "dynamodb:deleteItem": _dynamodb(lambda arguments: dynamodb._delete_item(arguments), "Key"),
    "sqs:sendMessage": _send_message,
    "sns:publish": _publish,
    "aws-sdk:sfn:startExecution": _start_execution,
    "aws-sdk:sqs:receiveMessage": _receive_message,
}
