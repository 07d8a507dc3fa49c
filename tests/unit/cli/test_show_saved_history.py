"""``show --history`` steps through anybody's saved execution, without a cloud."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flightpulse.cli.group import cli
from tests.unit.workbench.histories import HistoryBuilder
from tests.unit.workbench.player import runs
from tests.unit.workbench.player.test_player_page import data_of


def show(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(cli, ["show", *map(str, arguments)])


def written(folder: Path, events: list[runs.Event]) -> Path:
    """A history as ``aws stepfunctions get-execution-history`` prints it."""
    file = folder / "history.json"
    printed = [{**event, "timestamp": event["timestamp"].isoformat()} for event in events]
    file.write_text(json.dumps({"events": printed}), encoding="utf-8")
    return file


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return written(tmp_path, runs.retried_then_caught())


def test_a_saved_history_is_told_state_by_state(saved: Path) -> None:
    result = show("--history", saved)

    assert result.exit_code == 0
    assert "history ✓ SUCCEEDED" in result.stdout
    assert "! Claim Task: writes to the table" in result.stdout
    assert "✓ Handled Succeed" in result.stdout


def test_the_items_of_a_map_that_is_tried_again_are_told_with_the_try(tmp_path: Path) -> None:
    builder = HistoryBuilder()
    builder.entered("Map", "Tell")
    for _ in range(2):
        builder.add("MapIterationStarted", builder.add("MapStateStarted", length=1), name="Tell", index=0)
        builder.task("Send")

    said = show("--history", written(tmp_path, builder.events)).stdout

    assert "iteration 0\n" in said
    assert "iteration 0, try 2\n" in said


def test_its_page_needs_nothing_from_anywhere(saved: Path, tmp_path: Path) -> None:
    page = tmp_path / "run.html"

    result = show("--history", saved, "--html", page)

    assert result.exit_code == 0
    assert "succeeded after" in result.stdout
    assert "--definition" in result.stdout
    written = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in written
    assert not re.search(r"""(src|href)\s*=\s*["']?https?:""", written)


def test_a_page_that_cannot_be_written_is_one_line(saved: Path, tmp_path: Path) -> None:
    page = tmp_path / "nowhere" / "run.html"

    result = show("--history", saved, "--html", page)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"✗ {page} cannot be written: No such file or directory. Name another file.\n"


def test_with_the_definition_the_states_not_reached_are_drawn_too(saved: Path, tmp_path: Path) -> None:
    definition, page = tmp_path / "machine.asl.json", tmp_path / "run.html"
    definition.write_text(json.dumps(runs.LINE), encoding="utf-8")

    result = show("--history", saved, "--definition", definition, "--html", page)

    assert "--definition" not in result.stdout
    [drawing] = data_of(page.read_text(encoding="utf-8"))["drawings"]
    assert "Choose" in [name for name, _ in drawing["states"]]


def test_programs_get_the_tree(saved: Path) -> None:
    told = json.loads(show("--history", saved, "--json").stdout)

    assert told["file"] == str(saved)
    assert [(visit["name"], visit["status"]) for visit in told["history"]["visits"]] == [
        ("Claim", "CAUGHT"),
        ("Handled", "SUCCEEDED"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is not JSON"),
        (b"null", "it has no events"),
        (b"[" * 100_000, "it is not JSON"),
        (b"\x80\x02binary", "it is not JSON"),
        (b'{"events": [{"type": "PassStateEntered", "id": 1, "timestamp": 1e40}]}', "1e+40 is no time"),
        (b'{"executionArn": "arn:aws:states:us-east-1:123456789012:execution:M:x"}', "it has no events"),
    ],
)
def test_a_bad_file_gets_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "history.json"
    file.write_bytes(content)

    result = show("--history", file)

    assert result.exit_code != 0
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert str(file) in result.stderr
    assert said in result.stderr


def test_a_file_saved_by_powershell_is_read(saved: Path) -> None:
    """Its ``>`` writes UTF-16 with a mark at the beginning."""
    saved.write_bytes(saved.read_text(encoding="utf-8").encode("utf-16"))
    assert show("--history", saved).exit_code == 0


def test_an_execution_and_a_file_do_not_go_together(saved: Path) -> None:
    assert "not both" in show("latest", "--history", saved).stderr
    assert "goes with --history" in show("latest", "--definition", saved).stderr
