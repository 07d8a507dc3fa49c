"""The segment of an execution: a subsegment for every visit of a state, and within it one for every call of its task.

The id of each is the segment's own, counted on by the event of the history it begins with, so that what a task calls
can be told its parent while the execution still runs.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.services.step_functions.history import Event, details_key, milliseconds
from localcloud.services.xray.store import TRACES
from localcloud.services.xray.tracing import Trace

_IDS = 2**64
_FAILED = frozenset({"FAILED", "TIMED_OUT"})
_SERVICES = {
    "dynamodb": "DynamoDB",
    "events": "EventBridge",
    "lambda": "Lambda",
    "sns": "SNS",
    "sqs": "SQS",
    "states": "Step Functions",
}
_TABLE = re.compile(r'"(?:TableName":|RequestItems":\{)"([^"]+)"')
_STARTS = ("TaskScheduled", "LambdaFunctionScheduled")
_ENDS = {"Succeeded": False, "Failed": True, "TimedOut": True}


@dataclass(frozen=True, slots=True)
class ExecutionTrace:
    """The trace of an execution, and the number that its segment's id is."""

    trace: Trace
    number: int

    @classmethod
    def begin(cls, trace: Trace) -> "ExecutionTrace":
        return cls(trace, secrets.randbits(64))

    def id_of(self, event_id: int) -> str:
        """The id of what begins with an event of the history; 0 is the execution."""
        return f"{(self.number + event_id) % _IDS:016x}"

    def of_task(self, scheduled_id: int) -> Trace:
        """The trace for what a task calls."""
        return self.trace.below(self.id_of(scheduled_id))

    def write(self, record: Mapping[str, Any]) -> None:
        """Send the segment of an execution that has ended, where the trace is recorded."""
        if self.trace.sampled:
            TRACES.put(self.segment(record))

    def segment(self, record: Mapping[str, Any]) -> dict[str, Any]:
        began, ended = _seconds(record["startDate"]), _seconds(record["stopDate"])
        return {
            **self.trace.segment(record["stateMachineArn"].rpartition(":")[2], self.id_of(0), began, ended),
            "origin": "AWS::StepFunctions::StateMachine",
            "resource_arn": record["stateMachineArn"],
            "aws": {"execution_arn": record["executionArn"]},
            **({"fault": True} if record["status"] in _FAILED else {}),
            "subsegments": _Visits(self, record["events"], ended).top,
        }


class _Visits:
    """Reads the visits of states out of a history, by the chain of its events."""

    def __init__(self, ids: ExecutionTrace, events: list[Event], ended: float) -> None:
        self.top: list[dict[str, Any]] = []
        self._ids = ids
        self._ended = ended
        # Of each event the visit it belongs to, of each visit the one around it.
        self._visit_of: dict[int, dict[str, Any] | None] = {0: None}
        self._around: dict[str, dict[str, Any] | None] = {}
        self._calls: dict[str, dict[str, Any]] = {}
        for event in events:
            self._read(event)

    def _read(self, event: Event) -> None:
        kind, event_id = str(event["type"]), int(event["id"])
        visit = self._open(int(event["previousEventId"]))
        if kind.endswith("StateEntered"):
            around, visit = visit, self._part(event, event["stateEnteredEventDetails"]["name"])
            self._around[visit["id"]] = around
            (around.setdefault("subsegments", []) if around else self.top).append(visit)
        elif kind.endswith("StateExited") and visit is not None:
            visit["end_time"] = _seconds(event["timestamp"])
            visit.pop("fault", None)
        elif kind in _STARTS and visit is not None:
            self._begin_call(event, visit)
        elif visit is not None:
            self._end_call(event, visit)
        self._visit_of[event_id] = visit

    def _open(self, event_id: int) -> dict[str, Any] | None:
        """The visit in which the event after this one happens: of a state that has been left, the one around it."""
        visit = self._visit_of.get(event_id)
        return self._around[visit["id"]] if visit is not None and "fault" not in visit else visit

    def _part(self, event: Event, name: str) -> dict[str, Any]:
        """What is never seen to end has failed, at the end of the execution."""
        part_id = self._ids.id_of(int(event["id"]))
        return {
            "id": part_id,
            "name": name,
            "start_time": _seconds(event["timestamp"]),
            "end_time": self._ended,
            "fault": True,
        }

    def _begin_call(self, event: Event, visit: dict[str, Any]) -> None:
        details = event.get(details_key(str(event["type"]))) or {}
        service = str(details.get("resourceType", "lambda"))
        operation = str(details.get("resource", "invoke"))
        service = service.removeprefix("aws-sdk:")
        call = self._part(event, _SERVICES.get(service, service))
        about = {"operation": f"{operation[:1].upper()}{operation[1:]}".partition(".")[0]}
        if service == "dynamodb" and (table := _TABLE.search(str(details.get("parameters")))):
            about["table_name"] = table[1].rpartition("/")[2]
        call |= {"namespace": "aws", "aws": about}
        visit.setdefault("subsegments", []).append(call)
        self._calls[visit["id"]] = call

    def _end_call(self, event: Event, visit: dict[str, Any]) -> None:
        kind = str(event["type"])
        failed = next((failed for end, failed in _ENDS.items() if kind.endswith(end)), None)
        call = self._calls.get(visit["id"])
        if call is None or failed is None or not kind.startswith(("Task", "LambdaFunction")):
            return
        del self._calls[visit["id"]]
        call["end_time"] = _seconds(event["timestamp"])
        del call["fault"]
        if failed:
            error = (event.get(details_key(kind)) or {}).get("error")
            # Whether a failed call is a fault of the workflow, the state around it shows.
            call |= {"error": True, "cause": {"exceptions": [{"id": call["id"], "type": error or "States.Timeout"}]}}


def _seconds(moment: str) -> float:
    return milliseconds(moment) / 1000
