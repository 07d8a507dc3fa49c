"""``eval "$(flightpulse env)"`` never leaves a shell on the user's account by accident."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from flightpulse.cli.group import cli
from flightpulse.workbench.target.connection import Connection
from flightpulse.workbench.target.session import local_environment


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> None:
    session = SimpleNamespace(environment=lambda: local_environment("http://127.0.0.1:4600"), kafka_bootstrap="")
    monkeypatch.setattr(Connection, "session", session)


def test_without_a_local_cloud_the_line_fails_and_sets_nothing(tmp_path: Path) -> None:
    result = CliRunner(env={"FLIGHTPULSE_HOME": str(tmp_path)}).invoke(cli, ["env"])

    assert result.exit_code == 1
    shell = subprocess.run(
        ["/bin/sh", "-c", f"eval '{result.stdout}' && echo went on; env"],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    assert "went on" not in shell.stdout
    assert "AWS" not in shell.stdout


@pytest.mark.usefixtures("running")
def test_whatever_would_win_over_the_local_endpoint_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {
        "AWS_PROFILE": "work",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.example.com",
        "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_SESSION_TOKEN": "theirs",
    }
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)

    result = CliRunner().invoke(cli, ["env"])

    shell = subprocess.run(
        ["/bin/sh", "-c", f"{result.stdout}\n/usr/bin/env"], capture_output=True, text=True, check=True, env=theirs
    )
    left = dict(line.split("=", 1) for line in shell.stdout.splitlines() if line.startswith("AWS_"))
    assert not set(theirs) & set(left)
    assert left["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"
    assert left["AWS_ACCESS_KEY_ID"] == "test"
