"""Each protection on the real stack: off, and the harm it prevents happens; on, and it does not."""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flightpulse.workbench import Workbench
from flightpulse.workbench.messages.inbox import Message
from tests.waiting import PATIENCE_SECONDS, until

FLIGHT, CANCELLED = "SW1234", "SW9012"


@pytest.fixture(autouse=True)
def _as_it_was(wb: Workbench) -> Iterator[None]:
    wb.table.reset(FLIGHT, CANCELLED)
    yield
    hold(wb)
    assert set(wb.protections.table().column("")) == {"✓ on"}


def hold(wb: Workbench, *states: str) -> None:
    """Let the next call of some states hang until it is let go; without states, no call."""
    ask(wb, "PUT", [{"state": state, "delay_seconds": 600.0, "times": 1} for state in states])


def ask(wb: Workbench, method: str, body: object) -> None:
    """Ask something of the page of faults."""
    request = urllib.request.Request(
        f"{wb.session.endpoint_url}/_flightpulse/faults", data=json.dumps(body).encode(), method=method
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):
        pass


def messages_since(wb: Workbench, began: datetime, flight: str = FLIGHT) -> list[Message]:
    return list(wb.inbox(flight=flight, since=began))


def told_twice(messages: list[Message]) -> int:
    """To how many places (booking and channel) the same news was told more than once."""
    counts = Counter((message.event_id, message.booking_id, message.channel) for message in messages)
    return sum(count > 1 for count in counts.values())


def old_after_new(messages: list[Message]) -> list[Message]:
    """The messages that told something older than one before them at the same place (booking and channel)."""
    latest: dict[tuple[str, str], datetime] = {}
    old = []
    for message in messages:
        place = (message.booking_id, message.channel)
        if message.event_at < latest.get(place, message.event_at):
            old.append(message)
        latest[place] = max(message.event_at, latest.get(place, message.event_at))
    return old


def earlier() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=5)


def outcomes(run: Any) -> list[str]:
    return sorted(execution.outcome for execution in run.facts.handled)


def start(wb: Workbench, event: dict[str, Any]) -> str:
    """Start the delay workflow for an event by hand, as its rule does; gives the execution."""
    detail = {**event, **event["payload"], "correlation_id": event["event_id"]}
    answer = wb.session.stepfunctions.start_execution(
        stateMachineArn=wb.session.output("DelayWorkflowArn"), input=json.dumps({"detail": detail})
    )
    return answer["executionArn"]


def entered(wb: Workbench, execution: str, state: str) -> bool:
    """Whether an execution, or one that it started, has come to a state."""
    steps = wb.session.stepfunctions
    for event in steps.get_execution_history(executionArn=execution)["events"]:
        if event.get("stateEnteredEventDetails", {}).get("name") == state:
            return True
        submitted = event.get("taskSubmittedEventDetails", {})
        child = json.loads(submitted.get("output", "{}")).get("ExecutionArn") if submitted else None
        if child and entered(wb, child, state):
            return True
    return False


def ended(wb: Workbench, execution: str) -> bool:
    return wb.session.stepfunctions.describe_execution(executionArn=execution)["status"] != "RUNNING"


def overtaken_at(wb: Workbench, state: str) -> list[Message]:
    """Newer news comes while an execution with older news hangs in a state; what passengers then got."""
    began = datetime.now(UTC)
    older, newer = wb.events.delay(FLIGHT, 25, at=earlier()), wb.events.delay(FLIGHT, 95)
    hold(wb, state)
    slow = start(wb, older)
    until(lambda: entered(wb, slow, state))
    quick = start(wb, newer)
    until(lambda: ended(wb, quick) or entered(wb, quick, "LetOtherNewsGoFirst"))
    ask(wb, "POST", {"let_go": state})
    until(lambda: ended(wb, slow) and ended(wb, quick))
    return messages_since(wb, began)


@pytest.mark.parametrize("protected", [True, False])
def test_event_claim(wb: Workbench, protected: bool) -> None:
    event = wb.events.cancellation(CANCELLED)

    with nullcontext() if protected else wb.protections.without("event-claim"):
        run = wb.fire([event, event])

    called = [item for item in run.audit if item.detail_type == "rebooking.needed"]
    assert outcomes(run) == (["ALREADY_HANDLED", "DONE"] if protected else ["DONE", "DONE"])
    assert len(called) == (1 if protected else 2)


def test_redrive_follows(wb: Workbench) -> None:
    guarded, bare = wb.events.cancellation(CANCELLED), wb.events.cancellation(FLIGHT)
    with wb.faults.task("RecordOutcome", error="States.TaskFailed"):
        wb.fire([guarded, bare])

    refused = wb.fire(guarded)
    with wb.protections.without("redrive-follows"):
        taken = wb.fire(bare)

    called = [[item.detail_type for item in copy.audit].count("rebooking.needed") for copy in (refused, taken)]
    assert outcomes(refused) + outcomes(taken) == ["ALREADY_HANDLED", "DONE"]
    assert called == [0, 1]
    assert [*refused.messages, *taken.messages] == []


@pytest.mark.parametrize("protected", [True, False])
def test_newest_on_flight(wb: Workbench, protected: bool) -> None:
    newer, older = wb.events.delay(FLIGHT, 95), wb.events.delay(FLIGHT, 25, at=earlier())

    with nullcontext() if protected else wb.protections.without("newest-on-flight"):
        wb.fire(newer)
        wb.fire(older)

    assert wb.table.flight(FLIGHT).delay_minutes == (95 if protected else 25)


@pytest.mark.parametrize("protected", [True, False])
def test_cancelled_is_final(wb: Workbench, protected: bool) -> None:
    with nullcontext() if protected else wb.protections.without("cancelled-is-final"):
        wb.fire(wb.events.cancellation(CANCELLED))
        late = wb.fire([wb.events.delay(CANCELLED, 20), wb.events.gate_change(CANCELLED, "C9")])

    kinds = {message.kind for message in late.messages}
    assert kinds == (set() if protected else {"delay", "gate_change"})
    assert wb.table.flight(CANCELLED).status == ("CANCELLED" if protected else "DELAYED")


@pytest.mark.parametrize("protected", [True, False])
def test_message_once(wb: Workbench, protected: bool) -> None:
    began = datetime.now(UTC)
    first = wb.fire(wb.events.delay(FLIGHT, 25)).execution("notify-passengers")

    with nullcontext() if protected else wb.protections.without("message-once"):
        again = wb.session.stepfunctions.start_execution(
            stateMachineArn=wb.session.output("NotifyPassengersArn"), input=json.dumps(first.input)
        )["executionArn"]
        until(lambda: ended(wb, again))

    assert told_twice(messages_since(wb, began)) == (0 if protected else 4)


@pytest.mark.parametrize("protected", [True, False])
def test_message_order(wb: Workbench, protected: bool) -> None:
    with nullcontext() if protected else wb.protections.without("message-order"):
        messages = overtaken_at(wb, "ComposeMessages")

    assert {message.severity for message in messages} == ({"MAJOR"} if protected else {"MINOR", "MAJOR"})
    assert len(old_after_new(messages)) == (0 if protected else 4)


@pytest.mark.parametrize("protected", [True, False])
def test_message_turn(wb: Workbench, protected: bool) -> None:
    with nullcontext() if protected else wb.protections.without("message-turn"):
        messages = overtaken_at(wb, "SendMessages")

    late = old_after_new(messages)
    assert bool(late) is not protected
    # One call sends all channels of a booking, so whoever was being told reads old news on each of them.
    held = {message.booking_id for message in late}
    assert len(held) == (0 if protected else 1)
    assert {message.channel for message in late} == {
        message.channel for message in messages if message.booking_id in held
    }


def test_two_locks_on_one_door(wb: Workbench) -> None:
    """Nobody is told twice or old news as long as one of two protections is on; with both off they are."""
    event = wb.events.delay(FLIGHT, 40)
    with wb.protections.without("event-claim", "message-once"):
        doubled = wb.fire([event, event])
    assert told_twice(list(doubled.messages)) == 4

    wb.table.reset(FLIGHT)
    began = datetime.now(UTC)
    newer, older = wb.events.delay(FLIGHT, 95), wb.events.delay(FLIGHT, 25, at=earlier())
    with wb.protections.without("newest-on-flight", "message-order"):
        wb.fire(newer)
        wb.fire(older)
    assert len(old_after_new(messages_since(wb, began))) == 4


def test_a_killed_process_leaves_nothing_off(wb: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        "import sys\nfrom flightpulse.workbench import connect\n"
        f"with connect('local', home={str(wb.session.home)!r}).protections.without('event-claim', 'message-turn'):\n"
        "    sys.stdout.flush()\n    sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().decode().startswith("✗ off: event-claim, message-turn")
        assert f"held off by process {process.pid}" in wb.protections.table().note
        process.kill()

    wb.ready()

    assert "✓ on again: event-claim, message-turn" in capsys.readouterr().out
