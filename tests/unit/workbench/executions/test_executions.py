"""Executions are found by what a user has at hand."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.workbench.executions import executions
from flightpulse.workbench.executions.loading import Loader
from tests.unit.workbench.cloud_fakes import FakeTarget
from tests.unit.workbench.histories import HistoryBuilder

CANCELLED = {"detail-type": "flight.cancelled"}
ARN = "arn:aws:states:eu-west-1:123456789012:execution:Machine:first"


def answering(code: str) -> Any:
    def refuse(**given: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeExecution")

    return SimpleNamespace(
        stepfunctions=SimpleNamespace(describe_execution=refuse), command=lambda verb: f"flightpulse {verb}"
    )


def test_an_arn_brings_its_region_and_a_name_does_not() -> None:
    assert executions.region_of(ARN) == "eu-west-1"
    assert executions.region_of("latest") is None


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:states:eu-west-1:123456789012:express:Machine:one:two", "keep no history"),
        ("arn:aws:states:eu-west-1:123456789012:stateMachine:Machine", "not an execution's ARN"),
        ("arn:aws", "not an execution's ARN"),
    ],
)
def test_an_arn_of_something_else_is_named(arn: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        executions.find(answering("unused"), arn)


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "AccessDeniedException"])
def test_a_started_execution_that_cannot_be_seen_is_left_out(code: str) -> None:
    assert Loader(answering(code)).load_child(ARN) is None


def test_another_error_of_a_started_execution_is_not_hidden() -> None:
    with pytest.raises(ClientError):
        Loader(answering("ThrottlingException")).load_child(ARN)


MACHINE = ARN.replace(":execution:", ":stateMachine:").removesuffix(":first")


@pytest.fixture
def target() -> FakeTarget:
    """One execution, which has been in one state, and the definition that it ran with."""
    made = FakeTarget()
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")
    builder.task("ClaimEvent")
    builder.add("ExecutionSucceeded", output="{}")
    about = {"executionArn": ARN, "stateMachineArn": MACHINE, "status": "SUCCEEDED"}
    made.stepfunctions.executions[ARN] = {**about, "startDate": builder.events[0]["timestamp"], "input": "{}"}
    made.stepfunctions.histories[ARN] = builder.events
    definition = {"definition": json.dumps({"StartAt": "ClaimEvent"})}
    made.stepfunctions.describe_state_machine_for_execution = lambda **_: definition  # type: ignore[attr-defined]
    return made


def test_an_execution_is_loaded_with_its_history_and_the_definition_it_ran_with(target: FakeTarget) -> None:
    found = Loader(target.session).load(ARN)

    assert (found.name, found.workflow, found.machine) == ("first", "Machine", MACHINE)
    assert found.definition == {"StartAt": "ClaimEvent"}
    assert [visit.name for visit in found.history.visits] == ["ClaimEvent"]


def test_the_history_as_a_frame_says_which_state_was_entered_and_left(target: FakeTarget) -> None:
    frame = Loader(target.session).load(ARN).to_frame()

    assert list(frame.loc[frame["state"] == "ClaimEvent", "type"]) == ["TaskStateEntered", "TaskStateExited"]


def test_an_execution_of_a_version_names_the_version(target: FakeTarget) -> None:
    target.stepfunctions.executions[ARN]["stateMachineVersionArn"] = f"{MACHINE}:3"

    assert executions.described(target.session, ARN).machine == f"{MACHINE}:3"


@pytest.mark.parametrize(
    ("given", "event_id", "flight_id", "detail_type"),
    [
        (
            {"id": "e", **CANCELLED, "detail": {"event_id": "evt-1", "flight_id": "SW1"}},
            "evt-1",
            "SW1",
            "flight.cancelled",
        ),
        ({"id": "e", **CANCELLED, "detail": {"flight_id": "SW1"}}, "e", "SW1", "flight.cancelled"),
        ({"event": {"event_id": "evt-1", "flight_id": "SW1"}, "order": "x"}, "evt-1", "SW1", ""),
        ("text", "", "", ""),
        (None, "", "", ""),
    ],
)
def test_the_event_behind_an_execution_is_in_its_input(given: Any, event_id: str, flight_id: str, detail_type: str):
    assert executions.bus_event(given) == executions.StartingEvent(detail_type, event_id, flight_id)
