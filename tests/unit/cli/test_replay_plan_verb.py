"""What ``flightpulse replay`` says before anything is sent."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from flightpulse.cli.group import cli
from flightpulse.paths import SAMPLE_DATA
from flightpulse.workbench.fire.replaying import Choice, ReplayProgress


def test_a_plan_says_what_a_replay_consists_of_and_needs_no_cloud() -> None:
    result = CliRunner().invoke(cli, ["replay", "2013-07-23", "--tail", "N192JB", "--plan", "--json"])

    assert result.exit_code == 0
    totals = json.loads(result.stdout)["totals"]
    assert (totals["flights"], totals["departed_late"]) == (4, 4)


def test_a_file_of_ones_own_gives_the_same_plan_as_the_packaged_day(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_bytes((SAMPLE_DATA / "replays" / "flights_2013-07-06_to_SFO.csv").read_bytes())

    mine, packaged = (
        CliRunner().invoke(cli, ["replay", day, "--all", "--plan", "--json"]) for day in (str(path), "2013-07-06")
    )

    assert json.loads(mine.stdout) == json.loads(packaged.stdout)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2013-13-01"], "There is no day '2013-13-01' to replay."),
        (["nowhere.csv"], "nowhere.csv is not in"),
        (["2013-10-02", "--tail", "N192JB"], "Nothing is to be told of 2013-10-02 by tail N192JB"),
        (["2013-07-06", "--carrier", "XX"], "No flight of 2013-07-06 is left by carrier XX."),
    ],
)
def test_a_day_or_a_filter_that_leaves_nothing_is_one_line(words: list[str], said: str) -> None:
    result = CliRunner().invoke(cli, ["replay", *words, "--plan"])

    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_all_flights_and_at_most_so_many_cannot_both_be_wanted() -> None:
    result = CliRunner().invoke(cli, ["replay", "2013-07-06", "--all", "--flights", "3", "--plan"])

    assert result.exit_code == 1
    assert result.stderr.strip() == "✗ --all and --flights cannot both be. Leave out one of them."


def test_a_replay_that_is_taken_up_goes_on_with_its_own_flights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIGHTPULSE_HOME", str(tmp_path))
    choice = Choice(day="2013-07-06", leaves_on="2026-11-25", origins=("EWR",))
    ReplayProgress(choice=choice, began_at=datetime.now(UTC), sent=3, passed_seconds=9.0).save(tmp_path)

    others = CliRunner().invoke(cli, ["replay", "2013-02-08", "--carrier", "AA", "--seed", "1", "--resume", "--plan"])
    same = CliRunner().invoke(cli, ["replay", "--resume", "--speed", "60", "--plan", "--json"])

    assert others.exit_code == 1
    assert others.stderr.strip().endswith(
        "--resume goes on with the replay of 2013-07-06 as it was begun. Leave out DAY, --carrier, --seed."
    )
    assert json.loads(same.stdout)["totals"]["flights"] == 13
