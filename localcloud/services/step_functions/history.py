"""The history of an execution: its events with their ids, their order and their chain, as GetExecutionHistory shows it.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

import functools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.services.step_functions.failures import RUNTIME, StateFailure
from localcloud.services.step_functions.scope import Scope

EVENT_LIMIT = 25_000
"""Events an execution may have (Step Functions quota); the last one is kept for the execution's end."""

Event = dict[str, Any]


@dataclass(slots=True)
class Cursor:
    """Where a branch stands in the history: the id of the event its next event follows."""

    last: int = 0


class History:
    """Appends events for all branches of an execution. ``publish`` gets each one, in order, under the lock."""

    def __init__(self, events: list[Event], publish: Callable[[Event], None]) -> None:
        self.lock = threading.RLock()
        self._events = events
        self._publish = publish

    @property
    def last_id(self) -> int:
        return len(self._events)

    def append(
        self, scope: Scope, cursor: Cursor, kind: str, details: Mapping[str, Any] | None = None, *, move: bool = True
    ) -> int:
        """Add an event that follows the branch's last one; ``move`` says whether the branch's next one follows it.

        Raises Stopped when the branch must not go on, StateFailure when the history is full.
        """
        with self.lock:
            scope.check()
            if len(self._events) >= EVENT_LIMIT - 1:
                cause = f"The execution reached the maximum number of history events ({EVENT_LIMIT})."
                raise StateFailure(RUNTIME, cause)
            event_id = self.add(kind, details, cursor.last)
            if move:
                cursor.last = event_id
            return event_id

    def add(self, kind: str, details: Mapping[str, Any] | None, previous: int) -> int:
        """Add an event whatever has been stopped: the end of an execution, and what was cut short by a failure."""
        with self.lock:
            event: Event = {
                "id": len(self._events) + 1,
                "previousEventId": previous,
                "type": kind,
                "timestamp": timestamp(),
            }
            if details is not None:
                event[details_key(kind)] = dict(details)
            self._events.append(event)
            self._publish(event)
            return int(event["id"])

    def previous_of(self, event_id: int) -> int:
        return int(self._events[event_id - 1]["previousEventId"])


@functools.cache
def details_key(kind: str) -> str:
    """The member of an event that holds its details, from the event's type."""
    for ending in ("StateEntered", "StateExited"):
        if kind.endswith(ending):
            return f"s{ending[1:]}EventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def timestamp() -> str:
    """Now, as the context object and the emulator's records write times: UTC with milliseconds."""
    now = time.time_ns() // 1_000_000
    return f"{_second(now // 1000)}.{now % 1000:03d}Z"


def milliseconds(moment: str) -> int:
    """The milliseconds since 1970 of what :func:`timestamp` has written."""
    return _since_1970(moment[:19]) + int(moment[20:23])


@functools.lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@functools.lru_cache(maxsize=64)
def _since_1970(second: str) -> int:
    return round(datetime.fromisoformat(f"{second}+00:00").timestamp()) * 1000


def with_input(text: str) -> dict[str, Any]:
    return {"input": text, "inputDetails": {"truncated": False}}


def with_output(text: str) -> dict[str, Any]:
    return {"output": text, "outputDetails": {"truncated": False}}


def with_failure(error: str | None, cause: str | None) -> dict[str, Any]:
    """Error and cause, each only when there is one."""
    return {name: text for name, text in (("error", error), ("cause", cause)) if text is not None}
