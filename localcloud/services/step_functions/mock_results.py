"""Holds the mocked result of a task against what the service answers: TestState's field validation.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from collections.abc import Iterator
from typing import Any

from botocore import exceptions, xform_name

from localcloud.services import refusals
from localcloud.services.step_functions.resource import Resource

_SERVICES = {"states": "stepfunctions", "sfn": "stepfunctions", "eventbridge": "events", "cloudwatchlogs": "logs"}
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "structure": ((dict,), "an object"),
    "map": ((dict,), "an object"),
    "list": ((list,), "an array"),
    "boolean": ((bool,), "a boolean"),
    **dict.fromkeys(("string", "blob", "timestamp"), ((str,), "a string")),
    **dict.fromkeys(("integer", "long", "float", "double"), ((int, float), "a number")),
}


def problem(resource: Resource, result: Any, *, required: bool) -> str | None:
    """The first field of a result that the service would not answer so; ``required`` says that none may be missing."""
    shape = _output_shape(resource)
    return None if shape is None else next(_problems(shape, result, "", required, resource), None)


def _output_shape(resource: Resource) -> Any:
    """What the service's model says of an answer; None where there is no such model."""
    if resource.waits_for_token or resource.waits_for_job or not resource.service:
        return None
    service = resource.service.removeprefix("aws-sdk:")
    try:
        model = refusals.model(_SERVICES.get(service, service))
    except exceptions.UnknownServiceError:
        return None
    names = {xform_name(name): name for name in model.operation_names}
    name = names.get(xform_name(resource.action[:1].upper() + resource.action[1:]))
    return None if name is None else model.operation_model(name).output_shape


def _problems(shape: Any, value: Any, name: str, required: bool, resource: Resource) -> Iterator[str]:
    if shape.type_name not in _KINDS:
        return
    types, words = _KINDS[shape.type_name]
    if type(value) not in types:
        yield f"Field '{name}' must be {words}"
        return
    yield from _limits(shape, value, name)
    if shape.type_name == "list":
        for item in value:
            yield from _problems(shape.member, item, name, required, resource)
    elif shape.type_name == "structure":
        yield from _members(shape, value, required, resource)


def _limits(shape: Any, value: Any, name: str) -> Iterator[str]:
    least, most, allowed = (shape.metadata.get(limit) for limit in ("min", "max", "enum"))
    if allowed and value not in allowed:
        yield f"Field '{name}' is not an expected value"
    if isinstance(value, int | float):
        if least is not None and value < least:
            yield f"Field '{name}' is less than the minimum value"
        if most is not None and value > most:
            yield f"Field '{name}' exceeds the maximum value"
    elif isinstance(value, str):
        if least is not None and len(value) < least:
            yield f"Field '{name}' is smaller than the minimum length"
        if most is not None and len(value) > most:
            yield f"Field '{name}' exceeds the maximum length"


def _members(shape: Any, value: dict[str, Any], required: bool, resource: Resource) -> Iterator[str]:
    # Step Functions writes every member with a capital letter; a function's answer may be any JSON.
    members = {member[:1].upper() + member[1:]: inner for member, inner in shape.members.items()}
    needed = {member[:1].upper() + member[1:] for member in shape.required_members} if required else set()
    for member in sorted(needed - value.keys()):
        yield f"Required field '{member}' is missing"
    for member, item in value.items():
        if member in members and not (resource.service == "lambda" and member == "Payload"):
            yield from _problems(members[member], item, member, required, resource)
