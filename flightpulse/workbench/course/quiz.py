"""Questions about the whole course that correct themselves."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flightpulse.errors import UserError
from flightpulse.workbench.show.tables import Table

_FILE = Path(__file__).with_name("quiz.toml")


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its answers by letter; ``read`` is the notebook that shows it."""

    ask: str
    answers: Mapping[str, str]
    right: str
    why: str
    read: str


@cache
def load() -> tuple[Question, ...]:
    """All questions, in order."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))["question"]
    return tuple(Question(**fields) for fields in found)


def questions() -> Table:
    """The questions with their answers; nothing says which is right."""
    rows = [
        (str(number), question.ask, "\n".join(f"{letter}) {text}" for letter, text in question.answers.items()))
        for number, question in enumerate(load(), 1)
    ]
    return Table.of(("", "question", "answers"), rows)


def grade(answers: Mapping[int, str]) -> Table:
    """What is right among answers by number, such as ``{1: "b"}``, and why; how many of all below.

    Raises UserError for a number or a letter that there is not.
    """
    every = load()
    for number, letter in answers.items():
        if not 1 <= number <= len(every) or letter not in every[number - 1].answers:
            raise UserError(f"There is no answer {letter!r} to a question {number}.", hint='Write: {1: "a", 2: "c"}')
    rows = [
        ("✓" if every[number - 1].right == letter else "✗", str(number), every[number - 1].why, every[number - 1].read)
        for number, letter in sorted(answers.items())
    ]
    right = sum(row[0] == "✓" for row in rows)
    return Table.of(
        ("", "question", "why", "notebook"),
        rows,
        note=f"{right} right of {len(rows)} answered; {len(every)} questions in all.",
    )
