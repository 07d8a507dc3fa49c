"""Every alarm of the template has its section in the runbook, and every step of a section is a command."""

import re
from collections.abc import Iterator

import pytest

from flightpulse.paths import ROOT
from tests.synthesis import Synthesise
from tests.unit.docs.pages import Page, Section

RUNBOOK = Page(ROOT / "docs" / "runbook.md")
HEADINGS = re.findall(r"^## (.+)$", RUNBOOK.text, re.MULTILINE)
PARTS = ("**Means:**", "**Look:**", "**Do:**")


def names() -> list[str]:
    return [name for heading in HEADINGS for name in heading.split(", ")]


def parts(section: Section) -> Iterator[str]:
    """What a section says under each of its three words, in their order."""
    for word, after in zip(PARTS, (*PARTS[1:], None), strict=True):
        start = section.text.index(word) + len(word)
        yield section.text[start : section.text.index(after, start) if after else None]


def test_every_alarm_has_one_section_and_every_section_has_an_alarm(synthesise: Synthesise) -> None:
    stack = synthesise("kafka")
    alarms = [
        found["Properties"].get("AlarmName")
        for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
        for found in stack.resources(kind).values()
    ]

    assert sorted(f"flightpulse-{name}" for name in names()) == sorted(alarms)


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_section_says_what_it_means_where_to_look_and_what_to_do_by_commands(heading: str) -> None:
    meaning, look, do = parts(RUNBOOK.section(heading))

    assert len(meaning.split()) > 5
    for steps in (look, do):
        (block,) = re.findall(r"```sh\n(.*?)```", steps, re.DOTALL)
        assert all(line.startswith("flightpulse ") for line in block.splitlines())


def test_only_the_sections_have_steps() -> None:
    assert all(line.startswith(("flightpulse ", "export ")) for line in RUNBOOK.shell_lines())
