"""Evaluates JSONata expressions of a definition against what is known of the moment at which they ran."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.utils import Utils

_CLOCK_OR_CHANCE: Final = re.compile(r"\$(now|millis|random|uuid)\s*\(")
_LITERALS: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|/\*.*?\*/", re.DOTALL)
_VARIABLES: Final = re.compile(r"\$([A-Za-z_]\w*)(?!\w|\s*\()")
_BOUND: Final = re.compile(r"\$([A-Za-z_]\w*)\s*:=|(?:function|λ)\s*\(([^)]*)\)|[@#]\s*\$([A-Za-z_]\w*)")
_STATES_FIELD: Final = re.compile(r"\$states\s*\.\s*(\w+)((?:\s*\.\s*\w+)*)")
_HASHES: Final = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


@dataclass(slots=True)
class Known:
    """What is known at one moment of an execution.

    ``variables`` and ``states`` (what ``$states`` holds) are values; ``lost`` says of variables and of fields of
    ``$states``, written ``states.input``, why their value is not known.
    """

    variables: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)

    def with_states(self, **more: Any) -> "Known":
        """The same moment with more fields of ``$states``."""
        return Known(dict(self.variables), {**self.states, **more}, dict(self.lost))


class NotKnownError(Exception):
    """An expression cannot be evaluated as it was then; the text says why."""


class FailedError(Exception):
    """An expression fails: Step Functions ends the state with an error."""


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING: Final = _Nothing()
"""The value of an expression that finds nothing."""


def is_expression(value: Any) -> bool:
    """Whether a value of a definition is a JSONata expression."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def stripped(value: str) -> str:
    """An expression without its delimiters."""
    return value[2:-2].strip() if is_expression(value) else value.strip()


def evaluate(text: str, known: Known) -> Any:
    """The value of an expression (without delimiters), or NOTHING.

    Raises NotKnownError when it needs what is not known, FailedError when it is wrong.
    """
    missing = not_known(text, known)
    if missing:
        raise NotKnownError(missing)
    bound = {name: Utils.NULL_VALUE if value is None else value for name, value in known.variables.items()}
    try:
        value = _parsed(text).evaluate(None, {**bound, "states": known.states})
    except (JException, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise FailedError(str(error) or type(error).__name__) from error
    return NOTHING if value is None else _plain(value)


def filled(template: Any, known: Known) -> Any:
    """A template of a definition with every expression in it replaced by its value. Raises as ``evaluate`` does."""
    if is_expression(template):
        value = evaluate(stripped(template), known)
        if value is NOTHING:
            raise FailedError(f"{stripped(template)} gives nothing")
        return value
    if isinstance(template, Mapping):
        return {name: filled(item, known) for name, item in template.items()}
    if isinstance(template, list):
        return [filled(item, known) for item in template]
    return template


def not_known(text: str, known: Known) -> str:
    """Why an expression cannot be evaluated as it was then; empty when it can."""
    bare = _LITERALS.sub(" ", text)
    chance = _CLOCK_OR_CHANCE.search(bare)
    if chance:
        return f"${chance[1]}() had another value then"
    for name in _free_variables(bare):
        if name != "states" and name not in known.variables:
            return known.lost.get(name) or f"${name} is not in the history"
    for match in _STATES_FIELD.finditer(bare):
        reason = _lost_field(match[1], re.findall(r"\w+", match[2]), known)
        if reason:
            return reason
    return ""


def _free_variables(bare: str) -> list[str]:
    bound: set[str] = set()
    for match in _BOUND.finditer(bare):
        bound.update(name for name in (match[1], match[3]) if name)
        bound.update(re.findall(r"\$(\w+)", match[2] or ""))
    return [name for name in dict.fromkeys(_VARIABLES.findall(bare)) if name not in bound]


def _lost_field(name: str, path: list[str], known: Known) -> str:
    if f"states.{name}" in known.lost:
        return known.lost[f"states.{name}"]
    if name != "context":
        return "" if name in known.states else f"$states.{name} is not in the history"
    value: Any = known.states.get("context", {})
    for place, part in enumerate(path):
        if not isinstance(value, Mapping):
            return ""
        if part not in value:
            return f"$states.context.{'.'.join(path[: place + 1])} is not in the history"
        if path[:place] == ["Execution"] and part == "Input":
            return ""
        value = value[part]
    return ""


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    parsed = Jsonata.jsonata(text)
    parsed.set_output_convert_nulls(False)
    for name, function in (("partition", _partition), ("range", _range), ("hash", _hash), ("parse", _parse_json)):
        parsed.register_lambda(name, function)
    return parsed


def _plain(value: Any) -> Any:
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    raise FailedError("the result is a function")


# Functions that Step Functions adds to JSONata.


def _partition(array: Any, size: Any) -> list[Any]:
    items = array if isinstance(array, list) else [array]
    step = int(size)
    return [list(items[start : start + step]) for start in range(0, len(items), step)]


def _range(start: Any, end: Any, step: Any) -> list[int]:
    return list(range(int(start), int(end) + (1 if step > 0 else -1), int(step)))


def _hash(text: Any, algorithm: Any) -> str:
    return hashlib.new(_HASHES[algorithm], str(text).encode()).hexdigest()


def _parse_json(text: Any) -> Any:
    value = json.loads(text)
    return Utils.NULL_VALUE if value is None else value
