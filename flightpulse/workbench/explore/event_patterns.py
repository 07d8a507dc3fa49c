"""Holds an event against an event pattern and says of every field whether it matches, and why not.

EventBridge itself only answers yes or no. Whether an event matches, :mod:`awskit.languages.event_patterns` knows;
this module finds the words. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from awskit.languages.event_patterns import (
    COMPARISONS,
    MATCHERS,
    Alternative,
    EventPattern,
    InvalidPattern,
    Values,
    compiled,
    conditions,
    excluded,
    fits,
    is_number,
    scalars,
)
from flightpulse.errors import UserError
from flightpulse.workbench.explore import distances, show

_SIGNS: Final = {"=": "=", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_CASE_ONLY: Final = "they differ in upper and lower case only"
_ELSEWHERE: Final = "another element of an array has it"
_HINT: Final = 'A pattern names fields with arrays of values, for example: {"detail-type": ["flight.cancelled"]}'


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """One field that a pattern asks for. ``wanted`` and ``had`` are words; ``hint`` says what may have gone wrong.

    ``absent`` is whether it is there not to be, where it was looked for.
    """

    path: str
    wanted: str
    had: str
    matched: bool
    hint: str = ""
    absent: bool = False

    @property
    def said(self) -> str:
        """``detail-type: wanted "a", the event has "b"``."""
        if self.matched:
            return f"{self.path}: {self.had}, as wanted{'' if self.wanted == self.had else f' ({self.wanted})'}"
        return f"{self.path}: wanted {self.wanted}, the event has {self.had}{f' ({self.hint})' if self.hint else ''}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether an event matches a pattern, field by field.

    ``alternatives`` are the patterns that a ``$or`` stands for, one if there is none; the event matches if it matches
    any of them. ``closest`` is the one that matches, else the first of those with the fewest failing fields.
    """

    alternatives: tuple[tuple[FieldCheck, ...], ...]

    @property
    def matched(self) -> bool:
        return any(all(check.matched for check in checks) for checks in self.alternatives)

    @property
    def closest(self) -> int:
        return min(range(len(self.alternatives)), key=lambda place: _failing(self.alternatives[place]))

    @property
    def fields(self) -> tuple[FieldCheck, ...]:
        """Every field of the closest alternative."""
        return self.alternatives[self.closest]

    @property
    def failing(self) -> tuple[FieldCheck, ...]:
        """The fields that keep the closest alternative from matching."""
        return tuple(check for check in self.fields if not check.matched)

    def __str__(self) -> str:
        if len(self.alternatives) == 1:
            return _listed(self.fields)
        number = len(self.alternatives)
        parts = [
            f"{'matches' if _failing(checks) == 0 else 'does not match'}, alternative {place} of {number} of $or\n"
            + show.indented(_listed(checks))
            for place, checks in enumerate(self.alternatives, 1)
        ]
        return "\n".join(parts)


def explain(pattern: Mapping[str, Any] | str, event: Mapping[str, Any]) -> Explanation:
    """Hold an event (as it is delivered: ``source``, ``detail-type``, ``detail``, …) against a pattern.

    Raises UserError for what is no pattern.
    """
    try:
        alternatives = compiled(_loaded(pattern)).alternatives
    except InvalidPattern as error:
        raise _refused(str(error).rstrip(".")) from error
    nested = _nested_names(event)
    return Explanation(tuple(_explained(alternative, event, nested) for alternative in alternatives))


def _explained(alternative: Alternative, event: Mapping[str, Any], nested: Any) -> tuple[FieldCheck, ...]:
    checks = tuple(_checks(_tree(alternative), nested, ""))
    if EventPattern((alternative,)).matches(event):
        return tuple(replace(check, matched=True, hint="") for check in checks)
    if _failing(checks):
        return checks
    # A field that must be absent is absent in one element of an array, and present in another.
    return tuple(replace(check, matched=False, hint=_ELSEWHERE) if check.absent else check for check in checks)


def _nested_names(value: Any) -> Any:
    """The same value with every name that has dots as names within names, which are the same to EventBridge."""
    if isinstance(value, list):
        return [_nested_names(element) for element in value]
    if not isinstance(value, Mapping):
        return value
    nested: dict[str, Any] = {}
    for name, inner in value.items():
        _put(nested, str(name).split("."), _nested_names(inner))
    return nested


def _put(nested: dict[str, Any], names: Sequence[str], value: Any) -> None:
    name, *inner = names
    if inner:
        around = nested.setdefault(name, {})
        if not isinstance(around, dict):
            nested[name] = [around, around := {}]
        _put(around, inner, value)
    elif isinstance(value, dict) and isinstance(nested.get(name), dict):
        for key, found in value.items():
            _put(nested[name], [key], found)
    else:
        nested[name] = [nested[name], value] if name in nested else value


def _failing(checks: Iterable[FieldCheck]) -> int:
    return sum(not check.matched for check in checks)


def _listed(checks: Iterable[FieldCheck]) -> str:
    return "\n".join(f"{show.mark(check.matched)} {check.said}" for check in checks)


def _refused(what: str) -> UserError:
    return UserError(f"This is no event pattern: {what}.", hint=_HINT)


def _loaded(pattern: Mapping[str, Any] | str) -> Any:
    if isinstance(pattern, str):
        try:
            return json.loads(pattern)
        except ValueError as error:
            raise _refused(f"it is not JSON ({error})") from error
    return pattern


@dataclass(slots=True)
class _Node:
    values: Values | None = None
    inner: dict[str, "_Node"] = field(default_factory=dict)


def _tree(fields: Alternative) -> _Node:
    root = _Node()
    for path, values in fields.items():
        node = root
        for name in path:
            node = node.inner.setdefault(name, _Node())
        node.values = values
    return root


def _checks(node: _Node, event: Any, path: str) -> Iterator[FieldCheck]:
    for name, inner in node.inner.items():
        here = f"{path}.{name}" if path else name
        present = isinstance(event, Mapping) and name in event
        value = event[name] if present else None
        if inner.values is not None:
            yield _leaf(here, inner.values, value, present, event, name)
        if inner.inner:
            yield from _nested(here, inner, value)


def _nested(path: str, node: _Node, value: Any) -> list[FieldCheck]:
    """The fields inside an object. Of an array of objects, one element has to have them all."""
    objects = list(_objects(value))
    if len(objects) < 2:
        return list(_checks(node, objects[0] if objects else {}, path))
    tried = [list(_checks(node, item, path)) for item in objects]
    closest = min(range(len(tried)), key=lambda place: _failing(tried[place]))
    if _failing(tried[closest]) == 0:
        return tried[closest]
    note = f"element {closest + 1} of {len(tried)} comes closest; one element must have all that is asked of {path}"
    return [item if item.matched else replace(item, hint=_and(item.hint, note)) for item in tried[closest]]


def _leaf(path: str, values: Values, value: Any, present: bool, around: Any, name: str) -> FieldCheck:
    found = list(scalars(value)) if present else []
    wanted = show.joined([_wanted(item) for item in values], "or")
    matched = any(_satisfied(item, found) for item in values)
    hint = "" if matched else _hint(values, value, found, present, around, name)
    return FieldCheck(path, wanted, _had(value, present, found), matched, hint, absent=matched and not found)


def _satisfied(wanted: Any, found: Sequence[Any]) -> bool:
    if isinstance(wanted, Mapping) and "exists" in wanted:
        return wanted["exists"] is bool(found)
    return any(fits(wanted, scalar) for scalar in found)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for element in value:
            yield from _objects(element)
    elif isinstance(value, Mapping):
        yield value


def _had(value: Any, present: bool, scalars: Sequence[Any]) -> str:
    if not present:
        return "no such field"
    if isinstance(value, Mapping):
        return "an object"
    if not scalars:
        return "an array without values"
    return show.brief(value)


def _hint(values: Values, value: Any, scalars: Sequence[Any], present: bool, around: Any, name: str) -> str:
    if not present:
        others = [key for key in around if key.casefold() == name.casefold()] if isinstance(around, Mapping) else []
        return f"it spells the field {others[0]}" if others else ""
    if isinstance(value, Mapping):
        return "a pattern compares the values inside an object, not the object"
    if not scalars:
        return "nothing to compare"
    return next((hint for item in values for scalar in scalars if (hint := _near_miss(item, scalar))), "")


def _near_miss(wanted: Any, scalar: Any) -> str:
    if isinstance(wanted, Mapping):
        return _matcher_miss(wanted, scalar)
    if isinstance(wanted, str) != isinstance(scalar, str):
        text, other = (wanted, scalar) if isinstance(wanted, str) else (scalar, wanted)
        return "one is a text, the other is not" if show.as_json(other) == text else ""
    if not isinstance(wanted, str):
        return ""
    if wanted.strip() == scalar.strip():
        return "they differ in spaces only"
    return _CASE_ONLY if wanted.casefold() == scalar.casefold() else ""


def _matcher_miss(wanted: Mapping[str, Any], scalar: Any) -> str:
    ((name, operand),) = wanted.items()
    if name == "numeric":
        return _numeric_miss(operand, scalar)
    if name not in {"prefix", "suffix", "wildcard", "exactly"} or isinstance(operand, Mapping):
        return ""
    if not isinstance(scalar, str):
        return f"{name} compares texts only"
    return _CASE_ONLY if MATCHERS[name].fits(operand.casefold(), scalar.casefold()) else ""


def _numeric_miss(operand: Sequence[Any], scalar: Any) -> str:
    if not is_number(scalar):
        return "numeric compares numbers only"
    for sign, limit in conditions(operand):
        if not COMPARISONS[sign](scalar, limit):
            return distances.compared(scalar, sign, limit, False)
    return ""


def _and(first: str, second: str) -> str:
    return f"{first}; {second}" if first else second


# Each matcher in words.


def _wanted(wanted: Any) -> str:
    if isinstance(wanted, Mapping):
        ((name, operand),) = wanted.items()
        return _WORDS[name](operand)
    return show.brief(wanted)


def _affix_words(words: str) -> Callable[[Any], str]:
    def said(operand: Any) -> str:
        if isinstance(operand, Mapping):
            return f"{words} {show.as_json(operand['equals-ignore-case'])} in any case"
        return f"{words} {show.as_json(operand)}"

    return said


def _numeric_words(operand: Any) -> str:
    return "a number " + " and ".join(f"{_SIGNS[sign]} {show.as_json(limit)}" for sign, limit in conditions(operand))


def _exclusion_words(operand: Any) -> str:
    return "anything but " + show.joined([_wanted(item) for item in excluded(operand)], "or")


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "prefix": _affix_words("a text that starts with"),
    "suffix": _affix_words("a text that ends with"),
    "equals-ignore-case": lambda operand: f"{show.as_json(operand)} in any case",
    "wildcard": lambda operand: f"a text like {show.as_json(operand)}",
    "anything-but": _exclusion_words,
    "numeric": _numeric_words,
    "exists": lambda operand: "any value" if operand else "no value",
    "cidr": lambda operand: f"an address in {operand}",
    "exactly": show.as_json,
}
