"""The last task of the course: who does nothing is told what is missing, and the stored solution does everything."""

import re
from collections.abc import Iterator

import pytest

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench import Workbench, connect
from flightpulse.workbench.course.storm import BUDGET, Storm
from tests.integration.emulator import Emulator
from tests.synthesis import Synthesise, make_ready


@pytest.fixture(scope="module")
def wb(synthesise: Synthesise) -> Iterator[Workbench]:
    with Emulator(back_off_scale=0.1) as emulator:
        made = connect("local", home=emulator.home)
        make_ready(made, synthesise("local"))
        yield made


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
