"""Writes an SSM SecureString for CloudFormation, which can only write plain parameters: a custom resource.

The parameter's name is the resource's physical id. A value that somebody changed by hand stays until the stack itself
asks for another one.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

log = logging.getLogger(__name__)

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SecureString:
    """A parameter as the template describes it."""

    name: str
    value: str
    description: str

    @classmethod
    def from_properties(cls, properties: Event) -> "SecureString":
        """Raises ``ValueError`` when the template gives no name or no value."""
        for key in ("Name", "Value"):
            if not properties.get(key):
                raise ValueError(f"The property {key} is missing.")
        return cls(str(properties["Name"]), str(properties["Value"]), str(properties.get("Description", "")))


def apply(event: Event, client: "SSMClient") -> None:
    """Write or delete the parameter. Raises ``ValueError`` when the template gives no name or no value."""
    kind, properties = event["RequestType"], event["ResourceProperties"]
    if kind == "Delete":
        _delete(properties, client)
        return
    wanted = SecureString.from_properties(properties)
    if kind == "Create" or _asks_for_another(properties, event["OldResourceProperties"]):
        _put(wanted, client)
    elif _is_missing(wanted.name, client):
        log.info("The parameter %s was gone and is written again.", wanted.name)
        _put(wanted, client)
    else:
        log.info("The stack asks for what it asked for before; the value of %s stays.", wanted.name)


def _asks_for_another(new: Event, old: Event) -> bool:
    return any(new.get(key) != old.get(key) for key in ("Name", "Value"))


def _is_missing(name: str, client: "SSMClient") -> bool:
    try:
        client.get_parameter(Name=name)
    except client.exceptions.ParameterNotFound:
        return True
    return False


def _put(parameter: SecureString, client: "SSMClient") -> None:
    client.put_parameter(
        Name=parameter.name,
        Value=parameter.value,
        Description=parameter.description,
        Type="SecureString",
        Overwrite=True,
    )


def _delete(properties: Event, client: "SSMClient") -> None:
    """Delete the parameter; one that is gone, or was never named, is as good as deleted."""
    name = properties.get("Name")
    if not name:
        return
    try:
        client.delete_parameter(Name=name)
    except client.exceptions.ParameterNotFound:
        log.info("The parameter %s was gone already.", name)
