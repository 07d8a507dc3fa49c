"""The segments that Lambda writes of an invocation: the service's, and below it the function's with its phases.

https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.services.lambda_functions.worker import Outcome
from localcloud.services.xray import tracing
from localcloud.services.xray.store import TRACES
from localcloud.services.xray.tracing import Trace


@dataclass(frozen=True, slots=True)
class Invocation:
    """An invocation's place in a trace: the ids of its two segments."""

    trace: Trace
    service_id: str
    function_id: str

    @classmethod
    def begin(cls, config: Mapping[str, Any]) -> "Invocation | None":
        """In the caller's trace; without one in a new one, if the function traces by itself."""
        upstream = tracing.current()
        if upstream is None:
            if (config.get("TracingConfig") or {}).get("Mode") != "Active":
                return None
            upstream = tracing.begun(str(config.get("FunctionName")))
        return cls(upstream, tracing.new_id(), tracing.new_id())

    @property
    def header(self) -> str:
        """What the function is told: its own subsegments are below its own segment."""
        return self.trace.below(self.function_id).header

    def write(self, config: Mapping[str, Any], request_id: str, received_at: float, outcome: Outcome) -> None:
        """Send both segments, where the trace is recorded."""
        if not self.trace.sampled:
            return
        began = outcome.started_at / 1000
        ended = began + outcome.duration_ms / 1000
        initialised = began - (outcome.init_ms or 0.0) / 1000
        failed = {"fault": True} if outcome.failed else {}
        phases = [self._phase("Invocation", began, ended)]
        if outcome.init_ms is not None:
            phases.insert(0, self._phase("Initialization", initialised, began))
        name = str(config.get("FunctionName"))
        function = {
            **self.trace.below(self.service_id).segment(name, self.function_id, initialised, ended),
            **failed,
            "origin": "AWS::Lambda::Function",
            "resource_arn": config.get("FunctionArn"),
            "subsegments": phases,
            **(
                {"cause": {"exceptions": [{"id": self.function_id, "type": outcome.error_type}]}}
                if outcome.failed
                else {}
            ),
        }
        TRACES.put(self._service(config, request_id, min(received_at, initialised), ended) | failed)
        TRACES.put(function)

    def write_throttle(self, config: Mapping[str, Any], request_id: str, received_at: float) -> None:
        """Send the segment of the service, which has kept the call from the function, where the trace is recorded."""
        if self.trace.sampled:
            throttled = {"error": True, "throttle": True, "http": {"response": {"status": 429}}}
            TRACES.put(self._service(config, request_id, received_at, time.time()) | throttled)

    def _service(self, config: Mapping[str, Any], request_id: str, began: float, ended: float) -> dict[str, Any]:
        return {
            **self.trace.segment(str(config.get("FunctionName")), self.service_id, began, ended),
            "origin": "AWS::Lambda",
            "resource_arn": config.get("FunctionArn"),
            "http": {"response": {"status": 200}},
            "aws": {"request_id": request_id},
        }

    def _phase(self, name: str, began: float, ended: float) -> dict[str, Any]:
        return {"id": tracing.new_id(), "name": name, "start_time": began, "end_time": ended}
