"""Protections go off and come back: nested, after errors and kills, beside others, and on AWS only when agreed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.stack import asl, names
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.faults import protection_switch
from flightpulse.workbench.faults.protection_switch import Protections
from flightpulse.workbench.faults.protections import PROTECTIONS
from flightpulse.workbench.target.connection import Connection
from localcloud.process import processes

CHUNK, DELAY = "FlightPulse-NotifyChunk", "FlightPulse-DelayWorkflow"
ANYBODY = "attribute_not_exists(PK) OR attribute_exists(PK)"
"""What stands in the condition of ClaimEvent without event-claim."""
VALUES = {
    "TableName": "FlightPulseTable",
    "EventBusName": "flightpulse-bus",
    "LlmMessengerArn": "arn:messenger",
    "NotificationDeadLettersUrl": "https://queue",
    "ErrorTopicArn": "arn:errors",
}


class _Stack:
    """The state machines of a target and the template they came from; notes what was updated."""

    def __init__(self, home: Path, target: str = "local") -> None:
        self.home = home
        self.target = target
        self.region = "us-east-1"
        self.deployed: dict[str, str] = {}
        self.updated: list[str] = []
        self.broken = False
        self.outputs = dict(VALUES)
        self.stepfunctions = self.cloudformation = self
        self._templates = {}
        for short, name in names.WORKFLOWS.items():
            arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
            self.outputs[f"{name.removeprefix('FlightPulse-')}Arn"] = arn
            self._templates[name] = asl.load(short.replace("-", "_")).text
        for name, text in self._templates.items():
            filled = text
            for key, value in self.outputs.items():
                filled = filled.replace(f"${{{key}}}", value)
            self.deployed[name] = filled

    def output(self, name: str) -> str:
        return self.outputs[name]

    def require_stack(self) -> None:
        """It is deployed."""

    def describe_state_machine(self, *, stateMachineArn: str) -> dict[str, str]:  # noqa: N803 - boto3's spelling
        return {"definition": self.deployed[stateMachineArn.rpartition(":")[2]]}

    def update_state_machine(self, *, stateMachineArn: str, definition: str) -> None:  # noqa: N803 - boto3's spelling
        if self.broken:
            raise KeyboardInterrupt
        name = stateMachineArn.rpartition(":")[2]
        self.updated.append(name)
        self.deployed[name] = definition

    def get_template(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        assert StackName == "FlightPulseStack"
        resources = {
            f"Machine{number}": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"StateMachineName": name, "DefinitionString": text},
            }
            for number, (name, text) in enumerate(self._templates.items())
        }
        return {"TemplateBody": {"Resources": {**resources, "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}}}


@pytest.fixture
def stack(tmp_path: Path) -> _Stack:
    return _Stack(tmp_path)


@pytest.fixture
def switch(stack: _Stack, monkeypatch: pytest.MonkeyPatch) -> Protections:
    return protections_on(stack, monkeypatch)


def protections_on(stack: _Stack, monkeypatch: pytest.MonkeyPatch, *, cloud: str = "first") -> Protections:
    """``wb.protections`` of a workbench on this stack."""
    monkeypatch.setattr(Connection, "session", stack)
    monkeypatch.setattr(Connection, "cloud_id", cloud)
    monkeypatch.setattr(protection_switch, "_SETTLE_SECONDS", {"local": 0.0, "aws": 0.0})
    return Workbench(Connection("aws" if stack.target == "aws" else "local", home=stack.home)).protections


@pytest.fixture
def other_process() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


def condition(stack: _Stack, machine: str, state: str) -> str:
    states = dict(asl.Definition(machine, json.loads(stack.deployed[machine])).states())
    return str(states[state]["Arguments"].get("ConditionExpression", ""))


def claim(stack: _Stack) -> str:
    states = dict(asl.Definition(CHUNK, json.loads(stack.deployed[CHUNK])).states())
    return str(states["ReadRequest"]["Assign"]["claim"]["ConditionExpression"])


def leave_off(switch: Protections, stack: _Stack, *wanted: str, pid: int = 1, token: str = "long gone") -> None:
    """Leave protections off as another process that never came to switch them on."""
    file = stack.home / "protections.json"
    with switch.without(*wanted, agree=True):
        notes, deployed = json.loads(file.read_text()), dict(stack.deployed)
    holders = [{**holder, "pid": pid, "token": token} for holder in notes["holders"]]
    file.write_text(json.dumps({**notes, "holders": holders}))
    stack.deployed = deployed
    stack.updated.clear()


def marks(switch: Protections) -> dict[str, str]:
    table = switch.table()
    return dict(zip(table.column("protection"), table.column(""), strict=True))


def test_a_protection_is_off_within_the_block_and_its_very_text_is_back_after_it(
    switch: Protections, stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(stack.deployed)

    with switch.without("event-claim"):
        assert ANYBODY in condition(stack, DELAY, "ClaimEvent")
        assert marks(switch) == {
            protection.name: "✗ off" if protection.name == "event-claim" else "✓ on" for protection in PROTECTIONS
        }

    assert stack.deployed == before
    assert capsys.readouterr().out.splitlines() == ["✗ off: event-claim", "✓ on again: event-claim"]
    assert not (stack.home / "protections.json").exists()


def test_an_error_in_the_block_does_not_keep_it_off(switch: Protections, stack: _Stack) -> None:
    before = dict(stack.deployed)

    with pytest.raises(ZeroDivisionError), switch.without("message-once", "newest-on-flight"):
        _ = 1 / 0

    assert stack.deployed == before


def test_blocks_may_be_nested_and_may_end_in_any_order(switch: Protections, stack: _Stack) -> None:
    before = dict(stack.deployed)
    order, turn = switch.without("message-order"), switch.without("message-turn")

    order.__enter__()
    turn.__enter__()
    assert "(#order <> :order)" in claim(stack)
    order.__exit__(None, None, None)
    assert "(#order < :order)" in claim(stack)
    turn.__exit__(None, None, None)

    assert stack.deployed == before


def test_the_same_protection_stays_off_until_the_last_one_lets_go(switch: Protections, stack: _Stack) -> None:
    with switch.without("event-claim"):
        with switch.without("event-claim"):
            pass
        assert ANYBODY in condition(stack, DELAY, "ClaimEvent")

    assert ANYBODY not in condition(stack, DELAY, "ClaimEvent")


def test_what_a_killed_process_left_off_comes_on_again(
    switch: Protections, stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(stack.deployed)
    leave_off(switch, stack, "event-claim", "message-once")

    assert switch.abandoned() == ["event-claim", "message-once"]
    switch.restore_abandoned()

    assert stack.deployed == before
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("✓ on again: event-claim, message-once (what had switched it off was ended")
    assert switch.abandoned() == []


def test_the_next_use_brings_back_what_a_killed_process_left_off(switch: Protections, stack: _Stack) -> None:
    leave_off(switch, stack, "event-claim")

    with switch.without("message-order"):
        assert ANYBODY not in condition(stack, DELAY, "ClaimEvent")


def test_a_kill_between_the_note_and_the_change_is_undone(switch: Protections, stack: _Stack) -> None:
    before = dict(stack.deployed)
    leave_off(switch, stack, "event-claim")
    stack.deployed[DELAY] = before[DELAY]

    switch.restore_abandoned()

    assert stack.deployed == before


def test_an_interrupted_switching_on_is_made_up_for(switch: Protections, stack: _Stack) -> None:
    before = dict(stack.deployed)
    order, once = switch.without("message-order"), switch.without("message-once")
    order.__enter__()
    once.__enter__()
    stack.broken = True
    with pytest.raises(KeyboardInterrupt):
        order.__exit__(None, None, None)
    stack.broken = False

    assert switch.abandoned() == ["message-order"]
    switch.restore_abandoned()
    assert "(#order < :order AND" in claim(stack)
    assert "#state <> :sent AND" not in claim(stack)
    once.__exit__(None, None, None)

    assert stack.deployed == before


def test_a_process_that_still_runs_keeps_what_it_holds(
    switch: Protections, stack: _Stack, other_process: subprocess.Popen[bytes]
) -> None:
    token = processes.start_token(other_process.pid) or ""
    leave_off(switch, stack, "event-claim", pid=other_process.pid, token=token)

    switch.restore_abandoned()

    assert ANYBODY in condition(stack, DELAY, "ClaimEvent")
    assert f"event-claim is held off by process {other_process.pid}" in switch.table().note


def test_notes_of_an_earlier_local_cloud_mean_nothing(
    switch: Protections, stack: _Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_off(switch, stack, "event-claim")
    altered = dict(stack.deployed)

    protections_on(stack, monkeypatch, cloud="second").restore_abandoned()

    assert stack.deployed == altered


def test_what_was_changed_by_hand_meanwhile_is_as_the_stack_deployed_it_after_the_block(
    switch: Protections, stack: _Stack
) -> None:
    before = dict(stack.deployed)
    with switch.without("event-claim"):
        stack.deployed[DELAY] = json.dumps({**json.loads(stack.deployed[DELAY]), "Comment": "by hand"})

    assert stack.deployed == before


def test_a_definition_that_is_not_the_stacks_is_named_and_can_be_put_back(
    switch: Protections, stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    before = stack.deployed[CHUNK]
    definition = json.loads(before)
    del definition["States"]["TellInGroups"]["ItemProcessor"]["States"]["ClaimBookings"]["Catch"]
    stack.deployed[CHUNK] = json.dumps(definition)

    assert switch.table().note == f"{CHUNK} is not as the stack deployed it. Put it back: wb.protections.restore()"
    switch.restore()

    assert json.loads(stack.deployed[CHUNK]) == json.loads(before)
    assert switch.table().note == ""
    assert capsys.readouterr().out == f"✓ restore: put back {CHUNK}\n"


def test_a_condition_that_somebody_took_out_by_hand_shows_as_off(switch: Protections, stack: _Stack) -> None:
    definition = json.loads(stack.deployed[DELAY])
    del definition["States"]["ClaimEvent"]["Arguments"]["ConditionExpression"]
    stack.deployed[DELAY] = json.dumps(definition)

    assert marks(switch)["event-claim"] == "✗ partly off"
    with pytest.raises(UserError, match=f"{DELAY} is not as the stack deployed it"), switch.without("event-claim"):
        pass
    assert stack.updated == []


@pytest.mark.parametrize("wanted", [["seat-belt"], []])
def test_a_name_that_is_none_changes_nothing(switch: Protections, stack: _Stack, wanted: list[str]) -> None:
    with pytest.raises(UserError, match="no protection"), switch.without(*wanted):
        pass
    assert stack.updated == []


def test_in_an_aws_account_everything_has_to_be_agreed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = _Stack(tmp_path, "aws")
    switch = protections_on(stack, monkeypatch, cloud="aws us-east-1")

    with (
        pytest.raises(UserError, match=r"wb.protections.without\(…, agree=True\)"),
        switch.without("event-claim"),
    ):
        pass
    with pytest.raises(UserError, match=r"wb.protections.restore\(agree=True\)"):
        switch.restore()
    assert stack.updated == []

    with switch.without("message-once", agree=True):
        assert "#state <> :sent AND" not in claim(stack)
    assert "#state <> :sent AND" in claim(stack)

    leave_off(switch, stack, "event-claim")
    assert "Switch it on: wb.protections.restore(agree=True)" in switch.table().note
    switch.restore(agree=True)
    assert ANYBODY not in condition(stack, DELAY, "ClaimEvent")
    assert capsys.readouterr().out.endswith(
        "✓ restore: put back FlightPulse-DelayWorkflow, FlightPulse-CancellationWorkflow, "
        "FlightPulse-GateChangeWorkflow\n"
    )


def test_looking_at_a_local_cloud_brings_back_what_was_left_off(
    switch: Protections, stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_off(switch, stack, "event-claim", pid=os.getpid())
    capsys.readouterr()

    assert set(switch.table().column("")) == {"✓ on"}
    assert "✓ on again: event-claim" in capsys.readouterr().out
