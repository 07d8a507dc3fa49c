"""Filter patterns of CloudWatch Logs: terms, regular expressions, JSON conditions and space-delimited fields.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import fnmatch
import functools
import json
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Matcher = Callable[[str], bool]
Condition = Callable[[Any], bool]

_JSON_TOKEN = re.compile(
    r"""\s*(?:(?P<selector>\$(?:\.\[[^\]]*\]|\.[\w-]+|\[(?:\d+|\*|'[^']*'|"[^"]*")\])*)
    |(?P<text>"(?:\\.|[^"\\])*")
    |(?P<regex>%(?:\\.|[^%])*%)
    |(?P<mark>\(|\)|&&|\|\||!=|>=|<=|=|>|<)
    |(?P<word>[\w.*:/+-]+))""",
    re.VERBOSE | re.ASCII,
)
_SELECTOR_STEP = re.compile(r"""\.\[(?P<dotted>[^\]]*)\]|\.(?P<member>[\w-]+)|\[(?P<index>\d+|\*|'[^']*'|"[^"]*")\]""")
_TERM = re.compile(r'[?-]?"(?:\\.|[^"\\])*"|\S+')
_PLAIN_TERM = re.compile(r'[?-]?(?:\w+|"(?:\\.|[^"\\])+")')
_PLAIN_OPERAND = re.compile(r'[\w.*:/+-]+|"(?:\\.|[^"\\])*"|%(?:\\.|[^%])+%', re.ASCII)
_REGEX = re.compile(r"[A-Za-z0-9:_#=@/;, ^$?\[\]{}|\\*+.-]+")
_MOST_REGEXES = 2
_LONGEST = 1024
_MESSAGES = 64
_FIELD = re.compile(r'\[(?P<bracketed>[^\]]*)\]|"(?P<quoted>[^"]*)"|(?P<bare>\S+)')
_ORDERED = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


class PatternError(ValueError):
    """A filter pattern that CloudWatch Logs would refuse."""


@functools.lru_cache(maxsize=1024)
def compiled(pattern: str) -> Matcher:
    """What tells whether a log event's message matches. Raises PatternError."""
    text = pattern.strip()
    if not text:
        return lambda _message: True
    if len(text) > _LONGEST:
        raise PatternError(f"It has {len(text)} characters, and at most {_LONGEST} are allowed")
    if text.startswith("{"):
        return _json_matcher(text)
    if text.startswith("["):
        return _fields_matcher(text)
    if text.startswith("%") and text.endswith("%") and len(text) > 1:
        expression = _regex(text)
        return lambda message: bool(expression.search(message))
    return _terms_matcher(text)


def matches(pattern: str | None, message: str | None) -> bool:
    """Whether a message matches; a pattern that cannot be read matches nothing."""
    try:
        return compiled(pattern or "")(message or "")
    except PatternError:
        return False


def _terms_matcher(text: str) -> Matcher:
    """All terms must be there, none behind a minus; of terms behind question marks one, if there are no others."""
    required: list[str] = []
    forbidden: list[str] = []
    optional: list[str] = []
    signed = {"-": forbidden, "?": optional}
    for term in _TERM.findall(text):
        if not _PLAIN_TERM.fullmatch(term):
            raise PatternError(f"Invalid character(s) in term '{term}'")
        if len(term) > 1 and term[0] in signed:
            signed[term[0]].append(_unquoted(term[1:]))
        else:
            required.append(_unquoted(term))
    if required or forbidden:
        return lambda message: (
            all(term in message for term in required) and not any(term in message for term in forbidden)
        )
    return lambda message: any(term in message for term in optional)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _regex(text: str) -> re.Pattern[str]:
    if not _REGEX.fullmatch(text[1:-1]):
        raise PatternError(f"The regular expression {text} has a character that is not supported")
    try:
        return re.compile(text[1:-1])
    except re.error as error:
        raise PatternError(f"The regular expression {text} cannot be read: {error}") from error


def _json_matcher(text: str) -> Matcher:
    if not text.endswith("}"):
        raise PatternError("If a filter pattern starts with '{' it must end with '}'")
    condition = _JsonParser(text[1:-1]).parse()

    def matcher(message: str) -> bool:
        content = content_of(message)
        return isinstance(content, dict) and condition(content)

    return matcher


@functools.lru_cache(maxsize=_MESSAGES)
def content_of(message: str) -> Any:
    """What a message says in JSON, None where it is none: read once for all patterns that ask, and never changed."""
    try:
        return json.loads(message)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class _JsonParser:
    """Conditions on JSON members, joined by && and ||, with parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens = list(self._read(text))
        self._position = 0

    def parse(self) -> Condition:
        if sum(token.kind == "regex" for token in self._tokens) > _MOST_REGEXES:
            raise PatternError(f"It has more than {_MOST_REGEXES} regular expressions")
        condition = self._any_of()
        if self._position < len(self._tokens):
            raise PatternError(f"Unexpected {self._tokens[self._position].text}")
        return condition

    @staticmethod
    def _read(text: str) -> "list[_Token]":
        tokens, position = [], 0
        while text[position:].strip():
            found = _JSON_TOKEN.match(text, position)
            if found is None or found.lastgroup is None:
                raise PatternError(f"Unexpected {text[position:].strip()[:20]}")
            tokens.append(_Token(found.lastgroup, found[found.lastgroup]))
            position = found.end()
        return tokens

    def _any_of(self) -> Condition:
        choices = [self._all_of()]
        while self._skip("||"):
            choices.append(self._all_of())
        return lambda content: any(choice(content) for choice in choices)

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._skip("&&"):
            parts.append(self._one())
        return lambda content: all(part(content) for part in parts)

    def _one(self) -> Condition:
        if self._skip("("):
            condition = self._any_of()
            if not self._skip(")"):
                raise PatternError("A parenthesis is not closed")
            return condition
        selector = self._next()
        if selector.kind != "selector":
            raise PatternError(f"{selector.text} is not a selector such as $.name")
        return self._comparison(_steps(selector.text), self._next())

    def _comparison(self, steps: Sequence[str | int], sign: _Token) -> Condition:
        if sign.text == "IS":
            return _is(steps, self._next().text)
        if sign.text == "NOT" and self._next().text == "EXISTS":
            return lambda content: not _selected(content, steps)
        if sign.text == "EXISTS":
            return lambda content: bool(_selected(content, steps))
        if sign.text not in _ORDERED:
            raise PatternError(f"{sign.text} is not a comparison")
        compare = _compared(sign.text, self._next())
        return lambda content: any(compare(value) for value in _selected(content, steps))

    def _skip(self, mark: str) -> bool:
        found = self._position < len(self._tokens) and self._tokens[self._position] == _Token("mark", mark)
        self._position += found
        return found

    def _next(self) -> _Token:
        if self._position >= len(self._tokens):
            raise PatternError("The pattern ends too early")
        self._position += 1
        return self._tokens[self._position - 1]


@functools.lru_cache(maxsize=1024)
def _steps(selector: str) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    for found in _SELECTOR_STEP.finditer(selector, 1):
        if found["index"] is None:
            steps.append(found["member"] or found["dotted"].strip("'\""))
        elif found["index"].isdigit():
            steps.append(int(found["index"]))
        else:
            steps.append(found["index"].strip("'\""))
    return tuple(steps)


def _selected(content: Any, steps: Sequence[str | int]) -> list[Any]:
    """The values a selector points to: none when there is no such member, several with a wildcard."""
    values = [content]
    for step in steps:
        values = [inner for value in values for inner in _inner(value, step)]
    return values


def _inner(value: Any, step: str | int) -> list[Any]:
    if step == "*":
        return list(value) if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if isinstance(step, int):
        return [value[step]] if isinstance(value, list) and step < len(value) else []
    return [value[step]] if isinstance(value, dict) and step in value else []


def selected_value(content: Any, selector: str) -> Any:
    """The first value a selector such as ``$.latency`` points to, or None."""
    values = _selected(content, _steps(selector))
    return values[0] if values else None


def _is(steps: Sequence[str | int], what: str) -> Condition:
    expected = {"NULL": None, "TRUE": True, "FALSE": False}
    if what not in expected:
        raise PatternError(f"IS {what} is not a condition")
    return lambda content: any(value is expected[what] for value in _selected(content, steps))


def _compared(sign: str, operand: _Token) -> Condition:
    if operand.kind == "regex":
        if sign not in ("=", "!="):
            raise PatternError(f"{sign} does not go with a regular expression")
        expression = _regex(operand.text)
        return lambda value: isinstance(value, str) and bool(expression.search(value)) == (sign == "=")
    number = _number(operand.text) if operand.kind == "word" else None
    text = _unquoted(operand.text)
    ordered = _ORDERED[sign]

    def compare(value: Any) -> bool:
        if value is None or isinstance(value, dict | list):
            return False
        if number is not None and isinstance(value, int | float) and not isinstance(value, bool):
            return bool(ordered(value, number))
        if sign not in ("=", "!="):
            return False
        return _like(_written(value), text) == (sign == "=")

    return compare


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _like(value: str, pattern: str) -> bool:
    """Whether a value is the pattern's text, in which an asterisk stands for anything."""
    if "*" not in pattern:
        return value == pattern
    return fnmatch.fnmatchcase(value, re.sub(r"([?\[])", r"[\1]", pattern))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _fields_matcher(text: str) -> Matcher:
    """``[ip, ..., status = 4*]``: fields between spaces, some with conditions; dots stand for any number of them."""
    if not text.endswith("]"):
        raise PatternError("If a filter pattern starts with '[' it must end with ']'")
    names = [name.strip() for name in text[1:-1].split(",")]
    before = names[: names.index("...")] if "..." in names else names
    after = names[names.index("...") + 1 :] if "..." in names else None
    first = [_field_condition(name) for name in before]
    last = None if after is None else [_field_condition(name) for name in after]

    def matcher(message: str) -> bool:
        fields = [found[found.lastgroup or "bare"] for found in _FIELD.finditer(message)]
        if last is None:
            return len(fields) == len(first) and _all(first, fields)
        if len(fields) < len(first) + len(last):
            return False
        return _all(first, fields) and _all(last, fields[len(fields) - len(last) :])

    return matcher


def _all(conditions: Sequence[Condition], fields: Sequence[str]) -> bool:
    return all(condition(field) for condition, field in zip(conditions, fields, strict=False))


def _field_condition(text: str) -> Condition:
    """A field's condition: comparisons of its name with values, joined by && or ||."""
    for mark, join in (("||", any), ("&&", all)):
        if mark in text:
            parts = [_field_condition(part.strip()) for part in text.split(mark)]
            return lambda value: join(part(value) for part in parts)
    found = re.fullmatch(r"[\w.-]+\s*(!=|>=|<=|=|>|<)\s*(.+)", text)
    if found is None:
        return lambda _value: True
    sign, operand = found[1], found[2].strip()
    if not _PLAIN_OPERAND.fullmatch(operand):
        raise PatternError(f"Invalid character(s) in term '{operand}'")
    kind = "regex" if operand.startswith("%") else "text" if operand.startswith('"') else "word"
    compare = _compared(sign, _Token(kind, operand))
    numeric = kind == "word" and _number(operand) is not None
    return lambda value: compare(value if not numeric or (number := _number(value)) is None else number)
