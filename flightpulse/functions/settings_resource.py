"""Does for CloudFormation what a template cannot say: SecureStrings, and the table's deletion protection.

:mod:`~flightpulse.functions.secure_string` and :mod:`~flightpulse.functions.deletion_protection` do the work.
"""

import json
import logging
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import boto3

from flightpulse.adapters.aws import CLIENT_CONFIG
from flightpulse.functions import deletion_protection, secure_string
from flightpulse.functions.secure_string import Event

_TIMEOUT_SECONDS = 10
log = logging.getLogger(__name__)


def handler(event: Event, _context: object) -> None:
    """Do what CloudFormation asks and answer, whatever happens: a stack waits a long time for silence.

    When the answer itself cannot be delivered the invocation fails, so that Lambda makes another attempt.
    """
    protects = event.get("ResourceType") == deletion_protection.TYPE
    client: Any = boto3.client("dynamodb" if protects else "ssm", config=CLIENT_CONFIG)
    apply = deletion_protection.apply if protects else secure_string.apply
    _send(str(event["ResponseURL"]), respond(event, lambda: apply(event, client)))


def respond(event: Event, work: Callable[[], None]) -> dict[str, str]:
    """How it went, in the form CloudFormation wants to be told."""
    try:
        work()
    except Exception as error:
        log.exception("The request %s failed.", event.get("RequestType"))
        return _answer(event, "FAILED", f"{type(error).__name__}: {error}")
    return _answer(event, "SUCCESS", "Done.")


def _answer(event: Event, status: str, reason: str) -> dict[str, str]:
    properties = event.get("ResourceProperties") or {}
    named = properties.get("Name") or properties.get("TableName")
    return {
        "Status": status,
        "Reason": reason[:1000],  # CloudFormation takes an answer of 4096 bytes at most.
        "PhysicalResourceId": str(named or event.get("PhysicalResourceId") or "unnamed"),
        "StackId": str(event["StackId"]),
        "RequestId": str(event["RequestId"]),
        "LogicalResourceId": str(event["LogicalResourceId"]),
    }


def _send(url: str, answer: Mapping[str, str]) -> None:
    """Put the answer where CloudFormation waits for it: a signed S3 address, which must see no content type."""
    body = json.dumps(answer).encode()
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()  # noqa: S310
