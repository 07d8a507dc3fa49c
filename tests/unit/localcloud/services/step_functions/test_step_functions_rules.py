"""Rules of the Amazon States Language that need no emulator: retries, resources, payloads, histories."""

import threading
from typing import Any

import pytest

from localcloud.services.step_functions import retry
from localcloud.services.step_functions.failures import StateFailure, Stopped, data_limit_exceeded
from localcloud.services.step_functions.history import Cursor, History, details_key
from localcloud.services.step_functions.payload import LIMIT_BYTES, Payload, exceeds_limit
from localcloud.services.step_functions.resource import Resource
from localcloud.services.step_functions.scope import Scope
from tests.waiting import PATIENCE_SECONDS


def largest(_low: float, high: float) -> float:
    return high


def test_delays_double_from_one_second() -> None:
    assert [retry.delay_seconds({}, given, largest) for given in range(4)] == [1, 2, 4, 8]


def test_delays_follow_interval_and_rate_up_to_the_maximum() -> None:
    rule = {"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10}

    assert [retry.delay_seconds(rule, given, largest) for given in range(3)] == [2, 6, 10]


def test_full_jitter_takes_any_part_of_the_delay() -> None:
    rule = {"IntervalSeconds": 4, "JitterStrategy": "FULL"}

    assert retry.delay_seconds(rule, 0, lambda low, high: low + (high - low) / 4) == 1
    assert retry.delay_seconds({"IntervalSeconds": 4}, 0, lambda _low, _high: 0) == 4


def test_each_retrier_counts_for_itself_and_the_first_that_matches_decides() -> None:
    retriers = [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    retries = retry.Retries(retriers, largest)

    delays = [retries.delay_after(StateFailure(error)) for error in ("A", "B", "B", "B", "A")]

    assert delays == [1, 1, 2, None, None]
    assert retries.count == 3


def test_three_attempts_are_the_default_and_none_is_possible() -> None:
    three = retry.Retries([{"ErrorEquals": ["A"]}], largest)
    none = retry.Retries([{"ErrorEquals": ["A"], "MaxAttempts": 0}], largest)

    assert [three.delay_after(StateFailure("A")) is not None for _ in range(4)] == [True, True, True, False]
    assert none.delay_after(StateFailure("A")) is None


@pytest.mark.parametrize(
    ("names", "error", "expected"),
    [
        (["States.ALL"], "Anything", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.TaskFailed"], "Anything", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["A", "B"], "B", True),
        (["A"], "a", False),
        (["States.ALL"], None, True),
    ],
)
def test_which_names_stand_for_which_errors(names: list[str], error: str | None, expected: bool) -> None:
    assert retry.matches(names, StateFailure(error)) is expected


def test_a_result_that_is_too_large_is_caught_by_states_all_where_a_task_gave_it_and_else_only_by_name() -> None:
    of_task, of_state = data_limit_exceeded("lambda", of_task=True), data_limit_exceeded("Merge")

    assert [retry.matches(["States.ALL"], failure) for failure in (of_task, of_state)] == [True, False]
    assert retry.matches(["States.DataLimitExceeded"], of_state)


def test_a_missed_heartbeat_is_a_time_out_and_goes_by_its_own_name_too() -> None:
    missed = StateFailure("States.Timeout", also="States.HeartbeatTimeout")

    assert [retry.matches([name], missed) for name in ("States.HeartbeatTimeout", "States.Timeout", "A")] == [
        True,
        True,
        False,
    ]


def test_the_cause_of_a_time_out_is_an_empty_text_and_that_of_a_failure_without_one_is_null() -> None:
    assert StateFailure("States.Timeout").output == {"Error": "States.Timeout", "Cause": ""}
    assert StateFailure(None).output == {"Error": None, "Cause": None}


@pytest.mark.parametrize(
    ("arn", "service", "action", "family"),
    [
        ("arn:aws:states:::dynamodb:putItem", "dynamodb", "putItem", "Task"),
        ("arn:aws:states:::states:startExecution.sync:2", "states", "startExecution.sync:2", "Task"),
        ("arn:aws:states:::aws-sdk:dynamodb:batchGetItem", "aws-sdk:dynamodb", "batchGetItem", "Task"),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "sqs", "sendMessage.waitForTaskToken", "Task"),
        ("arn:aws:lambda:us-east-1:000000000000:function:f", "", "", "LambdaFunction"),
        ("arn:aws:states:us-east-1:000000000000:activity:a", "", "", "Activity"),
    ],
)
def test_resources_are_shown_as_history_shows_them(arn: str, service: str, action: str, family: str) -> None:
    resource = Resource.read(arn)

    assert (resource.service, resource.action, resource.family) == (service, action, family)


def test_a_resource_without_its_waiting_is_the_plain_call() -> None:
    assert Resource.read("arn:aws:states:::states:startExecution.sync:2").request.action == "startExecution"
    assert Resource.read("arn:aws:states:::sqs:sendMessage.waitForTaskToken").request.action == "sendMessage"
    assert Resource.read("arn:aws:states:::sns:publish").request.action == "publish"


def test_payloads_are_limited_in_bytes() -> None:
    assert not exceeds_limit("x" * LIMIT_BYTES)
    assert exceeds_limit("x" * (LIMIT_BYTES + 1))
    assert exceeds_limit("é" * (LIMIT_BYTES // 2 + 1))
    assert not exceeds_limit("é" * (LIMIT_BYTES // 2))


def test_payloads_are_written_as_step_functions_writes_json() -> None:
    assert Payload.of({"a": [1, "é"], "b": None}).text == '{"a":[1,"é"],"b":null}'
    assert Payload.read('{ "a": 1 }').text == '{ "a": 1 }'


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("TaskStateEntered", "stateEnteredEventDetails"),
        ("MapStateExited", "stateExitedEventDetails"),
        ("TaskScheduled", "taskScheduledEventDetails"),
        ("MapIterationStarted", "mapIterationStartedEventDetails"),
        ("ExecutionRedriven", "executionRedrivenEventDetails"),
    ],
)
def test_where_an_event_keeps_its_details(kind: str, key: str) -> None:
    assert details_key(kind) == key


def test_branches_chain_their_own_events() -> None:
    events: list[dict[str, Any]] = []
    history = History(events, lambda _event: None)
    scope, left, right = Scope(history.lock), Cursor(), Cursor()

    history.append(scope, left, "A")
    history.append(scope, right, "B")
    history.append(scope, left, "C", move=False)
    history.append(scope, left, "D")

    assert [(event["id"], event["previousEventId"]) for event in events] == [(1, 0), (2, 0), (3, 1), (4, 1)]


def test_a_scope_that_is_stopped_takes_no_more_events_and_wakes_who_waits_in_it() -> None:
    history = History([], lambda _event: None)
    outer = Scope(history.lock)
    inner = outer.child()
    woken: list[bool] = []

    def wait() -> None:
        try:
            inner.wait_for(threading.Event(), 60)
        except Stopped:
            woken.append(True)

    waiting = threading.Thread(target=wait)
    waiting.start()
    outer.stop()
    waiting.join(PATIENCE_SECONDS)

    assert woken == [True]
    with pytest.raises(Stopped):
        history.append(inner, Cursor(), "TooLate")


def test_a_scope_can_be_stopped_without_the_one_around_it() -> None:
    outer = Scope(threading.RLock())
    inner = outer.child()

    inner.stop()

    outer.check()
    with pytest.raises(Stopped):
        inner.check()
