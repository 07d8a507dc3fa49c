"""How behaviours add to the emulator's table of CloudFormation resource types.

A handler of the emulator is a dictionary of functions: ``create(logical_id, properties, stack_name)`` and
``update(physical_id, old, new, stack_name[, logical_id])`` return the physical id and the attributes for Fn::GetAtt,
``delete(physical_id, properties)`` returns nothing.
"""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Attributes = dict[str, Any]
Provisioned = tuple[str, Attributes]

HANDLERS: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS


def around(
    resource_type: str,
    *,
    before: Callable[[Properties], Properties] = lambda properties: properties,
    after: Callable[[str, Properties], Attributes | None] = lambda _, __: None,
) -> None:
    """Change what the emulator's handler sees of the properties, and do something more once it is done.

    ``after(physical_id, properties)`` gets the template's properties, and may return attributes, which are added to
    those of the emulator.
    """
    handler = HANDLERS[resource_type]

    def create(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        return finished(handler["create"](logical_id, before(properties), stack_name), properties)

    def update(physical_id: str, old: Properties, new: Properties, *more: Any, **named: Any) -> Provisioned:
        return finished(handler["update"](physical_id, before(old), before(new), *more, **named), new)

    def finished(provisioned: Provisioned, properties: Properties) -> Provisioned:
        physical_id, attributes = provisioned
        return physical_id, {**attributes, **(after(physical_id, properties) or {})}

    HANDLERS[resource_type] = {**handler, "create": create, **({"update": update} if "update" in handler else {})}


def add(
    resource_type: str,
    create: Callable[[str, Properties, str], Provisioned],
    update: Callable[[str, Properties, Properties, str], Provisioned],
    delete: Callable[[str, Properties], None],
) -> None:
    """Add a resource type, or replace one that the emulator only pretends to have."""
    HANDLERS[resource_type] = {"create": create, "update": update, "delete": delete}


def is_true(value: Any) -> bool:
    """Whether a property is true: templates may also write it as text."""
    return value in (True, "true")


def body(answer: tuple[int, Any, Any]) -> Any:
    """The content of an answer of one of the emulator's services; an error becomes the resource's failure."""
    status, _, content = answer
    if status >= 400:
        raise ValueError(content.decode() if isinstance(content, bytes) else str(content))
    return content
