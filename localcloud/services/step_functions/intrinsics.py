"""The intrinsic functions of JSONPath states, such as ``States.Format('Hello {}', $.name)``.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import base64
import binascii
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.services.step_functions.payload import to_json

_LONGEST_TEXT = 10_000
_MOST_ITEMS = 1_000
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_CALL = re.compile(r"\s*(States\.\w+)\s*\(")
_ARGUMENT = re.compile(
    r"""\s*(?:'(?P<text>(?:[^'\\]|\\.)*)'|(?P<word>true|false|null)\b|(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))\s*""",
    re.DOTALL,
)
_TEMPLATE = re.compile(r"\\(.)|(\{\})|([^\\{]+|.)", re.DOTALL)
_UNESCAPED = re.compile(r"\\(['\\])")


class IntrinsicError(Exception):
    """A call that is written wrongly or gets arguments that it cannot take."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function, read. Arguments are paths, calls and constants; a text is kept as it is written."""

    name: str
    arguments: "tuple[Call | Path | Text | Constant, ...]"


@dataclass(frozen=True, slots=True)
class Path:
    path: str


@dataclass(frozen=True, slots=True)
class Text:
    written: str


@dataclass(frozen=True, slots=True)
class Constant:
    value: Any


Argument = Call | Path | Text | Constant


def parse(text: str) -> Call:
    """Read a call. Raises IntrinsicError."""
    call, end = _call(text, 0)
    if text[end:].strip():
        raise IntrinsicError(f"there is something behind the call of {call.name}")
    return call


def evaluate(call: Call, find: Callable[[str], Any]) -> Any:
    """The value of a call; ``find`` gives what a path selects. Raises IntrinsicError."""
    if call.name == "States.Format":
        return _format(call.arguments, find)
    function = _FUNCTIONS[call.name]
    values = [_value(argument, find) for argument in call.arguments]
    try:
        return function(*values)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, binascii.Error) as error:
        raise IntrinsicError(f"Invalid arguments in {call.name}") from error


def paths(call: Call) -> list[str]:
    """Every path in a call."""
    found = []
    for argument in call.arguments:
        if isinstance(argument, Path):
            found.append(argument.path)
        elif isinstance(argument, Call):
            found += paths(argument)
    return found


def _call(text: str, place: int) -> tuple[Call, int]:
    head = _CALL.match(text, place)
    if head is None or head[1] not in {*_FUNCTIONS, "States.Format"}:
        raise IntrinsicError(f"{text[place:].strip()!r} is not a call of an intrinsic function")
    arguments: list[Argument] = []
    place = head.end()
    while text[place:].lstrip()[:1] != ")":
        argument, place = _argument(text, place)
        arguments.append(argument)
        rest = text[place:].lstrip()
        if rest[:1] not in (",", ")"):
            raise IntrinsicError(f"the call of {head[1]} is not closed")
        if rest[:1] == ",":
            place = text.index(",", place) + 1
    return Call(head[1], tuple(arguments)), text.index(")", place) + 1


def _argument(text: str, place: int) -> tuple[Argument, int]:
    if _CALL.match(text, place):
        return _call(text, place)
    constant = _ARGUMENT.match(text, place)
    if constant is not None:
        if constant["text"] is not None:
            return Text(constant["text"]), constant.end()
        return Constant(json.loads(constant["word"] or constant["number"])), constant.end()
    start = len(text) - len(text[place:].lstrip())
    if text[start : start + 1] != "$":
        raise IntrinsicError(f"{text[start:]!r} is neither a path nor a constant nor a call")
    end = _end_of_path(text, start)
    return Path(text[start:end].strip()), end


def _end_of_path(text: str, place: int) -> int:
    depth, quote = 0, ""
    while place < len(text):
        letter = text[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "[(":
            depth += 1
        elif letter == "]" or (letter == ")" and depth):
            depth -= 1
        elif letter in ",)" and not depth:
            break
        place += 1
    return place


def _value(argument: Argument, find: Callable[[str], Any]) -> Any:
    if isinstance(argument, Call):
        return evaluate(argument, find)
    if isinstance(argument, Path):
        return find(argument.path)
    if isinstance(argument, Text):
        return _UNESCAPED.sub(r"\1", argument.written)
    return argument.value


def _format(arguments: tuple[Argument, ...], find: Callable[[str], Any]) -> str:
    if not arguments:
        raise IntrinsicError("Invalid arguments in States.Format")
    # Escapes count only where the template is written out; a template from the input has none.
    first = arguments[0]
    template = first.written if isinstance(first, Text) else _value(first, find)
    values = [shown(_value(argument, find)) for argument in arguments[1:]]
    pieces = list(_TEMPLATE.finditer(template)) if isinstance(template, str) else []
    if not isinstance(template, str) or sum(piece[2] is not None for piece in pieces) != len(values):
        raise IntrinsicError("Invalid arguments in States.Format")
    return "".join(values.pop(0) if piece[2] else piece[1] or piece[3] for piece in pieces)


def shown(value: Any) -> str:
    """A value inside a text, as Java shows it: objects as ``{name=value}``."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}={shown(item)}' for name, item in value.items())}}}"
    return to_json(value)


def _short(text: Any) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise ValueError
    return text


def _whole(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError
    return math.floor(number + 0.5)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _string_to_json(text: str) -> Any:
    return json.loads(text) if text.strip() else None


def _array_partition(values: Any, size: Any) -> list[Any]:
    items, step = _list(values), _whole(size)
    if step < 1:
        raise ValueError
    return [items[start : start + step] for start in range(0, len(items), step)]


def _array_range(first: Any, last: Any, step: Any) -> list[int]:
    start, end, delta = map(_whole, (first, last, step))
    values = range(start, end + (1 if delta > 0 else -1), delta)
    if len(values) > _MOST_ITEMS:
        raise ValueError
    return list(values)


def _array_item(values: Any, index: Any) -> Any:
    place = _whole(index)
    if place < 0:
        raise IndexError
    return _list(values)[place]


def _array_unique(values: Any) -> list[Any]:
    kept: dict[str, Any] = {}
    for value in _list(values):
        kept.setdefault(to_json(value), value)
    return list(kept.values())


def _base64_decode(text: Any) -> str:
    padded = _short(text) + "=" * (-len(text) % 4)
    return base64.b64decode(padded).decode(errors="replace")


def _hash(text: Any, algorithm: Any) -> str:
    return hashlib.new(_HASHES[algorithm], _short(text).encode()).hexdigest()


def _json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if deep is not False or not isinstance(first, dict) or not isinstance(second, dict):
        raise TypeError
    return {**first, **second}


def _math_random(start: Any, end: Any, seed: Any = None) -> int:
    source = random if seed is None else random.Random(_whole(seed))  # noqa: S311
    return source.randrange(_whole(start), _whole(end))


def _string_split(text: str, delimiters: str) -> list[str]:
    return [part for part in re.split(f"[{re.escape(delimiters)}]", text) if part]


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "States.Array": lambda *values: list(values),
    "States.ArrayContains": lambda values, wanted: to_json(wanted) in map(to_json, _list(values)),
    "States.ArrayGetItem": _array_item,
    "States.ArrayLength": lambda values: len(_list(values)),
    "States.ArrayPartition": _array_partition,
    "States.ArrayRange": _array_range,
    "States.ArrayUnique": _array_unique,
    "States.Base64Decode": _base64_decode,
    "States.Base64Encode": lambda text: base64.b64encode(_short(text).encode()).decode(),
    "States.Hash": _hash,
    "States.JsonMerge": _json_merge,
    "States.JsonToString": to_json,
    "States.MathAdd": lambda first, second: _whole(first) + _whole(second),
    "States.MathRandom": _math_random,
    "States.StringSplit": _string_split,
    "States.StringToJson": _string_to_json,
    "States.UUID": lambda: str(uuid.uuid4()),
}
