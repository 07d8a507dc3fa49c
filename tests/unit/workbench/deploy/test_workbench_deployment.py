"""A deployment is followed resource by resource, and what failed is named."""

import platform
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, WaiterError

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.deploy.cdk import CdkOutcome
from flightpulse.workbench.deploy.deploy import Deployer, StackWatch, finish_rollback, local_context
from flightpulse.workbench.show.progress import Steps
from flightpulse.workbench.target.session import Session, local_aws_session, local_environment
from tests.unit.workbench.cloud_fakes import client_error


class FakeCloudFormation:
    """A stack with its events, newest first as AWS gives them, in an account that may have a role for API logs."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(
        self, *, outputs: dict[str, str] | None = None, missing: bool = False, logging_role: str | None = None
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self.outputs = outputs or {}
        self.missing = missing
        self.logging_role = logging_role
        self.status = "ROLLBACK_COMPLETE"
        self.rolls_back: bool | None = None

    def happens(self, name: str, status: str, reason: str = "", *, age: timedelta = timedelta(0)) -> None:
        self.events.insert(
            0,
            {
                "EventId": f"event-{len(self.events)}",
                "LogicalResourceId": name,
                "ResourceType": "AWS::SQS::Queue",
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "Timestamp": datetime.now(UTC) - age,
            },
        )

    def get_paginator(self, operation: str) -> "FakeCloudFormation":
        assert operation == "describe_stack_events"
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        if self.missing:
            raise client_error("ValidationError")
        yield {"StackEvents": list(self.events)}

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if self.missing:
            raise client_error("ValidationError")
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs}]}

    def get_account(self) -> dict[str, Any]:
        return {"cloudwatchRoleArn": self.logging_role} if self.logging_role else {}

    def continue_update_rollback(self, **_: Any) -> None:
        assert self.rolls_back is not None
        self.happens("Queue", "UPDATE_COMPLETE" if self.rolls_back else "UPDATE_FAILED", "told to fail")

    def get_waiter(self, name: str) -> "FakeCloudFormation":
        assert name == "stack_rollback_complete"
        return self

    def wait(self, **_: Any) -> None:
        if not self.rolls_back:
            raise WaiterError("stack_rollback_complete", "terminal failure state", {})


def session_on(stack: FakeCloudFormation, target: str = "local") -> Session:
    aws = cast(Any, SimpleNamespace(region_name=None, client=lambda service, config: stack))
    return Session(target, aws, home=Path("/nowhere"), endpoint_url="http://127.0.0.1:1")  # type: ignore[arg-type]


class NotedSteps(Steps):
    """Notes what was said of steps instead of showing it."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)
        self.updates: list[tuple[str, int, int]] = []
        self.finished: list[str] = []

    def update(self, step: str, text: str, done: int = 0, total: int = 0, board: Any = None) -> None:
        self.updates.append((text, done, total))

    def finish(self, step: str, text: str, *, ok: bool = True) -> None:
        self.finished.append(step)


def followed(stack: FakeCloudFormation, happens: Any) -> tuple[NotedSteps, StackWatch]:
    steps = NotedSteps()
    with StackWatch(session_on(stack), names.STACK, "deploy", 2, steps) as watch:
        happens()
    return steps, watch


def test_resources_are_counted_as_they_come_up():
    stack = FakeCloudFormation()

    def happens() -> None:
        stack.happens(names.STACK, "CREATE_IN_PROGRESS")
        stack.happens("Queue", "CREATE_IN_PROGRESS")
        stack.happens("Queue", "CREATE_COMPLETE")
        stack.happens("Topic", "CREATE_COMPLETE")

    steps, watch = followed(stack, happens)

    assert steps.updates[-1] == ("create complete: SQS::Queue Topic", 2, 2)
    assert watch.events_seen == 4


def test_what_happened_before_does_not_count():
    stack = FakeCloudFormation()
    stack.happens("Queue", "CREATE_COMPLETE")
    stack.happens("Topic", "CREATE_FAILED", "old trouble", age=timedelta(hours=2))

    _, watch = followed(stack, lambda: None)

    assert watch.events_seen == 0
    assert watch.first_failure() is None


def test_the_first_failure_of_its_own_is_named():
    stack = FakeCloudFormation()

    def happens() -> None:
        stack.happens("Other", "CREATE_FAILED", "Resource creation cancelled")
        stack.happens("Queue", "CREATE_FAILED", "The name is taken")
        stack.happens(names.STACK, "ROLLBACK_IN_PROGRESS", "Queue failed")

    _, watch = followed(stack, happens)

    assert watch.first_failure() == "Queue (AWS::SQS::Queue): The name is taken"


def test_a_stack_that_is_not_there_yet_has_no_events():
    _, watch = followed(FakeCloudFormation(missing=True), lambda: None)

    assert watch.events_seen == 0


def test_a_rollback_that_failed_is_finished_before_anything_else():
    stack, steps = FakeCloudFormation(), NotedSteps()
    stack.status, stack.rolls_back = "UPDATE_ROLLBACK_FAILED", True

    finish_rollback(session_on(stack), steps)

    assert steps.finished == ["rollback"]


def test_a_rollback_that_fails_again_is_told_with_its_reason_and_the_way_out():
    stack = FakeCloudFormation()
    stack.status, stack.rolls_back = "UPDATE_ROLLBACK_FAILED", False

    with pytest.raises(UserError) as refusal:
        finish_rollback(session_on(stack), NotedSteps())

    assert refusal.value.message.endswith("failed again: Queue (AWS::SQS::Queue): told to fail.")
    assert "--resources-to-skip" in str(refusal.value.hint)


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_is_well_has_no_rollback_to_finish(status: str):
    stack = FakeCloudFormation()
    stack.status = status

    finish_rollback(session_on(stack), NotedSteps())

    assert stack.events == []


def test_the_local_cloud_says_that_it_cannot_put_back_what_was_changed_by_hand():
    deployer = Deployer(session_on(FakeCloudFormation()), context={}, steps=NotedSteps())

    with pytest.raises(UserError, match="cannot put back"):
        deployer.deploy(revert_drift=True)


def test_the_line_that_tells_of_an_error_is_found():
    output = "Synthesizing\nError: the table has no name\n\nsee the docs\n"

    assert CdkOutcome("synth", 1, output, Path("log")).last_error() == "Error: the table has no name"
    said = "flightpulse: Context network is 'open'.\n\npython3 app.py: Subprocess exited with error 1\n"
    assert CdkOutcome("synth", 1, said, Path("log")).last_error() == "Context network is 'open'."
    full = "RuntimeError: ENOSPC: no space left on device\npython3 app.py: Subprocess exited with error 1\n"
    assert CdkOutcome("synth", 1, full, Path("log")).last_error() == "RuntimeError: ENOSPC: no space left on device"
    refused = "❌  FlightPulseStack failed to deploy\n‣ TtyNotAttached: Stack is in a paused fail state\n"
    assert (
        CdkOutcome("deploy", 1, refused, Path("log")).last_error() == "TtyNotAttached: Stack is in a paused fail state"
    )
    assert CdkOutcome("synth", 1, "", Path("log")).last_error() == "it printed nothing"


def test_the_local_context_names_the_broker_and_the_python_that_runs_the_functions():
    version = ".".join(platform.python_version_tuple()[:2])

    assert local_context("127.0.0.1:9092") == {"kafka_bootstrap": "127.0.0.1:9092", "runtime": f"python{version}"}


@pytest.mark.parametrize(("role", "logging"), [(None, None), ("arn:aws:iam::000000000000:role/logs", "account")])
def test_a_first_deployment_leaves_the_role_alone_with_which_the_account_logs(role: str | None, logging: str | None):
    session = session_on(FakeCloudFormation(missing=True, logging_role=role), "aws")

    values = Deployer(session, context={"environment": "prod"}, steps=NotedSteps()).context.values

    assert (values.get("environment"), values.get("api_logging")) == ("prod", logging)


def test_without_a_stack_the_way_out_is_told():
    with pytest.raises(UserError) as refusal:
        session_on(FakeCloudFormation(missing=True)).output("TableName")

    assert refusal.value.message.startswith("The stack FlightPulseStack is not deployed")
    assert refusal.value.hint == "Deploy it with: flightpulse deploy"


def test_a_stack_that_was_rolled_back_is_named_with_its_state():
    with pytest.raises(UserError, match="ROLLBACK_COMPLETE"):
        session_on(FakeCloudFormation()).output("TableName")


def test_hints_name_the_target():
    with pytest.raises(UserError) as refusal:
        session_on(FakeCloudFormation(outputs={"ApiUrl": "x"}), "aws").output("TableName")

    assert refusal.value.hint == "Deploy it again with: flightpulse deploy --target aws"


def test_another_error_of_cloudformation_is_not_taken_for_a_missing_stack():
    stack = FakeCloudFormation()
    stack.describe_stacks = lambda **_: (_ for _ in ()).throw(client_error("ExpiredToken"))  # type: ignore[method-assign]

    with pytest.raises(ClientError):
        session_on(stack).output("TableName")


def test_local_clients_know_nothing_of_the_users_aws(monkeypatch: pytest.MonkeyPatch):
    for name, value in (
        ("AWS_PROFILE", "work"),
        ("AWS_ACCESS_KEY_ID", "AKIAREAL"),
        ("AWS_SESSION_TOKEN", "real"),
        ("AWS_ENDPOINT_URL_SQS", "https://elsewhere"),
        ("AWS_REGION", "eu-west-1"),
        ("HTTP_PROXY", "http://proxy:3128"),
    ):
        monkeypatch.setenv(name, value)

    aws = local_aws_session("http://127.0.0.1:4566")
    client = aws.client("sqs")
    keys = aws.get_credentials().get_frozen_credentials()

    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == "us-east-1"
    assert client.meta.config.proxies == {}
    assert (keys.access_key, keys.token) == ("test", None)


def test_programs_run_by_hand_get_dummy_keys_and_no_files_of_the_users():
    made = local_environment("http://127.0.0.1:4566")

    assert made["AWS_CONFIG_FILE"] == made["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert made["AWS_ACCESS_KEY_ID"] == "test"
