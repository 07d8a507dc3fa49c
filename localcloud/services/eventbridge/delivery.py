"""Getting an event to a target, once: which call each kind of target takes, and what can go wrong with it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

import functools
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack.core import responses
from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import cloudwatch_logs, lambda_svc, sns, sqs, stepfunctions
from ministack.services import eventbridge as emulator

from localcloud import faults
from localcloud.services.eventbridge import inputs, log_policies
from localcloud.services.iam import roles

Document = Mapping[str, Any]

_THROTTLED = frozenset({"ExecutionLimitExceeded", "ThrottlingException"})
_SERVER_ERROR = 500
# What EventBridge does not try again.
_FINAL = frozenset({"NO_RESOURCE", "NO_PERMISSIONS", "INVALID_PARAMETER"})
_SECONDS_OF_A_DAY = 86_400
_STREAMS = uuid.UUID("0d5a9d7e-5a57-4e0a-9d52-7f8f3a2f6c11")


class Undeliverable(Exception):  # noqa: N818
    """A target did not take an event: why, and whether trying again may help."""

    def __init__(self, code: str, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry = retry


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event on its way: ``event`` is the emulator's record of it, ``text`` what the target receives."""

    target: Document
    rule: Document
    event: Document
    text: str

    @property
    def arn(self) -> str:
        return str(self.target["Arn"])


class Delivery:
    """Delivers to log groups, functions, queues, topics and state machines; ``others`` is the emulator's own way."""

    def __init__(self, others: Callable[..., None]) -> None:
        self._others = others
        self._ways: Mapping[str, Callable[[Delivered], None]] = {
            "logs": _to_log_group,
            "lambda": _to_function,
            "sqs": _to_queue,
            "sns": _to_topic,
            "states": _to_state_machine,
        }

    def deliver(self, target: Document, event: Document, rule: Document, view: Any) -> None:
        """Raises Undeliverable."""
        arn = str(target.get("Arn", ""))
        fault = faults.BOARD.strike_hop("target", arn.removesuffix(":*"), event)
        if fault is None or fault.after:
            self._deliver(arn, target, event, rule, view)
        if fault is not None:
            code = fault.error or "INTERNAL_ERROR"
            raise Undeliverable(code, fault.cause, retry=code not in _FINAL)

    def _deliver(self, arn: str, target: Document, event: Document, rule: Document, view: Any) -> None:
        try:
            spec = parse_arn(arn)
        except ArnParseError as error:
            raise Undeliverable("INVALID_PARAMETER", f"{arn} is not an ARN") from error
        way = self._ways.get(spec.service)
        if way is None:
            self._others(target, event, rule, view)
        elif spec.region != responses.get_region() or spec.account_id != responses.get_account_id():
            raise Undeliverable("NO_RESOURCE", f"{arn} is in another region or account")
        else:
            way(Delivered(target, rule, event, _text(target, rule, view)))


def _text(target: Document, rule: Document, view: Any) -> str:
    """What the target receives."""
    event = view.event_with_detail()
    if target.get("InputTransformer"):
        return _transformed(target["InputTransformer"], rule, view)
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return inputs.selected(event, target["InputPath"])
    return json.dumps(event)


def _transformed(transformer: Document, rule: Document, view: Any) -> str:
    event = view.event_with_detail()
    reserved = {
        "aws.events.event.json": event,
        "aws.events.event": view.envelope(),
        "aws.events.event.ingestion-time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws.events.rule-name": rule.get("Name", ""),
        "aws.events.rule-arn": rule.get("Arn", ""),
    }
    values = inputs.found_values(event, transformer.get("InputPathsMap") or {})
    return str(emulator._render_input_template(transformer.get("InputTemplate", ""), {**values, **reserved}))


def _to_log_group(delivered: Delivered) -> None:
    arn = delivered.arn.removesuffix(":*")
    group = arn.partition(":log-group:")[2]
    if group not in cloudwatch_logs._log_groups:
        raise Undeliverable("NO_RESOURCE", f"The log group {group} does not exist.")
    policies = [*cloudwatch_logs._resource_policies.values(), *cloudwatch_logs._log_group_policies.values()]
    if not log_policies.allow((policy["policyDocument"] for policy in policies), arn):
        raise Undeliverable("NO_PERMISSIONS", f"No resource policy lets EventBridge write to the log group {group}.")
    timestamp, message = _log_event(delivered)
    stream = _stream(str(delivered.rule.get("Arn")), group, int(time.time() // _SECONDS_OF_A_DAY))
    if stream not in cloudwatch_logs._log_groups[group]["streams"]:
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    cloudwatch_logs._put_log_events(
        {
            "logGroupName": group,
            "logStreamName": stream,
            "logEvents": [{"timestamp": timestamp, "message": message}],
        }
    )


@functools.lru_cache(maxsize=256)
def _stream(rule: str, group: str, day: int) -> str:
    """The log stream of a rule's events of one day, counted from 1970 on."""
    return str(uuid.uuid5(_STREAMS, f"{rule} {group} {day}"))


def _log_event(delivered: Delivered) -> tuple[int, str]:
    """What a target makes of an event may be a log event of its own: a timestamp and a message."""
    now, text = round(time.time() * 1000), delivered.text
    if not any(delivered.target.get(name) for name in ("InputTransformer", "Input", "InputPath")):
        return now, text
    try:
        content = json.loads(text)
    except ValueError:
        return now, text
    if isinstance(content, dict) and content.keys() == {"timestamp", "message"}:
        message = content["message"]
        return int(content["timestamp"]), message if isinstance(message, str) else json.dumps(message)
    return now, text


def _to_function(delivered: Delivered) -> None:
    arn = delivered.arn
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        raise Undeliverable("NO_RESOURCE", f"The function {arn} does not exist.")
    try:
        event = json.loads(delivered.text)
    except ValueError as error:
        raise Undeliverable("INVALID_PARAMETER", "A function takes JSON.") from error
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)


def _to_queue(delivered: Delivered) -> None:
    arn = delivered.arn
    if not sqs._queue_by_arn(arn):
        raise Undeliverable("NO_RESOURCE", f"The queue {arn} does not exist.")
    emulator._dispatch_to_sqs(parse_arn(arn), delivered.text, delivered.target.get("SqsParameters") or {})


def _to_topic(delivered: Delivered) -> None:
    arn = delivered.arn
    try:
        published = sns.publish_internal(arn, delivered.text, "EventBridge Notification")
    except sns.SnsPublishError as error:
        raise Undeliverable("INVALID_PARAMETER", str(error)) from error
    if published is None:
        raise Undeliverable("NO_RESOURCE", f"The topic {arn} does not exist.")


def _to_state_machine(delivered: Delivered) -> None:
    """Start an execution that is named after the event, and after the target: an event may start several."""
    arn = delivered.arn
    try:
        roles.authorise(str(delivered.target.get("RoleArn") or ""), "states:StartExecution", arn)
    except roles.AccessDeniedError as denied:
        raise Undeliverable("NO_PERMISSIONS", str(denied)) from denied
    target = uuid.uuid5(_STREAMS, f"{delivered.rule.get('Arn')} {delivered.target.get('Id')}")
    name = f"{delivered.event.get('EventId')}_{target}"
    status, _, body = stepfunctions._start_execution({"stateMachineArn": arn, "input": delivered.text, "name": name})
    if status < 400:
        return
    answer = json.loads(body)
    code = str(answer.get("__type", "")).rpartition("#")[2]
    if code == "StateMachineDoesNotExist":
        raise Undeliverable("NO_RESOURCE", f"The state machine {arn} does not exist.")
    if code in _THROTTLED:
        raise Undeliverable("THROTTLING", str(answer.get("message", code)), retry=True)
    raise Undeliverable("ERROR_FROM_TARGET", str(answer.get("message", code)), retry=status >= _SERVER_ERROR)
