"""Whether resource policies of CloudWatch Logs let EventBridge write to a log group.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
"""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.core import iam_evaluator

_PRINCIPAL = "events.amazonaws.com"
_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def allow(documents: Iterable[str], group_arn: str) -> bool:
    """Whether the policies allow what EventBridge does: make a log stream, put events. Conditions are not read."""
    return _allow(tuple(documents), group_arn)


@functools.lru_cache(maxsize=256)
def _allow(documents: tuple[str, ...], group_arn: str) -> bool:
    policy = {"Statement": [statement for document in documents for statement in _statements(document)]}
    # A policy may name the log group, everything in it (``:*``), or its log streams (``:*:*``, ``:log-stream:*``).
    named = [f"{group_arn}{part}" for part in ("", ":*", ":log-stream:any")]
    for action in _ACTIONS:
        decisions = {_decision(policy, action, resource) for resource in named}
        if "Allow" not in decisions or "Deny" in decisions:
            return False
    return True


def _statements(document: str) -> list[Mapping[str, Any]]:
    try:
        content = json.loads(document)
    except ValueError:
        return []
    statements = content.get("Statement", []) if isinstance(content, dict) else []
    given = [statements] if isinstance(statements, dict) else list(statements)
    return [{**statement, "Condition": {}} for statement in given if _says_of_what(statement)]


def _says_of_what(statement: Mapping[str, Any]) -> bool:
    """Whether a statement has actions and resources. Without, the emulator would take it to be about all of them."""
    return all(statement.get(name) or statement.get(f"Not{name}") for name in ("Action", "Resource"))


def _decision(policy: Mapping[str, Any], action: str, resource: str) -> str:
    """``Allow``, ``Deny`` or ``ImplicitDeny``."""
    asked = iam_evaluator.EvalContext("", "", "", action, resource, "")
    return str(iam_evaluator.evaluate_resource_policy(policy, asked, service=_PRINCIPAL).decision)
