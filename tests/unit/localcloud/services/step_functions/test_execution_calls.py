"""The API calls that start executions."""

from typing import Any

import pytest

from localcloud.services.refusals import Refused
from localcloud.services.step_functions import api
from localcloud.services.xray import tracing
from localcloud.services.xray.tracing import Trace

HEADER = "Root=1-6b0d0d0b-8fc0305a9066ea6ddfbccd09;Parent=1111111111111111;Sampled=1"
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
