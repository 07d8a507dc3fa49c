"""The segments that Step Functions and Lambda write."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud import faults
from localcloud.behaviours import LocalContext
from localcloud.services.lambda_functions import runtime
from localcloud.services.lambda_functions import traces as lambda_traces
from localcloud.services.lambda_functions.traces import Invocation
from localcloud.services.lambda_functions.worker import Outcome
from localcloud.services.step_functions.traces import ExecutionTrace
from localcloud.services.xray import tracing
from localcloud.services.xray.store import TraceStore
from localcloud.services.xray.tracing import Trace

ROOT = "1-6b0d0d0b-8fc0305a9066ea6ddfbccd09"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:M"
CALL = {"resourceType": "dynamodb", "resource": "putItem"}


def an_event(event_id: int, previous: int, kind: str, second: int, **details: Any) -> dict[str, Any]:
    key = "stateEnteredEventDetails" if kind.endswith("StateEntered") else f"{kind[0].lower()}{kind[1:]}EventDetails"
    timestamp = f"2026-11-30T05:00:{second:02d}.000Z"
    return {"id": event_id, "previousEventId": previous, "type": kind, "timestamp": timestamp, key: details}


def a_record(*events: dict[str, Any], status: str = "SUCCEEDED") -> dict[str, Any]:
    return {
        "executionArn": f"{MACHINE.replace('stateMachine', 'execution')}:e",
        "stateMachineArn": MACHINE,
        "status": status,
        "startDate": "2026-11-30T05:00:00.000Z",
        "stopDate": "2026-11-30T05:00:59.000Z",
        "events": list(events),
    }


def tree(parts: list[dict[str, Any]]) -> list[Any]:
    """Name, seconds and problem of each part, with what is nested in it."""
    return [
        (
            part["name"],
            round(part["end_time"] - part["start_time"]),
            next((problem for problem in ("fault", "error") if part.get(problem)), ""),
            tree(part.get("subsegments", [])),
        )
        for part in parts
    ]


def test_a_visit_holds_its_calls_and_a_map_what_its_iterations_visit() -> None:
    # Given an execution that puts an item, then visits a state in each of two iterations side by side
    parameters = '{"TableName":"FlightPulseTable","Item":{}}'
    record = a_record(
        an_event(1, 0, "ExecutionStarted", 0),
        an_event(2, 0, "TaskStateEntered", 1, name="Claim"),
        an_event(3, 2, "TaskScheduled", 2, **CALL, parameters=parameters),
        an_event(4, 3, "TaskStarted", 2, **CALL),
        an_event(5, 4, "TaskSucceeded", 4, **CALL),
        an_event(6, 5, "TaskStateExited", 5, name="Claim"),
        an_event(7, 6, "MapStateEntered", 6, name="Each"),
        an_event(8, 7, "MapStateStarted", 6, length=2),
        an_event(9, 8, "MapIterationStarted", 6, name="Each", index=0),
        an_event(10, 8, "MapIterationStarted", 6, name="Each", index=1),
        an_event(11, 9, "PassStateEntered", 7, name="First"),
        an_event(12, 10, "PassStateEntered", 8, name="Second"),
        an_event(13, 11, "PassStateExited", 9, name="First"),
        an_event(14, 13, "PassStateEntered", 9, name="Then"),
        an_event(15, 14, "PassStateExited", 11, name="Then"),
        an_event(16, 15, "MapIterationSucceeded", 11, name="Each", index=0),
        an_event(17, 12, "PassStateExited", 12, name="Second"),
        an_event(18, 17, "MapIterationSucceeded", 12, name="Each", index=1),
        an_event(19, 18, "MapStateSucceeded", 12),
        an_event(20, 18, "MapStateExited", 13, name="Each"),
        an_event(21, 20, "SucceedStateEntered", 14, name="Done"),
        an_event(22, 21, "SucceedStateExited", 15, name="Done"),
        an_event(23, 22, "ExecutionSucceeded", 16),
    )
    # When its segment is made
    traced = ExecutionTrace(Trace(ROOT, "a" * 16), 2**64 - 1)
    segment = traced.segment(record)
    # Then it is below what started it, and nested as the states are
    assert (segment["name"], segment["parent_id"], segment["end_time"] - segment["start_time"]) == ("M", "a" * 16, 59)
    assert tree(segment["subsegments"]) == [
        ("Claim", 4, "", [("DynamoDB", 2, "", [])]),
        ("Each", 7, "", [("First", 2, "", []), ("Second", 4, "", []), ("Then", 2, "", [])]),
        ("Done", 1, "", []),
    ]
    call = segment["subsegments"][0]["subsegments"][0]
    assert call["aws"] == {"operation": "PutItem", "table_name": "FlightPulseTable"}
    # And what the task called was told the call's id while the execution ran
    assert traced.of_task(3).parent == call["id"] == f"{2:016x}"
    assert segment["id"] == "f" * 16


def test_a_transaction_is_a_call_of_its_table() -> None:
    parameters = '{"TransactItems":[{"Update":{"TableName":"FlightPulseTable","Key":{}}}]}'
    sdk = {**CALL, "resourceType": "aws-sdk:dynamodb", "resource": "transactWriteItems", "parameters": parameters}
    record = a_record(
        an_event(1, 0, "ExecutionStarted", 0),
        an_event(2, 0, "TaskStateEntered", 1, name="Claim"),
        an_event(3, 2, "TaskScheduled", 1, **sdk),
        an_event(4, 3, "TaskSucceeded", 2, **sdk),
    )
    call = ExecutionTrace(Trace(ROOT), 0).segment(record)["subsegments"][0]["subsegments"][0]
    assert (call["name"], call["namespace"]) == ("DynamoDB", "aws")
    assert call["aws"] == {"operation": "TransactWriteItems", "table_name": "FlightPulseTable"}


def test_a_caught_error_is_an_error_of_the_call_and_what_fails_the_execution_a_fault_of_the_state() -> None:
    record = a_record(
        an_event(1, 0, "ExecutionStarted", 0),
        an_event(2, 0, "TaskStateEntered", 1, name="Claim"),
        an_event(3, 2, "TaskScheduled", 1, **CALL),
        an_event(4, 3, "TaskFailed", 2, **CALL, error="DynamoDB.ConditionalCheckFailedException"),
        an_event(5, 4, "TaskScheduled", 3, **CALL, parameters='{"RequestItems":{"FlightPulseTable":{"Keys":[]}}}'),
        an_event(6, 5, "TaskTimedOut", 5, **CALL),
        an_event(7, 6, "TaskStateExited", 5, name="Claim"),
        an_event(8, 7, "FailStateEntered", 6, name="GiveUp"),
        an_event(9, 8, "ExecutionFailed", 6),
        status="FAILED",
    )
    segment = ExecutionTrace(Trace(ROOT), 0).segment(record)
    calls = [("DynamoDB", 1, "error", []), ("DynamoDB", 2, "error", [])]
    assert tree(segment["subsegments"]) == [("Claim", 4, "", calls), ("GiveUp", 53, "fault", [])]
    causes = [call["cause"]["exceptions"][0]["type"] for call in segment["subsegments"][0]["subsegments"]]
    assert causes == ["DynamoDB.ConditionalCheckFailedException", "States.Timeout"]
    assert [call["aws"].get("table_name") for call in segment["subsegments"][0]["subsegments"]] == [
        None,
        "FlightPulseTable",
    ]
    assert segment["fault"] is True
    assert "parent_id" not in segment


FUNCTION = {"FunctionName": "F", "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:F"}
ACTIVE = {**FUNCTION, "TracingConfig": {"Mode": "Active"}}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> TraceStore:
    made = TraceStore()
    monkeypatch.setattr(lambda_traces, "TRACES", made)
    return made


def an_outcome(*, failed: bool = False, init_ms: float | None = None) -> Outcome:
    payload = {"errorType": "KeyError", "errorMessage": "'x'"} if failed else {}
    return Outcome(payload, failed, "error" if failed else "success", 100_000, 500.0, init_ms, 60, [])


def test_an_invocation_has_a_segment_of_the_service_and_below_it_one_of_the_function(store: TraceStore) -> None:
    with tracing.within(Trace(ROOT, "a" * 16)):
        invocation = Invocation.begin(ACTIVE)
    assert invocation is not None
    invocation.write(ACTIVE, "request-1", 99.9, an_outcome(init_ms=300.0))

    function, service = sorted(store.segments(ROOT), key=lambda segment: str(segment["origin"]), reverse=True)
    assert (service["origin"], service["parent_id"]) == ("AWS::Lambda", "a" * 16)
    assert (function["origin"], function["parent_id"]) == ("AWS::Lambda::Function", service["id"])
    assert [part["name"] for part in function["subsegments"]] == ["Initialization", "Invocation"]
    assert invocation.header == f"Root={ROOT};Parent={function['id']};Sampled=1"


def test_a_failed_invocation_is_a_fault_with_the_kind_of_its_error(store: TraceStore) -> None:
    with tracing.within(Trace(ROOT)):
        invocation = Invocation.begin(ACTIVE)
    assert invocation is not None
    invocation.write(ACTIVE, "request-1", 100.0, an_outcome(failed=True))

    segments = store.segments(ROOT)
    assert all(segment["fault"] for segment in segments)
    assert [segment["cause"]["exceptions"][0]["type"] for segment in segments if "cause" in segment] == ["KeyError"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("error", "segments"),
    [
        ("ValueError", [("AWS::Lambda", {"fault"}, ""), ("AWS::Lambda::Function", {"fault"}, "ValueError")]),
        ("TooManyRequestsException", [("AWS::Lambda", {"error", "throttle"}, "")]),
    ],
)
def test_an_invocation_that_is_told_to_fail_is_seen_to_fail(
    store: TraceStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, after: bool, error: str, segments: list[Any]
) -> None:
    # Given a function that would succeed
    worker = SimpleNamespace(run=lambda *_: an_outcome(), log_stream="stream")
    monkeypatch.setattr(runtime.emulator, "acquire_worker", lambda *_, **__: (worker, False))
    monkeypatch.setattr(runtime.emulator, "release_worker", lambda _: None)
    monkeypatch.setattr(runtime.lambda_svc, "_ensure_reaper_thread", lambda: None)
    functions = runtime.Functions(LocalContext(tmp_path, port=1, model_url=""))
    # When a fault strikes it, before or after it has run
    faults.BOARD.set([{"hop": "function", "to": "F", "error": error, "after": after, "times": 1}])
    with tracing.within(Trace(ROOT)):
        answer = functions.execute({**ACTIVE, "Runtime": "python3.13", "code_zip": b"code"}, {}, "request-1")
    # Then its segments say what its caller is told
    assert error in answer["body"].values()
    seen = [
        (
            segment["origin"],
            {"fault", "error", "throttle"} & segment.keys(),
            segment["cause"]["exceptions"][0]["type"] if "cause" in segment else "",
        )
        for segment in sorted(store.segments(ROOT), key=lambda segment: str(segment["origin"]))
    ]
    assert seen == segments


def test_who_begins_a_trace_and_what_is_not_recorded(store: TraceStore) -> None:
    assert Invocation.begin(FUNCTION) is None, "a function that does not trace begins no trace"
    with tracing.within(Trace(ROOT, sampled=False)):
        passed_on = Invocation.begin(FUNCTION)
    assert passed_on is not None
    assert passed_on.header.endswith("Sampled=0")
    passed_on.write(FUNCTION, "request-1", 100.0, an_outcome())
    assert store.segments(ROOT) == []
    begun = Invocation.begin(ACTIVE)
    assert begun is not None
    assert begun.trace.root != ROOT
