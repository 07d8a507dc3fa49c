"""The Choice rules of JSONPath states: a variable, an operator, and And, Or and Not around them.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from localcloud.services.step_functions.frame import read_timestamp

Find = Callable[[str], Any]
"""What a path selects. ``MISSING`` where it leads nowhere."""

MISSING = object()

_COMPARISON = re.compile(
    r"(?P<kind>String|Numeric|Boolean|Timestamp)(?P<how>Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)"
    r"(?P<path>Path)?"
)
_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_STAR = re.compile(r"\\(.)|(\*)|([^\\*]+|\\)", re.DOTALL)


def holds(rule: Mapping[str, Any], find: Find, missing: Callable[[str], Exception]) -> bool:
    """Whether a rule is true. ``missing`` makes the error for a variable that is not there."""
    if "And" in rule:
        return all(holds(inner, find, missing) for inner in rule["And"])
    if "Or" in rule:
        return any(holds(inner, find, missing) for inner in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], find, missing)
    path = str(rule["Variable"])
    value = find(path)
    if "IsPresent" in rule:
        return (value is not MISSING) is rule["IsPresent"]
    if value is MISSING:
        raise missing(path)
    for name, wanted in rule.items():
        if name in _TYPE_TESTS:
            return _TYPE_TESTS[name](value) is wanted
        if name == "StringMatches":
            return isinstance(value, str) and _pattern(wanted).fullmatch(value) is not None
        comparison = _COMPARISON.fullmatch(name)
        if comparison is not None:
            other = find(str(wanted)) if comparison["path"] else wanted
            if other is MISSING:
                raise missing(str(wanted))
            return _compared(comparison["kind"], comparison["how"], value, other)
    raise ValueError(f"a Choice rule with no comparison that is known: {', '.join(rule)}")


def _compared(kind: str, how: str, value: Any, wanted: Any) -> bool:
    """Values of another type than the operator's are neither equal nor smaller nor greater."""
    left, right = _KINDS[kind](value), _KINDS[kind](wanted)
    return left is not None and right is not None and _HOLDS[how](left, right)


def _number(value: Any) -> float | int | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _moment(value: Any) -> datetime | None:
    return read_timestamp(value) if isinstance(value, str) else None


def _pattern(wanted: str) -> re.Pattern[str]:
    pieces = (".*" if piece[2] else re.escape(piece[1] or piece[3]) for piece in _STAR.finditer(wanted))
    return re.compile("".join(pieces), re.DOTALL)


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "String": _text,
    "Numeric": _number,
    "Boolean": _truth,
    "Timestamp": _moment,
}
_TYPE_TESTS: Mapping[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: _text(value) is not None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsBoolean": lambda value: _truth(value) is not None,
    "IsTimestamp": lambda value: _moment(value) is not None,
}
