"""Filter expressions of GetTraceSummaries: the terms that find a trace by its ids, its services and what went wrong.

``annotation.event_id = "evt-1" AND service("FlightPulse-LLMMessenger") AND !fault AND duration > 2``. Whatever else
the language has (OR, parentheses, users, edges, HTTP) is refused.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localcloud.services.refusals import Refused

Summary = Mapping[str, Any]
Matches = Callable[[Summary], bool]

_VALUE = r'(?P<value>"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false)'
_OPERATOR = r"(?P<operator>!=|>=|<=|=|>|<)"
_ANNOTATION = re.compile(rf"annotation(?:\.(?P<dotted>\w+)|\[(?P<key>\w+)\])(?:\s*{_OPERATOR}\s*{_VALUE})?\s*")
_NUMBER = re.compile(rf"(?P<name>duration|responsetime)\s*{_OPERATOR}\s*{_VALUE}\s*")
_FLAG = re.compile(r"(?P<name>ok|error|fault|throttle)\b\s*")
_SERVICE = re.compile(r'service\(\s*(?:"(?P<name>[^"]+)"|(?P<id>id\([^()]*\)))\s*\)\s*')
_ID_MEMBER = re.compile(r'(?P<member>name|type)\s*:\s*"(?P<value>[^"]+)"')
_AND = re.compile(r"AND\b\s*", re.IGNORECASE)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_FLAGS: Mapping[str, Matches] = {
    "ok": lambda summary: not (summary["HasError"] or summary["HasFault"] or summary["HasThrottle"]),
    "error": lambda summary: bool(summary["HasError"]),
    "fault": lambda summary: bool(summary["HasFault"]),
    "throttle": lambda summary: bool(summary["HasThrottle"]),
}
_NUMBERS = {"duration": "Duration", "responsetime": "ResponseTime"}


def read(expression: str) -> Matches:
    """What an expression says of a trace's summary. Raises Refused."""
    terms: list[Matches] = []
    rest = expression.strip()
    while rest:
        negated = rest.startswith("!")
        found, rest = _term(rest.removeprefix("!").lstrip(), expression)
        terms.append(_not(found) if negated else found)
        joined = _AND.match(rest)
        if rest and (joined is None or joined.end() == len(rest)):
            raise _unknown(expression, rest)
        rest = rest[joined.end() :] if joined else rest
    return lambda summary: all(term(summary) for term in terms)


def _term(rest: str, expression: str) -> tuple[Matches, str]:
    for pattern, reader in _READERS:
        found = pattern.match(rest)
        if found is not None:
            return reader(found), rest[found.end() :]
    raise _unknown(expression, rest)


def _unknown(expression: str, rest: str) -> Refused:
    return Refused(
        "InvalidRequestException",
        f"The filter expression {expression!r} is not known here from {rest!r} on: the local cloud knows "
        'annotation.KEY, service("NAME"), duration, responsetime, ok, error, fault and throttle, joined by AND.',
    )


def _not(term: Matches) -> Matches:
    return lambda summary: not term(summary)


def _annotation(found: re.Match[str]) -> Matches:
    key = found["dotted"] or found["key"]
    if found["operator"] is None:
        return lambda summary: key in summary["Annotations"]
    compare, wanted = _OPERATORS[found["operator"]], json.loads(found["value"])

    def matches(summary: Summary) -> bool:
        values = [value for item in summary["Annotations"].get(key, ()) for value in item["AnnotationValue"].values()]
        return any(_comparable(value, wanted) and compare(value, wanted) for value in values)

    return matches


def _comparable(value: Any, wanted: Any) -> bool:
    return isinstance(value, str) == isinstance(wanted, str)


def _number(found: re.Match[str]) -> Matches:
    name, compare, wanted = _NUMBERS[found["name"]], _OPERATORS[found["operator"]], json.loads(found["value"])
    return lambda summary: _comparable(summary[name], wanted) and compare(summary[name], wanted)


def _flag(found: re.Match[str]) -> Matches:
    return _FLAGS[found["name"]]


def _service(found: re.Match[str]) -> Matches:
    wanted = dict(_wanted(found))

    def matches(summary: Summary) -> bool:
        return any(
            all(service.get(name) == value for name, value in wanted.items()) for service in summary["ServiceIds"]
        )

    return matches


def _wanted(found: re.Match[str]) -> Iterator[tuple[str, str]]:
    if found["name"]:
        yield "Name", found["name"]
    for member in _ID_MEMBER.finditer(found["id"] or ""):
        yield member["member"].capitalize(), member["value"]


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Matches]], ...] = (
    (_ANNOTATION, _annotation),
    (_NUMBER, _number),
    (_FLAG, _flag),
    (_SERVICE, _service),
)
