"""The local X-Ray: what it keeps, what it puts together, what it finds, what it refuses."""

import asyncio
import json
from typing import Any

import pytest

from localcloud.services.refusals import Refused
from localcloud.services.xray import api, daemon, filters, tracing
from localcloud.services.xray.store import RefusedSegment, TraceStore
from localcloud.services.xray.tracing import Trace

ROOT = "1-6b0d0d0b-8fc0305a9066ea6ddfbccd09"
OTHER = "1-6b0d0d0c-8fc0305a9066ea6ddfbccd09"
PART = {"id": "2" * 16, "name": "part", "start_time": 100.0}


def a_segment(segment_id: str = "1" * 16, **members: Any) -> dict[str, Any]:
    return {"name": "A", "id": segment_id, "trace_id": ROOT, "start_time": 100.0, "end_time": 101.0, **members}


def a_call(segment_id: str, parent_id: str, name: str = "DynamoDB", **members: Any) -> dict[str, Any]:
    call = {"type": "subsegment", "namespace": "aws", "parent_id": parent_id, "name": name}
    return a_segment(segment_id, **{**call, **members})


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> TraceStore:
    made = TraceStore()
    monkeypatch.setattr(api, "TRACES", made)
    monkeypatch.setattr(daemon, "TRACES", made)
    return made


def asked(path: str, **request: Any) -> tuple[int, dict[str, Any]]:
    status, _, body = asyncio.run(api.handle_request("POST", path, {}, json.dumps(request).encode(), {}))
    return status, json.loads(body)


# What is kept


def test_subsegments_that_come_by_themselves_are_found_in_their_segment_in_any_order(store: TraceStore) -> None:
    store.put(a_call("3" * 16, "2" * 16, "inner", namespace=""))
    store.put(a_call("2" * 16, "1" * 16, "outer", namespace=""))
    assert store.segments(ROOT) == []
    store.put(a_segment())

    (segment,) = store.segments(ROOT)

    assert [part["name"] for part in segment["subsegments"]] == ["outer"]
    assert [part["name"] for part in segment["subsegments"][0]["subsegments"]] == ["inner"]
    assert store.segments(ROOT) == [segment], "reading changes nothing"


def test_a_segment_sent_again_takes_the_place_of_the_one_in_progress(store: TraceStore) -> None:
    store.put({**a_segment(), "end_time": None, "in_progress": True})
    store.put(a_segment(end_time=105.0))

    assert [segment["end_time"] for segment in store.segments(ROOT)] == [105.0]


def test_a_service_that_says_nothing_of_itself_is_inferred_from_its_caller(store: TraceStore) -> None:
    store.put(a_segment())
    store.put(a_call("2" * 16, "1" * 16, aws={"table_name": "FlightPulseTable"}, error=True))
    store.put(a_call("3" * 16, "1" * 16, "Lambda"))

    inferred = [segment for segment in store.segments(ROOT) if segment.get("inferred")]

    assert [(part["name"], part["origin"], part["parent_id"], part["error"]) for part in inferred] == [
        ("FlightPulseTable", "AWS::DynamoDB::Table", "2" * 16, True)
    ]


def test_beyond_the_limit_the_oldest_trace_goes() -> None:
    small = TraceStore(kept_parts=3)
    small.put(a_segment(subsegments=[PART]))
    small.put(a_segment(trace_id=OTHER))
    assert small.segments(ROOT)
    small.put(a_segment("4" * 16, trace_id=OTHER))

    assert small.segments(ROOT) == []
    assert len(small.segments(OTHER)) == 2


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"id": ""}, "MissingId"),
        ({"id": "12"}, "InvalidId"),
        ({"trace_id": "1-2-3"}, "InvalidTraceId"),
        ({"name": ""}, "MissingName"),
        ({"start_time": None}, "MissingStartTime"),
        ({"type": "subsegment"}, "MissingParentId"),
        ({"start_time": float("nan")}, "MissingStartTime"),
        ({"end_time": "soon"}, "InvalidEndTime"),
        ({"annotations": ["a"]}, "ParseError"),
        ({"aws": ["a"]}, "ParseError"),
        ({"http": {"response": {"status": "ok"}}}, "ParseError"),
        ({"subsegments": 5}, "ParseError"),
        ({"subsegments": ["x"]}, "ParseError"),
        ({"subsegments": [{"name": "part", "start_time": 1}]}, "MissingId"),
        ({"subsegments": [{**PART, "subsegments": [{**PART, "end_time": "soon"}]}]}, "InvalidEndTime"),
        ({"subsegments": [{**PART, "annotations": []}]}, "ParseError"),
    ],
)
def test_a_document_that_is_no_segment_is_refused_by_its_kind(
    store: TraceStore, members: dict[str, Any], code: str
) -> None:
    with pytest.raises(RefusedSegment, match=code):
        store.put({**a_segment(), **members})
    told = asked("/TraceSegments", TraceSegmentDocuments=[json.dumps({**a_segment(), **members})])[1]
    assert [refused["ErrorCode"] for refused in told["UnprocessedTraceSegments"]] == [code]


def test_a_document_that_is_nested_too_deep_is_refused(store: TraceStore) -> None:
    deep: dict[str, Any] = PART
    for _ in range(150):
        deep = {**PART, "subsegments": [deep]}
    texts = [json.dumps(a_segment(subsegments=[deep])), "[" * 100_000]

    told = asked("/TraceSegments", TraceSegmentDocuments=texts)[1]

    assert [refused["ErrorCode"] for refused in told["UnprocessedTraceSegments"]] == ["ParseError", "ParseError"]


# The daemon


def test_the_daemon_takes_what_its_header_says_is_json_and_nothing_else(store: TraceStore) -> None:
    document = json.dumps(a_segment()).encode()
    header = b'{"format":"json"}\n'
    texts = (header + b"[1]", header + b"[" * 60_000, header + json.dumps(a_segment(subsegments=5)).encode())
    for nothing in (b"", b"hello", b'{"format":"xml"}\n' + document, b"[]\n" + document, *texts):
        daemon.take(nothing)
    assert store.segments(ROOT) == []

    daemon.take(b'{"format":"json","version":1}\n' + document)

    assert len(store.segments(ROOT)) == 1


# What is asked for


def test_a_trace_is_found_by_time_and_annotation_and_read_whole(store: TraceStore) -> None:
    store.put(a_segment(annotations={"event_id": "evt-1", "count": 3, "late": True}))
    store.put(a_segment(trace_id=OTHER, start_time=200.0, end_time=203.5, fault=True, origin="AWS::Lambda"))

    status, told = asked("/TraceSummaries", StartTime=50, EndTime=150, FilterExpression='annotation.event_id = "evt-1"')
    assert status == 200
    assert [(found["Id"], found["Duration"], found["HasFault"]) for found in told["TraceSummaries"]] == [
        (ROOT, 1.0, False)
    ]
    values = {key: said[0]["AnnotationValue"] for key, said in told["TraceSummaries"][0]["Annotations"].items()}
    assert values == {"event_id": {"StringValue": "evt-1"}, "count": {"NumberValue": 3}, "late": {"BooleanValue": True}}

    newest_first = asked("/TraceSummaries", StartTime=50, EndTime=250)[1]["TraceSummaries"]
    assert [found["Id"] for found in newest_first] == [OTHER, ROOT]
    assert newest_first[0]["EntryPoint"] == {"Name": "A", "Names": ["A"], "Type": "AWS::Lambda"}

    whole = asked("/Traces", TraceIds=[OTHER, "1-00000000-000000000000000000000000"])[1]
    assert [json.loads(segment["Document"])["fault"] for segment in whole["Traces"][0]["Segments"]] == [True]
    assert whole["UnprocessedTraceIds"] == ["1-00000000-000000000000000000000000"]


def test_summaries_come_by_the_hundred(store: TraceStore) -> None:
    for number in range(150):
        store.put(a_segment(trace_id=f"1-6b0d0d0b-{number:024x}"))

    first = asked("/TraceSummaries", StartTime=50, EndTime=150)[1]
    rest = asked("/TraceSummaries", StartTime=50, EndTime=150, NextToken=first["NextToken"])[1]

    ids = {found["Id"] for page in (first, rest) for found in page["TraceSummaries"]}
    assert (len(first["TraceSummaries"]), len(ids), "NextToken" in rest) == (100, 150, False)


@pytest.mark.parametrize(
    ("path", "request_", "said"),
    [
        ("/ServiceGraph", {}, "answers only BatchGetTraces, GetTraceSummaries, PutTelemetryRecords, PutTraceSegments"),
        ("/TraceSummaries", {"StartTime": 1}, "needs a StartTime and an EndTime after it"),
        ("/TraceSummaries", {"StartTime": 0, "EndTime": 90_000}, "longer than 24 hours"),
        ("/TraceSummaries", {"StartTime": 0, "EndTime": 1, "FilterExpression": "user = 1"}, "is not known here"),
        ("/TraceSummaries", {"StartTime": 0, "EndTime": 1, "NextToken": "x"}, "NextToken"),
        ("/Traces", {"TraceIds": []}, "1 to 5 trace ids, not 0"),
        ("/Traces", {"TraceIds": ["x"] * 6}, "1 to 5 trace ids, not 6"),
        ("/TraceSegments", {"TraceSegmentDocuments": ["{}"] * 51}, "50 documents at most, not 51"),
    ],
)
def test_what_is_not_known_is_refused_in_a_sentence(
    store: TraceStore, path: str, request_: dict[str, Any], said: str
) -> None:
    status, told = asked(path, **request_)
    assert status == 400
    assert said in told["Message"]


SUMMARY = {
    "Duration": 2.5,
    "ResponseTime": 0.5,
    "HasError": True,
    "HasFault": False,
    "HasThrottle": False,
    "Annotations": {
        "event_id": [{"AnnotationValue": {"StringValue": 'evt-"1"'}}],
        "tokens": [{"AnnotationValue": {"NumberValue": 7}}, {"AnnotationValue": {"NumberValue": 9}}],
    },
    "ServiceIds": [{"Name": "FlightPulse-LLMMessenger", "Type": "AWS::Lambda"}, {"Name": "T"}],
}


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("", True),
        ('annotation.event_id = "evt-\\"1\\""', True),
        ('annotation[event_id] = "evt-2"', False),
        ("annotation.event_id", True),
        ("!annotation.flight_id", True),
        ("annotation.tokens > 8", True),
        ("annotation.tokens > 9", False),
        ('annotation.tokens = "7"', False),
        ("error", True),
        ("ok", False),
        ("!fault AND duration >= 2.5", True),
        ("duration > 1 AND responsetime > 1", False),
        ('service("FlightPulse-LLMMessenger")', True),
        ('service(id(name: "FlightPulse-LLMMessenger", type: "AWS::Lambda"))', True),
        ('service(id(name: "T", type: "AWS::Lambda"))', False),
    ],
)
def test_filter_expressions(expression: str, fits: bool) -> None:
    assert filters.read(expression)(SUMMARY) is fits


@pytest.mark.parametrize(
    "expression",
    [
        "error OR fault",
        "(error)",
        "error AND",
        "duration",
        "duration ~ 3",
        'http.url = "/x"',
        "errors",
        "service(x)",
        "!",
    ],
)
def test_expressions_that_are_not_known_are_refused(expression: str) -> None:
    with pytest.raises(Refused, match="is not known here"):
        filters.read(expression)


# Headers and sampling


def test_the_first_of_a_service_in_each_second_is_recorded_and_one_in_twenty_of_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, chance = [1000.0], [0.5]
    monkeypatch.setattr(tracing.time, "time", lambda: now[0])
    monkeypatch.setattr(tracing.random, "random", lambda: chance[0])

    assert [tracing.begun("sampled-a").sampled for _ in range(3)] == [True, False, False]
    assert tracing.begun("sampled-b").sampled
    chance[0] = 0.049
    assert tracing.begun("sampled-a").sampled
    chance[0], now[0] = 0.5, 1001.0
    assert [tracing.begun("sampled-a").sampled for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (f"Root={ROOT};Parent={'1' * 16};Sampled=1", Trace(ROOT, "1" * 16, sampled=True)),
        (f"Root={ROOT}; Sampled=0;Lineage=a:1", Trace(ROOT, "", sampled=False)),
        (f"Sampled=1;Root={ROOT}", Trace(ROOT, "", sampled=True)),
        (f"Root={ROOT}", Trace(ROOT, "", sampled=False)),
        ("Root=1-2-3;Sampled=1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_tracing_header_is_read_or_taken_for_none(header: str | None, trace: Trace | None) -> None:
    assert Trace.read(header) == trace
    if trace is not None:
        assert Trace.read(trace.header) == trace


def test_a_request_is_worked_on_within_the_trace_of_its_header() -> None:
    seen: list[Trace | None] = []

    async def application(*_: Any) -> None:
        seen.append(tracing.current())

    reading = tracing.reading(application)
    asyncio.run(reading({"headers": [(b"x-amzn-trace-id", f"Root={ROOT};Sampled=1".encode())]}))
    asyncio.run(reading({"type": "lifespan"}))

    assert seen == [Trace(ROOT), None]
