"""The CDK CLI, as a person calls it, deploys the stack to the local cloud, leaves it alone, and takes it down again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flightpulse.stack import names
from tests.integration.emulator import Emulator
from tests.synthesis import Stack, Synthesise
from tests.waiting import COMMAND_SECONDS

MODEL_ID = "/flightpulse/bedrock/model-id"


class Target:
    """A local cloud to deploy to."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder

    def cdk(self, verb: str, stack: Stack, *options: str, fails: bool = False) -> str:
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
        command += options
        if verb == "destroy":
            command.append("--force")
        if verb == "deploy":
            command.append("--require-approval=never")
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
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
    assert len(machines) == 6
    for machine in machines:
        described = target.client("stepfunctions").describe_state_machine(stateMachineArn=machine["stateMachineArn"])
        assert "${" not in described["definition"]
        shared = machine["name"] in (names.NOTIFY_PASSENGERS, names.NOTIFY_CHUNK)
        assert described["loggingConfiguration"]["level"] == ("ERROR" if shared else "ALL")
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


def test_a_first_production_deployment_that_fails_leaves_nothing_in_the_way(
    target: Target, synthesise: Synthesise
) -> None:
    # Given an account in which one of the stack's names is taken
    production = synthesise("production")
    target.cdk("bootstrap", production)
    alarms = target.client("sns").create_topic(Name="flightpulse-alarms")["TopicArn"]

    # When the deployment fails
    said = target.cdk("deploy", production, fails=True)

    # Then the reason is told, and nothing with a name of its own is left
    assert "'flightpulse-alarms' already exists" in said
    target.client("sns").delete_topic(TopicArn=alarms)
    _nothing_is_left(target)

    # And the next attempt succeeds, with a protected table
    target.cdk("deploy", production)
    assert _table(target)["DeletionProtectionEnabled"] is True

    # And a destroyed production stack keeps its data, which a deployment refuses to take over unasked
    item = {"PK": {"S": "FLIGHT#SW1"}, "SK": {"S": "METADATA"}}
    target.client("dynamodb").put_item(TableName="FlightPulseTable", Item=item)
    target.cdk("destroy", production)
    assert _table(target)["DeletionProtectionEnabled"] is True
    assert "already exists" in target.cdk("deploy", production, fails=True)

    # And which is taken up again when that is asked for
    target.cdk("deploy", production, "--import-existing-resources")
    assert target.client("dynamodb").get_item(TableName="FlightPulseTable", Key=item)["Item"] == item
    assert _table(target)["DeletionProtectionEnabled"] is True


def _table(target: Target) -> Any:
    return target.client("dynamodb").describe_table(TableName="FlightPulseTable")["Table"]
