"""Few executions run at once, and none waits for ever."""

import json
import threading

import pytest
from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions.execution_logs import ExecutionLogs
from localcloud.services.step_functions.executions import LocalExecutions
from localcloud.services.step_functions.turns import Turns

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


def test_an_execution_for_which_there_is_no_thread_fails(monkeypatch: pytest.MonkeyPatch):
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    machine = {
        "stateMachineArn": MACHINE,
        "name": "Turns",
        "type": "STANDARD",
        "roleArn": "arn:aws:iam::000000000000:role/R",
        "definition": definition,
    }
    monkeypatch.setitem(emulator._state_machines, MACHINE, machine)
    executions = LocalExecutions(ExecutionLogs(), 1.0)
    monkeypatch.setattr(threading.Thread, "start", no_thread)

    run = executions.start(MACHINE, "{}", "without-thread")

    assert (run.record["status"], run.record["cause"]) == ("FAILED", "can't start new thread")
