"""A state of a deployed workflow is tested by itself."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.executions.lookup import Executions
from flightpulse.workbench.target.session import local_aws_session, local_environment

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:FlightPulse-DelayWorkflow"


class _RefusedError(Exception):
    response = {"Error": {"Message": "Mocked result must be an array."}}  # noqa: RUF012


class _StepFunctions:
    class exceptions:  # noqa: N801
        ValidationException = _RefusedError
        InvalidDefinition = _RefusedError

    def __init__(self, answer: dict[str, Any] | None) -> None:
        self.asked: dict[str, Any] = {}
        self._answer = answer

    def describe_state_machine(self, **request: str) -> dict[str, Any]:
        assert request == {"stateMachineArn": ARN}
        return {"definition": "{}", "roleArn": "arn:aws:iam::000000000000:role/workflow"}

    def test_state(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        if self._answer is None:
            raise _RefusedError
        return self._answer


class _Session:
    def __init__(self, answer: dict[str, Any] | None) -> None:
        self.stepfunctions = _StepFunctions(answer)
        self.outputs = {"DelayWorkflowArn": ARN}


def run_state(session: Any, *given: Any, **options: Any) -> Any:
    target: Any = SimpleNamespace(deployed=session)
    return Executions(target).test_state(*given, **options)


def test_what_is_given_stands_in_for_the_rest_of_the_workflow() -> None:
    session: Any = _Session(
        {"status": "SUCCEEDED", "output": "3", "nextState": "B", "inspectionData": {"result": "[1]"}}
    )

    seen = run_state(session, "delay", "A", {"x": 1}, result=[1], variables={"v": 2}, retries=1)

    assert (seen.status, seen.output, seen.next, seen.data) == ("SUCCEEDED", 3, "B", {"result": [1]})
    assert session.stepfunctions.asked == {
        "definition": "{}",
        "roleArn": "arn:aws:iam::000000000000:role/workflow",
        "stateName": "A",
        "input": json.dumps({"x": 1}),
        "inspectionLevel": "DEBUG",
        "mock": {"result": "[1]"},
        "variables": json.dumps({"v": 2}),
        "stateConfiguration": {"retrierRetryCount": 1},
    }


def test_a_failure_can_be_given_and_a_state_without_a_mock_is_run() -> None:
    session: Any = _Session({"status": "FAILED", "error": "Busy", "cause": "why"})

    seen = run_state(session, "delay", "A", error="Busy")

    assert (seen.status, seen.error, seen.cause, seen.output) == ("FAILED", "Busy", "why", None)
    assert session.stepfunctions.asked["mock"]["errorOutput"]["error"] == "Busy"
    run_state(session, "delay", "A")
    assert "mock" not in session.stepfunctions.asked


def test_what_came_of_it_is_shown_as_a_table() -> None:
    session: Any = _Session({"status": "SUCCEEDED", "output": '{"a":1}', "nextState": "B"})

    shown = str(run_state(session, "delay", "A"))

    assert [line.split() for line in shown.splitlines()[2:]] == [
        ["status", "SUCCEEDED"],
        ["next", "B"],
        ["output", '{"a":', "1}"],
    ]


def test_a_workflow_that_does_not_exist_and_a_mock_that_does_not_fit_are_named() -> None:
    with pytest.raises(UserError, match=r"There is no workflow 'none'. Choose from: delay"):
        run_state(_Session({}), "none", "A")
    with pytest.raises(UserError, match=r"A cannot be tested like this: Mocked result must be an array."):
        run_state(_Session(None), "delay", "A", result={})


def test_the_local_cloud_is_called_by_its_own_name_and_not_with_a_prefix() -> None:
    endpoint = "http://127.0.0.1:4566"

    client = local_aws_session(endpoint).client("stepfunctions")

    assert client.meta.config.inject_host_prefix is False
    assert local_environment(endpoint)["AWS_DISABLE_HOST_PREFIX_INJECTION"] == "true"
