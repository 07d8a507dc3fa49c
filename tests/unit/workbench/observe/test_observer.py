"""What an observer makes of the executions that it finds."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from flightpulse.stack import names
from flightpulse.workbench.observe.facts import SentEvent
from flightpulse.workbench.observe.observer import Observer
from tests.unit.workbench.cloud_fakes import FakeTarget, machine

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Logs:
    """Log groups without any events."""

    def filter_log_events(self, **_arguments: Any) -> dict[str, Any]:
        return {"events": []}


@pytest.fixture
def target() -> FakeTarget:
    made = FakeTarget()
    made.logs = Logs()  # type: ignore[assignment]
    return made


def sent(event_id: str) -> SentEvent:
    return SentEvent(event_id, "FLIGHT_DELAY", "RP1", BEGAN, BEGAN)


def execution(target: FakeTarget, event_id: str, status: str) -> None:
    workflow = machine(names.WORKFLOWS["delay"])
    arn = f"{workflow}:{event_id}"
    target.stepfunctions.executions[arn] = {
        "executionArn": arn,
        "name": event_id,
        "stateMachineArn": workflow,
        "status": status,
        "startDate": BEGAN,
        "input": json.dumps({"detail-type": "flight.delay.minor", "detail": {"event_id": event_id}}),
        "output": json.dumps({"outcome": "DONE"}),
    }


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_an_execution_seen_before_its_event_is_known_as_sent_is_found_by_the_next_look(target: FakeTarget, status: str):
    observer = Observer(target.session, ["RP1"], BEGAN, recipients={})
    execution(target, "quick", status)
    assert observer.look([]).handled == ()

    execution(target, "quick", "SUCCEEDED")
    found = observer.look([sent("quick")])

    assert [(handled.event_id, handled.status) for handled in found.handled] == [("quick", "SUCCEEDED")]
    assert found.all_ended


def test_what_somebody_else_has_sent_is_not_among_the_facts(target: FakeTarget):
    execution(target, "ours", "SUCCEEDED")
    execution(target, "theirs", "RUNNING")
    execution(target, "theirs-too", "FAILED")
    observer = Observer(target.session, ["RP1"], BEGAN, recipients={})

    for _ in range(2):
        assert [handled.event_id for handled in observer.look([sent("ours")]).handled] == ["ours"]


def test_an_execution_is_described_when_it_is_new_and_when_it_has_ended(
    target: FakeTarget, monkeypatch: pytest.MonkeyPatch
):
    described = []
    describe = target.stepfunctions.describe_execution
    monkeypatch.setattr(
        target.stepfunctions, "describe_execution", lambda **call: (described.append(call), describe(**call))[1]
    )
    execution(target, "ours", "RUNNING")
    execution(target, "theirs", "SUCCEEDED")
    observer = Observer(target.session, ["RP1"], BEGAN, recipients={})

    for _ in range(3):
        assert not observer.look([sent("ours")]).all_ended
    assert len(described) == 2

    execution(target, "ours", "SUCCEEDED")
    for _ in range(3):
        assert observer.look([sent("ours")]).all_ended
    assert len(described) == 3
