"""Histories from files."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench import load_history
from flightpulse.workbench.executions.saved_history import load_definition
from tests.unit.workbench.histories import HistoryBuilder


def _history() -> list[dict[str, Any]]:
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")
    builder.task("ClaimEvent")
    builder.task("ApplyToFlight")
    builder.task("MarkBooking")
    builder.add("ExecutionSucceeded", output="{}")
    return builder.events


def _saved(folder: Path, content: Any) -> Path:
    file = folder / "history.json"
    file.write_text(json.dumps(content, default=str), encoding="utf-8")
    return file


def test_a_history_in_shuffled_pages_is_put_in_order(tmp_path: Path) -> None:
    events = _history()
    random.Random(1).shuffle(events)

    saved = load_history(_saved(tmp_path, [{"events": events[:5]}, {"events": events[5:]}]))

    assert [event["id"] for event in saved.events] == list(range(1, len(events) + 1))
    assert saved.history.status == "SUCCEEDED"


def test_one_of_our_own_workflows_is_known_by_its_states(tmp_path: Path) -> None:
    saved = load_history(_saved(tmp_path, {"events": _history()}))

    assert saved.definition is not None
    assert "MarkForRebooking" in saved.definition["States"]


def test_of_an_unknown_workflow_what_it_went_through_is_drawn(tmp_path: Path) -> None:
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")
    builder.task("SomebodyElses")
    builder.add("ExecutionSucceeded", output="{}")

    saved = load_history(_saved(tmp_path, {"events": builder.events}))

    assert saved.definition is None
    assert set(saved.player().diagram.states) == {"SomebodyElses"}


def test_a_history_without_a_state_has_nothing_to_draw(tmp_path: Path) -> None:
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")

    with pytest.raises(UserError, match="no state that was entered"):
        load_history(_saved(tmp_path, {"events": builder.events})).player()


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_definition_is_read_as_a_file_of_ones_own_or_as_aws_returns_it(tmp_path: Path, *, wrapped: bool) -> None:
    machine = {"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}
    content = {"name": "Machine", "definition": json.dumps(machine)} if wrapped else machine
    assert load_definition(_saved(tmp_path, content)) == machine


@pytest.mark.parametrize(
    ("content", "why"),
    [("{}", "no States"), ("no json", "not JSON"), ("[]", "no JSON object"), ('{"definition": "x"}', "not JSON")],
)
def test_a_file_that_is_no_definition_gets_one_sentence(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "machine.json"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(UserError, match=why) as caught:
        load_definition(file)

    assert "machine.json" in caught.value.message
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ['{"not": "a history"}', "no json", "[1, 2]", '{"events": []}', '"text"'])
def test_a_file_that_is_no_history_gets_one_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(UserError, match=r"other\.json") as caught:
        load_history(file)

    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file"):
        load_history(tmp_path / "nothing.json")
