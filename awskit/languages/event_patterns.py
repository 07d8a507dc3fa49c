"""Event patterns: the language of EventBridge rules, and of the filters of event source mappings.

Fields are joined by "and", the values of a field by "or", an array of the event matches with any of its elements, and
``$or`` stands for as many patterns as it has members. A pattern names paths: ``{"a": {"b": ["x"]}}`` and
``{"a.b": ["x"]}`` are the same, in patterns and in events. Rules and refusals follow the documentation and AWS's own
open-source matcher, and were measured against answers that EventBridge gave.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
https://github.com/aws/event-ruler
"""

import functools
import ipaddress
import json
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

Path = tuple[str, ...]
Values = list[Any]
_Steps = tuple[tuple[str, tuple[str, ...]], ...]
"""A path name by name, each with the spellings that join it to those after it."""
Alternative = Mapping[Path, Values]
"""A pattern without ``$or``: what each path may be."""

MOST_ALTERNATIVES: Final = 1000
MOST_COMPLEX_WILDCARD: Final = 9
"""States in which a wildcard may be at once. EventBridge does not tell its limit: it takes 7 and refuses 11."""

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DEEPEST: Final = 100
_OR: Final = "$or"
# What the names of matchers and comparisons, present and future, are kept for: no field of a $or may have them.
_RESERVED: Final = re.compile(
    "anything-but|prefix|suffix|equals-ignore-case|numeric|exists|cidr|wildcard|exactly|regex|not-wildcard"
    "|not-equals-ignore-case|date-(?:after|on-or-after|before|on-or-before)|in-date-range"
    "|ip-address-(?:not-)?in-range|=|[<>]=?"
)
_TOO_COMPLEX: Final = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
    "wildcard character"
)
_ONE_KEY: Final = "Only one key allowed in match expression"
_IP_ADDRESS: Final = re.compile(r"[0-9]+(?:\.[0-9]+){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*")


class InvalidPattern(ValueError):  # noqa: N818 - what it says is AWS's reason, not an error of ours
    """A pattern that AWS refuses; the text is the reason it gives."""


@dataclass(frozen=True, slots=True)
class EventPattern:
    """A pattern that AWS accepts. ``alternatives`` are the patterns without ``$or`` that it stands for."""

    alternatives: tuple[Alternative, ...]
    _wanted: tuple[tuple[tuple[Path, Values], ...], ...] = field(init=False, repr=False, compare=False)
    _plain: tuple[tuple[tuple[_Steps, Values], ...], ...] = field(init=False, repr=False, compare=False)
    _on_the_way: frozenset[Path] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort once what every event is asked for, and note where an event need not be looked into."""
        in_order = (sorted(alternative.items(), key=lambda item: item[0]) for alternative in self.alternatives)
        object.__setattr__(self, "_wanted", tuple(map(tuple, in_order)))
        plain = (tuple((_steps(path), values) for path, values in wanted) for wanted in self._wanted)
        object.__setattr__(self, "_plain", tuple(plain))
        paths = (path for alternative in self.alternatives for path in alternative)
        ways = frozenset(path[:length] for path in paths for length in range(1, len(path) + 1))
        object.__setattr__(self, "_on_the_way", ways)

    def matches(self, event: Any) -> bool:
        """Whether an event (any JSON value; one that is no object has no fields) matches."""
        for wanted in self._plain:
            plainly = _matches_plainly(wanted, event)
            if plainly:
                return True
            if plainly is None:
                return self._matches_anyhow(event)
        return False

    def _matches_anyhow(self, event: Any) -> bool:
        try:
            fields = _fields(event, self._on_the_way)
        except RecursionError:
            return False
        return any(_rest_matches(wanted, 0, fields, {}) for wanted in self._wanted)


@functools.lru_cache(maxsize=1024)
def parsed(text: str) -> EventPattern:
    """Read the JSON text of a pattern. Raises InvalidPattern."""
    if not text.strip():
        raise InvalidPattern("Filter is not an object")
    try:
        pattern = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidPattern(f"Invalid JSON: {error}") from error
    return compiled(pattern)


def compiled(pattern: Any) -> EventPattern:
    """Read a decoded pattern. Raises InvalidPattern."""
    if not isinstance(pattern, Mapping):
        raise InvalidPattern("Filter is not an object")
    return EventPattern(tuple(_alternatives(pattern)))


def _no_constant(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is no JSON")


class _TooMany(InvalidPattern):
    """A limit, which another reading of the pattern cannot help."""


def _alternatives(pattern: Mapping[str, Any]) -> list[dict[Path, Values]]:
    """The patterns without ``$or`` that a pattern stands for.

    Where a ``$or`` cannot be the operator, it is a field of that name, and what is wrong is said of that reading.
    A field written twice, inside a ``$or`` and outside, keeps what was written last: EventBridge does the same.
    """
    try:
        return _expanded(pattern, (), [{}], inside_or=False, expand=True)
    except _TooMany:
        raise
    except InvalidPattern:
        return _expanded(pattern, (), [{}], inside_or=False, expand=False)


def _expanded(
    pattern: Mapping[str, Any], path: Path, so_far: list[dict[Path, Values]], *, inside_or: bool, expand: bool
) -> list[dict[Path, Values]]:
    if not pattern:
        raise InvalidPattern("Empty objects are not allowed")
    if len(path) > _DEEPEST:
        raise _TooMany(f"Event pattern is nested more than {_DEEPEST} levels deep")
    for key, value in pattern.items():
        if key == _OR and expand:
            so_far = _forked(value, path, so_far)
            continue
        if inside_or and _RESERVED.fullmatch(key):
            raise InvalidPattern(f"{key} is a reserved name in $or")
        here = (*path, *key.split("."))
        if isinstance(value, Mapping):
            so_far = _expanded(value, here, so_far, inside_or=inside_or, expand=expand)
        elif isinstance(value, list):
            validate(value)
            for alternative in so_far:
                alternative.pop(here, None)
                alternative[here] = value
        else:
            raise InvalidPattern(f'"{key}" must be an object or an array')
    return so_far


def _forked(members: Any, path: Path, so_far: list[dict[Path, Values]]) -> list[dict[Path, Values]]:
    if not isinstance(members, list) or len(members) < 2 or not all(isinstance(member, Mapping) for member in members):
        raise InvalidPattern("There must have at least 2 Objects in $or relationship.")
    forked = [
        alternative
        for member in members
        for alternative in _expanded(member, path, [dict(known) for known in so_far], inside_or=True, expand=True)
    ]
    if len(forked) > MOST_ALTERNATIVES:
        raise _TooMany(f"Event pattern contains more than {MOST_ALTERNATIVES} rule combinations")
    return forked


def validate(values: Sequence[Any]) -> None:
    """Refuse an array of values that a pattern cannot have. Raises InvalidPattern."""
    if not values:
        raise InvalidPattern("Empty arrays are not allowed")
    for value in values:
        if isinstance(value, list):
            raise InvalidPattern("Match value must be String, number, true, false, or null")
        if not isinstance(value, Mapping):
            continue
        if not value:
            raise InvalidPattern("Match expression name not found")
        name, operand = next(iter(value.items()))
        if name not in MATCHERS:
            raise InvalidPattern(f"Unrecognized match type {name}")
        MATCHERS[name].check(operand)
        if len(value) > 1:
            raise InvalidPattern(_ONE_KEY)


# An event's fields, and matching them. Of an array of objects, one element has to have all that a pattern asks of it.

_Membership = Mapping[Path, int]
"""Which element of each array of the event has been chosen."""


@dataclass(frozen=True, slots=True)
class _Field:
    value: Any
    membership: dict[Path, int]


def _fields(event: Any, ways: Set[Path]) -> dict[Path, list[_Field]]:
    """Values of an event that are no object and no array, by path, and the array elements they are part of.

    Of all values only those on ``ways`` are gathered: the paths that are asked for, and what leads to them.
    """
    found: dict[Path, list[_Field]] = {}
    if isinstance(event, dict):
        _collect(event, (), {}, (), ways, found)
    return found


def _collect(
    value: Any,
    path: Path,
    membership: dict[Path, int],
    place: Path,
    ways: Set[Path],
    found: dict[Path, list[_Field]],
) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            parts = tuple(str(key).split("."))
            if (way := (*path, *parts)) in ways:
                _collect(inner, way, membership, (*place, *parts), ways, found)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _collect(inner, path, {**membership, place: index}, (*place, f"[{index}]"), ways, found)
    else:
        found.setdefault(path, []).append(_Field(value, membership))


_ABSENT: Final = object()


def _steps(path: Path) -> _Steps:
    joined = (tuple(".".join(path[at:end]) for end in range(at + 2, len(path) + 1)) for at in range(len(path)))
    return tuple(zip(path, joined, strict=True))


def _matches_plainly(wanted: Sequence[tuple[_Steps, Values]], event: Any) -> bool | None:
    """Whether an event matches; None where an array or a name with a dot, which takes a search, is on the way."""
    for steps, values in wanted:
        found = event
        for name, joined in steps:
            if type(found) is dict:
                for names in joined:
                    if names in found:
                        return None
                found = found.get(name, _ABSENT)
            elif isinstance(found, dict | list):
                return None
            else:
                found = _ABSENT
        if isinstance(found, list):
            return None
        if found is _ABSENT or isinstance(found, dict):
            if not _may_be_absent(values):
                return False
        elif not any(fits(value, found) for value in values):
            return False
    return True


def _may_be_absent(values: Values) -> bool:
    return any(isinstance(value, Mapping) and value.get("exists") is False for value in values)


def _rest_matches(
    wanted: Sequence[tuple[Path, Values]], index: int, fields: Mapping[Path, list[_Field]], chosen: _Membership
) -> bool:
    if index == len(wanted):
        return True
    path, values = wanted[index]
    within = [field for field in fields.get(path, ()) if _agree(chosen, field.membership)]
    if not within:
        return _may_be_absent(values) and _rest_matches(wanted, index + 1, fields, chosen)
    tried: list[dict[Path, int]] = []
    for present in within:
        both = {**chosen, **present.membership}
        if both not in tried and any(fits(value, present.value) for value in values):
            if _rest_matches(wanted, index + 1, fields, both):
                return True
            tried.append(both)
    return False


def _agree(one: _Membership, other: _Membership) -> bool:
    return all(one.get(array, index) == index for array, index in other.items())


def fits(wanted: Any, scalar: Any) -> bool:
    """Whether a value of the event is what one entry of a pattern's array asks for."""
    if isinstance(wanted, Mapping):
        ((name, operand),) = wanted.items()
        return MATCHERS[name].fits(operand, scalar)
    return _same(wanted, scalar)


def is_number(value: Any) -> bool:
    """Whether a value is a JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    """JSON equality: true is not 1, and "1" is not 1; two spellings of an IP address are the same text."""
    if isinstance(one, str) and isinstance(other, str) and one != other:
        address = _address(one)
        return address is not None and address == _address(other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if not _IP_ADDRESS.fullmatch(text):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


# Each matcher: refuses an operand that AWS refuses, and says whether a value fits.


@dataclass(frozen=True, slots=True)
class Matcher:
    """``check`` raises InvalidPattern for an operand that AWS refuses; ``fits`` takes the operand and a value."""

    check: Callable[[Any], None]
    fits: Callable[[Any, Any], bool]


def _must_be_text(said: str) -> Callable[[Any], None]:
    def check(operand: Any) -> None:
        if not isinstance(operand, str):
            raise InvalidPattern(said)

    return check


def _affix(name: str) -> Callable[[Any], None]:
    def check(operand: Any) -> None:
        if not isinstance(operand, Mapping):
            _must_be_text(f"{name} match pattern must be a string")(operand)
            return
        if not operand:
            raise InvalidPattern(f"{name.capitalize()} expression name not found")
        inner, text = next(iter(operand.items()))
        if inner != "equals-ignore-case":
            raise InvalidPattern(f"Unsupported {name} pattern: {inner}")
        _must_be_text("equals-ignore-case match pattern must be a string")(text)
        if len(operand) > 1:
            raise InvalidPattern(_ONE_KEY)

    return check


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
    return re.compile("".join(f"(?:{re.escape(text.lower())}|{re.escape(text.upper())})" for text in operand))


def _equals_in_any_case(operand: str, scalar: Any) -> bool:
    return isinstance(scalar, str) and _any_case(operand).fullmatch(scalar) is not None


def _check_wildcard(operand: Any) -> None:
    _must_be_text("wildcard match pattern must be a string")(operand)
    position = 1
    parts = re.findall(r"\\.?|\*|[^\\*]", operand, re.DOTALL)
    for index, part in enumerate(parts):
        if part == "*" and parts[index + 1 : index + 2] == ["*"]:
            raise InvalidPattern(f"Consecutive wildcard characters at pos {position}")
        if part[0] == "\\" and part not in ("\\\\", "\\*"):
            raise InvalidPattern(f"Invalid escape character at pos {position}")
        position += len(part.encode())
    if _complexity(operand) > MOST_COMPLEX_WILDCARD:
        raise InvalidPattern(_TOO_COMPLEX)


def _complexity(operand: str) -> int:
    """In how many places of a wildcard one text can be at once: as many does EventBridge have to follow."""
    parts: list[str | None] = ['"']
    for part in re.findall(r"\\.|\*|[^\\*]", operand, re.DOTALL):
        parts.append(None if part == "*" else part[-1])
    parts.append('"')
    letters = {part for part in parts if part is not None}
    start = _with_stars(parts, {0})
    seen, waiting, most = {start}, [start], 0
    while waiting and most <= MOST_COMPLEX_WILDCARD:
        places = waiting.pop()
        most = max(most, len(places))
        for letter in letters:
            following = {place + 1 for place in places if place < len(parts) and parts[place] == letter}
            following |= {place for place in places if place and parts[place - 1] is None}
            reached = _with_stars(parts, following)
            if reached and reached not in seen:
                seen.add(reached)
                waiting.append(reached)
    return most


def _with_stars(tokens: Sequence[str | None], places: set[int]) -> frozenset[int]:
    """A star may stand for nothing."""
    stars = {place + 1 for place in places if place < len(tokens) and tokens[place] is None}
    return frozenset(places | stars)


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


def _check_numeric(operand: Any) -> None:
    if not isinstance(operand, list):
        raise InvalidPattern("Value of numeric must be an array.")
    sign = operand[0] if operand else None
    if not isinstance(sign, str):
        raise InvalidPattern(f"Invalid member in numeric match: {']' if not operand else json.dumps(sign)}")
    if sign not in COMPARISONS:
        raise InvalidPattern(f"Unrecognized numeric range operator: {sign}")
    _check_limit("equals" if sign == "=" else sign, operand[1:2])
    if len(operand) == 2:
        return
    if sign not in (">", ">="):
        raise InvalidPattern("Too many elements in numeric expression")
    second = operand[2]
    if not isinstance(second, str):
        raise InvalidPattern(f"Bad value in numeric range: {json.dumps(second)}")
    if second not in ("<", "<="):
        raise InvalidPattern(f"Bad numeric range operator: {second}")
    _check_limit(second, operand[3:4])
    if len(operand) > 4:
        raise InvalidPattern("Too many terms in numeric range expression")
    if operand[1] >= operand[3]:
        raise InvalidPattern("Bottom must be less than top")


def _check_limit(sign: str, limit: Sequence[Any]) -> None:
    if not limit or not _is_finite(limit[0]):
        raise InvalidPattern(f"Value of {sign} must be numeric")


def _is_finite(number: Any) -> bool:
    return is_number(number) and math.isfinite(number)


def conditions(operand: Sequence[Any]) -> list[tuple[str, float]]:
    """The comparisons of a ``numeric`` operand: a sign and a limit each."""
    return [(operand[place], operand[place + 1]) for place in range(0, len(operand), 2)]


def _in_range(operand: Any, scalar: Any) -> bool:
    return is_number(scalar) and all(
        COMPARISONS[sign](float(scalar), float(limit)) for sign, limit in conditions(operand)
    )


def _check_network(operand: Any) -> None:
    _must_be_text("prefix match pattern must be a string")(operand)
    parts = str(operand).rstrip("/").split("/")
    if len(parts) != 2:
        raise InvalidPattern("Malformed CIDR, one '/' required")
    address, bits = parts
    if not re.fullmatch(r"[+-]?[0-9]+", bits):
        raise InvalidPattern("Malformed CIDR, mask bits must be an integer")
    if int(bits) < 0:
        raise InvalidPattern("Malformed CIDR, mask bits must not be negative")
    found = _address(address)
    if found is None:
        known = "Invalid" if _IP_ADDRESS.fullmatch(address) else "Nonstandard"
        raise InvalidPattern(f"{known} IP address: {address}")
    if int(bits) >= found.max_prefixlen:
        raise InvalidPattern(f"IPv{found.version} mask bits must be < {found.max_prefixlen}")


def _in_network(operand: str, scalar: Any) -> bool:
    address = _address(scalar) if isinstance(scalar, str) else None
    network = ipaddress.ip_network(operand.rstrip("/"), strict=False)
    return address is not None and address.version == network.version and address in network


_NOT_A_VALUE: Final = "Value of anything-but must be an array or single string/number value."
_NEGATED: Final = ("equals-ignore-case", "prefix", "suffix", "wildcard")


def _check_exclusion(operand: Any) -> None:
    if isinstance(operand, Mapping):
        _check_negated(operand)
    elif isinstance(operand, list):
        if any(not isinstance(value, str) and not is_number(value) for value in operand):
            raise InvalidPattern("Inside anything but list, start|null|boolean is not supported.")
        if not operand or len({isinstance(value, str) for value in operand}) > 1:
            raise InvalidPattern(
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            )
    elif not isinstance(operand, str) and not is_number(operand):
        raise InvalidPattern(_NOT_A_VALUE)


def _check_negated(operand: Mapping[str, Any]) -> None:
    if not operand:
        raise InvalidPattern("Anything-But expression name not found")
    name, texts = next(iter(operand.items()))
    if name not in _NEGATED:
        raise InvalidPattern(f"Unsupported anything-but pattern: {name}")
    if not isinstance(texts, str | list) and not is_number(texts):
        raise InvalidPattern(_NOT_A_VALUE)
    for text in texts if isinstance(texts, list) else [texts]:
        if name == "equals-ignore-case":
            _must_be_text("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.")(
                text
            )
        elif name == "wildcard":
            _check_wildcard(text)
        else:
            _must_be_text("prefix/suffix match pattern must be a string")(text)
            if not text:
                raise InvalidPattern("Null prefix/suffix not allowed")
    if len(operand) > 1 or texts == []:
        raise InvalidPattern(_NOT_A_VALUE)


def excluded(operand: Any) -> list[Any]:
    """The entries of a pattern's array that an ``anything-but`` excludes."""
    if isinstance(operand, Mapping):
        ((name, inner),) = operand.items()
        return [{name: text} for text in (inner if isinstance(inner, list) else [inner])]
    return list(operand) if isinstance(operand, list) else [operand]


def _is_none_of(operand: Any, scalar: Any) -> bool:
    return not any(fits(value, scalar) for value in excluded(operand))


def _check_exists(operand: Any) -> None:
    if not isinstance(operand, bool):
        raise InvalidPattern("exists match pattern must be either true or false.")


MATCHERS: Final[Mapping[str, Matcher]] = {
    "prefix": Matcher(_affix("prefix"), _starts),
    "suffix": Matcher(_affix("suffix"), _ends),
    "equals-ignore-case": Matcher(
        _must_be_text("equals-ignore-case match pattern must be a string"), _equals_in_any_case
    ),
    "wildcard": Matcher(_check_wildcard, _like),
    "anything-but": Matcher(_check_exclusion, _is_none_of),
    "numeric": Matcher(_check_numeric, _in_range),
    "exists": Matcher(_check_exists, lambda operand, _: bool(operand)),
    "cidr": Matcher(_check_network, _in_network),
    "exactly": Matcher(_must_be_text("exact match pattern must be a string"), _same),
}
"""The matchers by their names."""
