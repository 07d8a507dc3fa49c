"""Reads a record's value as JSON, and nothing that only looks like it."""

import json
import re
from typing import Any

from flightpulse.domain.events import InvalidEventError, Rejection
from flightpulse.use_cases.ports import Record

# An operations event has under 2 KB. The bounds keep junk from costing time and memory before it is refused.
LARGEST_VALUE_BYTES = 65_536
DEEPEST_NESTING = 32

# A string, closed or not, or a bracket outside of strings; possessive, so that hostile quotes cannot make it backtrack.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def decode(record: Record) -> Any:
    """Read a record's value as JSON, and nothing that only looks like it.

    Refused beyond what ``json.loads`` refuses: NaN and infinities, a key given twice (readers disagree on which
    counts), lone surrogates (which no UTF-8 can carry further), and nesting deep enough to exhaust the stack. Raises
    :class:`InvalidEventError`.
    """
    if record.malformed:
        raise InvalidEventError(Rejection.MALFORMED_RECORD, record.malformed)
    value = record.value
    if not value or not value.strip():
        raise InvalidEventError(Rejection.EMPTY_VALUE, "the record has no value")
    if len(value) > LARGEST_VALUE_BYTES:
        raise InvalidEventError(
            Rejection.TOO_LARGE, f"the value has {len(value)} bytes, more than {LARGEST_VALUE_BYTES}"
        )
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidEventError(Rejection.NOT_UTF8, f"byte {error.start} of the value is not UTF-8") from None
    if _too_deep(text):
        raise InvalidEventError(Rejection.TOO_DEEP, f"the value nests deeper than {DEEPEST_NESTING} levels")
    return _strict_json(text)


def _too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= DEEPEST_NESTING:
        return False
    depth = 0
    for token in _TOKENS.finditer(text):
        depth += _STEPS.get(token[0], 0)
        if depth > DEEPEST_NESTING:
            return True
    return False


def _strict_json(text: str) -> Any:
    try:
        document = _decoder.decode(text)
    # A number of thousands of digits is a plain ValueError.
    except ValueError as error:
        raise InvalidEventError(Rejection.NOT_JSON, f"the value is not JSON: {_where(error)}") from None
    if "\\" in text and _LONE_SURROGATE.search(json.dumps(document, ensure_ascii=False)):
        raise InvalidEventError(Rejection.NOT_JSON, "the value is not JSON: it has half a surrogate pair")
    return document


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return "a number is out of bounds"


def _no_constant(name: str) -> float:
    raise InvalidEventError(Rejection.NOT_JSON, f"the value is not JSON: {name} is no number")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise InvalidEventError(Rejection.DUPLICATE_KEY, "the value gives one of its keys twice")
    return document


# A decoder of its own: json.loads makes a new one for every call that has hooks.
_decoder = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_without_duplicates)
