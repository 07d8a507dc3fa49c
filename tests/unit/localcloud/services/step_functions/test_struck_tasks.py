"""What a fault makes of a task's call: it is refused, or made and only its answer is lost."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import stepfunctions as emulator

from localcloud import faults
from localcloud.services.step_functions import integrations, permissions
from localcloud.services.step_functions.execution_logs import ExecutionLogs
from localcloud.services.step_functions.executions import LocalExecutions
from tests.waiting import PATIENCE_SECONDS

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:Struck"
SEND = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": {"MessageBody": "hi"}, "End": True}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The calls that were made; all succeed, and everybody may make them."""
    made: list[Any] = []
    monkeypatch.setattr(integrations, "call", lambda _resource, arguments, _caller: made.append(arguments) or {})
    monkeypatch.setattr(permissions, "check", lambda *_: None)
    yield made
    faults.BOARD.set([])


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> str:
    known = {
        "stateMachineArn": MACHINE,
        "name": "Struck",
        "type": "STANDARD",
        "roleArn": "arn:aws:iam::000000000000:role/R",
        "definition": json.dumps({"QueryLanguage": "JSONata", "StartAt": "Send", "States": {"Send": SEND}}),
    }
    monkeypatch.setitem(emulator._state_machines, MACHINE, known)
    return MACHINE


@pytest.mark.parametrize(
    ("fault", "made"), [({"after": True}, [{"MessageBody": "hi"}]), ({"after": False}, [])], ids=["lost", "refused"]
)
def test_a_task_whose_answer_is_lost_was_made_and_one_that_is_refused_was_not(
    machine: str, calls: list[Any], fault: dict[str, bool], made: list[Any]
) -> None:
    ended = threading.Event()
    faults.BOARD.set([{"state": "Send", "error": "States.Timeout", **fault}])

    run = LocalExecutions(ExecutionLogs(), 1.0).start(machine, "{}", f"struck-{len(made)}")
    run.when_ended(ended.set)

    assert ended.wait(PATIENCE_SECONDS)
    assert (run.record["status"], run.record["error"], calls) == ("FAILED", "States.Timeout", made)
