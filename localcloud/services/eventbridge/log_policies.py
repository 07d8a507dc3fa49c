"""Whether resource policies of CloudWatch Logs let EventBridge write to a log group.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
"""

import fnmatch
import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

_PRINCIPAL = "events.amazonaws.com"
_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def allow(documents: Iterable[str], group_arn: str) -> bool:
    """Whether the policies allow what EventBridge does: make a log stream, put events. Conditions are not read."""
    return _allow(tuple(documents), group_arn)


@functools.lru_cache(maxsize=256)
def _allow(documents: tuple[str, ...], group_arn: str) -> bool:
    statements = [statement for document in documents for statement in _statements(document)]
    return all(any(_allows(statement, action, group_arn) for statement in statements) for action in _ACTIONS)


def _statements(document: str) -> list[Mapping[str, Any]]:
    try:
        content = json.loads(document)
    except ValueError:
        return []
    statements = content.get("Statement", []) if isinstance(content, dict) else []
    return [statements] if isinstance(statements, dict) else list(statements)


def _allows(statement: Mapping[str, Any], action: str, group_arn: str) -> bool:
    return (
        statement.get("Effect") == "Allow"
        and _names_eventbridge(statement.get("Principal"))
        and any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in _list(statement.get("Action")))
        and any(_covers(pattern, group_arn) for pattern in _list(statement.get("Resource")))
    )


def _names_eventbridge(principal: Any) -> bool:
    if isinstance(principal, dict):
        return _PRINCIPAL in _list(principal.get("Service")) or "*" in _list(principal.get("AWS"))
    return bool(principal == "*")


def _covers(pattern: str, group_arn: str) -> bool:
    """A pattern may name the log group, everything in it (``:*``), or its log streams (``:*:*``, ``:log-stream:*``)."""
    return any(fnmatch.fnmatchcase(f"{group_arn}{part}", pattern) for part in ("", ":*", ":log-stream:any"))


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
