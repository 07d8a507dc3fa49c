"""What the API refuses of a request by itself: limits of its model, ARNs, names, pages.

https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

import base64
import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore import session

from localcloud.services.handlers import Refused

NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_NAMED = ("CreateActivity", "CreateStateMachine", "StartExecution", "StartSyncExecution")
_OF_STANDARD_EXECUTIONS = ("DescribeExecution", "GetExecutionHistory", "StopExecution")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "list": (list,),
}


def check(action: str, request: Mapping[str, Any]) -> None:
    """Raise Refused for what breaks the API's model."""
    shape = _input(action)
    if shape is None:
        return
    problems = list(_problems(shape, request, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise Refused("ValidationException", f"{count}: {'; '.join(problems)}")
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


@functools.cache
def _input(action: str) -> Any:
    model = session.Session().get_service_model("stepfunctions")
    return model.operation_model(action).input_shape if action in model.operation_names else None


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What breaks the limits of a value's shape; values of another type are left to whoever reads them."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _problems(member, value[name], f"{path}.{name}".removeprefix("."))
    elif type(value) in _TYPES.get(shape.type_name, ()):
        for broken in _broken(shape, value):
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {broken}"
        if shape.type_name == "list":
            for place, item in enumerate(value):
                yield from _problems(shape.member, item, f"{path}.{place + 1}.member")


def _broken(shape: Any, value: Any) -> Iterator[str]:
    least, most, allowed, pattern = (shape.metadata.get(limit) for limit in ("min", "max", "enum", "pattern"))
    what, size = ("value", value) if isinstance(value, int) else ("length", len(value))
    if most is not None and size > most:
        yield f"have {what} less than or equal to {most}"
    if least is not None and size < least:
        yield f"have {what} greater than or equal to {least}"
    if allowed and value not in allowed:
        yield f"satisfy enum value set: [{', '.join(allowed)}]"
    if pattern and isinstance(value, str) and not re.fullmatch(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), value):
        yield f"satisfy regular expression pattern: {pattern}"
