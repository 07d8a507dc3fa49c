"""Who asks about a stack that is changing is answered when it has changed, or after some seconds.

The CDK CLI looks every five seconds, which is long for a deployment that takes two.
"""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from ministack.services import cloudformation

_HELD_SECONDS = 4.0
_BETWEEN_LOOKS_SECONDS = 0.05


def install() -> None:
    """Hold the answers to DescribeStacks."""
    cloudformation.handle_request = partial(_handle_request, cloudformation.handle_request)


async def _handle_request(
    original: Any, method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Any
) -> Any:
    asked = parse_qs(body.decode("utf-8", errors="replace"))
    if asked.get("Action") == ["DescribeStacks"] and "StackName" in asked:
        until = time.monotonic() + _HELD_SECONDS
        while _changes(asked["StackName"][0]) and time.monotonic() < until:
            await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
    return await original(method, path, headers, body, query_params)


def _changes(stack: str) -> bool:
    """Whether a stack (name or ARN) is being created, updated or deleted."""
    named = [known for known in cloudformation._stacks.values() if stack in (known["StackName"], known["StackId"])]
    status = str(named[0].get("StackStatus", "")) if named else ""
    return status.endswith("_IN_PROGRESS") and not status.startswith("REVIEW")
