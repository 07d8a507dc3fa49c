"""A trace as the workbench shows it: spans in their order, a waterfall, a map of services, and finding it."""

import itertools
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.target.connection import Connection
from flightpulse.workbench.traces import lookup, service_map, trace
from flightpulse.workbench.traces.lookup import Traces
from flightpulse.workbench.traces.trace import Trace
from tests.unit.workbench.cloud_fakes import client_error

ROOT = "1-6b0d0d0b-8fc0305a9066ea6ddfbccd09"
NO_PNG = b"\x89PNG"


def a_part(part_id: str, name: str, began: float, ended: float, **members: Any) -> dict[str, Any]:
    return {"id": part_id, "name": name, "start_time": began, "end_time": ended, **members}


def the_documents() -> list[dict[str, Any]]:
    """A record waits, is consumed, goes over the bus to a workflow whose task fails once; all told out of order."""
    put = a_part("c1", "EventBridge", 3.0, 3.2, namespace="aws", aws={"operation": "PutEvents"})
    write = a_part("s2", "DynamoDB", 3.6, 3.8, namespace="aws", aws={"operation": "PutItem"}, error=True)
    state = a_part("s1", "Claim", 3.5, 4.5, subsegments=[write])
    return [
        a_part("w0", "FlightPulse-DelayWorkflow", 3.4, 5.0, parent_id="c1", origin="AWS::StepFunctions::StateMachine",
               subsegments=[state]),
        a_part("k0", "flight-operations", 0.0, 2.0, parent_id="0" * 16),
        a_part("l0", "FlightPulse-KafkaConsumer", 2.0, 3.3, parent_id="k0", origin="AWS::Lambda", ),
        a_part("l1", "FlightPulse-KafkaConsumer", 2.1, 3.3, parent_id="l0", origin="AWS::Lambda::Function",
               subsegments=[put], annotations={"event_id": "evt-1", "flight_id": "SW1234"}),
        a_part("i1", "EventBridge", 3.0, 3.2, parent_id="c1", inferred=True, origin="AWS::Events"),
        a_part("i2", "FlightPulseTable", 3.6, 3.8, parent_id="s2", inferred=True, error=True,
               origin="AWS::DynamoDB::Table"),
    ]  # fmt: skip


def an_answer(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"Id": ROOT, "Segments": [{"Id": part["id"], "Document": json.dumps(part)} for part in documents]}


@pytest.fixture
def read() -> Trace:
    return trace.read(an_answer(the_documents()))


def test_spans_stand_below_what_they_are_nested_in(read: Trace) -> None:
    assert [(span.depth, span.label, span.kind) for span in read.spans] == [
        (0, "flight-operations", "segment"),
        (1, "FlightPulse-KafkaConsumer", "segment"),
        (2, "FlightPulse-KafkaConsumer", "segment"),
        (3, "EventBridge PutEvents", "call"),
        (4, "EventBridge", "inferred"),
        (4, "FlightPulse-DelayWorkflow", "segment"),
        (5, "Claim", "part"),
        (6, "DynamoDB PutItem", "call"),
        (7, "FlightPulseTable", "inferred"),
    ]
    assert read.took.total_seconds() == 5.0
    assert read.annotations == {"event_id": "evt-1", "flight_id": "SW1234"}
    assert "FlightPulseTable" in read.services


def test_a_frame_has_a_row_for_each_span_and_durations_that_can_be_summed(read: Trace) -> None:
    frame = read.to_frame()
    assert len(frame) == len(read.spans)
    own = frame[frame.kind == "segment"].groupby("service", observed=True).took.max().dt.total_seconds()
    assert own["FlightPulse-DelayWorkflow"] == pytest.approx(1.6)
    assert frame.began_at.dtype == "datetime64[ns, UTC]"


def test_the_table_leaves_out_what_is_inferred_and_names_problems(read: Trace) -> None:
    table = read.table()
    assert len(table.rows) == len(read.spans) - 2
    assert table.column("")[-1] == "✗ error"
    assert table.column("at (s)")[0] == "0.000"


def test_the_map_goes_through_services_that_say_nothing_of_themselves(read: Trace) -> None:
    nodes, edges = service_map.graph(read.spans)
    assert dict(edges) == {
        ("flight-operations", "FlightPulse-KafkaConsumer"): 1,
        ("FlightPulse-KafkaConsumer", "EventBridge"): 1,
        ("EventBridge", "FlightPulse-DelayWorkflow"): 1,
        ("FlightPulse-DelayWorkflow", "FlightPulseTable"): 1,
    }
    assert len(nodes["FlightPulse-KafkaConsumer"].seconds) == 1, "Lambda tells of an invocation twice"
    assert nodes["FlightPulseTable"].problems == {"error": 1}


def test_both_pictures_say_what_they_show(read: Trace) -> None:
    drawn = read.service_map()
    assert drawn.png.startswith(NO_PNG)
    assert drawn.said.startswith("5 services, 4 calls between them:")
    assert "FlightPulseTable: 1 × 200 ms, 1 error" in drawn.said
    fall = read.waterfall()
    assert fall.png.startswith(NO_PNG)
    assert "DynamoDB PutItem: from 3.600 s, 200 ms, error" in fall.said


def test_a_waterfall_leaves_out_what_is_short_but_nothing_that_went_wrong_or_is_around_it(read: Trace) -> None:
    said = read.waterfall(at_least=0.3).said.splitlines()
    assert said[0] == "7 spans in 5.0 s:"
    fewer = read.waterfall(at_least=0.5, rows=7).said.splitlines()
    assert [line.partition(":")[0].strip() for line in fewer[1:]][-1] == "DynamoDB PutItem"
    without = [{**part, "error": False, "subsegments": []} for part in the_documents()]
    assert trace.read(an_answer(without)).waterfall(at_least=0.3).said.splitlines()[0].endswith("not drawn:")


class FakeXRay:
    """Answers with one state of a trace after the other."""

    class exceptions:  # noqa: N801 - as boto3 has it
        InvalidRequestException = type(client_error("InvalidRequestException"))

    def __init__(self, *states: Sequence[dict[str, Any]], refuses: bool = False) -> None:
        self._states = list(states)
        self._refuses = refuses
        self.filters: list[str] = []

    def get_paginator(self, _name: str) -> "FakeXRay":
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        self.filters.append(request.get("FilterExpression", ""))
        if self._refuses:
            raise client_error("InvalidRequestException")
        found = {"Id": ROOT, "Duration": 5.0, "HasError": True, "EntryPoint": {"Name": "flight-operations"}}
        yield {"TraceSummaries": [found] if self._states else []}

    def batch_get_traces(self, **_: Any) -> dict[str, Any]:
        if not self._states:
            return {"Traces": []}
        return {"Traces": [an_answer(self._states.pop(0) if len(self._states) > 1 else self._states[0])]}


class FakeDeployed:
    target = "local"

    def __init__(self, xray: FakeXRay) -> None:
        self._xray = xray

    @property
    def deployed(self) -> "FakeDeployed":
        return self

    def client(self, _service: str) -> FakeXRay:
        return self._xray


def traces_of(xray: FakeXRay) -> Traces:
    return Traces(cast("Connection", FakeDeployed(xray)))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup.time, "sleep", lambda _: None)


def test_an_events_trace_is_whole_when_its_workflow_has_told_of_itself() -> None:
    whole = the_documents()
    xray = FakeXRay([], whole[1:4], whole)
    assert len(traces_of(xray).of('evt-"1"').spans) == len(trace.read(an_answer(whole)).spans)
    assert set(xray.filters) == {'annotation.event_id = "evt-\\"1\\""'}


def test_a_rejected_event_waits_for_no_workflow() -> None:
    rejected = [{**part, "annotations": {"rejected": "SCHEMA"}} for part in the_documents()[1:4]]
    assert traces_of(FakeXRay(rejected, the_documents())).of("evt-1").annotations == {"rejected": "SCHEMA"}


def test_what_is_not_there_or_refused_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = itertools.count(0, 60)
    monkeypatch.setattr(lookup.time, "monotonic", lambda: next(minutes))
    with pytest.raises(UserError, match="no trace of the event evt-1 within a day"):
        traces_of(FakeXRay()).of("evt-1")
    with pytest.raises(UserError, match="There is no trace 1-2-3"):
        traces_of(FakeXRay()).get("1-2-3")
    with pytest.raises(UserError, match="X-Ray refuses this filter"):
        traces_of(FakeXRay(refuses=True)).find("nonsense")


def test_what_is_found_reads_as_a_table_and_a_frame() -> None:
    found = traces_of(FakeXRay(the_documents())).find()
    assert found.table().column("trace") == [ROOT]
    assert found.table().column("") == ["error"]
    assert list(found.to_frame().problem) == ["error"]


def test_traces_are_found_since_a_moment_with_and_without_a_zone() -> None:
    traces = traces_of(FakeXRay(the_documents()))
    assert len(traces.find(since=datetime(2026, 11, 30, tzinfo=UTC))) == len(traces.find(since=datetime(2026, 11, 30)))  # noqa: DTZ001
