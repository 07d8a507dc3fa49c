"""The parts of an event that InputPath and InputTransformer name by their paths.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.(?P<member>[\w/*-]+)|\[(?P<index>\d+)\]|\[(?P<quote>['\"])(?P<quoted>[^'\"]*)(?P=quote)\]")


class NotFound(Exception):  # noqa: N818
    """A path points to nothing in the event."""


def find(event: Any, path: str) -> Any:
    """What a JSONPath of members and indexes points to. Raises NotFound."""
    value, position = event, 1
    if not path.startswith("$"):
        raise NotFound(path)
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise NotFound(path)
        key: str | int = int(step["index"]) if step["index"] else step["member"] or step["quoted"]
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError) as error:
            raise NotFound(path) from error
        position = step.end()
    return value


def found_values(event: Any, paths: Mapping[str, str]) -> dict[str, Any]:
    """The values of an InputTransformer's paths; one that points to nothing is an empty text."""
    values = {}
    for name, path in paths.items():
        try:
            values[name] = find(event, path)
        except NotFound:
            values[name] = ""
    return values


def selected(event: Any, path: str) -> str:
    """The text for a target with an InputPath. Without a match the target receives the whole event."""
    try:
        return json.dumps(find(event, path))
    except NotFound:
        return json.dumps(event)
