"""What the API refuses of a request by itself: limits of its model, ARNs, names, pages.

https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.services import refusals
from localcloud.services.refusals import Refused

NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_NAMED = ("CreateActivity", "CreateStateMachine", "StartExecution", "StartSyncExecution")
_OF_STANDARD_EXECUTIONS = ("DescribeExecution", "GetExecutionHistory", "StopExecution")


def check(action: str, request: Mapping[str, Any]) -> None:
    """Raise Refused for what breaks the API's model."""
    shape = refusals.check("stepfunctions", action, request)
    if shape is None:
        return
    if action in _NAMED and isinstance(request.get("name"), str) and not NAME.fullmatch(request["name"]):
        raise Refused("InvalidName", f"Invalid Name: '{request['name']}'")
    for name, member in shape.members.items():
        text = request.get(name)
        if member.name in ("Arn", "LongArn") and isinstance(text, str):
            _check_arn(action, text)


def page(items: Sequence[Mapping[str, Any]], request: Mapping[str, Any], name: str, *, of: str = "") -> dict[str, Any]:
    """The answer with the items of a list that a request asks for, and the token of those behind them. Raises Refused.

    ``name`` is the member with the list, ``of`` whose it is: no other list takes the token.
    """
    what = f"{name} {of}"
    first = _place(request["nextToken"], what) if request.get("nextToken") else 0
    last = first + int(request.get("maxResults") or 1000)
    token = base64.urlsafe_b64encode(json.dumps([what, last]).encode()).decode() if last < len(items) else None
    return {name: list(items[first:last]), **({"nextToken": token} if token else {})}


def _place(token: str, what: str) -> int:
    try:
        listed, place = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        listed, place = None, None
    if listed != what or not isinstance(place, int):
        raise Refused("InvalidToken", "Invalid Token: 'Invalid token'")
    return place


def _check_arn(action: str, text: str) -> None:
    if not text.startswith("arn:"):
        raise Refused("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {text}'")
    if action in _OF_STANDARD_EXECUTIONS and ":express:" in text:
        raise Refused("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
