"""One demo for all tests of the command line: it is run as a user would run it, and leaves everything up for them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from flightpulse.cli.group import cli as flightpulse
from localcloud.process import state
from tests.waiting import COMMAND_SECONDS

ROOT = Path(__file__).resolve().parents[3]
# Every call of these tests is checked against the policies of its caller, and noted.
_CHECKED = {"FLIGHTPULSE_IAM": "1"}


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs ``flightpulse`` with a home of its own: inside the test's process, or in one of its own where it matters."""

    home: Path

    def run(self, *words: str) -> Done:
        result = CliRunner(env=self.environment()).invoke(flightpulse, words, prog_name="flightpulse")
        return Done(result.exit_code, result.stdout, result.stderr)

    def run_process(self, *words: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "flightpulse.cli", *words],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def ok(self, *words: str) -> str:
        """The output of a command that must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def environment(self, more: dict[str, str] | None = None) -> dict[str, str]:
        """The user's environment, with things in it that must not matter to the local cloud."""
        awkward = {
            "AWS_PROFILE": "not-there",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
        }
        return {**os.environ, **awkward, "FLIGHTPULSE_HOME": str(self.home), **_CHECKED, **(more or {})}


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo that was run: what it printed, how it ended, and a command line for what it left running."""

    exit_code: int
    output: str
    port: int
    cli: CommandLine

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    cli = CommandLine(tmp_path_factory.mktemp("demo-home"))
    try:
        done = cli.run_process("demo", "--port", "0")
        cloud = state.load(cli.home)
        assert cloud is not None, done.stdout + done.stderr
        yield Demo(done.returncode, done.stdout + done.stderr, cloud.port, cli)
    finally:
        cli.run_process("down")


@pytest.fixture(scope="session")
def cli(demo: Demo) -> CommandLine:
    """The command line, with the demo's cloud up, its stack deployed and its messages in the inbox."""
    return demo.cli
