"""DynamoDB's expressions taken apart by its grammar, with AWS's words for what cannot be read.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn


class InvalidExpression(ValueError):  # noqa: N818 - the text is AWS's, and so is the error
    """An expression that DynamoDB refuses; the text is the message of its ValidationException."""


@dataclass(frozen=True, slots=True)
class Path:
    parts: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Value:
    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or a function (``call``) with its operands."""

    name: str
    operands: tuple["Node", ...]
    call: bool = False


Node = Path | Value | Operation


@dataclass(frozen=True, slots=True)
class Action:
    """What one section of an update does to one path."""

    section: str
    path: Path
    value: Node | None


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword it may be: these are written in any case."""
        return self.text.upper()


_TOKEN: Final = re.compile(r"\s*(?P<token><>|<=|>=|[#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|\S)")
_END: Final = "<EOF>"
_NAME: Final = re.compile(r"#?[A-Za-z_][A-Za-z0-9_]*|#[A-Za-z0-9_]+")
ORDERS: Final = ("<", "<=", ">", ">=")
_COMPARATORS: Final = ("=", "<>", *ORDERS)
CONDITION_WORDS: Final = ("AND", "OR", "NOT", "BETWEEN", "IN")
SECTIONS: Final = ("SET", "REMOVE", "ADD", "DELETE")


class Parser:
    """Reads one expression. Parentheses around parentheses are remembered, not refused: other faults come first."""

    def __init__(self, slot: str, text: str, words: Sequence[str]) -> None:
        self._slot, self._text, self._words = slot, text, words
        self._tokens = [
            _Token(found["token"], found.start("token"), found.end("token")) for found in _TOKEN.finditer(text)
        ]
        self._at = 0
        self.redundant = False

    @property
    def _next(self) -> _Token:
        end = len(self._text)
        return self._tokens[self._at] if self._at < len(self._tokens) else _Token(_END, end, end)

    def _fail(self) -> NoReturn:
        """Name the token that does not fit, and what stands around it."""
        around = self._tokens[max(self._at - 1, 0) : self._at + 2]
        near = self._text[around[0].start : around[-1].end] if around else ""
        raise InvalidExpression(f'Invalid {self._slot}: Syntax error; token: "{self._next.text}", near: "{near}"')

    def _take(self, *words: str) -> bool:
        if self._next.word not in words:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._fail()

    def _end(self) -> None:
        if self._next.text != _END:
            self._fail()

    def condition(self) -> Operation:
        node, _ = self._any_of()
        if not isinstance(node, Operation):
            self._fail()
        self._end()
        return node

    def _any_of(self) -> tuple[Node, bool]:
        return self._joined("OR", lambda: self._joined("AND", self._negated))

    def _joined(self, word: str, part: Callable[[], tuple[Node, bool]]) -> tuple[Node, bool]:
        """Parts with a word between them; and whether the whole stands in parentheses."""
        node, enclosed = part()
        while self._next.word == word:
            self._must_hold(node)
            self._at += 1
            right, _ = part()
            self._must_hold(right)
            node, enclosed = Operation(word, (node, right)), False
        return node, enclosed

    def _negated(self) -> tuple[Node, bool]:
        if not self._take("NOT"):
            return self._compared()
        node, _ = self._negated()
        self._must_hold(node)
        return Operation("NOT", (node,)), False

    def _must_hold(self, node: Node) -> None:
        """Of an attribute or a value alone nobody can say whether it holds."""
        if not isinstance(node, Operation):
            self._fail()

    def _compared(self) -> tuple[Node, bool]:
        left, enclosed = self._enclosed()
        if isinstance(left, Operation) and not left.call:
            return left, enclosed
        sign = self._next.text
        if self._take(*_COMPARATORS):
            return Operation(sign, (left, self._operand())), False
        if self._take("BETWEEN"):
            lower = self._operand()
            self._expect("AND")
            return Operation("BETWEEN", (left, lower, self._operand())), False
        if self._take("IN"):
            return Operation("IN", (left, *self._arguments())), False
        return left, enclosed

    def _enclosed(self) -> tuple[Node, bool]:
        if not self._take("("):
            return self._simple(), False
        node, enclosed = self._any_of()
        self._expect(")")
        self.redundant |= enclosed
        return node, True

    def _operand(self) -> Node:
        node, _ = self._enclosed()
        if isinstance(node, Operation) and not node.call:
            self._fail()
        return node

    def _simple(self) -> Node:
        token = self._next
        if token.text[0] == ":" and len(token.text) > 1:
            self._at += 1
            return Value(token.text)
        following = self._tokens[self._at + 1 : self._at + 2]
        if token.text[0].isalpha() and token.word not in self._words and following and following[0].text == "(":
            self._at += 1
            return Operation(token.text, self._arguments(), call=True)
        return self.path()

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        found = [self._argument()]
        while self._take(","):
            found.append(self._argument())
        self._expect(")")
        return tuple(found)

    def _argument(self) -> Node:
        return self._operand()

    def path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while True:
            if self._take("."):
                parts.append(self._name())
            elif self._take("["):
                if not self._next.text.isascii() or not self._next.text.isdigit():
                    self._fail()
                parts.append(int(self._next.text))
                self._at += 1
                self._expect("]")
            else:
                return Path(tuple(parts))

    def _name(self) -> str:
        token = self._next
        if not _NAME.fullmatch(token.text) or token.word in self._words:
            self._fail()
        self._at += 1
        return token.text

    def paths(self) -> list[Path]:
        found = [self.path()]
        while self._take(","):
            found.append(self.path())
        self._end()
        return found

    def actions(self) -> Iterator[Action]:
        while True:
            section = self._next.word
            if not self._take(*SECTIONS):
                self._fail()
            yield self._action(section)
            while self._take(","):
                yield self._action(section)
            if self._next.text == _END:
                return

    def _action(self, section: str) -> Action:
        path = self.path()
        if section == "REMOVE":
            return Action(section, path, None)
        if section == "SET":
            self._expect("=")
            return Action(section, path, self._sum())
        if self._next.text[0] != ":":
            self._fail()
        return Action(section, path, self._simple())

    def _sum(self) -> Node:
        left = self._term()
        sign = self._next.text
        if not self._take("+", "-"):
            return left
        return Operation(sign, (left, self._term()))

    def _term(self) -> Node:
        if not self._take("("):
            return self._simple()
        node = self._sum()
        self._expect(")")
        return node


class UpdateParser(Parser):
    def sections(self) -> list[str]:
        """The word of every section, in their order."""
        return [token.word for token in self._tokens if token.word in SECTIONS]

    def _argument(self) -> Node:
        return self._term()
