"""Rules and their targets: what requests may say of them, over the API and by CloudFormation.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ministack.core import responses
from ministack.services import eventbridge as emulator

from localcloud.services.cloudformation import resource_types
from localcloud.services.cloudformation.resource_types import Properties
from localcloud.services.eventbridge import patterns

MOST_TARGETS = 5
"""Targets of one rule (EventBridge quota)."""

_OPERATIONS = (
    *("_put_rule", "_delete_rule", "_describe_rule", "_enable_rule", "_disable_rule", "_list_rules"),
    *("_put_targets", "_remove_targets", "_list_targets_by_rule", "_list_rule_names_by_target"),
)
_ON_A_RULE = (
    *("_describe_rule", "_enable_rule", "_disable_rule"),
    *("_put_targets", "_remove_targets", "_list_targets_by_rule"),
)
_PLACEHOLDER = re.compile(r"<([\w.-]+)>")
_INPUTS = ("Input", "InputPath", "InputTransformer")
_ID = re.compile(r"[.\-_A-Za-z0-9]+")
_LONGEST_ID = 64

Handler = Callable[[dict[str, Any]], Any]
Refusal = tuple[str, str]


def install() -> None:
    """Check what requests and templates say before the emulator takes it."""
    for name in _OPERATIONS:
        setattr(emulator, name, _checked(name, getattr(emulator, name)))
    resource_types.with_properties("AWS::Events::Rule", _checked_properties)


def _checked(name: str, original: Handler) -> Handler:
    check = {"_put_rule": _refused_rule, "_delete_rule": _refused_deletion, "_put_targets": _refused_targets}.get(name)

    def handler(data: dict[str, Any]) -> Any:
        bus, refusal = emulator._event_bus_name_from_ref(data.get("EventBusName", "default"))
        data = {**data, "EventBusName": bus} if "EventBusName" in data else data
        if refusal is None and name in _ON_A_RULE:
            refusal = _unknown_rule(data, bus)
        if refusal is None and check is not None:
            refusal = check(data)
        return responses.error_response_json(*refusal, 400) if refusal else original(data)

    return handler


def _checked_properties(properties: Properties) -> Properties:
    """A template's rule, when the API would take it. CloudFormation fails the resource otherwise."""
    pattern = properties.get("EventPattern") or ""
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    bus, refusal = emulator._event_bus_name_from_ref(properties.get("EventBusName", "default"))
    refusal = refusal or _refused_rule({**properties, "EventPattern": text, "EventBusName": bus})
    reason = patterns.refusal(text)
    if refusal is None and reason is not None:
        refusal = "InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}"
    refusal = refusal or _refused_target_list(properties.get("Targets") or [])
    if refusal is not None:
        raise ValueError(f"{refusal[1]} ({refusal[0]})")
    return properties


def _rule_key(data: Mapping[str, Any], bus: str) -> str:
    return str(emulator._rule_key(data.get("Name") or data.get("Rule") or "", bus))


def _unknown_rule(data: Mapping[str, Any], bus: str) -> Refusal | None:
    if _rule_key(data, bus) in emulator._rules:
        return None
    return "ResourceNotFoundException", f"Rule {data.get('Name') or data.get('Rule')} does not exist on EventBus {bus}."


def _refused_rule(data: Mapping[str, Any]) -> Refusal | None:
    if not data.get("EventPattern") and not data.get("ScheduleExpression"):
        return "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."
    if data.get("ScheduleExpression") and data.get("EventBusName", "default") != "default":
        return "ValidationException", "ScheduleExpression is supported only on the default event bus."
    return None


def _refused_deletion(data: Mapping[str, Any]) -> Refusal | None:
    if emulator._targets.get(_rule_key(data, data.get("EventBusName", "default"))):
        return "ValidationException", "Rule can't be deleted since it has targets."
    return None


def _refused_targets(data: Mapping[str, Any]) -> Refusal | None:
    given = data.get("Targets") or []
    refusal = _refused_target_list(given)
    if refusal is not None:
        return refusal
    there = emulator._targets.get(_rule_key(data, data.get("EventBusName", "default"))) or []
    if len({target["Id"] for target in [*there, *given]}) > MOST_TARGETS:
        return "LimitExceededException", "The requested resource exceeds the maximum number allowed."
    return None


def _refused_target_list(targets: Sequence[Mapping[str, Any]]) -> Refusal | None:
    for place, target in enumerate(targets, 1):
        for problem in (*_identifier_problems(place, str(target.get("Id", ""))), *_input_problems(target)):
            return "ValidationException", problem
    if len({target.get("Id") for target in targets}) > MOST_TARGETS:
        return "LimitExceededException", "The requested resource exceeds the maximum number allowed."
    return None


def _identifier_problems(place: int, identifier: str) -> Iterator[str]:
    where = f"1 validation error detected: Value '{identifier}' at 'targets.{place}.member.id' failed to satisfy"
    if not _ID.fullmatch(identifier):
        yield f"{where} constraint: Member must satisfy regular expression pattern: {_ID.pattern}"
    if len(identifier) > _LONGEST_ID:
        yield f"{where} constraint: Member must have length less than or equal to {_LONGEST_ID}"


def _input_problems(target: Mapping[str, Any]) -> Iterator[str]:
    identifier = target.get("Id")
    if sum(bool(target.get(name)) for name in _INPUTS) > 1:
        yield f"Only one of Input, InputPath, or InputTransformer must be provided for target {identifier}."
    transformer = target.get("InputTransformer") or {}
    known = transformer.get("InputPathsMap") or {}
    for name in _PLACEHOLDER.findall(str(transformer.get("InputTemplate") or "")):
        if name not in known and not name.startswith("aws.events."):
            yield f"InputTemplate for target {identifier} contains invalid placeholder {name}."
