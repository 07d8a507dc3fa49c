"""The last task of the course: who does nothing is told what is missing, and the stored solution does everything."""

import re
from collections.abc import Iterator

import pytest

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench import Workbench
from flightpulse.workbench.course.storm import BUDGET, Storm
from tests.synthesis import Synthesise, cloud_with_the_stack


@pytest.fixture(scope="module")
def wb(synthesise: Synthesise) -> Iterator[Workbench]:
    with cloud_with_the_stack(synthesise("local")) as bench:
        yield bench


def test_who_does_nothing_is_told_what_is_missing_and_the_solution_gets_everything_done(wb: Workbench):
    storm = Storm(wb)
    assert storm.grade().missing == ["storm"]

    with pytest.raises(UserError, match="would cost about"):
        storm.prepare("cancellation")
    storm.strike()

    assert storm.grade().missing == ["told", "words", "letters"]
    with pytest.raises(UserError, match="The storm has struck"):
        storm.strike()

    exec(_solution(), {"storm": storm, "wb": wb})

    grade = storm.grade()
    assert grade.ok, str(grade)
    assert storm.spent < BUDGET / 2


def _solution() -> str:
    source = (paths.ROOT / "notebooks" / "src" / "16-weather-a-storm.py").read_text(encoding="utf-8")
    found = re.search(r"A solution</summary><pre>(?P<lines>.*?)</pre>", source, re.DOTALL)
    assert found
    return "\n".join(line.removeprefix("# ") for line in found["lines"].splitlines())
