"""Kafka records as Lambda's event source mapping hands them over, and the strict JSON inside them."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from flightpulse.domain.events import InvalidEventError, Rejection

# An operations event has under 2 KB. The bounds keep junk from costing time and memory before it is refused.
LARGEST_VALUE_BYTES = 65_536
DEEPEST_NESTING = 32

# A string, closed or not, or a bracket outside of strings; possessive, so that hostile quotes cannot make it backtrack.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_LONGEST_CORRELATION_ID = 128
_LONGEST_COORDINATE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was delivered, still raw.

    ``kind`` is ``kafka_record`` or ``direct_invocation``; ``coordinates`` say where a Kafka record came from. ``key``
    and ``value`` are ``None`` where Kafka had none. ``malformed`` says why something is no record at all; its ``value``
    is then the JSON of what was there instead.
    """

    kind: str = "kafka_record"
    coordinates: Mapping[str, int | str | None]
    key: bytes | None = None
    value: bytes | None
    correlation_id: str | None = None
    malformed: str | None = None


def records(invocation: object) -> Iterator[Record]:
    """The records of an invocation: partition by partition, in the order of their offsets.

    An invocation without records is taken for an event handed over directly, and is its only record.
    """
    if not is_batch(invocation):
        yield _direct(invocation)
        return
    for partition, entries in invocation["records"].items():
        if not isinstance(entries, list):
            yield _malformed(entries, {"partition": _coordinate(partition)}, "is not a list of records")
            continue
        for entry in entries:
            yield _record(entry)


def is_batch(invocation: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether an invocation comes from an event source mapping."""
    return isinstance(invocation, Mapping) and isinstance(invocation.get("records"), Mapping)


def _direct(event: object) -> Record:
    value = _as_json(event)
    return Record(
        kind="direct_invocation",
        coordinates={},
        value=value,
        malformed="the event cannot be written as JSON" if value is None else None,
    )


def _record(entry: object) -> Record:
    if not isinstance(entry, Mapping):
        return _malformed(entry, {}, "is not a record")
    coordinates = {name: _coordinate(entry.get(name)) for name in ("topic", "partition", "offset", "timestamp")}
    try:
        return Record(
            coordinates=coordinates,
            key=_bytes(entry.get("key")),
            value=_bytes(entry.get("value")),
            correlation_id=_correlation_id(entry.get("headers")),
        )
    except ValueError as error:
        return _malformed(entry, coordinates, str(error))


def _malformed(entry: object, coordinates: Mapping[str, int | str | None], problem: str) -> Record:
    return Record(coordinates=coordinates, value=_as_json(entry), malformed=f"an entry of the batch {problem}")


def _coordinate(value: object) -> int | str | None:
    if isinstance(value, int) or (isinstance(value, str) and len(value) <= _LONGEST_COORDINATE):
        return value
    return None


def _as_json(value: object) -> bytes | None:
    try:
        return json.dumps(value, default=str).encode()
    except (RecursionError, TypeError, ValueError):
        return None


def _bytes(encoded: object) -> bytes | None:
    if encoded is None:
        return None
    if not isinstance(encoded, str):
        raise ValueError("has a key or value that is not text")
    try:
        return b64decode(encoded, validate=True)
    except ValueError:
        raise ValueError("has a key or value that is not base64") from None


def _correlation_id(headers: object) -> str | None:
    """The header ``correlation_id`` when it is 1 to 128 printable characters; any other is as good as none."""
    if not isinstance(headers, list):
        return None
    for header in headers:
        if isinstance(header, Mapping) and "correlation_id" in header:
            return _printable(header["correlation_id"])
    return None


def _printable(header: object) -> str | None:
    if not isinstance(header, list) or not all(isinstance(byte, int) for byte in header):
        return None
    try:
        # Java's bytes are signed, and so are those of a header.
        text = bytes(byte & 0xFF for byte in header).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and 1 <= len(text) <= _LONGEST_CORRELATION_ID else None


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
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_without_duplicates)
    # A number of thousands of digits is a plain ValueError.
    except ValueError as error:
        raise InvalidEventError(Rejection.NOT_JSON, f"the value is not JSON: {_where(error)}") from None
    if "\\u" in text and _LONE_SURROGATE.search(json.dumps(document, ensure_ascii=False)):
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
