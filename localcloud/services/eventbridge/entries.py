"""What PutEvents accepts: the checks of each entry, and of all entries together.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

MOST_ENTRIES = 10
LIMIT_BYTES = 1_048_576
"""Size of all entries of a request together (EventBridge quota since January 2026, 1 MiB)."""

_TIME_BYTES = 14
_LONGEST = {"Source": 256, "DetailType": 128}

Refusal = tuple[str, str]


def refused_request(entries: Sequence[Mapping[str, Any]]) -> Refusal | None:
    """The error code and message for a request that is refused as a whole."""
    if not 1 <= len(entries) <= MOST_ENTRIES:
        bound = "greater than or equal to 1" if not entries else f"less than or equal to {MOST_ENTRIES}"
        return (
            "ValidationException",
            f"1 validation error detected: Value '{len(entries)}' at 'entries' failed to satisfy constraint: "
            f"Member must have length {bound}",
        )
    for entry in entries:
        if seconds(entry.get("Time"), 0) is None:
            return "SerializationException", f"The Time of an entry is no timestamp: {entry['Time']}"
    if sum(size(entry) for entry in entries) > LIMIT_BYTES:
        return "ValidationException", "Total size of the entries in the request is over the limit."
    return None


def refused_entry(entry: Mapping[str, Any], *, own_source: bool = False) -> Refusal | None:
    """The error code and message for one entry; the others are not affected.

    ``own_source`` allows the sources that begin with ``aws.``, which only services use.
    """
    for member in ("Source", "DetailType", "Detail"):
        if not entry.get(member):
            return "InvalidArgument", f"Parameter {member} is not valid. Reason: {member} is a required argument."
    for member, most in _LONGEST.items():
        if len(str(entry[member])) > most:
            reason = f"{member} is longer than {most} characters."
            return "InvalidArgument", f"Parameter {member} is not valid. Reason: {reason}"
    if not own_source and str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    if not _is_json_object(entry["Detail"]):
        return "MalformedDetail", "Detail is malformed."
    return None


def seconds(moment: Any, now: float) -> int | None:
    """The time of an event in whole seconds, as its envelope has it; None when it cannot be read."""
    if moment is None:
        return int(now)
    try:
        if isinstance(moment, int | float):
            return int(datetime.fromtimestamp(moment, UTC).timestamp())
        return int(datetime.fromisoformat(str(moment)).timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def size(entry: Mapping[str, Any]) -> int:
    """The size of an entry in bytes, as EventBridge counts it."""
    texts = [entry.get(member) or "" for member in ("Source", "DetailType", "Detail")]
    texts += entry.get("Resources") or []
    counted = sum(len(str(text).encode()) for text in texts)
    return counted + (_TIME_BYTES if entry.get("Time") is not None else 0)


def _is_json_object(text: Any) -> bool:
    if not isinstance(text, str):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
