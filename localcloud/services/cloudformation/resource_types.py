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


def also(resource_type: str, then: Callable[[str, Properties], Attributes | None]) -> None:
    """Do something more after a resource was created or updated.

    ``then(physical_id, properties)`` may return attributes, which are added to those of the emulator.
    """
    handler = HANDLERS[resource_type]

    def create(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        return finished(created(logical_id, properties, stack_name), properties)

    def update(physical_id: str, old: Properties, new: Properties, *more: Any, **named: Any) -> Provisioned:
        return finished(updated(physical_id, old, new, *more, **named), new)

    def finished(provisioned: Provisioned, properties: Properties) -> Provisioned:
        physical_id, attributes = provisioned
        return physical_id, {**attributes, **(then(physical_id, properties) or {})}

    created = handler["create"]
    changed = {**handler, "create": create}
    if "update" in handler:
        updated = handler["update"]
        changed["update"] = update
    HANDLERS[resource_type] = changed


def with_properties(resource_type: str, change: Callable[[Properties], Properties]) -> None:
    """Show the emulator's handler changed properties instead of those of the template."""
    handler = HANDLERS[resource_type]

    def create(logical_id: str, properties: Properties, stack_name: str) -> Any:
        return created(logical_id, change(properties), stack_name)

    def update(physical_id: str, old: Properties, new: Properties, *more: Any, **named: Any) -> Any:
        return updated(physical_id, change(old), change(new), *more, **named)

    created = handler["create"]
    changed = {**handler, "create": create}
    if "update" in handler:
        updated = handler["update"]
        changed["update"] = update
    HANDLERS[resource_type] = changed


def deleted_by(resource_type: str, delete: Callable[[str, Properties], None]) -> None:
    """Replace how a resource is deleted."""
    HANDLERS[resource_type] = {**HANDLERS[resource_type], "delete": delete}


def add(
    resource_type: str,
    create: Callable[[str, Properties, str], Provisioned],
    update: Callable[[str, Properties, Properties, str], Provisioned],
    delete: Callable[[str, Properties], None],
) -> None:
    """Add a resource type, or replace one that the emulator only pretends to have."""
    HANDLERS[resource_type] = {"create": create, "update": update, "delete": delete}


def body(answer: tuple[int, Any, Any]) -> Any:
    """The content of an answer of one of the emulator's services; an error becomes the resource's failure."""
    status, _, content = answer
    if status >= 400:
        raise ValueError(content.decode() if isinstance(content, bytes) else str(content))
    return content
