"""The state machines: from good definitions, with roles that fit them."""

import json
from typing import Any

import pytest

from flightpulse.stack import asl, asl_lint
from flightpulse.stack.workflow_permissions import calls
from tests.synthesis import Stack

MACHINE = "AWS::StepFunctions::StateMachine"
FILES = {
    "FlightPulse-DelayWorkflow": "delay",
    "FlightPulse-CancellationWorkflow": "cancellation",
    "FlightPulse-DepartureWorkflow": "departure",
    "FlightPulse-GateChangeWorkflow": "gate_change",
    "FlightPulse-NotifyPassengers": "notify_passengers",
    "FlightPulse-NotifyChunk": "notify_chunk",
}
SUBSTITUTIONS = {
    "TableName",
    "EventBusName",
    "NotificationDeadLettersUrl",
    "ErrorTopicArn",
    "LlmMessengerArn",
    "NotifyPassengersArn",
    "NotifyChunkArn",
}
AWAIT = {
    "states:DescribeExecution",
    "states:StopExecution",
    "states:RedriveExecution",
    "events:PutTargets",
    "events:PutRule",
    "events:DescribeRule",
}


def joined(properties: dict[str, Any]) -> list[Any]:
    parts: list[Any] = properties["DefinitionString"]["Fn::Join"][1]
    return parts


def machine(stack: Stack, name: str) -> dict[str, Any]:
    return stack.properties(MACHINE, StateMachineName=name)


@pytest.mark.parametrize("file", FILES.values())
def test_a_definition_has_no_problems(file: str) -> None:
    assert asl_lint.problems(asl.load(file), known_substitutions=SUBSTITUTIONS) == []


def test_every_definition_is_deployed() -> None:
    assert {definition.name for definition in asl.load_all()} == set(FILES.values())


def test_every_substitution_is_used() -> None:
    assert {name for file in FILES.values() for name in asl.load(file).substitutions} == SUBSTITUTIONS


@pytest.mark.parametrize("name", FILES)
def test_a_machine_is_its_file_with_every_substitution_given(default: Stack, name: str) -> None:
    definition = asl.load(FILES[name])
    properties = machine(default, name)
    text = "".join("aws" if part == {"Ref": "AWS::Partition"} else part for part in joined(properties))
    assert json.loads(text) == definition.document
    assert set(properties["DefinitionSubstitutions"]) == definition.substitutions


@pytest.mark.parametrize("name", FILES)
def test_a_machine_is_standard_and_traced_and_its_log_has_no_data(default: Stack, name: str) -> None:
    properties = machine(default, name)
    group = default.logical_id("AWS::Logs::LogGroup", LogGroupName=f"/aws/vendedlogs/states/{name}")
    assert (properties["StateMachineType"], properties["TracingConfiguration"]) == ("STANDARD", {"Enabled": True})
    logging = properties["LoggingConfiguration"]
    shared = name in ("FlightPulse-NotifyPassengers", "FlightPulse-NotifyChunk")
    assert (logging["Level"], logging.get("IncludeExecutionData", False)) == ("ERROR" if shared else "ALL", False)
    assert logging["Destinations"] == [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [group, "Arn"]}}}]


@pytest.mark.parametrize("name", FILES)
def test_a_machine_may_do_what_its_tasks_do_and_nothing_else(default: Stack, name: str) -> None:
    expected = {call.action for call in calls(asl.load(FILES[name]))}
    if "states:StartExecution" in expected:
        expected |= AWAIT
    actions = default.actions(f"{name.removeprefix('FlightPulse-')}Role")
    assert {action for action in actions if not action.startswith(("logs:", "xray:"))} == expected


@pytest.mark.parametrize("name", FILES)
def test_only_logs_and_traces_are_allowed_on_everything(default: Stack, name: str) -> None:
    for statement in default.statements(f"{name.removeprefix('FlightPulse-')}Role"):
        if "*" in statement["Resource"]:
            assert all(action.startswith(("logs:", "xray:")) for action in statement["Action"])


@pytest.mark.parametrize("name", FILES)
def test_a_role_is_only_for_step_functions_of_this_account(default: Stack, name: str) -> None:
    role = machine(default, name)["RoleArn"]["Fn::GetAtt"][0]
    (statement,) = default.resources("AWS::IAM::Role")[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
