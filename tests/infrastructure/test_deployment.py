"""The CDK CLI, as a person calls it, deploys the stack to the local cloud, leaves it alone, and takes it down again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.conftest import Synthesise
from tests.infrastructure.synthesis import Stack
from tests.integration.emulator import Emulator

MODEL_ID = "/flightpulse/bedrock/model-id"


class Target:
    """A local cloud to deploy to."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder

    def cdk(self, verb: str, stack: Stack) -> str:
        """Run the CDK CLI on a synthesised stack; PATH has nothing but the virtual environment and the system."""
        command = [str(Path(sys.executable).parent / "cdk"), verb, "--app", str(stack.path.parent), "--ci"]
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self._folder),
            "AWS_ENDPOINT_URL": self._emulator.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        if verb == "destroy":
            command.append("--force")
        if verb == "deploy":
            command.append("--require-approval=never")
        done = subprocess.run(
            command, cwd=self._folder, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def client(self, service: str) -> Any:
        return self._emulator.client(service)

    def model_id(self) -> str:
        found: str = self.client("ssm").get_parameter(Name=MODEL_ID, WithDecryption=True)["Parameter"]["Value"]
        return found


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Emulator() as emulator:
        yield Target(emulator, tmp_path_factory.mktemp("home"))


def test_a_stack_comes_changes_and_goes(target: Target, synthesise: Synthesise) -> None:
    default = synthesise("default")
    target.cdk("bootstrap", default)
    target.cdk("deploy", default)
    _everything_is_there(target)

    assert "no changes" in target.cdk("deploy", default)

    target.client("ssm").put_parameter(Name=MODEL_ID, Value="by-hand", Type="SecureString", Overwrite=True)
    bare = synthesise("bare")
    target.cdk("deploy", bare)
    assert target.model_id() == "by-hand"

    target.cdk("destroy", bare)
    _nothing_is_left(target)


def _everything_is_there(target: Target) -> None:
    assert target.model_id() == "amazon.nova-lite-v1:0"
    machines = target.client("stepfunctions").list_state_machines()["stateMachines"]
    assert len(machines) == 5
    for machine in machines:
        described = target.client("stepfunctions").describe_state_machine(stateMachineArn=machine["stateMachineArn"])
        assert "${" not in described["definition"]
        assert described["loggingConfiguration"]["level"] == "ALL"
    dynamodb = target.client("dynamodb")
    assert dynamodb.describe_time_to_live(TableName="FlightPulseTable")["TimeToLiveDescription"] == {
        "AttributeName": "expires_at",
        "TimeToLiveStatus": "ENABLED",
    }
    assert target.client("events").describe_archive(ArchiveName="flightpulse-flight-events")["RetentionDays"] == 7


def _nothing_is_left(target: Target) -> None:
    assert target.client("dynamodb").list_tables()["TableNames"] == []
    assert target.client("lambda").list_functions()["Functions"] == []
    assert target.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert target.client("sqs").list_queues().get("QueueUrls", []) == []
    assert target.client("logs").describe_log_groups()["logGroups"] == []
    parameters = target.client("ssm").describe_parameters()["Parameters"]
    assert [parameter["Name"] for parameter in parameters if parameter["Name"].startswith("/flightpulse")] == []
