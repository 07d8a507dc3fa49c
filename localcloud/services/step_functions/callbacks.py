"""Tasks that wait for a token: someone sends its success, its failure or a sign of life (``.waitForTaskToken``).

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


_PREFIX = "AQCEAAAAKgAAAAMAAAAA"
"""What tells a token of a task from any other text."""


def is_token(text: str) -> bool:
    """Whether a text is a token of a task, of now or of before."""
    return text.startswith(_PREFIX)


@contextmanager
def token() -> Iterator[Token]:
    """A token for one attempt of a task: nobody can answer it afterwards."""
    issued = Token(
        f"{_PREFIX}{uuid.uuid4()}", {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
    )
    emulator._task_tokens[issued.text] = issued.entry
    try:
        yield issued
    finally:
        emulator._task_tokens.pop(issued.text, None)


@contextmanager
def offered(issued: Token, activity: str, text: str) -> Iterator[None]:
    """Let the workers of an activity ask for a task."""
    issued.entry["taken"] = threading.Event()
    task, queue = {"taskToken": issued.text, "input": text}, emulator._activity_tasks[activity]
    queue.append(task)
    try:
        yield
    finally:
        with suppress(ValueError):
            queue.remove(task)


def worker(issued: Token, scope: Scope, timeout: float | None) -> str | None:
    """Wait until a worker takes a task; its name, if it gave one. Raises TimeoutError."""
    if not scope.wait_for(issued.entry["taken"], timeout):
        raise TimeoutError
    name: str | None = issued.entry.get("worker")
    return name


def taken(token_text: str, name: str | None) -> None:
    """A worker has asked for a task and got it."""
    entry = emulator._task_tokens.get(token_text)
    if entry is not None and "taken" in entry:
        entry["worker"] = name
        entry["taken"].set()


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
    return answer(issued)


def answer(issued: Token) -> Any:
    """What a task was answered, once it was. Raises StateFailure for a failure that was sent."""
    failure = issued.entry["error"]
    if failure:
        raise StateFailure(failure.get("Error"), failure.get("Cause"))
    result = issued.entry["result"]
    try:
        return json.loads(result) if isinstance(result, str) else result
    except ValueError:
        return result
