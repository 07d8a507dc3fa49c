"""Golden histories: the events of an execution, their order and their chain, as AWS has them."""

import json
from typing import Any

import pytest

from tests.integration.emulator import Emulator
from tests.integration.localcloud.functions import deploy
from tests.integration.localcloud.services.step_functions_machines import Machines, chain, passing

NO_TABLE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::dynamodb:getItem",
    "Arguments": {"TableName": "there-is-none", "Key": {"PK": {"S": "x"}}},
}


@pytest.fixture
def machines(engine: Emulator) -> Machines:
    return Machines(engine)


def test_a_map_with_one_iteration_at_a_time(machines: Machines) -> None:
    seen = machines.run_states(
        ["a", "b"], EachItem={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": passing(), "End": True}
    )

    assert seen.output == ["a", "b"]
    assert chain(seen.history) == [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered EachItem",
        "3<2 MapStateStarted 2",
        "4<3 MapIterationStarted EachItem 0",
        "5<4 PassStateEntered Inner",
        "6<5 PassStateExited Inner",
        "7<6 MapIterationSucceeded EachItem 0",
        "8<6 MapIterationStarted EachItem 1",
        "9<8 PassStateEntered Inner",
        "10<9 PassStateExited Inner",
        "11<10 MapIterationSucceeded EachItem 1",
        "12<11 MapStateSucceeded",
        "13<11 MapStateExited EachItem",
        "14<13 ExecutionSucceeded",
    ]


def test_a_map_of_nothing(machines: Machines) -> None:
    seen = machines.run_states([], EachItem={"Type": "Map", "ItemProcessor": passing(), "End": True})

    assert seen.output == []
    assert chain(seen.history) == [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered EachItem",
        "3<2 MapStateStarted 0",
        "4<3 MapStateSucceeded",
        "5<3 MapStateExited EachItem",
        "6<5 ExecutionSucceeded",
    ]


def test_a_map_inside_a_map(machines: Machines) -> None:
    inner = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": passing(), "End": True}
    outer = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "Row", "States": {"Row": inner}},
        "End": True,
    }

    seen = machines.run_states([[1], [2]], Table=outer)

    assert seen.output == [[1], [2]]
    assert chain(seen.history) == [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered Table",
        "3<2 MapStateStarted 2",
        "4<3 MapIterationStarted Table 0",
        "5<4 MapStateEntered Row",
        "6<5 MapStateStarted 1",
        "7<6 MapIterationStarted Row 0",
        "8<7 PassStateEntered Inner",
        "9<8 PassStateExited Inner",
        "10<9 MapIterationSucceeded Row 0",
        "11<10 MapStateSucceeded",
        "12<10 MapStateExited Row",
        "13<12 MapIterationSucceeded Table 0",
        "14<12 MapIterationStarted Table 1",
        "15<14 MapStateEntered Row",
        "16<15 MapStateStarted 1",
        "17<16 MapIterationStarted Row 0",
        "18<17 PassStateEntered Inner",
        "19<18 PassStateExited Inner",
        "20<19 MapIterationSucceeded Row 0",
        "21<20 MapStateSucceeded",
        "22<20 MapStateExited Row",
        "23<22 MapIterationSucceeded Table 1",
        "24<23 MapStateSucceeded",
        "25<23 MapStateExited Table",
        "26<25 ExecutionSucceeded",
    ]


def test_a_map_whose_iterations_run_together(machines: Machines) -> None:
    seen = machines.run_states([1, 2, 3], EachItem={"Type": "Map", "ItemProcessor": passing(), "End": True})

    assert chain(seen.history)[2:6] == [
        "3<2 MapStateStarted 3",
        "4<3 MapIterationStarted EachItem 0",
        "5<3 MapIterationStarted EachItem 1",
        "6<3 MapIterationStarted EachItem 2",
    ]
    for index in range(3):
        assert branch_types(seen.history, 4 + index) == ["PassStateEntered", "PassStateExited", "MapIterationSucceeded"]


def test_a_parallel_state(machines: Machines) -> None:
    seen = machines.run_states({}, Both={"Type": "Parallel", "Branches": [passing(), passing()], "End": True})

    assert seen.output == [{}, {}]
    assert chain(seen.history)[:3] == [
        "1<0 ExecutionStarted",
        "2<0 ParallelStateEntered Both",
        "3<2 ParallelStateStarted",
    ]
    assert sorted(seen.types[3:7]) == ["PassStateEntered"] * 2 + ["PassStateExited"] * 2
    last = seen.history[6]["id"]
    assert chain(seen.history)[7:] == [
        f"8<{last} ParallelStateSucceeded",
        f"9<{last} ParallelStateExited Both",
        "10<9 ExecutionSucceeded",
    ]


def test_a_task_that_is_retried_and_then_caught(machines: Machines) -> None:
    task = {
        **NO_TABLE,
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }

    seen = machines.run_states({}, Read=task, Caught={"Type": "Pass", "End": True})

    attempt = ["TaskScheduled getItem", "TaskStarted getItem", "TaskFailed getItem DynamoDB.ResourceNotFoundException"]
    expected = ["ExecutionStarted", "TaskStateEntered Read", *attempt * 3, "TaskStateExited Read"]
    expected += ["PassStateEntered Caught", "PassStateExited Caught", "ExecutionSucceeded"]
    assert chain(seen.history) == [f"1<0 {expected[0]}", f"2<0 {expected[1]}"] + [
        f"{index}<{index - 1} {what}" for index, what in enumerate(expected[2:], 3)
    ]
    assert seen.output["Error"] == "DynamoDB.ResourceNotFoundException"


def test_a_map_that_is_retried_and_then_fails(machines: Machines) -> None:
    failing = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Bad", "Cause": "luck"}}}
    retry = [{"ErrorEquals": ["Bad"], "MaxAttempts": 1}]

    seen = machines.run_states([1], EachItem={"Type": "Map", "ItemProcessor": failing, "Retry": retry, "End": True})

    assert (seen.status, seen.error, seen.cause) == ("FAILED", "Bad", "luck")
    assert chain(seen.history) == [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered EachItem",
        "3<2 MapStateStarted 1",
        "4<3 MapIterationStarted EachItem 0",
        "5<4 FailStateEntered No",
        "6<5 MapIterationFailed EachItem 0",
        "7<5 MapStateStarted 1",
        "8<7 MapIterationStarted EachItem 0",
        "9<8 FailStateEntered No",
        "10<9 MapIterationFailed EachItem 0",
        "11<9 MapStateFailed",
        "12<11 ExecutionFailed Bad",
    ]


def test_a_failing_iteration_cuts_the_others_short_at_once(machines: Machines) -> None:
    states = {
        "Which": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input = 'bad' %}", "Next": "Fails"}],
            "Default": "Waits",
        },
        "Waits": {"Type": "Wait", "Seconds": 60, "Next": "Fails"},
        "Fails": {**NO_TABLE, "End": True},
    }

    seen = machines.run_states(
        ["good", "bad"], EachItem={"Type": "Map", "ItemProcessor": {"StartAt": "Which", "States": states}, "End": True}
    )

    assert seen.error == "DynamoDB.ResourceNotFoundException"
    failed = next(event["id"] for event in seen.history if event["type"] == "TaskFailed")
    first = next(event["id"] for event in seen.history if event["type"] == "MapIterationFailed")
    assert chain(seen.history)[first - 1 :] == [
        f"{first}<{failed} MapIterationFailed EachItem 1",
        f"{first + 1}<{failed} TaskStateAborted",
        f"{first + 2}<{failed} MapIterationAborted EachItem 0",
        f"{first + 3}<{failed} WaitStateAborted",
        f"{first + 4}<{failed} MapStateFailed",
        f"{first + 5}<{first + 4} ExecutionFailed DynamoDB.ResourceNotFoundException",
    ]


def test_a_nested_execution_that_is_waited_for(machines: Machines) -> None:
    child = machines.create({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Output": {"x": 1}, "End": True}}})

    seen = machines.run_states({}, Nested={**start_and_wait(child, {"a": [1]}), "End": True})

    assert chain(seen.history) == [
        "1<0 ExecutionStarted",
        "2<0 TaskStateEntered Nested",
        "3<2 TaskScheduled startExecution.sync:2",
        "4<3 TaskStarted startExecution.sync:2",
        "5<4 TaskSubmitted startExecution.sync:2",
        "6<5 TaskSucceeded startExecution.sync:2",
        "7<6 TaskStateExited Nested",
        "8<7 ExecutionSucceeded",
    ]
    assert seen.output["Status"] == "SUCCEEDED"
    assert (seen.output["Input"], seen.output["Output"]) == ({"a": [1]}, {"x": 1})
    scheduled = seen.details("TaskScheduled")[0]
    assert (scheduled["resourceType"], scheduled["region"]) == ("states", "us-east-1")
    assert json.loads(scheduled["parameters"]) == {"StateMachineArn": child, "Input": {"a": [1]}}


def test_a_nested_execution_that_fails(machines: Machines) -> None:
    child = machines.create({"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Bad", "Cause": "luck"}}})

    seen = machines.run_states({}, Nested={**start_and_wait(child, {}), "End": True})

    assert (seen.status, seen.error) == ("FAILED", "States.TaskFailed")
    assert seen.cause is not None
    cause = json.loads(seen.cause)
    assert (cause["Status"], cause["Error"], cause["Cause"]) == ("FAILED", "Bad", "luck")
    assert cause["StateMachineArn"] == child
    assert seen.types[-3:] == ["TaskSubmitted", "TaskFailed", "ExecutionFailed"]


def test_a_function_called_by_its_integration(engine: Emulator, machines: Machines) -> None:
    deploy(engine, "history-echo", "def handler(event, context):\n    return {'got': event}\n")
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "history-echo", "Payload": {"n": "{% $states.input %}"}},
        "TimeoutSeconds": 20,
        "End": True,
    }

    seen = machines.run_states(7, Call=call)

    assert chain(seen.history)[2:5] == [
        "3<2 TaskScheduled invoke",
        "4<3 TaskStarted invoke",
        "5<4 TaskSucceeded invoke",
    ]
    assert seen.details("TaskScheduled") == [
        {
            "resourceType": "lambda",
            "resource": "invoke",
            "region": "us-east-1",
            "parameters": '{"FunctionName":"history-echo","Payload":{"n":7}}',
            "timeoutInSeconds": 20,
        }
    ]
    assert (seen.output["Payload"], seen.output["StatusCode"]) == ({"got": {"n": 7}}, 200)


def test_a_function_called_by_its_arn_has_events_of_its_own(engine: Emulator, machines: Machines) -> None:
    arn = deploy(engine, "history-twice", "def handler(event, context):\n    return event * 2\n")

    seen = machines.run_states(4, Call={"Type": "Task", "Resource": arn, "End": True})

    assert seen.types[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    assert seen.details("LambdaFunctionScheduled")[0]["input"] == "4"
    assert seen.output == 8


def test_an_expression_without_a_value_is_an_event_of_its_own(machines: Machines) -> None:
    seen = machines.run_states(
        {},
        First={"Type": "Pass", "Next": "Second"},
        Second={"Type": "Pass", "Output": {"a": "{% $nothing %}"}, "End": True},
    )

    assert chain(seen.history)[3:] == [
        "4<3 PassStateEntered Second",
        "5<3 EvaluationFailed States.QueryEvaluationError",
        "6<5 ExecutionFailed States.QueryEvaluationError",
    ]
    assert seen.details("EvaluationFailed")[0]["location"] == "Output/a"
    assert seen.cause == (
        "An error occurred while executing the state 'Second' (entered at the event id #4). The JSONata expression "
        "'$nothing' specified for the field 'Output/a' returned nothing (undefined)."
    )


def test_assigned_variables_are_shown_where_they_are_assigned(machines: Machines) -> None:
    seen = machines.run_states({}, Set={"Type": "Pass", "Assign": {"list": "{% [1] %}", "word": "hi"}, "End": True})

    assert seen.details("PassStateExited")[0]["assignedVariables"] == {"list": "[1]", "word": '"hi"'}


def test_history_can_be_read_backwards_and_in_pages(machines: Machines) -> None:
    seen = machines.run_states([1, 2], EachItem={"Type": "Map", "ItemProcessor": passing(), "End": True})

    pages = machines.client.get_paginator("get_execution_history").paginate(
        executionArn=seen.arn, reverseOrder=True, PaginationConfig={"PageSize": 3}
    )
    backwards = [event["id"] for page in pages for event in page["events"]]

    assert backwards == list(range(len(seen.history), 0, -1))


def test_the_plain_emulator_still_lacks_the_chain_and_the_events_inside(plain_emulator: Emulator) -> None:
    seen = Machines(plain_emulator).run_states([1], EachItem={"Type": "Map", "ItemProcessor": passing(), "End": True})

    assert "MapIterationStarted" not in seen.types
    assert not any("previousEventId" in event for event in seen.history)


def start_and_wait(child: str, data: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": child, "Input": data},
    }


def branch_types(history: list[dict[str, Any]], start: int) -> list[str]:
    """The types of the events that follow one another from an event on, each branch by itself."""
    following = {event["previousEventId"]: event for event in history if not event["type"].startswith("MapState")}
    types, current = [], start
    while current in following:
        types.append(following[current]["type"])
        current = following[current]["id"]
    return types
