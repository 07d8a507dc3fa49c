"""JSONPath as Step Functions reads it: in a state's input, its context object (``$$``) and its variables (``$name``).

https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonpath

_MEMBER = re.compile(
    r"\.([^.\[\]()*'\"?@,:\s]+)|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*\"((?:[^\"\\]|\\.)*)\"\s*\]|\[\s*(-?\d+)\s*\]"
)
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")


class PathError(Exception):
    """A text that is no path; the message is a clause that says so."""


class NotFound(Exception):  # noqa: N818
    """A path that leads to one place leads nowhere; the message says so in the words of Step Functions."""


class UnknownVariable(Exception):  # noqa: N818
    """A path begins at a variable that has no value; the message is its name with the dollar sign."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Where paths begin."""

    data: Any
    context: Mapping[str, Any]
    variables: Mapping[str, Any]


def find(path: str, roots: Roots) -> Any:
    """What a path selects: the one value it leads to, or a list where it can select several.

    Raises PathError, NotFound and UnknownVariable.
    """
    root, rest = _root(path, roots)
    return _selection(rest)(root)


def problem(path: str) -> str | None:
    """What is wrong with a path, whatever it is applied to."""
    try:
        _selection(_without_root(path)[1])
    except PathError as error:
        return str(error)
    return None


def _without_root(path: str) -> tuple[str, str]:
    """The name of the variable (or ``$``, or ``$$``) and the path below it."""
    if path.startswith("$$"):
        return "$$", path[2:]
    variable = _VARIABLE.match(path)
    if variable:
        return variable[0], path[variable.end() :]
    if path.startswith("$"):
        return "$", path[1:]
    raise PathError(f"'{path}' does not begin with $")


def _root(path: str, roots: Roots) -> tuple[Any, str]:
    name, rest = _without_root(path)
    if name == "$$":
        return roots.context, rest
    if name == "$":
        return roots.data, rest
    if name[1:] not in roots.variables:
        raise UnknownVariable(name)
    return roots.variables[name[1:]], rest


@functools.lru_cache(maxsize=4096)
def _selection(rest: str) -> Callable[[Any], Any]:
    steps = _members(rest)
    if steps is not None:
        return functools.partial(_follow, steps)
    try:
        # AWS takes a dot before a bracket, which the standard does not.
        query = jsonpath.compile(f"${rest.replace('.[', '[')}")
    except Exception as error:
        raise PathError(f"'${rest}' is not a JSONPath ({error})") from error
    return query.findall


def _members(rest: str) -> tuple[str | int, ...] | None:
    """The names and indexes of a path that leads to one place; None for any other."""
    steps: list[str | int] = []
    place = 0
    while place < len(rest):
        step = _MEMBER.match(rest, place)
        if step is None:
            return None
        steps.append(int(step[4]) if step[4] is not None else _name(step))
        place = step.end()
    return tuple(steps)


def _name(step: re.Match[str]) -> str:
    if step[1] is not None:
        return step[1]
    quoted = step[2] if step[2] is not None else step[3]
    return quoted.replace("\\'", "'") if step[2] is not None else quoted.replace('\\"', '"')


def _follow(steps: tuple[str | int, ...], value: Any) -> Any:
    for place, step in enumerate(steps, 1):
        if isinstance(step, int):
            there = isinstance(value, list) and -len(value) <= step < len(value)
        else:
            there = isinstance(value, Mapping) and step in value
        if not there and place < len(steps):
            raise NotFound(f"Missing property in path {_shown(steps[:place])}")
        if not there:
            raise NotFound(f"No results for path: {_shown(steps)}")
        value = value[step]
    return value


def _shown(steps: tuple[str | int, ...]) -> str:
    return "$" + "".join(f"[{step!r}]" for step in steps)
