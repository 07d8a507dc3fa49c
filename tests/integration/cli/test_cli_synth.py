"""``flightpulse synth`` needs no cloud, and an interrupt leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.integration.cli.conftest import ROOT
from tests.waiting import COMMAND_SECONDS, PATIENCE_SECONDS


def temporary_files(home: Path) -> Path:
    return home / "tmp"


def started(home: Path, *words: str) -> "subprocess.Popen[str]":
    temporary_files(home).mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "flightpulse.cli", *words],
        cwd=ROOT,
        env={**os.environ, "FLIGHTPULSE_HOME": str(home), "AWS_PROFILE": "not-there", "PYTHONUNBUFFERED": "1"}
        | {"TMPDIR": str(temporary_files(home))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_template_is_printed_without_a_cloud_or_credentials(tmp_path: Path):
    with started(tmp_path, "synth", "--print", "-c", "network=none") as synth:
        printed, _ = synth.communicate(timeout=COMMAND_SECONDS)

    assert synth.returncode == 0
    template = json.loads(printed)
    assert "FlightPulseTable" in json.dumps(template["Resources"])
    assert not any(kind["Type"] == "AWS::EC2::VPC" for kind in template["Resources"].values())


def test_a_wrong_context_value_is_one_line(tmp_path: Path):
    with started(tmp_path, "synth", "-c", "network=open") as synth:
        _, said = synth.communicate(timeout=COMMAND_SECONDS)

    assert synth.returncode == 1
    assert "Context network is 'open'. Use one of isolated, existing, none." in said
    assert "Traceback" not in said


def test_it_writes_what_the_cdk_cli_writes(tmp_path: Path):
    with started(tmp_path, "synth", "-c", "network=none") as synth:
        synth.communicate(timeout=COMMAND_SECONDS)
    cdk = [str(Path(sys.executable).parent / "cdk"), "synth", "--quiet", "-c", "network=none", "--no-notices"]
    by_the_cli = subprocess.run(
        [*cdk, "--output", str(tmp_path / "by-the-cli")],
        cwd=ROOT / "infra",
        env={**os.environ, "CDK_DISABLE_CLI_TELEMETRY": "true", "AWS_PROFILE": "not-there"},
        timeout=COMMAND_SECONDS,
        check=False,
    )

    assert (synth.returncode, by_the_cli.returncode) == (0, 0)
    for name in ("FlightPulseStack.template.json", "FlightPulseStack.assets.json", "manifest.json"):
        assert (tmp_path / "cdk.out" / name).read_bytes() == (tmp_path / "by-the-cli" / name).read_bytes()


def test_an_interrupt_ends_the_cdk_and_everything_it_started(tmp_path: Path):
    with started(tmp_path, "synth") as synth:
        assert synth.stdout is not None
        assert "synth" in synth.stdout.readline()
        while not list(temporary_files(tmp_path).glob("*/jsii-kernel-*")):
            assert synth.poll() is None
            time.sleep(0.05)
        synth.send_signal(signal.SIGINT)
        _, said = synth.communicate(timeout=PATIENCE_SECONDS)

    assert synth.returncode == 130
    assert said.strip() == "✗ Stopped."
    assert str(tmp_path) not in _command_lines()
    assert list(temporary_files(tmp_path).iterdir()) == []


def _command_lines() -> str:
    return subprocess.run(["ps", "-axww", "-o", "command="], capture_output=True, text=True, check=True).stdout
