"""Rules and their targets: what requests may say of them, over the API and by CloudFormation.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ministack.services import eventbridge as emulator

from localcloud.services import handlers, refusals
from localcloud.services.cloudformation import resource_types
from localcloud.services.cloudformation.resource_types import Properties
from localcloud.services.eventbridge import patterns
from localcloud.services.handlers import Handler, Request, Response
from localcloud.services.refusals import Refused

MOST_TARGETS = 5
"""Targets of one rule (EventBridge quota)."""

_PLACEHOLDER = re.compile(r"<([\w.-]+)>")
_INPUTS = ("Input", "InputPath", "InputTransformer")

Check = Callable[[Mapping[str, Any], str], None]
"""Raises Refused for a request about rules of a bus."""


def install() -> None:
    """Check what requests and templates say before the emulator takes it."""
    handlers.install(emulator, {name: partial(_checked, check) for name, check in _CHECKS.items()})
    resource_types.around("AWS::Events::Rule", before=_checked_properties)


def _checked(check: Check, original: Handler, request: Request) -> Response:
    bus = _bus(request)
    request = {**request, "EventBusName": bus} if "EventBusName" in request else request
    check(request, bus)
    return original(request)


def _checked_properties(properties: Properties) -> Properties:
    """A template's rule, when the API would take it. CloudFormation fails the resource otherwise."""
    pattern = properties.get("EventPattern") or ""
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    try:
        _check_rule({**properties, "EventPattern": text}, _bus(properties))
        reason = patterns.refusal(text)
        if reason is not None:
            raise Refused("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")
        if properties.get("Targets"):
            _check_target_list(properties["Targets"])
    except Refused as refusal:
        raise ValueError(f"{refusal.message} ({refusal.code})") from refusal
    return properties


def _bus(request: Mapping[str, Any]) -> str:
    """The name of the bus that a request names by its name or ARN."""
    bus, refusal = emulator._event_bus_name_from_ref(request.get("EventBusName", "default"))
    if refusal:
        raise Refused(*refusal)
    return str(bus)


def _rule_key(request: Mapping[str, Any], bus: str) -> str:
    return str(emulator._rule_key(request.get("Name") or request.get("Rule") or "", bus))


def _check_nothing(request: Mapping[str, Any], bus: str) -> None:
    """Only the bus is looked at."""


def _check_known(request: Mapping[str, Any], bus: str) -> None:
    if _rule_key(request, bus) not in emulator._rules:
        name = request.get("Name") or request.get("Rule")
        raise Refused("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}.")


def _check_rule(request: Mapping[str, Any], bus: str) -> None:
    if not request.get("EventPattern") and not request.get("ScheduleExpression"):
        raise Refused("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if request.get("ScheduleExpression") and bus != "default":
        raise Refused("ValidationException", "ScheduleExpression is supported only on the default event bus.")


def _check_deletion(request: Mapping[str, Any], bus: str) -> None:
    if emulator._targets.get(_rule_key(request, bus)):
        raise Refused("ValidationException", "Rule can't be deleted since it has targets.")


def _check_targets(request: Mapping[str, Any], bus: str) -> None:
    _check_known(request, bus)
    given = request.get("Targets") or []
    _check_target_list(given)
    _check_number([*(emulator._targets.get(_rule_key(request, bus)) or []), *given])


def _check_target_list(targets: Sequence[Mapping[str, Any]]) -> None:
    refusals.check("events", "PutTargets", {"Targets": targets})
    for target in targets:
        for problem in _input_problems(target):
            raise Refused("ValidationException", problem)
    _check_number(targets)


def _check_number(targets: Sequence[Mapping[str, Any]]) -> None:
    if len({target.get("Id") for target in targets}) > MOST_TARGETS:
        raise Refused("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def _input_problems(target: Mapping[str, Any]) -> Iterator[str]:
    identifier = target.get("Id")
    if sum(bool(target.get(name)) for name in _INPUTS) > 1:
        yield f"Only one of Input, InputPath, or InputTransformer must be provided for target {identifier}."
    transformer = target.get("InputTransformer") or {}
    known = transformer.get("InputPathsMap") or {}
    for name in _PLACEHOLDER.findall(str(transformer.get("InputTemplate") or "")):
        if name not in known and not name.startswith("aws.events."):
            yield f"InputTemplate for target {identifier} contains invalid placeholder {name}."


_CHECKS: Mapping[str, Check] = {
    "_put_rule": _check_rule,
    "_delete_rule": _check_deletion,
    "_list_rules": _check_nothing,
    "_list_rule_names_by_target": _check_nothing,
    "_put_targets": _check_targets,
    **dict.fromkeys(
        ("_describe_rule", "_enable_rule", "_disable_rule", "_remove_targets", "_list_targets_by_rule"), _check_known
    ),
}
