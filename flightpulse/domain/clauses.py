"""What a sentence of a template may be made of: clauses that are known to be harmless, and nothing between them.

Refusing what is known to be wrong leaves holes: "help is on the way", "the flight is always late" and "we ask you to
leave" have no forbidden word and no forbidden turn of phrase. So a sentence must, besides breaking no rule, be made
of the clauses of :mod:`flightpulse.domain.phrasebook` from its first word to its last. Sentences are compared in the
form that :func:`flightpulse.domain.prose.plain` gives.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from functools import cache
from typing import Protocol

from flightpulse.domain import phrasebook
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity

_TOKEN = re.compile(r"\\[()]|<\w+>|\{\w+\}|[()\[\]|*]|[^\s()\[\]|*<>{}]+")
_MARKS = frozenset({",", ";", ":", "-"})
_CONJUNCTIONS = frozenset({"and", "but", "so"})
_AFTER_A_MARK = _CONJUNCTIONS | {"as", "since"}
_ENDINGS: tuple[list[str], ...] = ([], ["."], ["!"])


def unknown(sentence: str, segment: Segment) -> str | None:
    """The words of a plain sentence from which on it is made of no clause that this segment has, or None."""
    words = sentence.split()
    clauses = _grammar(segment.kind, terminal=segment.severity is Severity.TERMINAL)
    reached, waiting = {0}, [0]
    while waiting:
        for end in clauses.some(words, waiting.pop()):
            if words[end:] in _ENDINGS and words[end - 1] != "that":
                return None
            begin = _after_separator(words, end)
            if begin is not None and begin not in reached:
                reached.add(begin)
                waiting.append(begin)
    return " ".join(words[max(reached) :][:8])


def _after_separator(words: Sequence[str], at: int) -> int | None:
    """Where the next clause begins after one that ended, or None when nothing separates them."""
    begin, conjunctions = at, _CONJUNCTIONS
    if words[begin] in _MARKS:
        begin, conjunctions = at + 1, _AFTER_A_MARK
    if begin < len(words) and words[begin] in conjunctions:
        begin += 1
    return begin if begin > at or words[at - 1] == "that" else None


class _Node(Protocol):
    """Part of a clause. ``first`` are the words it may begin with; ``empty`` says that it may be left out."""

    first: Set[str]
    empty: bool

    def ends(self, words: Sequence[str], at: int) -> Set[int]:
        """Where this part may end when it begins at a word."""
        ...


_NOWHERE: frozenset[int] = frozenset()


class _Word:
    def __init__(self, word: str) -> None:
        self._word = word
        self.first: Set[str] = frozenset({word})
        self.empty = False

    def ends(self, words: Sequence[str], at: int) -> Set[int]:
        return {at + 1} if at < len(words) and words[at] == self._word else _NOWHERE


class _Sequence:
    def __init__(self, parts: Sequence[_Node]) -> None:
        self._parts = parts
        self.empty = all(part.empty for part in parts)
        filled = next((number for number, part in enumerate(parts) if not part.empty), len(parts))
        self.first: Set[str] = frozenset().union(*(part.first for part in parts[: filled + 1]))

    def ends(self, words: Sequence[str], at: int) -> Set[int]:
        reached: Set[int] = {at}
        for part in self._parts:
            reached = _NOWHERE.union(*(part.ends(words, place) for place in reached))
            if not reached:
                break
        return reached


class _Choice:
    """One of some parts; with ``repeated`` any number of them."""

    def __init__(self, parts: Sequence[_Node], *, optional: bool, repeated: bool) -> None:
        self.empty = optional or repeated or any(part.empty for part in parts)
        self._repeated = repeated
        self._by_word: dict[str, list[_Node]] = defaultdict(list)
        for part in parts:
            for word in part.first:
                self._by_word[word].append(part)
        self.first: Set[str] = self._by_word.keys()

    def ends(self, words: Sequence[str], at: int) -> Set[int]:
        reached = self.some(words, at)
        if self._repeated:
            found: set[int] = set()
            while fresh := reached - found:
                found |= fresh
                reached = _NOWHERE.union(*(self.some(words, place) for place in fresh))
            reached = found
        return reached | {at} if self.empty else reached

    def some(self, words: Sequence[str], at: int) -> Set[int]:
        """Where one of the parts, not left out, may end."""
        if at >= len(words) or words[at] not in self._by_word:
            return _NOWHERE
        return _NOWHERE.union(*(part.ends(words, at) for part in self._by_word[words[at]])) - {at}


@cache
def _grammar(kind: Kind, *, terminal: bool) -> _Choice:
    named, own = phrasebook.BY_KIND[kind]
    phrases = dict(map(_named, [*_entries(phrasebook.PHRASES), *_entries(named)]))
    lines = [*_entries(phrasebook.COMMON), *_entries(own), *(_entries(phrasebook.TERMINAL) if terminal else ())]
    parser = _Parser(phrases)
    return _Choice([parser.parsed(line) for line in lines], optional=False, repeated=False)


def _entries(text: str) -> list[str]:
    """One entry a line; a line that begins with a space goes on with the entry before."""
    return re.sub(r"\n +", " ", text).strip().splitlines()


def _named(line: str) -> tuple[str, str]:
    name, _, phrase = line.partition(" = ")
    return name, phrase


class _Parser:
    """Reads clauses; a phrase that several of them name is read once."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._phrases = phrases
        self._known: dict[str, _Node] = {}

    def parsed(self, phrase: str) -> _Node:
        tokens = _TOKEN.findall(phrase)
        tokens.reverse()
        return self._choice(tokens, optional=False)

    def _phrase(self, name: str) -> _Node:
        if name not in self._known:
            self._known[name] = self.parsed(self._phrases[name])
        return self._known[name]

    def _choice(self, tokens: list[str], *, optional: bool) -> _Node:
        """What stands up to the closing bracket; ``tokens`` has the next one last."""
        parts: list[_Node] = []
        sequence: list[_Node] = []
        while tokens and tokens[-1] not in (")", "]"):
            part = tokens.pop()
            match part[0]:
                case "|":
                    parts.append(_Sequence(sequence))
                    sequence = []
                case "(" | "[":
                    sequence.append(self._choice(tokens, optional=part == "["))
                case "<":
                    sequence.append(self._phrase(part[1:-1]))
                case _:
                    sequence.append(_Word(part.removeprefix("\\")))
        parts.append(_Sequence(sequence))
        if tokens:
            tokens.pop()
        repeated = bool(tokens) and tokens[-1] == "*"
        if repeated:
            tokens.pop()
        return _Choice(parts, optional=optional, repeated=repeated)
