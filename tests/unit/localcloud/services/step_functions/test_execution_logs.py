"""Execution logs: which events they hold, in which shape, and that none is lost at the end of the process."""

import json
from typing import Any

import pytest

from localcloud.services.step_functions import execution_logs
from localcloud.services.step_functions.execution_logs import ExecutionLogs

GROUP = "/aws/vendedlogs/states/machine"
RECORD = {"executionArn": "arn:aws:states:us-east-1:000000000000:execution:machine:1", "redriveCount": 2}
EVENTS = [
    {
        "id": 1,
        "previousEventId": 0,
        "type": "TaskScheduled",
        "timestamp": "2026-11-23T08:00:00.123Z",
        "taskScheduledEventDetails": {"resource": "putItem", "parameters": "{}"},
    },
    {
        "id": 2,
        "previousEventId": 1,
        "type": "TaskFailed",
        "timestamp": "2026-11-23T08:01:00.000Z",
        "taskFailedEventDetails": {"error": "Bad"},
    },
    {"id": 3, "previousEventId": 2, "type": "ExecutionFailed", "timestamp": "2026-11-23T08:01:00.001Z"},
]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """What has been put into each log stream."""
    streams: dict[str, list[dict[str, Any]]] = {}
    monkeypatch.setattr(
        execution_logs, "_put", lambda _group, stream, records: streams.setdefault(stream, []).extend(records)
    )
    return streams


def publish(level: str, *, data: bool) -> None:
    """Log all events, and end at once."""
    destination = {
        "cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}:*"}
    }
    configuration = {"level": level, "includeExecutionData": data, "destinations": [destination]}
    logs = ExecutionLogs()
    log = logs.publisher(RECORD, {"name": "machine", "loggingConfiguration": configuration})
    for event in EVENTS:
        log(event)
    logs.close()


def test_nothing_that_waits_is_lost_at_the_end(written: dict[str, list[dict[str, Any]]]) -> None:
    publish("ALL", data=True)

    assert sorted(stream.rsplit("/", 1)[0] for stream in written) == [
        "states/machine/2026-11-23-08-00",
        "states/machine/2026-11-23-08-01",
    ]
    first = min(written)
    assert written[first][0]["timestamp"] == 1795420800123
    assert json.loads(written[first][0]["message"]) == {
        "id": "1",
        "type": "TaskScheduled",
        "details": {"resource": "putItem", "parameters": "{}"},
        "previous_event_id": "0",
        "event_timestamp": "1795420800123",
        "execution_arn": RECORD["executionArn"],
        "redrive_count": "2",
    }


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("ALL", ["TaskScheduled", "TaskFailed", "ExecutionFailed"]),
        ("ERROR", ["TaskFailed", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_the_level_says_which_events_are_logged(
    written: dict[str, list[dict[str, Any]]], level: str, expected: list[str]
) -> None:
    publish(level, data=False)

    messages = [json.loads(record["message"]) for stream in sorted(written) for record in written[stream]]
    assert [message["type"] for message in messages] == expected
    assert not any("parameters" in message["details"] for message in messages)
