"""The segment of a request to a stage that traces. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-xray.html"""

from dataclasses import dataclass

from ministack.services import apigateway_v1 as api

from localcloud.services.api_gateway.access_log import Access
from localcloud.services.xray import tracing
from localcloud.services.xray.store import TRACES
from localcloud.services.xray.tracing import Trace

_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class StageTrace:
    """A request's place in a trace: the ids of the stage's segment and of the call of its integration."""

    trace: Trace
    name: str
    segment_id: str
    call_id: str

    @classmethod
    def begin(cls, api_id: str, stage: str) -> "StageTrace | None":
        """In the caller's trace or in a new one; None when the stage does not trace."""
        known = api._stages_v1.get(api_id, {}).get(stage) or {}
        if not known.get("tracingEnabled"):
            return None
        name = f"{(api._rest_apis.get(api_id) or {}).get('name', api_id)}/{stage}"
        return cls(tracing.current() or tracing.begun(name), name, tracing.new_id(), tracing.new_id())

    @property
    def integration(self) -> Trace:
        """The trace for what the integration calls."""
        return self.trace.below(self.call_id)

    def write(self, access: Access) -> None:
        """Send the segment, where the trace is recorded."""
        if not self.trace.sampled:
            return
        began, ended = access.received_at / 1000, (access.received_at + access.latency_ms) / 1000
        outcome = {
            "http": {
                "request": {"method": access.method, "url": access.resource_path},
                "response": {"status": access.status},
            },
            **({"error": True} if 400 <= access.status < 500 else {}),
            **({"throttle": True} if access.status == _TOO_MANY else {}),
            **({"fault": True} if access.status >= 500 else {}),
        }
        call = {"id": self.call_id, "name": "Lambda", "namespace": "aws", "start_time": began, "end_time": ended}
        called = access.integration_ms is not None
        if access.integration_ms is not None:
            call["start_time"] = ended - access.integration_ms / 1000
        TRACES.put(
            {
                **self.trace.segment(self.name, self.segment_id, began, ended),
                "origin": "AWS::ApiGateway::Stage",
                "aws": {"api_gateway": {"rest_api_id": access.api_id, "stage": access.stage}},
                **outcome,
                **({"subsegments": [call]} if called else {}),
            }
        )
