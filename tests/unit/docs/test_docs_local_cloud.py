"""The page about the local cloud says what the local cloud is, and the README's troubles are those it reports."""

import re
from dataclasses import fields

import pytest

from flightpulse.paths import ROOT
from flightpulse.stand_in.spoilers import SPOILERS
from localcloud import behaviours, faults, process
from localcloud.model.faults import kinds
from localcloud.process import own_pages
from tests.unit.docs.pages import LOCAL_CLOUD, README


def test_the_table_of_behaviours_is_the_one_of_the_code():
    assert LOCAL_CLOUD.section("Behaviours").column("name") == [f"`{name}`" for name in behaviours.NAMES]


def test_every_behaviour_links_the_documentation_of_aws():
    links = LOCAL_CLOUD.section("Behaviours").column("on AWS")

    assert [link for link in links if not link.startswith("[documentation](https://docs.aws.amazon.com/")] == []


def test_the_fields_of_a_fault_are_those_of_the_code():
    listed = LOCAL_CLOUD.section("Faults on demand").named("field")

    assert sorted(listed) == sorted(field.name for field in fields(faults.Fault))


def test_the_ways_in_which_the_model_misbehaves_are_those_of_the_code():
    listed = LOCAL_CLOUD.section("A model that misbehaves").named("kinds")

    assert sorted(listed) == sorted(kinds(SPOILERS))


def test_the_ports_and_pages_are_those_of_the_code():
    section = LOCAL_CLOUD.section("Ports")

    assert f"http://127.0.0.1:{process.DEFAULT_PORT}" in section.spans
    assert {own_pages.HEALTH_PATH, faults.PATH} <= set(section.spans)


def quoted_messages() -> list[str]:
    """What the README says people see, where it quotes a message; variable parts are told by an ellipsis."""
    cells = README.section("Troubleshooting").column("you see")
    return [cell.strip("`") for cell in cells if re.fullmatch(r"`[A-Z][^`]+`", cell)]


def test_some_messages_are_quoted():
    assert len(quoted_messages()) >= 4


@pytest.mark.parametrize("message", quoted_messages())
def test_messages_in_the_readme_are_those_that_people_get(message: str):
    files = [*(ROOT / "flightpulse").rglob("*.py"), *(ROOT / "localcloud").rglob("*.py"), ROOT / "tools" / "run.py"]
    code = " ".join(path.read_text(encoding="utf-8") for path in files)
    # A message may be put together of several literals on several lines, with values in between.
    literal = re.sub(r'"\s+f?"', "", code)
    parts = [part.strip() for part in re.split(r"…|\d+", message) if part.strip()]

    assert [part for part in parts if part not in literal and part.strip(". ") not in literal] == []
