"""Tasks that wait for a token: someone sends its success, its failure or a sign of life (``.waitForTaskToken``).

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions.failures import StateFailure
from localcloud.services.step_functions.scope import Scope


@dataclass(frozen=True, slots=True)
class Token:
    """A task token the emulator's SendTask calls know; ``entry`` is where they leave what they were told."""

    text: str
    entry: dict[str, Any]


class HeartbeatMissed(TimeoutError):  # noqa: N818
    """No sign of life came in time."""


@contextmanager
def token() -> Iterator[Token]:
    """A token for one attempt of a task: nobody can answer it afterwards."""
    issued = Token(str(uuid.uuid4()), {"event": threading.Event(), "result": None, "error": None, "heartbeat": None})
    emulator._task_tokens[issued.text] = issued.entry
    try:
        yield issued
    finally:
        emulator._task_tokens.pop(issued.text, None)


def wait(issued: Token, scope: Scope, timeout: float | None, heartbeat: float | None) -> Any:
    """What the task was answered. Raises TimeoutError, HeartbeatMissed, or StateFailure for a failure that was sent."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        last_beat = issued.entry["heartbeat"]
        limits = [limit for limit in (heartbeat, deadline and deadline - time.monotonic()) if limit is not None]
        if scope.wait_for(issued.entry["event"], min(limits) if limits else None):
            break
        overdue = deadline is not None and time.monotonic() >= deadline
        if overdue:
            raise TimeoutError
        if issued.entry["heartbeat"] is last_beat:
            raise HeartbeatMissed
    failure = issued.entry["error"]
    if failure:
        raise StateFailure(failure.get("Error"), failure.get("Cause"))
    result = issued.entry["result"]
    try:
        return json.loads(result) if isinstance(result, str) else result
    except ValueError:
        return result
