"""Few executions run at once, and none waits for ever."""

import json
import threading
from typing import Any

import pytest
from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions import integrations, interpreter
from localcloud.services.step_functions.execution_logs import ExecutionLogs
from localcloud.services.step_functions.executions import LocalExecutions
from localcloud.services.step_functions.resource import Resource
from localcloud.services.step_functions.turns import FOR_AN_EXECUTION, Turns, for_an_execution

SECONDS = 5.0
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:Turns"


def no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


class Execution:
    """Notes when it is launched."""

    def __init__(self) -> None:
        self.launched = threading.Event()

    def take(self, turns: Turns) -> "Execution":
        turns.take(self, self.launched.set)
        return self


def test_who_comes_when_all_turns_are_taken_waits_for_one_that_ends():
    # Given two turns, which are taken, and two executions that wait
    turns = Turns(at_once=2, longest_seconds=60.0)
    first, second, third, fourth = (Execution().take(turns) for _ in range(4))
    assert first.launched.is_set()
    assert second.launched.is_set()
    assert not third.launched.is_set()

    # When one of them ends
    turns.give_back(second)

    # Then the one that came first runs, and the other goes on waiting
    assert third.launched.wait(SECONDS)
    assert not fourth.launched.is_set()
    turns.give_back(first)
    assert fourth.launched.wait(SECONDS)


def test_what_an_execution_starts_waits_for_nobody():
    turns = Turns(at_once=1, longest_seconds=60.0)
    Execution().take(turns)

    with for_an_execution():
        assert Execution().take(turns).launched.is_set()
    assert not Execution().take(turns).launched.is_set()


@pytest.mark.parametrize(
    ("service", "at_once"),
    [
        ("aws-sdk:sfn:startExecution", True),
        ("aws-sdk:sfn:startSyncExecution", True),
        ("aws-sdk:eventbridge:putEvents", False),
    ],
)
def test_an_execution_starts_others_with_the_sdk_as_well(monkeypatch: pytest.MonkeyPatch, service: str, at_once: bool):
    seen = []
    monkeypatch.setattr(emulator, "_invoke_resource", lambda *_: seen.append(FOR_AN_EXECUTION.get()))

    integrations.call(Resource.read(f"arn:aws:states:::{service}"), {}, ("machine", "execution"))

    assert seen == [at_once]


def test_one_that_hangs_keeps_the_others_waiting_for_some_time_only():
    turns = Turns(at_once=1, longest_seconds=0.05)
    Execution().take(turns)

    assert Execution().take(turns).launched.wait(SECONDS)


def test_a_turn_that_is_given_back_twice_counts_once():
    turns = Turns(at_once=1, longest_seconds=60.0)
    over, running, waiting = Execution().take(turns), Execution(), Execution()
    turns.give_back(over)
    running.take(turns)
    turns.give_back(over)
    waiting.take(turns)

    assert running.launched.wait(SECONDS)
    assert not waiting.launched.is_set()


def test_one_that_cannot_be_launched_leaves_its_turn_to_the_next():
    # Given one turn, which is taken, and two that wait, the first of which cannot be launched
    turns = Turns(at_once=1, longest_seconds=60.0)
    running = Execution().take(turns)
    turns.take("broken", no_thread)
    last = Execution().take(turns)

    # When the turn is free
    turns.give_back(running)

    # Then the last one runs
    assert last.launched.wait(SECONDS)
    # And one that fails at once, because there is room, keeps no turn either
    turns.give_back(last)
    turns.take("broken", no_thread)
    assert Execution().take(turns).launched.is_set()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> str:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    known = {
        "stateMachineArn": MACHINE,
        "name": "Turns",
        "type": "STANDARD",
        "roleArn": "arn:aws:iam::000000000000:role/R",
        "definition": json.dumps(definition),
    }
    monkeypatch.setitem(emulator._state_machines, MACHINE, known)
    return MACHINE


def test_an_execution_for_which_there_is_no_thread_fails(machine: str, monkeypatch: pytest.MonkeyPatch):
    executions = LocalExecutions(ExecutionLogs(), 1.0)
    monkeypatch.setattr(threading.Thread, "start", no_thread)

    run = executions.start(machine, "{}", "without-thread")

    assert (run.record["status"], run.record["cause"]) == ("FAILED", "can't start new thread")


def test_what_the_events_of_an_execution_start_waits_though_it_did_not_wait_itself(
    machine: str, monkeypatch: pytest.MonkeyPatch
):
    seen, ended = [], threading.Event()
    run_states = interpreter.run_states

    def noting(*arguments: Any) -> Any:
        seen.append(FOR_AN_EXECUTION.get())
        return run_states(*arguments)

    monkeypatch.setattr(interpreter, "run_states", noting)
    with for_an_execution():
        LocalExecutions(ExecutionLogs(), 1.0).start(machine, "{}", "inner").when_ended(ended.set)

    assert ended.wait(SECONDS)
    assert seen == [False]
