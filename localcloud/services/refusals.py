"""How a service refuses a request, and what its model, as botocore has it, lets it refuse: limits of members."""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore import session

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "float": (int, float),
    "list": (list,),
    "map": (dict,),
}


class Refused(Exception):  # noqa: N818
    """A service refuses a request, with the code and the message of its API."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def check(service: str, operation: str, request: Mapping[str, Any]) -> Any:
    """The shape of an operation's request, None when there is no such operation. Raises Refused for what breaks it."""
    shape = request_shape(service, operation)
    problems = [] if shape is None else list(_problems(shape, request, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise Refused("ValidationException", f"{count}: {'; '.join(problems)}")
    return shape


def without(members: Sequence[str]) -> str:
    """What is said of a request without members that it needs."""
    values = "; ".join(
        f"Value null at '{name[:1].lower()}{name[1:]}' failed to satisfy constraint: Member must not be null"
        for name in members
    )
    return f"{len(members)} validation error{'s' if len(members) > 1 else ''} detected: {values}"


@functools.cache
def model(service: str) -> Any:
    """The model of a service. Raises UnknownServiceError."""
    return session.Session().get_service_model(service)


def request_shape(service: str, operation: str) -> Any:
    """The shape of an operation's request; None when there is no such operation."""
    known = model(service)
    return known.operation_model(operation).input_shape if operation in known.operation_names else None


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What breaks the limits of a value's shape; values of another type are left to whoever reads them."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _problems(member, value[name], f"{path}.{name[0].lower()}{name[1:]}".removeprefix("."))
    elif type(value) in _TYPES.get(shape.type_name, ()):
        for broken in _broken(shape, value):
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {broken}"
        if shape.type_name == "list":
            for place, item in enumerate(value):
                yield from _problems(shape.member, item, f"{path}.{place + 1}.member")
        if shape.type_name == "map":
            for name, item in value.items():
                yield from _problems(shape.key, name, f"{path}.{name}")
                yield from _problems(shape.value, item, f"{path}.{name}")


def _broken(shape: Any, value: Any) -> Iterator[str]:
    least, most, allowed, pattern = (shape.metadata.get(limit) for limit in ("min", "max", "enum", "pattern"))
    what, size = ("value", value) if isinstance(value, int | float) else ("length", len(value))
    if most is not None and size > most:
        yield f"have {what} less than or equal to {most}"
    if least is not None and size < least:
        yield f"have {what} greater than or equal to {least}"
    if allowed and value not in allowed:
        yield f"satisfy enum value set: [{', '.join(allowed)}]"
    allows = _pattern(pattern) if pattern and isinstance(value, str) else None
    if allows and not allows.fullmatch(value):
        yield f"satisfy regular expression pattern: {pattern}"


@functools.cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """A pattern of a model; None for one that Python cannot read, as those with ``\\p{L}``: it is not checked."""
    try:
        return re.compile(text.replace(r"\p{ASCII}", r"[\x00-\x7f]"))
    except re.error:
        return None
