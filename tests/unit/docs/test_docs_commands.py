"""What pages tell people to type is accepted by what they type it to."""

import json
import re
from collections.abc import Iterator

import click
import pytest

from flightpulse.cli.verbs import VERBS, load
from flightpulse.paths import ROOT, WORKFLOWS
from flightpulse.stack.settings import KEYS
from flightpulse.stand_in.spoilers import SPOILERS
from localcloud import server
from localcloud.faults import FaultBoard
from localcloud.model.faults import Fault
from tests.unit.docs.pages import PAGES, README, Page
from tools import run

every_page = pytest.mark.parametrize("page", PAGES, ids=str)
MODULE = "python -m flightpulse.local_cloud "


def problem(words: list[str]) -> str | None:
    """Why the command line would refuse these words, or None. Nothing is run."""
    verb, *arguments = words[1:]
    if verb not in VERBS:
        return f"there is no verb {verb}"
    if not arguments or arguments == ["--help"]:
        # A sentence names the verb, and leaves out what it is called with.
        return None
    try:
        load(verb).make_context(verb, arguments)
    except click.UsageError as error:
        return error.format_message()
    return None


@every_page
def test_flightpulse_commands_are_accepted(page: Page):
    refused = {" ".join(words): problem(words) for words in page.commands() if problem(words)}

    assert refused == {}


def test_the_check_of_commands_sees_what_is_wrong():
    assert problem(["flightpulse", "fly"]) == "there is no verb fly"
    assert "No such option" in str(problem(["flightpulse", "up", "--fast"]))
    assert "Missing" in str(problem(["flightpulse", "produce", "--count", "2"]))
    assert problem(["flightpulse", "up", "--port", "4600"]) is None


def test_the_pages_show_commands_at_all():
    shown = {words[1] for page in PAGES for words in page.commands()}

    assert {"demo", "up", "status", "env", "down", "deploy", "seed", "scenario", "inbox", "redrive"} <= shown
    assert {"up", "down", "scenario", "inbox", "env"} <= {words[1] for words in README.commands()}


@every_page
def test_context_keys_are_keys_of_the_stack(page: Page):
    given = re.findall(r"(?:-c|--context) ([a-z_]+)=", page.text)

    assert set(given) <= set(KEYS)


@every_page
def test_make_targets_and_tasks_exist(page: Page):
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    tasks = {*run.PROGRAMS, *run.TASKS}
    code = "\n".join([*page.spans, *page.blocks("sh")])

    assert set(re.findall(r"^make (\w+)", code, re.MULTILINE)) <= targets
    assert set(re.findall(r"tools/run\.py (\w+)", code)) <= tasks


@every_page
def test_options_of_the_local_clouds_own_program_exist(page: Page, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        server.main(["--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    lines = [line for line in page.shell_lines() if line.startswith(MODULE)]

    assert {option for line in lines for option in re.findall(r" (--[a-z-]+)", line)} <= known


@every_page
def test_json_blocks_are_json(page: Page):
    for block in page.blocks("json"):
        json.loads(block)


def bodies(page: Page) -> Iterator[object]:
    for line in page.shell_lines():
        for body in re.findall(r"-d '([^']*)'", line):
            yield json.loads(body)


@every_page
def test_faults_that_are_set_by_hand_are_accepted(page: Page):
    states = "".join(path.read_text() for path in WORKFLOWS.glob("*.asl.json"))
    for body in bodies(page):
        faults = body["faults"] if isinstance(body, dict) else body
        assert isinstance(faults, list)
        if any("kind" in fault for fault in faults):
            assert [Fault.from_fields(fault, SPOILERS) for fault in faults]
        else:
            FaultBoard().set(faults)
            named = [fault["state"] for fault in faults if "state" in fault]
            assert [state for state in named if f'"{state}": {{' not in states] == []
