"""The API calls that start executions, and what is told of those that are forgotten."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ministack.services import stepfunctions as emulator

from localcloud.services.refusals import Refused
from localcloud.services.step_functions import api
from localcloud.services.xray import tracing
from localcloud.services.xray.tracing import Trace

HEADER = "Root=1-6b0d0d0b-8fc0305a9066ea6ddfbccd09;Parent=1111111111111111;Sampled=1"
EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:M:e"
OF_THE_HTTP_REQUEST = Trace("1-6b0d0d0c-8fc0305a9066ea6ddfbccd09")


class Executions:
    """Notes the trace in which an execution would start."""

    def __init__(self) -> None:
        self.traces: list[Trace | None] = []

    def start(self, *_: Any, **__: Any) -> Any:
        self.traces.append(tracing.current())
        raise Refused("StateMachineDoesNotExist", "M")


@pytest.mark.parametrize("call", ["start", "start_and_wait"])
def test_an_execution_belongs_to_the_trace_of_the_request_or_else_of_its_trace_header(call: str) -> None:
    executions: Any = Executions()
    started = getattr(api._Calls(executions), call)
    request = {"stateMachineArn": "M", "traceHeader": HEADER}

    for around in (None, OF_THE_HTTP_REQUEST):
        with tracing.within(around), pytest.raises(Refused):
            started(request)

    assert executions.traces == [Trace.read(HEADER), OF_THE_HTTP_REQUEST]


@pytest.fixture
def handlers() -> Iterator[None]:
    """The emulator's handlers are as they were again after the test."""
    before = dict(vars(emulator))
    yield
    vars(emulator).update(before)


@pytest.mark.usefixtures("handlers")
def test_a_reset_of_the_emulator_forgets_what_runs_before_its_records_go(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr(emulator, "reset", lambda: steps.append("records"))
    executions: Any = SimpleNamespace(clear=lambda: steps.append("what runs"))

    api.replace_handlers(executions)
    emulator.reset()

    assert steps == ["what runs", "records"]


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize(
    ("events", "status", "told"),
    [([{"id": 1}], 200, {"events": [{"id": 1}]}), ([], 400, {"__type": "ExecutionDoesNotExist"})],
    ids=["kept", "forgotten"],
)
def test_an_execution_whose_history_is_forgotten_is_not_there(
    monkeypatch: pytest.MonkeyPatch, events: list[Any], status: int, told: dict[str, Any]
) -> None:
    executions: Any = Executions()
    api.replace_handlers(executions)
    monkeypatch.setitem(emulator._executions, EXECUTION, {"executionArn": EXECUTION, "events": events})

    answered, _, body = emulator._get_execution_history({"executionArn": EXECUTION})

    assert answered == status
    assert told.items() <= json.loads(body).items()
