"""A terminal or pipe that is not UTF-8 loses signs, and no command fails for it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flightpulse import paths

_HISTORY = paths.ROOT / "notebooks" / "histories" / "rebook-party-redriven.json"
ENCODINGS = ["ascii", "latin-1", "cp1252"]


def flightpulse(*arguments: str, encoding: str, home: Path) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "flightpulse.cli", *arguments],
        env={"PYTHONIOENCODING": encoding, "PATH": "/usr/bin:/bin", "FLIGHTPULSE_HOME": str(home)},
        cwd=paths.ROOT,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_signs_that_cannot_be_printed_are_replaced(encoding: str, tmp_path: Path) -> None:
    ran = flightpulse("show", "--history", str(_HISTORY), encoding=encoding, home=tmp_path)

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert "rebook-party-redriven ? SUCCEEDED" in ran.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_escaped_and_loses_nothing(encoding: str, tmp_path: Path) -> None:
    history = tmp_path / "history.json"
    events = [
        {"id": 1, "type": "ExecutionStarted", "timestamp": 1, "executionStartedEventDetails": {"input": '"Zoë ✓"'}}
    ]
    history.write_text(json.dumps({"events": events}), encoding="utf-8")

    ran = flightpulse("show", "--history", str(history), "--json", encoding=encoding, home=tmp_path)

    assert json.loads(ran.stdout.decode("ascii"))["history"]["input"] == '"Zoë ✓"'


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_error_is_still_one_line(encoding: str, tmp_path: Path) -> None:
    ran = flightpulse("inbox", encoding=encoding, home=tmp_path)

    assert (ran.returncode, ran.stdout) == (1, b"")
    assert ran.stderr.endswith(b" The local cloud is not running. Start it with: flightpulse up\n")
    assert ran.stderr.count(b"\n") == 1
