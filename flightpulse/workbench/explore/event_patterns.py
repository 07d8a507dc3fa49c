"""Holds an event against an event pattern and says of every field whether it matches, and why not.

EventBridge itself only answers yes or no. The rules followed here are those of its documentation: fields are joined by
"and", values of a field by "or", arrays of the event match with any of their elements, and ``$or`` stands for as many
patterns as it has members. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
"""

import ipaddress
import json
import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from flightpulse.errors import UserError
from flightpulse.workbench.explore import distances, show

Path = tuple[str, ...]
Values = list[Any]

_MOST_ALTERNATIVES: Final = 1000
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SIGNS: Final = {"=": "=", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
# What the names of matchers and comparisons, present and future, are kept for: no field of a $or may have them.
_RESERVED: Final = re.compile(
    "anything-but|prefix|suffix|equals-ignore-case|numeric|exists|cidr|wildcard|exactly|regex|not-wildcard"
    "|not-equals-ignore-case|date-(?:after|on-or-after|before|on-or-before)|in-date-range"
    "|ip-address-(?:not-)?in-range|=|[<>]=?"
)
_CASE_ONLY: Final = "they differ in upper and lower case only"
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
    alternatives = _alternatives(_loaded(pattern))
    return Explanation(tuple(tuple(_checks(_tree(alternative), event, "")) for alternative in alternatives))


def _failing(checks: Iterable[FieldCheck]) -> int:
    return sum(not check.matched for check in checks)


def _listed(checks: Iterable[FieldCheck]) -> str:
    return "\n".join(f"{show.mark(check.matched)} {check.said}" for check in checks)


def _refused(what: str) -> UserError:
    return UserError(f"This is no event pattern: {what}.", hint=_HINT)


def _loaded(pattern: Mapping[str, Any] | str) -> Mapping[str, Any]:
    if isinstance(pattern, str):
        try:
            pattern = json.loads(pattern)
        except ValueError as error:
            raise _refused(f"it is not JSON ({error})") from error
    if not isinstance(pattern, Mapping):
        raise _refused("it is not an object")
    return pattern


def _alternatives(pattern: Mapping[str, Any]) -> list[dict[Path, Values]]:
    """The patterns without ``$or`` that a pattern stands for.

    A ``$or`` that cannot be the operator is a field of that name. A field written twice, inside a ``$or`` and outside,
    keeps what was written last: EventBridge does the same.
    """
    try:
        return _expanded(pattern, (), [{}], inside_or=False, expand=True)
    except _NotTheOperator:
        return _expanded(pattern, (), [{}], inside_or=False, expand=False)


class _NotTheOperator(Exception):  # noqa: N818
    """A ``$or`` is no list of at least two objects of fields."""


def _expanded(
    pattern: Mapping[str, Any], path: Path, so_far: list[dict[Path, Values]], *, inside_or: bool, expand: bool
) -> list[dict[Path, Values]]:
    if not pattern:
        raise _refused(f"{'.'.join(path) or 'it'} is empty")
    for key, value in pattern.items():
        if key == "$or" and expand:
            so_far = _forked(value, path, so_far)
            continue
        if inside_or and _RESERVED.fullmatch(key):
            raise _NotTheOperator
        here = (*path, *key.split("."))
        if isinstance(value, Mapping):
            so_far = _expanded(value, here, so_far, inside_or=inside_or, expand=expand)
        elif isinstance(value, list):
            _validate(value, ".".join(here))
            for part in so_far:
                part.pop(here, None)
                part[here] = value
        else:
            raise _refused(f"{'.'.join(here)} must be an array of values, as in [{show.as_json(value)}]")
    return so_far


def _forked(members: Any, path: Path, so_far: list[dict[Path, Values]]) -> list[dict[Path, Values]]:
    if not isinstance(members, list) or len(members) < 2 or not all(isinstance(member, Mapping) for member in members):
        raise _NotTheOperator
    forked = [
        alternative
        for member in members
        for alternative in _expanded(member, path, [dict(part) for part in so_far], inside_or=True, expand=True)
    ]
    if len(forked) > _MOST_ALTERNATIVES:
        raise _refused(f"its $or stands for more than {_MOST_ALTERNATIVES} patterns")
    return forked


@dataclass(slots=True)
class _Node:
    values: Values | None = None
    inner: dict[str, "_Node"] = field(default_factory=dict)


def _tree(fields: Mapping[Path, Values]) -> _Node:
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
    scalars = list(_scalars(value)) if present else []
    wanted = show.joined([_wanted(item) for item in values], "or")
    matched = any(_satisfied(item, scalars) for item in values)
    hint = "" if matched else _hint(values, value, scalars, present, around, name)
    return FieldCheck(path, wanted, _had(value, present, scalars), matched, hint)


def _satisfied(one: Any, scalars: Sequence[Any]) -> bool:
    if isinstance(one, Mapping) and "exists" in one:
        return one["exists"] is bool(scalars)
    return any(_fits(one, scalar) for scalar in scalars)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for element in value:
            yield from _objects(element)
    elif isinstance(value, Mapping):
        yield value


def _scalars(value: Any) -> Iterator[Any]:
    """What a pattern is held against: a value that is no object, or each such element of an array."""
    if isinstance(value, list):
        for element in value:
            yield from _scalars(element)
    elif not isinstance(value, Mapping):
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


def _near_miss(one: Any, scalar: Any) -> str:
    if isinstance(one, Mapping):
        return _matcher_miss(one, scalar)
    if isinstance(one, str) != isinstance(scalar, str):
        text, other = (one, scalar) if isinstance(one, str) else (scalar, one)
        return "one is a text, the other is not" if show.as_json(other) == text else ""
    if not isinstance(one, str):
        return ""
    if one.strip() == scalar.strip():
        return "they differ in spaces only"
    return _CASE_ONLY if one.casefold() == scalar.casefold() else ""


def _matcher_miss(one: Mapping[str, Any], scalar: Any) -> str:
    ((name, operand),) = one.items()
    if name == "numeric":
        return _numeric_miss(operand, scalar)
    if name not in {"prefix", "suffix", "wildcard", "exactly"} or isinstance(operand, Mapping):
        return ""
    if not isinstance(scalar, str):
        return f"{name} compares texts only"
    return _CASE_ONLY if _MATCHERS[name].fits(operand.casefold(), scalar.casefold()) else ""


def _numeric_miss(conditions: Sequence[Any], scalar: Any) -> str:
    if not distances.is_number(scalar):
        return "numeric compares numbers only"
    for sign, limit in _pairs(conditions):
        if not _COMPARISONS[sign](scalar, limit):
            return distances.compared(scalar, sign, limit, False)
    return ""


def _and(first: str, second: str) -> str:
    return f"{first}; {second}" if first else second


# Each matcher: what its operand must be, what it asks for in words, and whether a value fits.


@dataclass(frozen=True, slots=True)
class _Matcher:
    valid: Callable[[Any], bool]
    words: Callable[[Any], str]
    fits: Callable[[Any, Any], bool]


def _fits(one: Any, scalar: Any) -> bool:
    """Whether a value of the event is what one entry of a pattern's array asks for."""
    if isinstance(one, Mapping):
        ((name, operand),) = one.items()
        return _MATCHERS[name].fits(operand, scalar)
    return _same(one, scalar)


def _wanted(one: Any) -> str:
    if isinstance(one, Mapping):
        ((name, operand),) = one.items()
        return _MATCHERS[name].words(operand)
    return show.brief(one)


def _validate(values: Values, path: str) -> None:
    if not values:
        raise _refused(f"the array of {path} is empty")
    for value in values:
        if isinstance(value, list):
            raise _refused(f"{path} has an array inside its array")
        if not isinstance(value, Mapping):
            continue
        if len(value) != 1:
            raise _refused(f"{path} needs exactly one matcher in each object")
        ((name, operand),) = value.items()
        if name not in _MATCHERS:
            raise _refused(f"{path} uses {name!r}, and the matchers are {', '.join(_MATCHERS)}")
        if not _MATCHERS[name].valid(operand):
            raise _refused(f"{path} gives {name} what it cannot use: {show.brief(operand)}")


def _same(one: Any, other: Any) -> bool:
    """JSON equality: true is not 1, and "1" is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _is_text(operand: Any) -> bool:
    return isinstance(operand, str)


def _is_affix(operand: Any) -> bool:
    if isinstance(operand, Mapping):
        return list(operand) == ["equals-ignore-case"] and _is_text(operand["equals-ignore-case"])
    return _is_text(operand)


def _affix_words(words: str) -> Callable[[Any], str]:
    def said(operand: Any) -> str:
        if isinstance(operand, Mapping):
            return f"{words} {show.as_json(operand['equals-ignore-case'])} in any case"
        return f"{words} {show.as_json(operand)}"

    return said


def _starts(operand: Any, scalar: Any) -> bool:
    if not isinstance(scalar, str):
        return False
    if isinstance(operand, Mapping):
        return _any_case(operand["equals-ignore-case"]).match(scalar) is not None
    return scalar.startswith(operand)


def _ends(operand: Any, scalar: Any) -> bool:
    if not isinstance(scalar, str):
        return False
    if isinstance(operand, Mapping):
        return re.search(_any_case(operand["equals-ignore-case"]).pattern + r"\Z", scalar) is not None
    return scalar.endswith(operand)


def _any_case(operand: str) -> re.Pattern[str]:
    """A text in which each character may have either case of its own, as EventBridge compares: ß may be SS."""
    return re.compile(
        "".join(f"(?:{re.escape(alternative.lower())}|{re.escape(alternative.upper())})" for alternative in operand)
    )


def _equals_in_any_case(operand: str, scalar: Any) -> bool:
    return isinstance(scalar, str) and _any_case(operand).fullmatch(scalar) is not None


def _is_wildcard(operand: Any) -> bool:
    return _is_text(operand) and re.fullmatch(r"(?:[^\\*]|\\[\\*]|\*(?!\*))*", operand, re.DOTALL) is not None


def _like(operand: str, scalar: Any) -> bool:
    if not isinstance(scalar, str):
        return False
    first, *others = _pieces(operand)
    if not others:
        return scalar == first
    if not scalar.startswith(first) or len(scalar) < len(first) + len(others[-1]) or not scalar.endswith(others[-1]):
        return False
    place, end = len(first), len(scalar) - len(others[-1])
    for piece in others[:-1]:
        found = scalar.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def _pieces(operand: str) -> list[str]:
    """The texts between the stars; a backslash takes the meaning from the character behind it."""
    pieces = [""]
    for part in re.findall(r"\\.|\*|[^\\*]+", operand, re.DOTALL):
        if part == "*":
            pieces.append("")
        else:
            pieces[-1] += part[1:] if part[0] == "\\" else part
    return pieces


def _is_numeric(operand: Any) -> bool:
    if not isinstance(operand, list) or len(operand) not in {2, 4}:
        return False
    if not all(sign in _COMPARISONS and _is_finite(limit) for sign, limit in _pairs(operand)):
        return False
    if len(operand) == 2:
        return True
    return operand[0] in {">", ">="} and operand[2] in {"<", "<="} and bool(operand[1] < operand[3])


def _is_finite(number: Any) -> bool:
    return distances.is_number(number) and math.isfinite(number)


def _pairs(operand: Sequence[Any]) -> list[tuple[Any, Any]]:
    return [
        (operand[place] if isinstance(operand[place], str) else None, operand[place + 1])
        for place in range(0, len(operand), 2)
    ]


def _numeric_words(operand: Any) -> str:
    return "a number " + " and ".join(f"{_SIGNS[sign]} {show.as_json(limit)}" for sign, limit in _pairs(operand))


def _in_range(operand: Any, scalar: Any) -> bool:
    return distances.is_number(scalar) and all(
        _COMPARISONS[sign](float(scalar), float(limit)) for sign, limit in _pairs(operand)
    )


def _is_network(operand: Any) -> bool:
    return _network(operand) is not None


def _network(operand: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if not isinstance(operand, str) or not re.search(r"/\d+\Z", operand, re.ASCII):
        return None
    try:
        network = ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return None
    # A single address is no network to EventBridge.
    return network if network.prefixlen < network.max_prefixlen else None


def _in_network(operand: str, scalar: Any) -> bool:
    network = _network(operand)
    if network is None or not isinstance(scalar, str):
        return False
    try:
        address = ipaddress.ip_address(scalar)
    except ValueError:
        return False
    return address.version == network.version and address in network


_NEGATED: Final = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def _is_exclusion(operand: Any) -> bool:
    if isinstance(operand, Mapping):
        ((name, inner),) = operand.items() if len(operand) == 1 else (("", None),)
        texts = inner if isinstance(inner, list) else [inner]
        return name in _NEGATED and bool(texts) and all(_is_excluded(name, text) for text in texts)
    values = operand if isinstance(operand, list) else [operand]
    texts_only = all(isinstance(value, str) for value in values)
    return bool(values) and (texts_only or all(_is_finite(value) for value in values))


def _is_excluded(name: str, text: Any) -> bool:
    if name in {"prefix", "suffix"}:
        return _is_text(text) and bool(text)
    return _MATCHERS[name].valid(text)


def _excluded(operand: Any) -> list[Any]:
    """The entries of a pattern's array that an ``anything-but`` excludes."""
    if isinstance(operand, Mapping):
        ((name, inner),) = operand.items()
        return [{name: text} for text in (inner if isinstance(inner, list) else [inner])]
    return list(operand) if isinstance(operand, list) else [operand]


def _exclusion_words(operand: Any) -> str:
    return "anything but " + show.joined([_wanted(value) for value in _excluded(operand)], "or")


def _is_none_of(operand: Any, scalar: Any) -> bool:
    return not any(_fits(value, scalar) for value in _excluded(operand))


_MATCHERS: Final[Mapping[str, _Matcher]] = {
    "prefix": _Matcher(_is_affix, _affix_words("a text that starts with"), _starts),
    "suffix": _Matcher(_is_affix, _affix_words("a text that ends with"), _ends),
    "equals-ignore-case": _Matcher(
        _is_text, lambda operand: f"{show.as_json(operand)} in any case", _equals_in_any_case
    ),
    "wildcard": _Matcher(_is_wildcard, lambda operand: f"a text like {show.as_json(operand)}", _like),
    "anything-but": _Matcher(_is_exclusion, _exclusion_words, _is_none_of),
    "numeric": _Matcher(_is_numeric, _numeric_words, _in_range),
    "exists": _Matcher(
        lambda operand: isinstance(operand, bool),
        lambda operand: "any value" if operand else "no value",
        lambda operand, _: bool(operand),
    ),
    "cidr": _Matcher(_is_network, lambda operand: f"an address in {operand}", _in_network),
    "exactly": _Matcher(_is_text, show.as_json, _same),
}
