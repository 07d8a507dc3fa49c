"""JSONata that needs no engine: paths, texts, comparisons, constructors and a few functions, as Python functions.

What a workflow evaluates for every passenger is of this kind, and the engine takes some twenty times as long for it.
Whatever is not certain to come out as the engine has it, an error above all, is left to the engine: by :func:`of` when
the expression has something else in it, and by :class:`NotPlain` when the data have.
"""

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

from jsonata.parser import Parser
from jsonata.utils import Utils

Environment = Mapping[str, Any]
Compiled = Callable[[Environment, Any], Any]
"""Takes variables by name and the value in focus; gives a JSON value or MISSING."""

MISSING: Final = object()
"""What JSONata calls undefined."""
NOW: Final = "the moment of the evaluation in milliseconds"
HASHES: Final[Mapping[str, str]] = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}
"""The algorithms of ``$hash``, by the names that Step Functions has for them."""

_PLAIN_FIELDS = frozenset({"id", "value", "type", "lbp", "bp", "position", "line", "level"})
_NUMBERS = (int, float)
_LONGEST_RANGE = 10_000
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", re.ASCII)
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_LAST_MILLISECOND = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


class NotPlain(Exception):  # noqa: N818
    """The engine has to look at this, with these data or in general."""


class _Sequence(list[Any]):
    """Values that a path has come across, which are no array of the data: a single one stands for itself."""


def of(tree: Any) -> Compiled | None:
    """The function of a parsed expression; None when the engine has to evaluate it.

    What it gives may share parts with the variables.
    """
    try:
        found = _node(tree)
    except NotPlain:
        return None
    return lambda known, focus: _as_array(found(known, focus))


def _node(node: Any, *, in_path: bool = False) -> Compiled:
    kind = _KINDS.get(str(node.type))
    if kind is None:
        raise NotPlain
    fields, compile_it = kind
    _only(node, {*fields, "predicate", *(("stages",) if in_path else ())})
    found = compile_it(node)
    if not node.predicate:
        return found
    filters = [_filter(entry.expr) for entry in node.predicate]

    def filtered(known: Environment, focus: Any) -> Any:
        value = found(known, focus)
        for keep in filters:
            value = keep(known, value)
        return _single(value)

    return filtered


def _only(node: Any, fields: set[str]) -> None:
    """Refuse a node that has more to it than these fields."""
    for name, value in vars(node).items():
        if name in _PLAIN_FIELDS or name in fields or name.startswith("_outer"):
            continue
        if isinstance(value, Parser.Symbol) or value:
            raise NotPlain


def _single(value: Any) -> Any:
    if type(value) is not _Sequence or len(value) > 1:
        return value
    return value[0] if value else MISSING


def _as_array(value: Any) -> Any:
    """A sequence as the array that it is to whoever gets it."""
    return list(value) if type(value) is _Sequence else value


def _literal(node: Any) -> Compiled:
    value = node.value
    return lambda _known, _focus: value


def _variable(node: Any) -> Compiled:
    name = str(node.value)
    if not name:
        return lambda _known, focus: focus
    if name == "$":
        raise NotPlain

    def variable(known: Environment, _focus: Any) -> Any:
        try:
            return known[name]
        except KeyError:
            # One of the language's own functions, perhaps.
            raise NotPlain from None

    return variable


def _name(node: Any) -> Compiled:
    name = str(node.value)

    def member(_known: Environment, focus: Any) -> Any:
        if type(focus) is dict:
            return focus.get(name, MISSING)
        if isinstance(focus, list):
            raise NotPlain
        return MISSING

    return member


def _wildcard(_node: Any) -> Compiled:
    def members(_known: Environment, focus: Any) -> Any:
        if type(focus) is not dict:
            raise NotPlain
        found = _Sequence()
        for value in focus.values():
            if not isinstance(value, list):
                found.append(value)
            elif any(isinstance(item, list) for item in value):
                raise NotPlain
            else:
                found.extend(value)
        return found

    return members


def _path(node: Any) -> Compiled:
    first, *others = node.steps
    steps = [_array_step(first) if others and _is_array(first) else _step(first), *(_step(step) for step in others)]
    last = len(steps) - 1

    def path(known: Environment, focus: Any) -> Any:
        if isinstance(focus, list):
            raise NotPlain
        value = focus
        for place, step in enumerate(steps):
            value = step(known, value)
            if isinstance(value, list):
                return value if place == last and type(value) is list else along(known, _Sequence(value), place + 1)
            if value is MISSING:
                break
        return value

    def along(known: Environment, values: _Sequence, place: int) -> Any:
        """The rest of the way, from several values at once."""
        for step in steps[place:]:
            results = [result for value in values if (result := step(known, value)) is not MISSING]
            if step is steps[last] and len(results) == 1 and type(results[0]) is list:
                return results[0]
            values = _Sequence()
            for result in results:
                if isinstance(result, list):
                    values.extend(result)
                else:
                    values.append(result)
        return _single(values)

    if node.group is not None:
        return _grouped(node.group, path)
    names = [str(step.value) for step in others if step.type == "name" and not (step.predicate or step.stages)]
    plain = first.type in ("name", "variable") and not (first.predicate or first.stages)
    return _members(steps[0], names, path) if plain and len(names) == len(others) else path


def _members(first: Compiled, names: Sequence[str], path: Compiled) -> Compiled:
    """Members of members, at once where no array is on the way; otherwise the path goes it step by step."""

    def members(known: Environment, focus: Any) -> Any:
        if isinstance(focus, list):
            raise NotPlain
        value = first(known, focus)
        for name in names:
            if type(value) is dict:
                value = value.get(name, MISSING)
            else:
                return path(known, focus) if isinstance(value, list) else MISSING
        return value if type(value) is not _Sequence else path(known, focus)

    return members


def _grouped(node: Any, values: Compiled) -> Compiled:
    """Puts the values of a path that share a name under it, together."""
    if len(node.lhs_object) != 1:
        raise NotPlain
    key, content = (_node(part) for part in node.lhs_object[0])

    def grouped(known: Environment, focus: Any) -> Any:
        groups: dict[str, list[Any]] = {}
        for value in _items(values(known, focus)) or _not_plain():
            if isinstance(value, list) or value is None:
                raise NotPlain
            name = key(known, value)
            if type(name) is not str:
                raise NotPlain
            groups.setdefault(name, []).append(value)
        contents = ((name, content(known, group if len(group) > 1 else group[0])) for name, group in groups.items())
        return {name: _as_array(value) for name, value in contents if value is not MISSING}

    return grouped


def _is_array(node: Any) -> bool:
    return bool(node.type == "unary" and node.value == "[")


def _array_step(node: Any) -> Compiled:
    """An array at the beginning of a path: the path goes on from each of its items."""
    _only(node, {"expressions", "consarray"})
    array = _array(node)

    def items(known: Environment, focus: Any) -> Any:
        found = array(known, focus)
        if not found or any(item is None for item in found):
            raise NotPlain
        return found

    return items


def _step(node: Any) -> Compiled:
    if _is_array(node):
        raise NotPlain
    value = _node(node, in_path=True)
    if not node.stages:
        return value
    if any(stage.type != "filter" for stage in node.stages):
        raise NotPlain
    filters = [_filter(stage.expr) for stage in node.stages]

    def step(known: Environment, focus: Any) -> Any:
        found = value(known, focus)
        for keep in filters:
            found = keep(known, found)
        return found

    return step


def _filter(predicate: Any) -> Callable[[Environment, Any], Any]:
    """Takes a value; gives those of its items for which a predicate holds, or the one at a place."""
    if predicate.type == "number":
        place = int(predicate.value)

        def at(_known: Environment, value: Any) -> Any:
            items = _items(value)
            if not -len(items) <= place < len(items):
                return _Sequence()
            if isinstance(items[place], list):
                raise NotPlain
            return _Sequence([items[place]])

        return at
    if _is_array(predicate) and len(predicate.expressions) == 1 and _is_fixed_range(predicate.expressions[0]):
        return _stretch(predicate)
    holds = _node(predicate)

    def kept(known: Environment, value: Any) -> Any:
        items = _items(value)
        found = _Sequence()
        for place, item in enumerate(items):
            wanted = holds(known, item)
            if type(wanted) is list:
                found.extend([item] * _times_wanted(wanted, place, items))
            elif _truth(wanted):
                found.append(item)
        return found

    return kept


def _times_wanted(places: list[Any], place: int, items: Sequence[Any]) -> int:
    """How often an array of places, which may be counted from the end, names this one."""
    if any(type(wanted) is not int for wanted in places) or items[place] is None or isinstance(items[place], list):
        raise NotPlain
    return places.count(place) + places.count(place - len(items))


def _items(value: Any) -> Sequence[Any]:
    if value is MISSING:
        return ()
    return value if isinstance(value, list) else (value,)


def _is_fixed_range(node: Any) -> bool:
    """Whether a node is a range that is the same for every item."""
    return bool(node.type == "binary" and node.value == "..") and _is_fixed(node.lhs) and _is_fixed(node.rhs)


def _is_fixed(node: Any) -> bool:
    if node.type == "binary":
        return _is_fixed(node.lhs) and _is_fixed(node.rhs)
    return bool(node.type == "number" or (node.type == "variable" and node.value))


def _stretch(predicate: Any) -> Callable[[Environment, Any], Any]:
    """Takes a value; gives those of its items that are at the places of a range."""
    numbers = _array(predicate)

    def stretch(known: Environment, value: Any) -> Any:
        places = numbers(known, MISSING)
        items = _items(value)
        if not places or places[0] < 0:
            found = [item for place, item in enumerate(items) for _ in range(_times_wanted(places, place, items))]
        else:
            found = list(items[places[0] : places[-1] + 1])
        if any(item is None or isinstance(item, list) for item in found):
            raise NotPlain
        return _Sequence(found)

    return stretch


def _truth(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    if value is MISSING:
        return False
    raise NotPlain


def _binary(node: Any) -> Compiled:
    operator, left, right = str(node.value), _node(node.lhs), _node(node.rhs)
    if operator == "and":
        return lambda known, focus: _truth(left(known, focus)) and _truth(right(known, focus))
    if operator == "or":
        return lambda known, focus: _truth(left(known, focus)) or _truth(right(known, focus))
    combine = _COMBINED.get(operator)
    if combine is None:
        raise NotPlain
    return lambda known, focus: combine(left(known, focus), right(known, focus))


def _joined(left: Any, right: Any) -> str:
    return _shown(left) + _shown(right)


def _shown(value: Any) -> str:
    if type(value) is str:
        return value
    if value is MISSING:
        return ""
    raise NotPlain


def _equal(left: Any, right: Any) -> bool:
    if left is MISSING or right is MISSING:
        return False
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        raise NotPlain
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _different(left: Any, right: Any) -> bool:
    return left is not MISSING and right is not MISSING and not _equal(left, right)


def _among(left: Any, right: Any) -> bool:
    if left is MISSING or right is MISSING:
        return False
    if type(left) is not str:
        raise NotPlain
    return left in right if isinstance(right, list) else bool(left == right)


def _compared(operator: str) -> Callable[[Any, Any], bool]:
    compare = _OPERATORS[operator]

    def compared(left: Any, right: Any) -> bool:
        if not (type(left) is str and type(right) is str) and not (_is_number(left) and _is_number(right)):
            raise NotPlain
        return bool(compare(left, right))

    return compared


def _calculated(operator: str) -> Callable[[Any, Any], Any]:
    calculate = _OPERATORS[operator]

    def calculated(left: Any, right: Any) -> Any:
        if not _is_number(left) or not _is_number(right) or (operator == "/" and not right):
            raise NotPlain
        value = calculate(float(left), float(right))
        if not math.isfinite(value):
            raise NotPlain
        return Utils.convert_number(value)

    return calculated


def _range(left: Any, right: Any) -> Any:
    if any(value is not MISSING and type(value) is not int for value in (left, right)):
        raise NotPlain
    if left is MISSING or right is MISSING or left > right:
        return MISSING
    if right - left > _LONGEST_RANGE:
        raise NotPlain
    return _Sequence(range(left, right + 1))


def _is_number(value: Any) -> bool:
    return type(value) in _NUMBERS


def _unary(node: Any) -> Compiled:
    if node.value == "{":
        return _object(node)
    if node.value == "[" and (not node.consarray or node.predicate):
        return _array(node)
    raise NotPlain


def _array(node: Any) -> Compiled:
    parts = [(_node(part), part.type == "unary" and part.value == "[") for part in node.expressions]
    # The engine goes by the text of a part, which a constructor shares with nothing that is compiled here.
    if any(not whole and str(part.value) == "[" for (_, whole), part in zip(parts, node.expressions, strict=True)):
        raise NotPlain

    def array(known: Environment, focus: Any) -> Any:
        found: list[Any] = []
        for part, whole in parts:
            value = part(known, focus)
            if value is MISSING:
                continue
            if isinstance(value, list) and not whole:
                found.extend(value)
            else:
                found.append(value)
        return found

    return array


def _object(node: Any) -> Compiled:
    pairs = [(_node(key), _node(value)) for key, value in node.lhs_object]

    def made(known: Environment, focus: Any) -> Any:
        if isinstance(focus, list):
            raise NotPlain
        found: dict[str, Any] = {}
        names = set()
        for key, value in pairs:
            name = key(known, focus)
            if type(name) is not str or name in names:
                raise NotPlain
            names.add(name)
            content = value(known, focus)
            if content is not MISSING:
                found[name] = _as_array(content)
        return found

    return made


def _condition(node: Any) -> Compiled:
    holds, then = _node(node.condition), _node(node.then)
    otherwise: Compiled = _node(node._else) if node._else is not None else lambda _known, _focus: MISSING
    return lambda known, focus: (then if _truth(holds(known, focus)) else otherwise)(known, focus)


def _block(node: Any) -> Compiled:
    lines = [_line(line) for line in node.expressions]

    def block(known: Environment, focus: Any) -> Any:
        inner = dict(known)
        value: Any = MISSING
        for name, line in lines:
            value = line(inner, focus)
            if name:
                inner[name] = value
        return value

    return block


def _line(node: Any) -> tuple[str, Compiled]:
    """The variable that a line of a block binds, if any, and its value."""
    if node.type != "bind":
        return "", _node(node)
    _only(node, {"lhs", "rhs"})
    return str(node.lhs.value), _node(node.rhs)


def _function(node: Any) -> Compiled:
    if node.procedure.type != "variable" or node.procedure.predicate:
        raise NotPlain
    name = str(node.procedure.value)
    if name in ("each", "sift"):
        return _of_members(name, node)
    if name == "reduce":
        return _joined_arrays(node)
    call = _FUNCTIONS.get((name, len(node.arguments or ())))
    if call is None:
        raise NotPlain
    arguments = [_node(argument) for argument in node.arguments or ()]

    def called(known: Environment, focus: Any) -> Any:
        if name in known:
            raise NotPlain
        return _single(call(*[argument(known, focus) for argument in arguments]))

    if name != "millis":
        return called
    return lambda known, _focus: call(known[NOW])


def _of_members(called: str, node: Any) -> Compiled:
    """``$each`` and ``$sift`` with a function of a member's value and name that stands in their place."""
    whole, function = node.arguments if len(node.arguments) == 2 else (None, None)
    if function is None or function.type != "lambda" or function.thunk or len(function.arguments) > 2:
        raise NotPlain
    _only(function, {"arguments", "body"})
    members, body = _node(whole), _node(function.body)
    names = [str(argument.value) for argument in function.arguments]
    made = _sifted if called == "sift" else _collected

    def of_members(known: Environment, focus: Any) -> Any:
        found = members(known, focus)
        if found is MISSING:
            return MISSING
        if type(found) is not dict or called in known:
            raise NotPlain
        return made(
            (name, value, body({**known, **dict(zip(names, (value, name), strict=False))}, focus))
            for name, value in found.items()
        )

    return of_members


def _collected(members: Iterable[tuple[str, Any, Any]]) -> Any:
    return _single(_Sequence(result for _, _, result in members if result is not MISSING))


def _sifted(members: Iterable[tuple[str, Any, Any]]) -> Any:
    return {name: value for name, value, keep in members if _truth(keep)} or MISSING


def _joined_arrays(node: Any) -> Compiled:
    """``$reduce`` with ``$append``: nothing else is compiled of it."""
    whole, function, start = node.arguments if len(node.arguments) == 3 else (None, None, None)
    if function is None or function.type != "variable" or function.value != "append" or function.predicate:
        raise NotPlain
    arrays, first = _node(whole), _node(start)

    def joined(known: Environment, focus: Any) -> Any:
        found, parts = arrays(known, focus), [first(known, focus)]
        if found is MISSING:
            return MISSING
        parts += _items(found)
        if any(type(part) is not list for part in parts) or "reduce" in known or "append" in known:
            raise NotPlain
        return [item for part in parts for item in part]

    return joined


def _appended(left: Any, right: Any) -> Any:
    if left is MISSING or right is MISSING:
        return right if left is MISSING else left
    return [*_items(left), *_items(right)]


def _count(value: Any) -> int:
    if value is None:
        raise NotPlain
    return len(_items(value))


def _not(value: Any) -> bool:
    if value is not True and value is not False:
        raise NotPlain
    return not value


def _lookup(whole: Any, name: Any) -> Any:
    if type(whole) is not dict or type(name) is not str:
        raise NotPlain
    return whole.get(name, MISSING)


def _string(value: Any) -> str:
    if type(value) is int and abs(value) < 2**53:
        return str(value)
    if type(value) is not str:
        raise NotPlain
    return value


def _number(value: Any) -> Any:
    if value is MISSING or _is_number(value):
        return value
    if type(value) is not str or not value.isascii() or not value.isdecimal():
        raise NotPlain
    return int(value)


def _ceil(value: Any) -> int:
    if not _is_number(value):
        raise NotPlain
    return math.ceil(float(value)) if type(value) is float else int(value)


def _floor(value: Any) -> int:
    if not _is_number(value):
        raise NotPlain
    return math.floor(float(value)) if type(value) is float else int(value)


def _merge(parts: Any) -> dict[str, Any]:
    if not isinstance(parts, list) or any(type(part) is not dict for part in parts):
        raise NotPlain
    return {name: value for part in parts for name, value in part.items()}


def _distinct(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    if any(type(value) is not str for value in values):
        raise NotPlain
    return type(values)(dict.fromkeys(values))


def _sum(values: Any) -> int:
    return sum(_integers(values))


def _largest(values: Any) -> int:
    return max(_integers(values) or _not_plain())


def _smallest(values: Any) -> int:
    return min(_integers(values) or _not_plain())


def _integers(values: Any) -> list[int]:
    if not isinstance(values, list) or any(type(value) is not int for value in values):
        raise NotPlain
    return values


def _not_plain() -> NoReturn:
    raise NotPlain


def _to_millis(text: Any) -> int:
    if type(text) is not str or not _UTC.fullmatch(text):
        raise NotPlain
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND
    except ValueError:
        raise NotPlain from None


def _from_millis(moment: Any) -> str:
    if type(moment) is not int or not 0 <= moment <= _LAST_MILLISECOND:
        raise NotPlain
    return f"{(_EPOCH + moment * _MILLISECOND).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def _hash(text: Any, algorithm: Any) -> str:
    if type(text) is not str or not text.isascii() or type(algorithm) is not str or algorithm not in HASHES:
        raise NotPlain
    return hashlib.new(HASHES[algorithm], text.encode()).hexdigest()


def _substring(text: Any, start: Any, length: Any) -> str:
    if type(text) is not str or type(start) is not int or type(length) is not int or start < 0 or length < 0:
        raise NotPlain
    return text[start : start + length]


def _cut(text: Any, mark: Any) -> tuple[str, str, str]:
    if type(text) is not str or type(mark) is not str or not mark:
        raise NotPlain
    return text.partition(mark)


def _before(text: Any, mark: Any) -> str:
    return _cut(text, mark)[0]


def _after(text: Any, mark: Any) -> str:
    before, found, after = _cut(text, mark)
    return after if found else before


_FUNCTIONS: Final[Mapping[tuple[str, int], Callable[..., Any]]] = {
    ("append", 2): _appended,
    ("ceil", 1): _ceil,
    ("count", 1): _count,
    ("distinct", 1): _distinct,
    ("exists", 1): lambda value: value is not MISSING,
    ("floor", 1): _floor,
    ("fromMillis", 1): _from_millis,
    ("hash", 2): _hash,
    ("lookup", 2): _lookup,
    ("max", 1): _largest,
    ("merge", 1): _merge,
    ("min", 1): _smallest,
    ("millis", 0): lambda moment: moment,
    ("not", 1): _not,
    ("number", 1): _number,
    ("string", 1): _string,
    ("substring", 3): _substring,
    ("substringAfter", 2): _after,
    ("substringBefore", 2): _before,
    ("sum", 1): _sum,
    ("toMillis", 1): _to_millis,
}
_COMBINED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "&": _joined,
    "=": _equal,
    "!=": _different,
    "in": _among,
    "..": _range,
    **{operator: _compared(operator) for operator in ("<", "<=", ">", ">=")},
    **{operator: _calculated(operator) for operator in ("+", "-", "*", "/")},
}
_KINDS: Final[Mapping[str, tuple[frozenset[str], Callable[[Any], Compiled]]]] = {
    "binary": (frozenset({"lhs", "rhs"}), _binary),
    "block": (frozenset({"expressions"}), _block),
    "condition": (frozenset({"condition", "then", "_else"}), _condition),
    "function": (frozenset({"procedure", "arguments"}), _function),
    "name": (frozenset(), _name),
    "number": (frozenset(), _literal),
    "path": (frozenset({"steps", "group"}), _path),
    "string": (frozenset(), _literal),
    "unary": (frozenset({"expressions", "lhs_object", "consarray"}), _unary),
    "value": (frozenset(), _literal),
    "variable": (frozenset(), _variable),
    "wildcard": (frozenset(), _wildcard),
}
