"""Keeps the data of many events small: texts that repeat, whole or in part, are stored once.

Every payload becomes runs of lines in one list of lines. Step Functions hands the same objects from state to state, so
most payloads are a run or two of lines that are there already.
"""

import json
from dataclasses import dataclass, field

from flightpulse.workbench.show.words import shortened

_MAX_LINE = 240
_CANDIDATES = 4


@dataclass(frozen=True, slots=True)
class Stored:
    """``runs`` is start, length, start, length, … in the list of lines; ``left_out`` counts characters not kept.

    ``nested`` says that the lines are JSON without its indentation.
    """

    runs: tuple[int, ...]
    left_out: int
    nested: bool


@dataclass(slots=True)
class Lines:
    """The list of lines and what it has cost so far, in bytes.

    Texts past ``budget`` are not kept at all.
    """

    budget: int
    overflow: bool = False
    lines: list[str] = field(default_factory=list)
    spent: int = 0
    _known: dict[str, Stored] = field(default_factory=dict)
    _places: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def store(self, text: str, longest: int) -> Stored:
        """Where a text is in the list, in full, in part (its first ``longest`` lines), or not at all (past the budget).

        A text that is there already stays as it is.
        """
        if text not in self._known:
            self._known[text] = self._add(text, longest)
        return self._known[text]

    def _add(self, text: str, longest: int) -> Stored:
        wanted, left_out, nested = _split(text, longest)
        runs: list[int] = []
        fresh: list[str] = []
        position = 0
        while position < len(wanted):
            start, length = self._longest_match(wanted, position)
            if length >= 2 or (length and len(wanted[position]) > 8):
                _extend(runs, start, length)
                position += length
            else:
                _extend(runs, len(self.lines) + len(fresh), 1)
                fresh.append(wanted[position])
                position += 1
        cost = sum(len(line.encode()) + 4 + line.count('"') for line in fresh) + 4 * len(runs) + 8
        if self.spent + cost > self.budget:
            self.overflow = True
            return Stored((), len(text), nested)
        self.spent += cost
        self._append(fresh)
        return Stored(tuple(runs), left_out, nested)

    def _longest_match(self, wanted: list[str], position: int) -> tuple[int, int]:
        following = wanted[position + 1] if position + 1 < len(wanted) else ""
        best = (0, 0)
        for start in self._places.get((wanted[position], following), ()) or self._places.get(
            (wanted[position], ""), ()
        ):
            length = 0
            while (
                position + length < len(wanted)
                and start + length < len(self.lines)
                and self.lines[start + length] == wanted[position + length]
            ):
                length += 1
            if length > best[1]:
                best = (start, length)
        return best

    def _append(self, fresh: list[str]) -> None:
        first = len(self.lines)
        self.lines += fresh
        for number in range(max(0, first - 1), len(self.lines)):
            following = self.lines[number + 1] if number + 1 < len(self.lines) else ""
            for key in {(self.lines[number], following), (self.lines[number], "")}:
                places = self._places.setdefault(key, [])
                if len(places) < _CANDIDATES and number not in places:
                    places.append(number)


def _extend(runs: list[int], start: int, length: int) -> None:
    if runs and runs[-2] + runs[-1] == start:
        runs[-1] += length
    else:
        runs += [start, length]


def _split(text: str, longest: int) -> tuple[list[str], int, bool]:
    """The lines to keep of a text, how many characters that leaves out, and whether it is JSON."""
    try:
        value = json.loads(text)
        lines, nested = json.dumps(value, ensure_ascii=False, indent=0).split("\n"), True
    except ValueError:
        lines, nested = text.split("\n"), False
    left_out = sum(len(line) for line in lines[longest:])
    kept = []
    for line in lines[:longest]:
        left_out += max(0, len(line) - _MAX_LINE)
        kept.append(shortened(line, _MAX_LINE))
    return kept, left_out, nested
