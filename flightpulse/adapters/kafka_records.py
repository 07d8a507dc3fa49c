"""Kafka records as Lambda's event source mapping hands them over."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from flightpulse.use_cases.ports import Record

_LONGEST_HEADER = 128
_LONGEST_COORDINATE = 256


def records(invocation: object) -> Iterator[Record]:
    """The records of an invocation: partition by partition, in the order of their offsets.

    An invocation without records is taken for an event handed over directly, alone or as the body of a request to an
    API, and is its only record.
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
    if isinstance(event, Mapping) and "body" in event and "event_type" not in event:
        body = event["body"]
        value = _as_json(body) if not isinstance(body, str) else body.encode("utf-8", "replace")
    else:
        value = _as_json(event)
    return Record(
        kind="direct_invocation",
        coordinates={},
        value=value,
        malformed="the event cannot be written as JSON" if value is None else None,
    )


def _record(entry: object) -> Record:
    if not isinstance(entry, dict):
        return _malformed(entry, {}, "is not a record")
    coordinates = {name: _coordinate(entry.get(name)) for name in ("topic", "partition", "offset", "timestamp")}
    try:
        return Record(
            coordinates=coordinates,
            key=_bytes(entry.get("key")),
            value=_bytes(entry.get("value")),
            correlation_id=_header(entry.get("headers"), "correlation_id"),
            traceparent=_header(entry.get("headers"), "traceparent"),
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


def _header(headers: object, name: str) -> str | None:
    """A header when it is 1 to 128 printable characters; any other is as good as none."""
    if not isinstance(headers, list):
        return None
    for header in headers:
        if isinstance(header, Mapping) and name in header:
            return _printable(header[name])
    return None


def _printable(header: object) -> str | None:
    if not isinstance(header, list):
        return None
    try:
        # Java's bytes are signed, and so are those of a header.
        text = bytes([byte & 0xFF for byte in header]).decode("utf-8")
    except (TypeError, UnicodeDecodeError):
        return None
    return text if text.isprintable() and 1 <= len(text) <= _LONGEST_HEADER else None
