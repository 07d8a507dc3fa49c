"""infra/app.py as the CDK CLI starts it: alone, in a bare environment."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flightpulse.paths import INFRA
from tests.synthesis import Stack


def synthesise(folder: Path, context: dict[str, object] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the app with no PATH, no home, no credentials: only what the CDK CLI would tell it."""
    values = json.loads((INFRA / "cdk.json").read_text())["context"] | (context or {})
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=INFRA,
        env={"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(values), "TMPDIR": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_needs_no_path_no_node_no_git_and_no_credentials_and_says_nothing(tmp_path: Path, default: Stack) -> None:
    done = synthesise(tmp_path / "out")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for name in ("FlightPulseStack.template.json", "FlightPulseStack.assets.json"):
        another_synthesis = (default.path.parent / name).read_bytes()
        assert (tmp_path / "out" / name).read_bytes() == another_synthesis


def test_a_bad_value_gets_one_line_and_no_traceback(tmp_path: Path) -> None:
    done = synthesise(tmp_path / "out", {"network": "public"})
    assert done.returncode == 1
    assert done.stderr == "flightpulse: Context network is 'public'. Use one of isolated, existing, none.\n"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A copy of the app in a checkout of its own, started by a Python without packages."""
    (tmp_path / "infra").mkdir()
    return Path(shutil.copy(INFRA / "app.py", tmp_path / "infra"))


def without_packages(app: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-S", str(app)], env={}, capture_output=True, text=True, check=False)


def test_a_python_without_the_cdk_hands_over_to_the_projects_own(elsewhere: Path) -> None:
    python = elsewhere.parent.parent / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    done = without_packages(elsewhere)
    assert (done.returncode, done.stdout) == (0, f"{elsewhere}\n")


def test_without_any_python_that_has_the_cdk_the_way_out_is_named(elsewhere: Path) -> None:
    done = without_packages(elsewhere)
    assert done.returncode == 1
    assert done.stderr == "flightpulse: aws-cdk-lib is not installed for this Python. Run `make setup`.\n"


def test_the_cdk_cli_calls_nobody_but_aws() -> None:
    settings = json.loads((INFRA / "cdk.json").read_text())
    assert (settings["notices"], settings["versionReporting"], settings["context"]["cli-telemetry"]) == (False,) * 3
