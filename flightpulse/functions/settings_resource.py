"""Writes an SSM SecureString for CloudFormation, which can only write plain parameters: a custom resource.

The same function keeps the table's deletion protection (:mod:`flightpulse.functions.deletion_protection`).
The parameter's name is the resource's physical id. A value that somebody changed by hand stays until the stack itself
asks for another one.
"""

import json
import logging
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from flightpulse.adapters.aws import CLIENT_CONFIG
from flightpulse.functions import deletion_protection

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

# CloudFormation takes an answer of 4096 bytes at most.
_REASON_LIMIT = 1000
_ANSWER_TIMEOUT_SECONDS = 10

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


def handler(event: Event, _context: object) -> None:
    """Do what CloudFormation asks and answer, whatever happens: a stack waits a long time for silence.

    When the answer itself cannot be delivered the invocation fails, so that Lambda makes another attempt.
    """
    if event.get("ResourceType") == deletion_protection.TYPE:
        tables = boto3.client("dynamodb", config=CLIENT_CONFIG)
        answer = respond(event, lambda: deletion_protection.apply(event, tables))
    else:
        parameters = boto3.client("ssm", config=CLIENT_CONFIG)
        answer = respond(event, lambda: apply(event, parameters))
    _send(str(event["ResponseURL"]), answer)


def respond(event: Event, work: Callable[[], None]) -> dict[str, str]:
    """Do what CloudFormation asks; say how it went, in the form it wants to be told."""
    try:
        work()
    except Exception as error:
        log.exception("The request %s failed.", event.get("RequestType"))
        return _answer(event, "FAILED", f"{type(error).__name__}: {error}")
    return _answer(event, "SUCCESS", "Done.")


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


def _answer(event: Event, status: str, reason: str) -> dict[str, str]:
    properties = event.get("ResourceProperties") or {}
    named = properties.get("Name") or properties.get("TableName")
    return {
        "Status": status,
        "Reason": reason[:_REASON_LIMIT],
        "PhysicalResourceId": str(named or event.get("PhysicalResourceId") or "unnamed"),
        "StackId": str(event["StackId"]),
        "RequestId": str(event["RequestId"]),
        "LogicalResourceId": str(event["LogicalResourceId"]),
    }


def _send(url: str, answer: Mapping[str, str]) -> None:
    """Put the answer where CloudFormation waits for it: a signed S3 address, which must see no content type."""
    body = json.dumps(answer).encode()
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_ANSWER_TIMEOUT_SECONDS):  # noqa: S310
        pass
