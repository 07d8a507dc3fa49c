"""Kafka records that no operations system would send, drawn from a seed, each with the reasons for refusing it.

Every record is bad by the way it is made: none can turn out to be a good event by chance.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flightpulse.domain.events import Rejection

Event = Mapping[str, Any]
_Maker = Callable[[random.Random, Event], "Value"]

_REQUIRED = ("event_id", "event_type", "timestamp", "source", "payload")
_LARGE = 70_000
_LARGE_EVERY = 600
"""A large record now and then: the embedded broker keeps 5 MB of each partition."""
_LONGEST_NOISE = 160
_DEEP = 40
_STRINGS = (
    "",
    " ",
    "\x00",
    "null",
    "ÿ",
    "😀" * 20,
    "x" * 300,
    "'; DROP TABLE flights; --",
    "${jndi:ldap://example.com/a}",
)
_WRONG: tuple[Any, ...] = (None, True, -1, 1e308, [], {}, [[]], {"a": None}, *_STRINGS)


@dataclass(frozen=True, slots=True)
class Value:
    """A record's value and the codes of which one must be given as the reason; empty for any."""

    content: bytes | None
    reasons: frozenset[Rejection] = frozenset()


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record as it is sent. ``kind`` says how it was made."""

    kind: str
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    reasons: frozenset[Rejection]


def records(seed: int, count: int, events: Sequence[Event]) -> list[BadRecord]:
    """So many bad records, some of them made from good ``events`` by breaking them."""
    choice = random.Random(f"poison-{seed}")  # noqa: S311 - repeatable on purpose
    return [_record(choice, number, events) for number in range(count)]


def _record(choice: random.Random, number: int, events: Sequence[Event]) -> BadRecord:
    kind = "large" if number % _LARGE_EVERY == _LARGE_EVERY - 1 else choice.choice(_KINDS)
    event = choice.choice(events)
    value = MAKERS[kind](choice, event)
    keys = (None, b"", str(event["payload"]["flight_id"]).encode(), choice.randbytes(choice.randrange(1, 40)))
    return BadRecord(kind, choice.choice(keys), value.content, _headers(choice), value.reasons)


def _headers(choice: random.Random) -> dict[str, bytes]:
    odd = (b"", b"\xff\xfe", b"x" * 300, "ü😀".encode(), b"chaos", choice.randbytes(12))
    names = choice.sample(("correlation_id", "traceparent", "\u00fc", "x"), choice.choice((0, 0, 1, 2)))
    return {name: choice.choice(odd) for name in names}


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _noise(choice: random.Random, _event: Event) -> Value:
    return Value(choice.randbytes(choice.randrange(1, _LONGEST_NOISE)))


def _nothing(choice: random.Random, _event: Event) -> Value:
    return Value(choice.choice((None, b"", b" ", b"\n\t \r")), frozenset({Rejection.EMPTY_VALUE}))


def _cut(choice: random.Random, event: Event) -> Value:
    # Cut within the ASCII part of the closing braces at the latest, so that what is left is never whole.
    whole = _json(event)
    return Value(whole[: choice.randrange(1, len(whole))], frozenset({Rejection.NOT_JSON, Rejection.NOT_UTF8}))


def _not_utf8(choice: random.Random, event: Event) -> Value:
    whole = _json(event)
    at = choice.randrange(len(whole))
    return Value(
        whole[:at] + choice.choice((b"\xff", b"\xc0\xaf", b"\xed\xa0\x80")) + whole[at:],
        frozenset({Rejection.NOT_UTF8}),
    )


def _other_encoding(choice: random.Random, event: Event) -> Value:
    return Value(json.dumps(event).encode(choice.choice(("utf-16", "utf-32", "utf-8-sig"))))


def _twice(_choice: random.Random, event: Event) -> Value:
    return Value(_json(event) + _json(event), frozenset({Rejection.NOT_JSON}))


def _no_event(choice: random.Random, event: Event) -> Value:
    documents: tuple[Any, ...] = (0, -1.5, "text", None, True, [], {}, [event], {"event": event}, json.dumps(event))
    return Value(_json(choice.choice(documents)), frozenset({Rejection.SCHEMA}))


def _deep(choice: random.Random, event: Event) -> Value:
    depth = choice.choice((_DEEP, _DEEP, _DEEP, 2_000))
    brackets = choice.choice((("[", "]"), ('{"a":', "}")))
    nested = brackets[0] * depth + "0" + brackets[1] * depth * choice.choice((0, 1))
    return Value(f'{{"event_type": "{event["event_type"]}", "x": {nested}}}'.encode(), frozenset({Rejection.TOO_DEEP}))


def _no_number(choice: random.Random, event: Event) -> Value:
    number = choice.choice(("NaN", "Infinity", "-Infinity", "9" * 5_000, "01", "0x1f", "1_000"))
    return Value(_json(event)[:-1] + f', "x": {number}}}'.encode(), frozenset({Rejection.NOT_JSON}))


def _half_a_pair(choice: random.Random, event: Event) -> Value:
    half = choice.choice(("\\ud800", "\\udfff", "\\udc00\\ud800"))
    return Value(_json(event)[:-1] + f', "x": "{half}"}}'.encode(), frozenset({Rejection.NOT_JSON}))


def _key_twice(choice: random.Random, event: Event) -> Value:
    name = choice.choice(_REQUIRED)
    return Value(_json(event)[:-1] + b", " + _json({name: event[name]})[1:], frozenset({Rejection.DUPLICATE_KEY}))


def _large(choice: random.Random, event: Event) -> Value:
    padding = choice.choice("x\u00e4[{") * _LARGE
    return Value(_json({**event, "padding": padding}), frozenset({Rejection.TOO_LARGE}))


def _left_out(choice: random.Random, event: Event) -> Value:
    optional = {"reason_detail"}
    gone = choice.choice([*_REQUIRED, *(name for name in event["payload"] if name not in optional)])
    payload = {name: value for name, value in event["payload"].items() if name != gone}
    return Value(
        _json({name: value for name, value in {**event, "payload": payload}.items() if name != gone}),
        frozenset({Rejection.SCHEMA}),
    )


def _wrong_type(choice: random.Random, event: Event) -> Value:
    """A field with a value of a kind that it never has."""
    broken = choice.choice(_REQUIRED)
    if broken != "payload":
        wrong = [value for value in _WRONG if not isinstance(value, str)]
        return Value(_json({**event, broken: choice.choice(wrong)}))
    name = choice.choice([name for name in event["payload"] if name != "terminal_change"])
    wrong = [None, [], {}, [[]], {"a": None}, True]
    if name == "reason_detail":
        wrong.remove(None)
    return Value(
        _json({**event, "payload": {**event["payload"], name: choice.choice(wrong)}}), frozenset({Rejection.SCHEMA})
    )


def _wrong_text(choice: random.Random, event: Event) -> Value:
    """A field with a text that it never has."""
    payload = event["payload"]
    fields = [name for name in ("event_type", "timestamp", "source") if name in event]
    in_payload = [name for name in ("reason", "new_departure", "new_arrival", "rebooking_priority") if name in payload]
    name = choice.choice([*fields, *in_payload, "event_id", "flight_id"])
    text = choice.choice(_STRINGS)
    if name == "event_id":
        return Value(
            _json({**event, name: choice.choice(("", " ", "x" * 129, "a b", "\u00fc", "a\n"))}),
            frozenset({Rejection.SCHEMA}),
        )
    if name == "flight_id":
        text = choice.choice(("", "SW 1", "../x", "x" * 65, "SW\u0661", "-1"))
    if name in event:
        return Value(_json({**event, name: text}))
    return Value(_json({**event, "payload": {**payload, name: text}}))


def _wrong_time(choice: random.Random, event: Event) -> Value:
    text, reason = choice.choice(
        (
            ("2026-11-25T10:00:00", Rejection.NAIVE_TIMESTAMP),
            ("2026-13-45T99:99:99Z", Rejection.BAD_TIMESTAMP),
            ("2026-02-30T10:00:00Z", Rejection.BAD_TIMESTAMP),
            ("yesterday", Rejection.BAD_TIMESTAMP),
            ("9998-01-01T00:00:00Z", Rejection.FUTURE_TIMESTAMP),
        )
    )
    return Value(_json({**event, "timestamp": text}), frozenset({reason}))


def _unknown_flight(choice: random.Random, event: Event) -> Value:
    flight = f"XX{choice.randrange(10**9)}"
    return Value(
        _json({**event, "payload": {**event["payload"], "flight_id": flight}}), frozenset({Rejection.UNKNOWN_FLIGHT})
    )


def _against_sense(choice: random.Random, event: Event) -> Value:
    """Well formed, and impossible."""
    payload = dict(event["payload"])
    match event["event_type"]:
        case "FLIGHT_DELAY":
            how: dict[str, tuple[dict[str, Any], Rejection]] = {
                "negative": ({"delay_minutes": -choice.randrange(1, 10**6)}, Rejection.NEGATIVE_DELAY),
                "endless": ({"delay_minutes": 10**9}, Rejection.SCHEMA),
                "arrives before": ({"new_arrival": "2001-01-01T00:00:00Z"}, Rejection.ARRIVAL_BEFORE_DEPARTURE),
                "fraction": ({"delay_minutes": 25.5}, Rejection.SCHEMA),
            }
            change, reason = how[choice.choice(sorted(how))]
        case "GATE_CHANGE":
            change, reason = choice.choice(
                (
                    ({"new_gate": payload["old_gate"]}, Rejection.SAME_GATE),
                    ({"terminal_change": "no"}, Rejection.SCHEMA),
                )
            )
        case _:
            change, reason = {"reason": "ALIENS"}, Rejection.SCHEMA
    return Value(_json({**event, "payload": {**payload, **change}}), frozenset({reason}))


MAKERS: Mapping[str, _Maker] = {
    "noise": _noise,
    "nothing": _nothing,
    "cut": _cut,
    "not UTF-8": _not_utf8,
    "other encoding": _other_encoding,
    "twice": _twice,
    "no event": _no_event,
    "deep": _deep,
    "no number": _no_number,
    "half a pair": _half_a_pair,
    "key twice": _key_twice,
    "left out": _left_out,
    "wrong type": _wrong_type,
    "wrong text": _wrong_text,
    "wrong time": _wrong_time,
    "unknown flight": _unknown_flight,
    "against sense": _against_sense,
    "large": _large,
}
"""How bad records are made, by kind."""

_KINDS = tuple(kind for kind in MAKERS if kind != "large")
