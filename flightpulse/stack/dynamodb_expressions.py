"""Reads DynamoDB's condition, key condition and update expressions by its grammar, and evaluates conditions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
Test = Callable[[Values, Values], bool]
"""Whether a condition holds for an item (values by attribute) and the expression's values (by ``:name``)."""
Read = Callable[[Values, Values], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<value>:\w+)|(?P<path>[#A-Za-z_][\w]*(?:\[\d+\])?(?:\.[#A-Za-z_][\w]*(?:\[\d+\])?)*)"
    r"|(?P<sign><>|<=|>=|[=<>(),+-])|(?P<wrong>\S))"
)
_COMPARATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FUNCTIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
_MISSING = object()


class ExpressionError(ValueError):
    """An expression that DynamoDB would refuse; the text says where."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read: the names and values it uses, and what it says.

    ``test`` evaluates a condition; for an update it is None. ``clauses`` are an update's actions as they stand there.
    """

    text: str
    used: frozenset[str]
    test: Test | None = None
    clauses: tuple[str, ...] = ()


def condition(text: str) -> Expression:
    """Read a condition, filter or key condition expression. Raises ExpressionError."""
    reader = _Reader(text)
    test = reader.either()
    reader.end()
    return Expression(text, frozenset(reader.used), test)


def update(text: str) -> Expression:
    """Read an update expression. Raises ExpressionError."""
    reader = _Reader(text)
    clauses: list[str] = []
    seen: set[str] = set()
    while reader.left:
        word = reader.word(*_CLAUSES)
        if word in seen:
            raise ExpressionError(f"{word} is there twice")
        seen.add(word)
        clauses += [f"{word} {action}" for action in reader.actions(word)]
    if not clauses:
        raise ExpressionError("it is empty")
    return Expression(text, frozenset(reader.used), None, tuple(clauses))


class _Reader:
    """Goes through an expression from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        for match in _TOKEN.finditer(text.rstrip()):
            if match["wrong"]:
                raise ExpressionError(f"{match['wrong']!r} after {text[: match.start()].strip()[-30:]!r}")
            self._tokens.append(match[0].strip())
        self.used: set[str] = set()

    @property
    def left(self) -> bool:
        return bool(self._tokens)

    def end(self) -> None:
        if self._tokens:
            raise ExpressionError(f"{self._tokens[0]!r} is too much")

    def word(self, *wanted: str) -> str:
        """The next word, which must be one of these."""
        if self._tokens and self._tokens[0].upper() in wanted:
            return self._tokens.pop(0).upper()
        raise ExpressionError(f"{self._next()!r} where {' or '.join(wanted)} should be")

    def either(self) -> Test:
        tests = [self._all()]
        while self._is("OR"):
            self._tokens.pop(0)
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda item, values: any(test(item, values) for test in tests)

    def actions(self, clause: str) -> list[str]:
        found = [self._action(clause)]
        while self._is(","):
            self._tokens.pop(0)
            found.append(self._action(clause))
        return found

    def _action(self, clause: str) -> str:
        before = list(self._tokens)
        self._path()
        if clause == "SET":
            self.word("=")
            self._sum()
        elif clause in ("ADD", "DELETE"):
            self._value()
        return " ".join(before[: len(before) - len(self._tokens)])

    def _sum(self) -> None:
        self._term()
        while self._is("+") or self._is("-"):
            self._tokens.pop(0)
            self._term()

    def _term(self) -> None:
        if self._is("IF_NOT_EXISTS") or self._is("LIST_APPEND"):
            self._tokens.pop(0)
            self.word("(")
            self._term()
            self.word(",")
            self._term()
            self.word(")")
        else:
            self._operand()

    def _all(self) -> Test:
        tests = [self._not()]
        while self._is("AND"):
            self._tokens.pop(0)
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda item, values: all(test(item, values) for test in tests)

    def _not(self) -> Test:
        if self._is("NOT"):
            self._tokens.pop(0)
            inner = self._not()
            return lambda item, values: not inner(item, values)
        if self._is("("):
            self._tokens.pop(0)
            inner = self.either()
            self.word(")")
            return inner
        if self._next() in _FUNCTIONS:
            return self._function()
        return self._comparison()

    def _function(self) -> Test:
        name = self._tokens.pop(0)
        self.word("(")
        path = self._path()
        argument: Read = lambda _item, _values: _MISSING  # noqa: E731
        if _FUNCTIONS[name] == 2:
            self.word(",")
            argument = self._operand()
        self.word(")")
        if name == "attribute_exists":
            return lambda item, values: path(item, values) is not _MISSING
        if name == "attribute_not_exists":
            return lambda item, values: path(item, values) is _MISSING
        if name == "begins_with":
            return lambda item, values: str(path(item, values)).startswith(str(argument(item, values)))
        if name == "contains":
            return lambda item, values: argument(item, values) in (path(item, values) or ())
        raise ExpressionError(f"{name} cannot be evaluated here")

    def _comparison(self) -> Test:
        left = self._operand()
        if self._is("IN"):
            self._tokens.pop(0)
            self.word("(")
            members = [self._operand()]
            while self._is(","):
                self._tokens.pop(0)
                members.append(self._operand())
            self.word(")")
            return lambda item, values: any(left(item, values) == member(item, values) for member in members)
        if self._is("BETWEEN"):
            self._tokens.pop(0)
            low = self._operand()
            self.word("AND")
            high = self._operand()
            return lambda item, values: bool(low(item, values) <= left(item, values) <= high(item, values))
        compare = _COMPARATORS[self.word(*_COMPARATORS)]
        right = self._operand()

        def holds(item: Values, values: Values) -> bool:
            # Nothing compares with an attribute that is missing, except that it differs from everything.
            here, there = left(item, values), right(item, values)
            if _MISSING in (here, there):
                return compare is operator.ne
            return compare(here, there)

        return holds

    def _operand(self) -> Read:
        if self._next().startswith(":"):
            return self._value()
        if self._is("SIZE"):
            self._tokens.pop(0)
            self.word("(")
            path = self._path()
            self.word(")")
            return lambda item, values: len(path(item, values))
        return self._path()

    def _value(self) -> Read:
        name = self._next()
        if not name.startswith(":"):
            raise ExpressionError(f"{name!r} where a :value should be")
        self.used.add(self._tokens.pop(0))
        return lambda _item, values: values[name]

    def _path(self) -> Read:
        name = self._next()
        if not re.match(r"[#A-Za-z_]", name) or name.upper() in ("AND", "OR", "NOT", "IN", "BETWEEN", *_CLAUSES):
            raise ExpressionError(f"{name!r} where an attribute should be")
        self._tokens.pop(0)
        self.used.update(re.findall(r"#\w+", name))
        return lambda item, _values: item.get(name, _MISSING)

    def _is(self, wanted: str) -> bool:
        return bool(self._tokens) and self._tokens[0].upper() == wanted

    def _next(self) -> str:
        if not self._tokens:
            raise ExpressionError("it ends too early")
        return self._tokens[0]
