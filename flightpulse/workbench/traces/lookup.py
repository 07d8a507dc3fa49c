"""Finding traces on a target: by event, by id, by a filter expression. The same calls for X-Ray and the local cloud."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection
from flightpulse.workbench.target.session import Session
from flightpulse.workbench.traces import trace as traces
from flightpulse.workbench.traces.trace import Trace

_LONGEST_LOOK_BACK = timedelta(hours=24)
_LOOK_AGAIN_SECONDS = 0.3
_PATIENCE_SECONDS = {"local": 10.0, "aws": 60.0}
_WORKFLOW = "AWS::StepFunctions::StateMachine"


@dataclass(frozen=True, slots=True)
class Summary:
    """What X-Ray says of a trace in short. ``problem`` is ``error``, ``throttle``, ``fault`` or empty."""

    trace_id: str
    began_at: datetime
    took: timedelta
    entry: str
    problem: str
    services: int
    event_id: str
    flight_id: str


class Summaries(Records[Summary]):
    """Traces, the newest first."""

    columns = ("began_at", "took", "entry", "problem", "services", "event_id", "flight_id", "trace_id")
    categories = ("entry", "problem")

    def table(self) -> Table:
        """The traces as a table to be read."""
        rows = [
            (item.began_at, f"{item.took.total_seconds():.3f}", item.entry, item.flight_id, item.problem, item.trace_id)
            for item in self
        ]
        return Table.of(("began", "took (s)", "began with", "flight", "", "trace"), rows, numbers=(1,))


class Traces:
    """``wb.traces``."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def of(self, event_id: str) -> Trace:
        """The newest trace of an event, from its record in Kafka to its messages.

        Waits for what is still on its way. Raises UserError when there is none within a day.
        """
        session = self._target.deployed
        patience, began = _PATIENCE_SECONDS[session.target], time.monotonic()
        expression = f"annotation.event_id = {_quoted(event_id)}"
        found: Trace | None = None
        while True:
            known = self.find(expression)
            found = self._look(known[0].trace_id) if known else None
            # An event that nothing is known of is most likely none.
            if (found and _is_whole(found)) or time.monotonic() - began > (patience if found else patience / 3):
                break
            time.sleep(_LOOK_AGAIN_SECONDS)
        if found is None:
            raise UserError(
                f"There is no trace of the event {event_id} within a day.",
                hint="Scenarios and produce are always traced; of a replay X-Ray records a sample.",
            )
        return found

    def get(self, trace_id: str) -> Trace:
        """A trace by its id. Raises UserError when there is none."""
        found = self._look(trace_id)
        if found is None:
            raise UserError(f"There is no trace {trace_id}.", hint="wb.traces.find() lists those of the last day.")
        return found

    def _look(self, trace_id: str) -> Trace | None:
        """None also for a trace that is listed already and whose segments are on their way."""
        found = _client(self._target.deployed).batch_get_traces(TraceIds=[trace_id])["Traces"]
        return traces.read(found[0]) if found and found[0]["Segments"] else None

    def find(self, expression: str = "", *, since: datetime | None = None) -> Summaries:
        """Traces that fit a filter expression of X-Ray's, of the last day or since a moment in it.

        For example ``fault``, ``annotation.flight_id = "SW1234"`` or ``service("FlightPulse-LLMMessenger")``. Raises
        UserError for an expression that is refused.
        """
        end = datetime.now(UTC) + timedelta(seconds=1)
        start = end - _LONGEST_LOOK_BACK
        if since is not None:
            start = max(since.astimezone(UTC), start)
        client = _client(self._target.deployed)
        try:
            pages = client.get_paginator("get_trace_summaries").paginate(
                StartTime=start, EndTime=end, **({"FilterExpression": expression} if expression else {})
            )
            found = [_summary(said) for page in pages for said in page["TraceSummaries"]]
        except client.exceptions.InvalidRequestException as error:
            raise UserError(f"X-Ray refuses this filter: {error.response['Error']['Message']}") from error
        return Summaries(sorted(found, key=lambda item: item.began_at, reverse=True))


def _client(session: Session) -> Any:
    return session.client("xray")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _summary(said: Mapping[str, Any]) -> Summary:
    problems = {"fault": "HasFault", "throttle": "HasThrottle", "error": "HasError"}
    return Summary(
        trace_id=str(said["Id"]),
        began_at=said.get("StartTime") or _time_of(str(said["Id"])),
        took=timedelta(seconds=float(said.get("Duration") or 0.0)),
        entry=str((said.get("EntryPoint") or {}).get("Name") or ""),
        problem=next((name for name, flag in problems.items() if said.get(flag)), ""),
        services=len(said.get("ServiceIds") or ()),
        event_id=_annotation(said, "event_id"),
        flight_id=_annotation(said, "flight_id"),
    )


def _time_of(trace_id: str) -> datetime:
    """A trace's id begins with the second in which it began."""
    return datetime.fromtimestamp(int(trace_id.split("-")[1], 16), UTC)


def _annotation(said: Mapping[str, Any], key: str) -> str:
    values = (said.get("Annotations") or {}).get(key) or [{}]
    return str(values[0].get("AnnotationValue", {}).get("StringValue", ""))


def _is_whole(found: Trace) -> bool:
    """Whether the workflow that the event began has told of itself, which it does when all is over."""
    rejected = "rejected" in found.annotations
    return rejected or any(
        span.origin == _WORKFLOW for span in found.spans if span.kind == "segment" and _is_top(span, found)
    )


def _is_top(span: traces.Span, found: Trace) -> bool:
    caller = next((other for other in found.spans if other.span_id == span.parent_id), None)
    return caller is not None and caller.name == "EventBridge"
