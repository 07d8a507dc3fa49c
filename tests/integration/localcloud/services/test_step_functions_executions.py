"""Executions: their names, limits and time-outs, stopping and redriving them, and what others are told of them."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulator import Emulator
from tests.integration.localcloud.functions import deploy
from tests.integration.localcloud.services.step_functions_machines import Machines, chain
from tests.waiting import until

WAITING = {"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 60, "End": True}}}
QUICK = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}
KIBIBYTE = 1024


@pytest.fixture
def machines(engine: Emulator) -> Machines:
    return Machines(engine)


def test_starting_again_with_the_same_name_and_input_gives_the_running_execution(machines: Machines) -> None:
    machine = machines.create(WAITING)

    first = machines.start(machine, {"a": 1}, name="once")
    second = machines.start(machine, {"a": 1}, name="once")

    assert first == second
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machines.start(machine, {"a": 2}, name="once")
    machines.client.stop_execution(executionArn=first)


def test_however_many_wait_others_run(machines: Machines) -> None:
    # Given more executions in a Wait state of a minute than could take turns while this test has patience
    machine = machines.create(WAITING)
    waiting = [machines.start(machine) for _ in range(150)]

    # When another one comes, then it does not wait for any of them
    assert machines.run(QUICK).status == "SUCCEEDED"
    for execution in waiting:
        machines.client.stop_execution(executionArn=execution)


def test_the_name_of_an_execution_that_has_ended_is_taken(machines: Machines) -> None:
    machine = machines.create(QUICK)
    machines.ended(machines.start(machine, name="once"))

    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        machines.start(machine, name="once")


@pytest.mark.parametrize("name", ["with space", "a/b", "a:b", "braces{}"])
def test_names_with_forbidden_characters_are_refused(machines: Machines, name: str) -> None:
    with pytest.raises(ClientError, match="InvalidName"):
        machines.start(machines.create(QUICK), name=name)


def test_an_input_that_is_not_json_or_too_large_is_refused(machines: Machines) -> None:
    machine = machines.create(QUICK)

    with pytest.raises(ClientError, match="InvalidExecutionInput"):
        machines.client.start_execution(stateMachineArn=machine, input="{nope")
    with pytest.raises(ClientError, match="ValidationException"):
        machines.client.start_execution(stateMachineArn=machine, input=json.dumps("x" * 256 * KIBIBYTE))


def test_an_unknown_state_machine_is_refused(machines: Machines) -> None:
    with pytest.raises(ClientError, match="State Machine Does Not Exist"):
        machines.start("arn:aws:states:us-east-1:000000000000:stateMachine:none")


def test_a_state_whose_output_is_too_large_fails(machines: Machines) -> None:
    seen = machines.run_states({}, Big={"Type": "Pass", "Output": "{% $pad('x', 262145, 'é') %}", "End": True})

    assert seen.error == "States.DataLimitExceeded"
    assert seen.cause == (
        "The state/task 'Big' returned a result with a size exceeding the maximum number of bytes service limit."
    )


def test_a_task_whose_result_is_too_large_fails_and_can_be_caught(engine: Emulator, machines: Machines) -> None:
    arn = deploy(engine, "too-large", "def handler(event, context):\n    return 'x' * 262144\n")
    catch = [{"ErrorEquals": ["States.DataLimitExceeded"], "Output": "caught", "Next": "Caught"}]

    seen = machines.run_states(
        {}, Call={"Type": "Task", "Resource": arn, "Catch": catch, "End": True}, Caught={"Type": "Pass", "End": True}
    )

    assert seen.output == "caught"
    assert seen.details("LambdaFunctionFailed")[0]["error"] == "States.DataLimitExceeded"


def test_an_execution_ends_when_its_history_is_full(machines: Machines) -> None:
    loop = {
        "StartAt": "Go",
        "States": {"Go": {"Type": "Pass", "Next": "On"}, "On": {"Type": "Pass", "Next": "Go"}},
    }

    seen = machines.run(loop)

    assert seen.status == "FAILED"
    assert len(seen.history) == 25_000
    assert "maximum number of history events" in str(seen.cause)


def test_an_execution_without_an_output_has_no_details_of_one(machines: Machines) -> None:
    failed = machines.start(machines.create({"StartAt": "No", "States": {"No": {"Type": "Fail"}}}))
    machines.ended(failed)

    assert not {"output", "outputDetails"} & machines.client.describe_execution(executionArn=failed).keys()


def test_a_state_machine_times_out(machines: Machines) -> None:
    seen = machines.run({**WAITING, "TimeoutSeconds": 1})

    assert seen.status == "TIMED_OUT"
    assert chain(seen.history)[1:] == ["2<0 WaitStateEntered Pause", "3<0 ExecutionTimedOut"]


def test_a_task_times_out_and_is_caught(engine: Emulator, machines: Machines) -> None:
    arn = deploy(engine, "too-slow", "import time\ndef handler(event, context):\n    time.sleep(8)\n")
    catch = [
        {"ErrorEquals": ["States.TaskFailed"], "Next": "Wrong"},
        {"ErrorEquals": ["States.Timeout"], "Output": "late", "Next": "Late"},
    ]
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": arn},
        "TimeoutSeconds": 1,
        "Catch": catch,
        "End": True,
    }

    seen = machines.run_states({}, Call=call, Wrong={"Type": "Fail"}, Late={"Type": "Pass", "End": True})

    assert seen.output == "late"
    assert seen.details("TaskTimedOut") == [{"resourceType": "lambda", "resource": "invoke", "error": "States.Timeout"}]


def test_a_nested_execution_that_takes_too_long_is_stopped(machines: Machines) -> None:
    child = machines.create(WAITING)
    nested = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": child},
        "TimeoutSeconds": 1,
        "End": True,
    }

    seen = machines.run_states({}, Nested=nested)

    assert seen.error == "States.Timeout"
    stopped = machines.client.list_executions(stateMachineArn=child)["executions"]
    assert [execution["status"] for execution in stopped] == ["ABORTED"]


def test_an_execution_that_is_stopped_stays_stopped(engine: Emulator, machines: Machines) -> None:
    let_go = engine.home / "let-go"
    waits = f"    while not os.path.exists({str(let_go)!r}):\n        time.sleep(0.05)\n"
    arn = deploy(engine, "slow-failure", f"import os, time\ndef handler(event, context):\n{waits}    1 / 0\n")
    machine = machines.create({"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": arn, "End": True}}})
    running = machines.start(machine)
    machines.reached(running, lambda history: any(event["type"] == "LambdaFunctionStarted" for event in history))

    machines.client.stop_execution(executionArn=running, error="Enough", cause="of it")
    let_go.touch()
    until(lambda: lambda_errors(engine, "slow-failure"), "The function's failure")
    seen = machines.ended(running)

    assert (seen.status, seen.error, seen.cause) == ("ABORTED", "Enough", "of it")
    assert chain(seen.history)[-1] == "5<0 ExecutionAborted Enough"


def test_a_state_machine_takes_its_executions_along_and_those_of_others_stay(machines: Machines) -> None:
    gone, kept = machines.create(WAITING), machines.create(QUICK)
    running, other = machines.start(gone), machines.start(kept)
    machines.ended(other)

    machines.client.delete_state_machine(stateMachineArn=gone)

    for call in (machines.client.describe_execution, machines.client.get_execution_history):
        with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
            call(executionArn=running)
    assert machines.client.describe_execution(executionArn=other)["status"] == "SUCCEEDED"


def test_a_state_machine_that_is_not_there_is_deleted_without_a_word_and_not_described(machines: Machines) -> None:
    nobody = "arn:aws:states:us-east-1:000000000000:stateMachine:nobody"

    machines.client.delete_state_machine(stateMachineArn=nobody)

    with pytest.raises(ClientError, match=f"State Machine Does Not Exist: '{nobody}'"):
        machines.client.describe_state_machine(stateMachineArn=nobody)
    with pytest.raises(ClientError, match="InvalidArn"):
        machines.client.describe_state_machine(stateMachineArn="nobody")


def lambda_errors(engine: Emulator, function: str) -> list[Any]:
    logs, group = engine.client("logs"), f"/aws/lambda/{function}"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    return list(logs.filter_log_events(logGroupName=group, filterPattern="ZeroDivisionError")["events"])


def test_stopping_an_execution_stops_those_it_waits_for(machines: Machines) -> None:
    child = machines.create(WAITING)
    nested = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": child},
        "End": True,
    }
    parent = machines.start(machines.create({"StartAt": "Nested", "States": {"Nested": nested}}))
    machines.reached(parent, lambda history: any(event["type"] == "TaskSubmitted" for event in history))

    machines.client.stop_execution(executionArn=parent)

    listed = lambda: machines.client.list_executions(stateMachineArn=child, statusFilter="ABORTED")["executions"]  # noqa: E731
    assert len(until(listed, "The end of the child")) == 1


def test_a_redriven_execution_goes_on_where_it_failed(engine: Emulator, machines: Machines) -> None:
    table = f"redrive-{uuid.uuid4().hex[:8]}"
    states = {
        "Before": {"Type": "Pass", "Assign": {"x": 1}, "Output": {"n": 5}, "Next": "Write"},
        "Write": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:putItem",
            "Arguments": {"TableName": table, "Item": {"PK": {"S": "{% 'n' & $states.input.n & $x %}"}}},
            "Output": "{% $states.context.Execution.RedriveCount %}",
            "End": True,
        },
    }
    failed = machines.run({"StartAt": "Before", "States": states})
    create_table(engine, table)

    machines.client.redrive_execution(executionArn=failed.arn)
    seen = machines.ended(failed.arn)

    assert failed.status == "FAILED"
    assert (seen.status, seen.output) == ("SUCCEEDED", 1)
    assert chain(seen.history)[len(failed.history) :] == [
        "9<8 ExecutionRedriven",
        "10<9 TaskScheduled putItem",
        "11<10 TaskStarted putItem",
        "12<11 TaskSucceeded putItem",
        "13<12 TaskStateExited Write",
        "14<13 ExecutionSucceeded",
    ]
    assert engine.client("dynamodb").scan(TableName=table)["Items"] == [{"PK": {"S": "n51"}}]
    described = machines.client.describe_execution(executionArn=failed.arn)
    assert (described["redriveCount"], described["redriveStatus"]) == (1, "NOT_REDRIVABLE")


def test_a_redriven_map_runs_only_what_has_not_succeeded(engine: Emulator, machines: Machines) -> None:
    table = f"redrive-{uuid.uuid4().hex[:8]}"
    create_table(engine, table)
    inner = {
        "Count": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Arguments": {
                "TableName": table,
                "Key": {"PK": {"S": "{% 'item' & $states.input %}"}},
                "UpdateExpression": "ADD runs :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            },
            "Output": "{% $states.input %}",
            "Next": "Read",
        },
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Arguments": {
                "TableName": f"{{% $states.input = 2 ? '{table}-later' : '{table}' %}}",
                "Key": {"PK": {"S": "x"}},
            },
            "Output": "{% $states.input * 10 %}",
            "End": True,
        },
    }
    each = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "Count", "States": inner},
        "End": True,
    }
    failed = machines.run({"StartAt": "Each", "States": {"Each": each}}, [1, 2, 3])
    create_table(engine, f"{table}-later")

    machines.client.redrive_execution(executionArn=failed.arn)
    seen = machines.ended(failed.arn)

    assert (seen.status, seen.output) == ("SUCCEEDED", [10, 20, 30])
    items = engine.client("dynamodb").scan(TableName=table)["Items"]
    assert {item["PK"]["S"]: item["runs"]["N"] for item in items} == {"item1": "1", "item2": "1", "item3": "1"}


def test_executions_that_succeeded_or_run_cannot_be_redriven(machines: Machines) -> None:
    done = machines.run(QUICK)
    running = machines.start(machines.create(WAITING))

    for arn in (done.arn, running):
        with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
            machines.client.redrive_execution(executionArn=arn)
    machines.client.stop_execution(executionArn=running)


def test_the_state_machines_log_group_receives_every_event_once(engine: Emulator, machines: Machines) -> None:
    group = log_group(engine)
    machine = machines.create(QUICK, loggingConfiguration=logging_to(group, "ALL", data=True))
    seen = machines.ended(machines.start(machine, {"a": "é"}))

    records = until(lambda: logged(engine, group, 4), "The execution log")

    assert [(record["id"], record["type"]) for record in records] == [
        (str(event["id"]), event["type"]) for event in seen.history
    ]
    assert records[1] == {
        "id": "2",
        "type": "PassStateEntered",
        "details": {"name": "Only", "input": '{"a": "\\u00e9"}', "inputDetails": {"truncated": False}},
        "previous_event_id": "0",
        "event_timestamp": records[1]["event_timestamp"],
        "execution_arn": seen.arn,
        "redrive_count": "0",
    }


def test_execution_data_stays_out_of_the_log_unless_it_is_asked_for(engine: Emulator, machines: Machines) -> None:
    group = log_group(engine)
    machine = machines.create(QUICK, loggingConfiguration=logging_to(group, "ALL", data=False))
    machines.ended(machines.start(machine, {"secret": 1}))

    records = until(lambda: logged(engine, group, 4), "The execution log")

    assert [record["details"] for record in records[1:]] == [{"name": "Only"}, {"name": "Only"}, {}]


def test_a_log_of_errors_has_only_those(engine: Emulator, machines: Machines) -> None:
    group = log_group(engine)
    failing = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Bad"}}}
    machine = machines.create(failing, loggingConfiguration=logging_to(group, "ERROR", data=False))
    machines.ended(machines.start(machine))

    records = until(lambda: logged(engine, group, 2), "The execution log")

    assert [record["type"] for record in records] == ["FailStateEntered", "ExecutionFailed"]


def test_executions_are_counted_in_metrics(engine: Emulator, machines: Machines) -> None:
    machine = machines.create(QUICK)
    machines.ended(machines.start(machine))
    metrics = engine.client("cloudwatch")

    def look() -> set[str]:
        dimensions = [{"Name": "StateMachineArn", "Value": machine}]
        found = metrics.list_metrics(Namespace="AWS/States", Dimensions=dimensions)["Metrics"]
        return {metric["MetricName"] for metric in found}

    wanted = {"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionTime"}
    assert until(lambda: look() if look() >= wanted else None, "The metrics") == wanted


def test_a_state_machines_executions_are_listed_newest_first(machines: Machines) -> None:
    machine = machines.create(QUICK)
    arns = [machines.ended(machines.start(machine, number)).arn for number in range(3)]

    pages = machines.client.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"PageSize": 2}
    )

    assert [execution["executionArn"] for page in pages for execution in page["executions"]] == arns[::-1]


def test_express_executions_can_be_waited_for(engine: Emulator, machines: Machines) -> None:
    answer = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Output": 42, "End": True}}}
    client = engine.client("stepfunctions", inject_host_prefix=False)

    machine = machines.create(answer, type="EXPRESS")
    seen, again = (client.start_sync_execution(stateMachineArn=machine, name="same") for _ in range(2))

    assert (seen["status"], seen["output"], seen["name"]) == ("SUCCEEDED", "42", "same")
    assert seen["executionArn"].startswith(f"{machine.replace(':stateMachine:', ':express:')}:same:")
    assert seen["executionArn"] != again["executionArn"]
    assert seen["billingDetails"] == {"billedDurationInMilliseconds": 100, "billedMemoryUsedInMB": 64}
    with pytest.raises(ClientError, match="StateMachineTypeNotSupported"):
        client.start_sync_execution(stateMachineArn=machines.create(answer))


def test_the_plain_emulator_still_lacks_time_outs_and_redriving(plain_emulator: Emulator) -> None:
    machines = Machines(plain_emulator)
    slow = {"StartAt": "Pause", "TimeoutSeconds": 1, "States": {"Pause": {"Type": "Wait", "Seconds": 2, "End": True}}}
    failed = machines.run({"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Bad"}}})

    assert machines.run(slow).status == "SUCCEEDED"
    with pytest.raises(ClientError, match="InvalidAction"):
        machines.client.redrive_execution(executionArn=failed.arn)


def create_table(engine: Emulator, name: str) -> None:
    engine.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def log_group(engine: Emulator) -> str:
    name = f"/aws/vendedlogs/states/{uuid.uuid4().hex[:8]}"
    engine.client("logs").create_log_group(logGroupName=name)
    return name


def logging_to(group: str, level: str, *, data: bool) -> dict[str, Any]:
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    return {"level": level, "includeExecutionData": data, "destinations": [destination]}


def logged(engine: Emulator, group: str, wanted: int) -> list[dict[str, Any]] | None:
    events = engine.client("logs").filter_log_events(logGroupName=group)["events"]
    return [json.loads(event["message"]) for event in events] if len(events) >= wanted else None
