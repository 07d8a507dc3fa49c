"""Judges the Choice rules of JSONPath states: a variable, an operator, and And, Or and Not around them.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from flightpulse.workbench.diagram.definition import rule_in_words
from flightpulse.workbench.explore import distances, show
from flightpulse.workbench.explore.conditions import Judged, RuleTest
from flightpulse.workbench.explore.expressions import NOTHING, Known, NotKnownError

_STEP: Final = re.compile(
    r"\.([^.\[\]()*'\"?@]+)|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*\"((?:[^\"\\]|\\.)*)\"\s*\]|\[\s*(-?\d+)\s*\]"
)
_VARIABLE: Final = re.compile(r"\$([A-Za-z_]\w*)")
_SIGNS: Final = {
    "Equals": "=",
    "LessThan": "<",
    "LessThanEquals": "<=",
    "GreaterThan": ">",
    "GreaterThanEquals": ">=",
}
_HOLDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KINDS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "String": (lambda value: isinstance(value, str), "a text"),
    "Numeric": (distances.is_number, "a number"),
    "Boolean": (lambda value: isinstance(value, bool), "true or false"),
    "Timestamp": (lambda value: distances.moment(value) is not None, "a timestamp"),
}
_TYPE_TESTS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "IsNull": (lambda value: value is None, "null"),
    "IsString": _KINDS["String"],
    "IsNumeric": _KINDS["Numeric"],
    "IsBoolean": _KINDS["Boolean"],
    "IsTimestamp": _KINDS["Timestamp"],
}
_COMPARISON: Final = re.compile(r"(String|Numeric|Boolean|Timestamp)(\w+?)(Path)?")


def judge(rule: Mapping[str, Any], known: Known) -> Judged:
    """The value of a rule, and of every comparison in it."""
    tests: list[RuleTest] = []
    value = _judged(rule, known, tests)
    problem = "" if value is not None else next((test.said for test in tests if test.value is None), "")
    return Judged(value, tuple(tests), problem)


def _judged(rule: Mapping[str, Any], known: Known, tests: list[RuleTest]) -> bool | None:
    if "And" in rule:
        return _all([_judged(item, known, tests) for item in rule["And"]])
    if "Or" in rule:
        return _not(_all([_not(_judged(item, known, tests)) for item in rule["Or"]]))
    if "Not" in rule:
        return _not(_judged(rule["Not"], known, tests))
    text = rule_in_words(rule)
    try:
        value, found = _compared(rule, known)
    except NotKnownError as error:
        tests.append(RuleTest(text, None, f"{text}: {error}"))
        return None
    tests.append(RuleTest(text, value, f"{text}: {found}"))
    return value


def _all(values: Iterable[bool | None]) -> bool | None:
    found = list(values)
    return False if False in found else None if None in found else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _compared(rule: Mapping[str, Any], known: Known) -> tuple[bool, str]:
    path = str(rule.get("Variable", ""))
    value = resolve(path, known)
    if "IsPresent" in rule:
        said = "is not there" if value is NOTHING else f"is there, {show.brief(value)}"
        return (value is not NOTHING) is bool(rule["IsPresent"]), f"it {said}"
    if value is NOTHING:
        raise NotKnownError(f"{path} is not there, and Step Functions fails the execution")
    for name, (fits, kind) in _TYPE_TESTS.items():
        if name in rule:
            found = fits(value)
            return found is bool(rule[name]), f"{show.brief(value)} is {'' if found else 'not '}{kind}"
    for name, wanted in rule.items():
        match = _COMPARISON.fullmatch(name)
        if match and (match[2] in _SIGNS or name == "StringMatches"):
            return _by_operator(match[1], match[2], value, resolve(str(wanted), known) if match[3] else wanted)
    raise NotKnownError("this kind of rule is not understood here")


def _by_operator(kind: str, name: str, value: Any, wanted: Any) -> tuple[bool, str]:
    fits, words = _KINDS[kind]
    for item in (value, wanted):
        if not fits(item):
            return False, f"{'nothing' if item is NOTHING else show.brief(item)} is not {words}"
    if name == "Matches":
        holds = re.fullmatch(_expression(wanted), value, re.DOTALL) is not None
        return holds, f"{show.brief(value)} is {'' if holds else 'not '}like {show.brief(wanted)}"
    sign = _SIGNS[name]
    left, right = (distances.moment(value), distances.moment(wanted)) if kind == "Timestamp" else (value, wanted)
    holds = _HOLDS[sign](left, right)
    return holds, distances.compared(value, sign, wanted, holds)


def _expression(wanted: str) -> str:
    """A text with stars as a regular expression; a backslash makes a star, or itself, an ordinary character."""
    pieces = re.findall(r"\\.|\*|[^\\*]+|\\", wanted, re.DOTALL)
    return "".join(".*" if piece == "*" else re.escape(_unescaped(piece)) for piece in pieces)


def _unescaped(piece: str) -> str:
    return piece[1:] if len(piece) > 1 and piece[0] == "\\" else piece


def resolve(path: str, known: Known) -> Any:
    """What a reference path points to: in the input (``$``), the context (``$$``) or a variable (``$name``).

    NOTHING when there is no such place. Raises NotKnownError when the history does not hold it, or when the path
    is of a kind that selects several values.
    """
    root, rest = _root(path, known)
    value, place = root, 0
    while place < len(rest):
        step = _STEP.match(rest, place)
        if step is None:
            raise NotKnownError(f"the path {path} is not one that is followed here")
        value = _inside(value, step)
        if value is NOTHING:
            if path.startswith("$$"):
                raise NotKnownError(f"{path} is not in the history")
            return NOTHING
        place = step.end()
    return value


def _root(path: str, known: Known) -> tuple[Any, str]:
    if path.startswith("$$"):
        return known.states.get("context", {}), path[2:]
    variable = _VARIABLE.match(path)
    if variable:
        name = variable[1]
        if name not in known.variables:
            raise NotKnownError(known.lost.get(name) or f"${name} is not in the history")
        return known.variables[name], path[variable.end() :]
    if not path.startswith("$"):
        raise NotKnownError(f"the path {path} is not one that is followed here")
    if "states.input" in known.lost:
        raise NotKnownError(known.lost["states.input"])
    return known.states.get("input"), path[1:]


def _inside(value: Any, step: re.Match[str]) -> Any:
    if step[4] is not None:
        place = int(step[4])
        return value[place] if isinstance(value, list) and -len(value) <= place < len(value) else NOTHING
    name = next(group for group in step.groups() if group is not None)
    return value.get(name, NOTHING) if isinstance(value, Mapping) else NOTHING


def template(given: Any, known: Known) -> Any:
    """A payload template with every ``name.$`` replaced by what its path points to. Raises NotKnownError."""
    if isinstance(given, list):
        return [template(item, known) for item in given]
    if not isinstance(given, Mapping):
        return given
    return {
        (name[:-2] if name.endswith(".$") else name): _pointed(item, known)
        if name.endswith(".$")
        else template(item, known)
        for name, item in given.items()
    }


def _pointed(path: Any, known: Known) -> Any:
    value = resolve(str(path), known)
    if value is NOTHING:
        raise NotKnownError(f"{path} is not there")
    return value
