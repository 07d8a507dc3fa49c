"""Which executions that have ended are kept: failed ones, to be redriven, up to a number."""

import json
import threading
import uuid

import pytest
from ministack.services import stepfunctions as emulator

from localcloud.services.refusals import Refused
from localcloud.services.step_functions import executions as module
from localcloud.services.step_functions.execution_logs import ExecutionLogs
from localcloud.services.step_functions.executions import LocalExecutions
from localcloud.services.step_functions.run import Run
from tests.waiting import PATIENCE_SECONDS

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:Kept"
WELL = {"Condition": "{% $states.input.well %}", "Next": "Well"}
STATES = {
    "Check": {"Type": "Choice", "Choices": [WELL], "Default": "Ill"},
    "Well": {"Type": "Succeed"},
    "Ill": {"Type": "Fail"},
}


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> LocalExecutions:
    """Executions of a workflow that goes well or fails as its input says; two failed ones are kept."""
    definition = {"QueryLanguage": "JSONata", "StartAt": "Check", "States": STATES}
    known = {
        "stateMachineArn": MACHINE,
        "name": "Kept",
        "type": "STANDARD",
        "roleArn": "arn:aws:iam::000000000000:role/R",
        "definition": json.dumps(definition),
    }
    monkeypatch.setitem(emulator._state_machines, MACHINE, known)
    monkeypatch.setattr(module, "_KEPT_FAILURES", 2)
    return LocalExecutions(ExecutionLogs(), 1.0)


def ended(run: Run) -> Run:
    over = threading.Event()
    run.when_ended(over.set)
    assert over.wait(PATIENCE_SECONDS)
    return run


def arn_of_one(executions: LocalExecutions, *, well: bool) -> str:
    run = ended(executions.start(MACHINE, json.dumps({"well": well}), uuid.uuid4().hex))
    return str(run.record["executionArn"])


def test_of_failed_executions_the_newest_can_be_redriven_however_many_went_well(executions: LocalExecutions) -> None:
    # Given more failed executions than are kept, and others that went well
    first, second, third = (arn_of_one(executions, well=well) for well in (False, False, False))
    well = [arn_of_one(executions, well=True) for _ in range(3)]

    # Then the newest are known, the oldest and those that went well are not
    assert [arn for arn in (first, second, third, *well) if executions.find(arn)] == [second, third]
    with pytest.raises(Refused, match="no longer knows"):
        executions.redrive(first)


def test_one_that_was_redriven_counts_as_new(executions: LocalExecutions) -> None:
    # Given as many failed executions as are kept, the first of which is redriven and fails again
    first, second = arn_of_one(executions, well=False), arn_of_one(executions, well=False)
    executions.redrive(first)
    run = executions.find(first)
    assert run is not None
    ended(run)

    # When one more fails
    third = arn_of_one(executions, well=False)

    # Then the one that failed longest ago makes room
    assert [arn for arn in (first, second, third) if executions.find(arn)] == [first, third]
