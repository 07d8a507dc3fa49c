"""Histories come in many shapes and leave in one."""

import json
import random
from datetime import UTC, datetime

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.executions.history import event_details
from flightpulse.workbench.player import events
from tests.unit.workbench.player import runs


@pytest.mark.parametrize(
    "written",
    [
        datetime(2026, 3, 14, 12, 0, 0, 250_000, tzinfo=UTC),
        datetime(2026, 3, 14, 12, 0, 0, 250_000),  # noqa: DTZ001
        "2026-03-14T12:00:00.250Z",
        "2026-03-14T13:00:00.250000+01:00",
        1773489600.25,
        1773489600250,
        "1773489600.25",
    ],
)
def test_a_time_may_be_a_datetime_a_text_or_a_number(written):
    [event] = events.normalise([{"id": 1, "type": "ExecutionStarted", "timestamp": written}])
    assert event["timestamp"] == datetime(2026, 3, 14, 12, 0, 0, 250_000, tzinfo=UTC)


def test_an_event_without_a_time_has_the_time_of_the_one_before():
    history = [{"id": 1, "type": "ExecutionStarted", "timestamp": 10}, {"id": 2, "type": "ExecutionAborted"}]
    assert [event["timestamp"].timestamp() for event in events.normalise(history)] == [10, 10]


def test_shuffled_events_and_overlapping_pages_come_out_in_order_and_once():
    history = runs.interleaved()
    pages = [{"events": history[20:]}, {"events": history[:25], "nextToken": "x"}]
    for page in pages:
        random.Random(7).shuffle(page["events"])

    assert events.normalise(pages) == events.normalise(history)


def test_the_answer_of_the_command_line_may_be_given_as_it_is():
    answer = json.loads(json.dumps({"events": runs.straight()}, default=str))
    assert len(events.normalise(answer)) == len(runs.straight())


def test_lines_of_an_execution_log_are_read_too():
    line = {
        "id": "2",
        "type": "TaskStateEntered",
        "details": {"name": "Claim", "input": "{}"},
        "previous_event_id": "1",
        "event_timestamp": "1773489600250",
    }
    [event] = events.normalise([line])
    assert (event["id"], event["previousEventId"], event_details(event)["name"]) == (2, 1, "Claim")
    assert event["timestamp"].year == 2026


@pytest.mark.parametrize("thing", [None, 7, "text", {"Records": []}, [1, 2], [{"id": 1}]])
def test_what_is_no_history_is_said_to_be_none(thing):
    with pytest.raises(UserError, match="not an execution history"):
        events.normalise(thing)


def test_a_time_that_is_none_is_said_to_be_none():
    with pytest.raises(UserError, match="'yesterday' is no time"):
        events.normalise([{"id": 1, "type": "ExecutionStarted", "timestamp": "yesterday"}])


def test_the_text_of_a_saved_file_may_be_given():
    text = json.dumps({"events": runs.straight()}, default=str)
    assert events.normalise(text) == events.normalise(runs.straight())


def test_the_events_given_are_not_changed():
    history = runs.straight()
    before = json.dumps(history, default=str)
    events.normalise(history)
    assert json.dumps(history, default=str) == before
