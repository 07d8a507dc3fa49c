"""JSONata as Step Functions evaluates it: version 2.0.6 with functions of its own, on the emulator's JSONata package.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import functools
import hashlib
import json
import math
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from jsonata.functions import Functions
from jsonata.jsonata import Jsonata
from jsonata.parser import Parser
from jsonata.utils import Utils

from localcloud.services.step_functions import compiled

CPU_SECONDS = 5.0
"""Processor time an expression may take. (Step Functions allows less; a laptop may be slower.)"""

_CHECK_EVERY = 1000
_ISO_8601 = re.compile(
    r"\d{4}(-[01]\d)?(-[0-3]\d)?(T[0-2]\d:[0-5]\d:[0-5]\d)?(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?", re.ASCII
)
_LONGEST_PLAIN_NUMBER = 1e21

# The package keeps what it is evaluating in one place, and parsed expressions are shared between threads.
_engine = threading.RLock()


class ExpressionError(Exception):
    """The engine refused an expression or gave up on it; the message starts with JSONata's error code, if any."""


class Undefined:
    """The value of an expression that gives nothing, which JSON has no way to write."""


UNDEFINED = Undefined()


class Unsupported(Exception):  # noqa: N818
    """The value of an expression is nothing that JSON knows, a function for instance."""


def evaluate(expression: str, bindings: Mapping[str, Any]) -> Any:
    """The JSON value of an expression, or UNDEFINED. Variables are bound by name, without the dollar sign.

    It may share parts with them: JSON values are never changed in place. Raises ExpressionError or Unsupported.
    """
    compiled_expression = _compiled(expression)
    if compiled_expression is not None:
        plain, asks_for_time = compiled_expression
        known = {**bindings, compiled.NOW: int(time.time() * 1000)} if asks_for_time else bindings
        with suppress(compiled.NotPlain):
            value = plain(known, compiled.MISSING)
            return UNDEFINED if value is compiled.MISSING else value
    return evaluate_by_engine(expression, bindings)


def evaluate_by_engine(expression: str, bindings: Mapping[str, Any]) -> Any:
    """The same by the JSONata package alone, which knows all of the language and takes its time."""
    values = {name: Utils.NULL_VALUE if value is None else value for name, value in bindings.items()}
    with _engine:
        try:
            parsed = _parse(expression)
            parsed.environment.set_evaluate_entry_callback(_time_limit())
            # The package's own functions look up the expression that is being evaluated here.
            Jsonata.CURRENT.jsonata = parsed
            return _plain(parsed.evaluate(None, values))
        except Unsupported:
            raise
        except Exception as error:
            raise ExpressionError(_message(error)) from error


@functools.lru_cache(maxsize=4096)
def _parse(expression: str) -> Any:
    parsed = Jsonata.jsonata(expression)
    parsed.set_output_convert_nulls(False)
    for name, function in _FUNCTIONS.items():
        parsed.register_lambda(name, function)
    parsed.environment.bind("eval", None)
    return parsed


@functools.lru_cache(maxsize=4096)
def _compiled(expression: str) -> tuple[compiled.Compiled, bool] | None:
    """The function of an expression that needs no engine, and whether it asks what time it is."""
    try:
        with _engine:
            function = compiled.of(_parse(expression).ast)
    except Exception:  # noqa: BLE001 - whoever evaluates it says what is wrong
        return None
    return None if function is None else (function, "$millis" in expression)


def _time_limit() -> Callable[[Any, Any, Any], None]:
    """Called for every node that is evaluated: ends an expression that would not end by itself."""
    calls, deadline = 0, time.thread_time() + CPU_SECONDS

    def entered(_expression: Any, _input: Any, _environment: Any) -> None:
        nonlocal calls
        calls += 1
        if calls % _CHECK_EVERY == 0 and time.thread_time() > deadline:
            raise ExpressionError(f"The expression took longer than {CPU_SECONDS:.0f} seconds.")

    return entered


def _message(error: Exception) -> str:
    code = getattr(error, "error", None)
    text = str(error) or type(error).__name__
    return f"{code}: {text}" if isinstance(code, str) and code else text


def _plain(value: Any) -> Any:
    """A result as ordinary JSON values of its own, sharing nothing with the input it was taken from."""
    if value is None:
        return UNDEFINED
    return _json_value(value)


def _json_value(value: Any) -> Any:
    if type(value) is str or value is None:
        return value
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unsupported
        return value
    if isinstance(value, dict):
        return {name: _json_value(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    raise Unsupported


_number = Functions.number


def number_of(value: Any) -> Any:
    """What ``$number`` makes of a value: a whole number stays one."""
    number = _number(value)
    return Utils.convert_number(number) if isinstance(number, float) and math.isfinite(number) else number


def text_of(value: Any, prettify: bool) -> str:
    """What ``$string`` and ``&`` make of a value, as the reference implementation does: the emulator's escapes é."""
    if _is_function(value):
        return ""
    if prettify:
        return json.dumps(_printable(value), ensure_ascii=False, indent=2)
    return json.dumps(_printable(value), ensure_ascii=False, separators=(",", ":"))


def _printable(value: Any) -> Any:
    if value is Utils.NULL_VALUE:
        return None
    if _is_function(value):
        return ""
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, float):
        rounded = float(f"{value:.15g}")
        return int(rounded) if rounded.is_integer() and abs(rounded) < _LONGEST_PLAIN_NUMBER else rounded
    return value


def _to_millis(timestamp: Any = None, picture: Any = None) -> Any:
    if timestamp is None or picture is not None:
        return Functions.datetime_to_millis(timestamp, picture)
    refusal = ValueError(
        f'D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "{timestamp}"'
    )
    if not isinstance(timestamp, str) or not _ISO_8601.fullmatch(timestamp):
        raise refusal
    if "T" not in timestamp:
        year, _, rest = timestamp.partition("-")
        month, _, day = rest.partition("-")
        timestamp = f"{year}-{month or '01'}-{day or '01'}T00:00:00Z"
    try:
        return Functions.datetime_to_millis(timestamp, None)
    except ValueError:
        raise refusal from None


def _replace(string: Any = None, pattern: Any = None, replacement: Any = None, limit: Any = None) -> Any:
    if hasattr(pattern, "search") and pattern.search("") is not None:
        raise ValueError("D1004: Regular expression matches zero length string")
    if string is None or not _is_function(replacement) or not hasattr(pattern, "sub") or limit == 0:
        return Functions.replace(string, pattern, replacement, limit)
    return pattern.sub(lambda match: _replacement(replacement, match), string, count=limit or 0)


def _replacement(function: Any, match: re.Match[str]) -> str:
    """What a function puts in the place of a match: it gets the match and the groups in it."""
    groups = [group or "" for group in match.groups()]
    text = Functions.func_apply(
        function, [{"match": match[0], "start": match.start(), "end": match.end(), "groups": groups}]
    )
    if not isinstance(text, str):
        raise ValueError("D3012: Attempted to replace a matched string with a non-string value")
    return text


def _sort(values: Any = None, comparator: Any = None) -> Any:
    """In the order of a comparator, which says of two values whether they change places; equals keep theirs."""
    items = values if isinstance(values, list) or values is None else [values]
    if comparator is None or items is None or len(items) < 2:
        return Functions.sort(items, comparator)

    def order(left: Any, right: Any) -> int:
        if Functions.func_apply(comparator, [left, right]):
            return 1
        return -1 if Functions.func_apply(comparator, [right, left]) else 0

    return sorted(items, key=functools.cmp_to_key(order))


def _is_function(value: Any) -> bool:
    return isinstance(value, Jsonata.JFunction | Parser.Symbol)


def _distinct(values: Any = None) -> Any:
    """Values without repetitions. Of an array it makes an array, also when a single value is left."""
    if not isinstance(values, list) or len(values) <= 1:
        return values
    kept: list[Any] = Utils.create_sequence() if Utils.is_sequence(values) else []
    for value in values:
        if not any(Utils.is_deep_equal(value, other) for other in kept):
            kept.append(value)
    return kept


def _partition(array: Any, size: Any) -> Any:
    size = math.floor(size)
    if size <= 0:
        raise ValueError("The chunk size of $partition must be positive")
    items = array if isinstance(array, list) else [array]
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def _range(start: Any, end: Any, step: Any) -> Any:
    first, last, delta = math.floor(start), math.floor(end), math.floor(step)
    if delta == 0:
        raise ValueError("The delta of $range must not be zero")
    values = list(range(first, last + (1 if delta > 0 else -1), delta))
    return values[0] if len(values) == 1 else values


def _hash(source: Any, algorithm: Any) -> str:
    if algorithm not in compiled.HASHES or not isinstance(source, str):
        raise ValueError(f"$hash takes a string and one of {', '.join(compiled.HASHES)}")
    return hashlib.new(compiled.HASHES[algorithm], source.encode()).hexdigest()


def _random(seed: Any = None) -> float:
    """With a seed the first number of ``java.util.Random``, as on AWS: 48 bits, of which the upper ones count."""
    if seed is None:
        return random.random()  # noqa: S311
    factor, bits = 0x5DEECE66D, (1 << 48) - 1
    start: int = math.floor(seed) ^ factor
    first = (start * factor + 0xB) & bits
    second = (first * factor + 0xB) & bits
    return ((first >> 22 << 27) + (second >> 21)) / (1 << 53)


def _uuid() -> str:
    return str(uuid.uuid4())


def _parse_json(text: Any) -> Any:
    value = json.loads(text)
    return Utils.NULL_VALUE if value is None else value


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "distinct": _distinct,
    "hash": _hash,
    "parse": _parse_json,
    "partition": _partition,
    "random": _random,
    "range": _range,
    "replace": _replace,
    "sort": _sort,
    "toMillis": _to_millis,
    "uuid": _uuid,
}
