"""Holds an event against an event pattern and says of every field whether it matches, and why not.

EventBridge itself only answers yes or no. Whether an event matches, :mod:`awskit.languages.event_patterns` knows;
this module finds the words. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from awskit.languages.event_patterns import (
    COMPARISONS,
    MATCHERS,
    Alternative,
    EventPattern,
    InvalidPattern,
    Path,
    Values,
    compiled,
    conditions,
    excluded,
    is_number,
)
from flightpulse.errors import UserError
from flightpulse.workbench.explore import show

_SIGNS: Final = {"=": "=", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_CASE_ONLY: Final = "they differ in upper and lower case only"
_APART: Final = "no single element of an array has all of these"
_HINT: Final = 'A pattern names fields with arrays of values, for example: {"detail-type": ["flight.cancelled"]}'


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """One field that a pattern asks for. ``wanted`` and ``had`` are words; ``hint`` says what may have gone wrong."""

    path: str
    wanted: str
    had: str
    matched: bool
    hint: str = ""

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
    return Explanation(tuple(_explained(alternative, event) for alternative in alternatives))


def _explained(alternative: Alternative, event: Mapping[str, Any]) -> tuple[FieldCheck, ...]:
    checks = tuple(_check(path, values, event) for path, values in alternative.items())
    if _failing(checks) or EventPattern((alternative,)).matches(event):
        return checks
    # Each field alone has what is wanted, but in different elements of an array.
    return tuple(replace(check, matched=False, hint=_APART) for check in checks)


def _check(path: Path, values: Values, event: Mapping[str, Any]) -> FieldCheck:
    found = list(_values(event, path))
    matched = EventPattern(({path: values},)).matches(event)
    return FieldCheck(
        path=".".join(path),
        wanted=show.joined([_wanted(item) for item in values], "or"),
        had=_had(found),
        matched=matched,
        hint="" if matched else _hint(path, values, found, event),
    )


def _values(value: Any, path: Path) -> Iterator[Any]:
    """What an event has at a path: the elements of an array one by one. A name with dots is names within names."""
    if isinstance(value, list) and value:
        for element in value:
            yield from _values(element, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            parts = tuple(str(name).split("."))
            if path[: len(parts)] == parts:
                yield from _values(inner, path[len(parts) :])


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


def _had(found: Sequence[Any]) -> str:
    if not found:
        return "no such field"
    if isinstance(found[0], Mapping):
        return "an object"
    return show.brief(found[0] if len(found) == 1 else found)


def _hint(path: Path, values: Values, found: Sequence[Any], event: Mapping[str, Any]) -> str:
    if found:
        return next((hint for item in values for value in found if (hint := _near_miss(item, value))), "")
    names = [name for around in _values(event, path[:-1]) if isinstance(around, Mapping) for name in around]
    others = [name for name in names if name.casefold() == path[-1].casefold()]
    return f"it spells the field {others[0]}" if others else ""


def _near_miss(wanted: Any, value: Any) -> str:
    if isinstance(value, Mapping):
        return "a pattern compares the values inside an object, not the object"
    if isinstance(wanted, Mapping):
        return _matcher_miss(wanted, value)
    if isinstance(wanted, str) != isinstance(value, str):
        text, other = (wanted, value) if isinstance(wanted, str) else (value, wanted)
        return "one is a text, the other is not" if show.as_json(other) == text else ""
    if not isinstance(wanted, str):
        return ""
    if wanted.strip() == value.strip():
        return "they differ in spaces only"
    return _CASE_ONLY if wanted.casefold() == value.casefold() else ""


def _matcher_miss(wanted: Mapping[str, Any], value: Any) -> str:
    ((name, operand),) = wanted.items()
    if name == "numeric":
        return _numeric_miss(operand, value)
    if name not in {"prefix", "suffix", "wildcard", "exactly"} or isinstance(operand, Mapping):
        return ""
    if not isinstance(value, str):
        return f"{name} compares texts only"
    return _CASE_ONLY if MATCHERS[name].fits(operand.casefold(), value.casefold()) else ""


def _numeric_miss(operand: Sequence[Any], value: Any) -> str:
    if not is_number(value):
        return "numeric compares numbers only"
    limit = next(limit for sign, limit in conditions(operand) if not COMPARISONS[sign](value, limit))
    if value == limit:
        return "exactly at the limit"
    return f"{abs(value - limit):g} {'short' if value < limit else 'too many'}"


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
