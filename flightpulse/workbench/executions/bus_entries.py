"""The entries that a history's calls of PutEvents sent, and which of them the bus took."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flightpulse.workbench.executions.history import Attempt

Entry = Mapping[str, Any]
_PUT_EVENTS = "events:putEvents"


def of(attempt: Attempt) -> Iterator[tuple[Entry, bool]]:
    """Each entry of a call, and whether the bus took it; nothing for another call.

    A call of which some entries are refused fails, with its answer for a cause. Of one without an answer, nothing is
    known to be out.
    """
    if attempt.resource != _PUT_EVENTS:
        return
    entries: list[Entry] = json.loads(attempt.arguments)["Entries"]
    yield from zip(entries, _taken(attempt, len(entries)), strict=True)


def _taken(attempt: Attempt, entries: int) -> list[bool]:
    if attempt.ended_at is None or attempt.problem is None:
        return [attempt.ended_at is not None] * entries
    try:
        answer = json.loads(attempt.problem.cause)["Entries"]
    except (ValueError, TypeError, KeyError):
        answer = []
    return ["ErrorCode" not in entry for entry in answer] if len(answer) == entries else [False] * entries
