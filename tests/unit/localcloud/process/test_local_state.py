"""What is written down about a running cloud."""

import json
from pathlib import Path

import pytest

from localcloud.process import state
from localcloud.process.state import RunningCloud


@pytest.fixture
def cloud(tmp_path: Path) -> RunningCloud:
    return RunningCloud(
        pid=42,
        start_token="token",
        home=str(tmp_path),
        endpoint_url="http://127.0.0.1:4567",
        kafka_bootstrap="127.0.0.1:9092",
        kafka_kind="embedded",
        model_url="http://127.0.0.1:9000",
        model_kind="stand-in",
        version="1.0.0+abc",
        started_at="2026-01-01T00:00:00+00:00",
        behaviours=("lambda_runtime",),
    )


def test_what_was_saved_is_loaded(cloud: RunningCloud, tmp_path: Path):
    state.save(cloud)

    assert state.load(tmp_path) == cloud


def test_the_port_is_that_of_the_endpoint(cloud: RunningCloud):
    assert cloud.port == 4567


def test_saving_leaves_no_other_file(cloud: RunningCloud, tmp_path: Path):
    state.save(cloud)

    assert [entry.name for entry in tmp_path.iterdir()] == ["local-cloud.json"]


def test_without_a_file_there_is_nothing(tmp_path: Path):
    assert state.load(tmp_path) is None
    assert state.load(tmp_path / "nowhere") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": 1}', "\0"])
def test_a_file_that_is_not_a_state_is_nothing(tmp_path: Path, text: str):
    state.path(tmp_path).write_text(text)

    assert state.load(tmp_path) is None


def test_fields_of_a_newer_version_are_ignored(cloud: RunningCloud, tmp_path: Path):
    state.save(cloud)
    stored = json.loads(state.path(tmp_path).read_text())
    state.path(tmp_path).write_text(json.dumps({**stored, "new": 1}))

    assert state.load(tmp_path) == cloud


def test_a_removed_state_is_nothing_and_removing_it_again_is_fine(cloud: RunningCloud, tmp_path: Path):
    state.save(cloud)
    state.remove(tmp_path)
    state.remove(tmp_path)

    assert state.load(tmp_path) is None
