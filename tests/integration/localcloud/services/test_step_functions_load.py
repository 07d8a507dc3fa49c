"""Many iterations and many executions at once: nothing is lost, nothing waits for what it need not wait for."""

import json
from datetime import timedelta
from typing import Any

import pytest

from flightpulse import paths
from tests.integration.emulator import Emulator
from tests.integration.localcloud.functions import deploy
from tests.integration.localcloud.services.step_functions_machines import Execution, Machines

TABLE = "load"
FLIGHT = "SW1234"
MESSENGER = """
def handler(event, context):
    told = [
        {
            "notification_id": f"ntf-{someone['booking_id']}",
            "channel": "email",
            "booking_id": someone["booking_id"],
            "passenger_id": someone["passenger_id"],
            "detail_type": "notification.email",
            "detail": {"to": someone["email"], "first_name": someone["first_name"]},
        }
        for someone in event["recipients"]
    ]
    counts = {"recipients": len(told), "email": len(told), "sms": 0, "unreachable": 0, "failed": 0}
    return {"notifications": told, "failed": [], "counts": counts}
"""


@pytest.fixture
def machines(engine: Emulator) -> Machines:
    return Machines(engine)


@pytest.fixture(scope="session")
def table(engine: Emulator) -> str:
    engine.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return TABLE


def count_up(key: str) -> dict[str, Any]:
    """A machine whose one state adds 1 to a counter in the table."""
    update = {
        "TableName": TABLE,
        "Key": {"PK": {"S": key}, "SK": {"S": "COUNTER"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "Arguments": update, "End": True}
    return {"StartAt": "Add", "States": {"Add": task}}


def counter(engine: Emulator, key: str) -> str:
    item = engine.client("dynamodb").get_item(TableName=TABLE, Key={"PK": {"S": key}, "SK": {"S": "COUNTER"}})["Item"]
    return str(item["n"]["N"])


def test_forty_iterations_at_a_time_lose_no_update_and_no_event(
    engine: Emulator, machines: Machines, table: str
) -> None:
    each = {"Type": "Map", "MaxConcurrency": 40, "ItemProcessor": count_up("map"), "Output": "done", "End": True}

    seen = machines.run_states(list(range(400)), Each=each)

    assert counter(engine, "map") == "400"
    assert [event["id"] for event in seen.history] == list(range(1, 400 * 7 + 7))
    assert all(event["previousEventId"] < event["id"] for event in seen.history)
    assert seen.types.count("MapIterationSucceeded") == 400


def test_fifty_executions_at_once_all_end_well(engine: Emulator, machines: Machines, table: str) -> None:
    machine = machines.create(count_up("executions"))

    arns = [machines.start(machine) for _ in range(50)]

    assert {machines.ended(arn).status for arn in arns} == {"SUCCEEDED"}
    assert counter(engine, "executions") == "50"


def test_requests_are_answered_while_executions_wait_for_others(machines: Machines) -> None:
    child = machines.create({"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 600, "End": True}}})
    nested = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": child},
        "End": True,
    }
    parent = machines.create({"StartAt": "Nested", "States": {"Nested": nested}})
    waiting = [machines.start(parent) for _ in range(20)]

    # Each of these answers comes, or the client's read times out, before anything that is waited for ends.
    assert {machines.client.describe_execution(executionArn=arn)["status"] for arn in waiting} == {"RUNNING"}

    for arn in waiting:
        machines.client.stop_execution(executionArn=arn)
    assert {machines.ended(arn).status for arn in waiting} == {"ABORTED"}


def test_a_delay_reaches_three_passengers_through_three_workflows_that_wait_only_for_each_other(
    engine: Emulator, machines: Machines, table: str
) -> None:
    delay = deploy_workflows(engine, machines, FLIGHT, passengers=3)
    detail = {
        "event_id": "evt-load",
        "flight_id": FLIGHT,
        "delay_minutes": 25,
        "reason": "WEATHER",
        "timestamp": "2026-11-23T18:00:00Z",
    }

    top = machines.ended(machines.start(delay, {"id": "e", "time": "2026-11-23T12:00:00Z", "detail": detail}))

    assert top.status == "SUCCEEDED", top.cause
    claim = {"PK": {"S": "EVENT#evt-load"}, "SK": {"S": "CLAIM"}}
    outcome = engine.client("dynamodb").get_item(TableName=TABLE, Key=claim)["Item"]
    assert outcome["status"]["S"] == "DONE"
    assert json.loads(outcome["outcome"]["S"])["told"] == 3
    passengers = nested_execution(machines, top)
    chunk = nested_execution(machines, passengers)
    for seen in (top, passengers, chunk):
        assert not {"WaitStateEntered", "TaskFailed", "TaskTimedOut"} & set(seen.types)
    # Whoever started a workflow goes on once it has ended: that takes less than the innermost workflow itself.
    lags = pause_after(top, passengers) + pause_after(passengers, chunk)
    assert lags < lasted(chunk)


def nested_execution(machines: Machines, parent: Execution) -> Execution:
    """The one execution that another one started."""
    (arn,) = {
        json.loads(details["output"])["ExecutionArn"]
        for details in parent.details("TaskSubmitted")
        if "ExecutionArn" in details.get("output", "")
    }
    return machines.ended(arn)


def pause_after(parent: Execution, child: Execution) -> timedelta:
    """How long an execution paused between the end of the one that it had started and its own next event."""
    (going_on,) = (
        event["timestamp"]
        for event in parent.history
        if event["type"] == "TaskSucceeded" and event["taskSucceededEventDetails"]["resourceType"] == "states"
    )
    pause: timedelta = going_on - child.history[-1]["timestamp"]
    return pause


def lasted(execution: Execution) -> timedelta:
    duration: timedelta = execution.history[-1]["timestamp"] - execution.history[0]["timestamp"]
    return duration


def deploy_workflows(engine: Emulator, machines: Machines, flight: str, passengers: int) -> str:
    """The delay workflow and the two it starts, on a table with one flight and its passengers."""
    messenger = f"load-messenger-{flight}"
    functions = engine.client("lambda")
    if not any(known["FunctionName"] == messenger for known in functions.list_functions()["Functions"]):
        deploy(engine, messenger, MESSENGER)
    put_flight(engine, flight, passengers)
    values = {
        "TableName": TABLE,
        "EventBusName": "default",
        "NotificationDeadLettersUrl": engine.client("sqs").create_queue(QueueName="load-dead")["QueueUrl"],
        "ErrorTopicArn": engine.client("sns").create_topic(Name="load-errors")["TopicArn"],
        "LlmMessengerArn": messenger,
    }
    for name, file in (("NotifyChunkArn", "notify_chunk"), ("NotifyPassengersArn", "notify_passengers")):
        values[name] = machines.create(workflow(file, values))
    return machines.create(workflow("delay", values))


def workflow(name: str, values: dict[str, str]) -> dict[str, Any]:
    text = (paths.WORKFLOWS / f"{name}.asl.json").read_text()
    for placeholder, value in values.items():
        text = text.replace(f"${{{placeholder}}}", value)
    definition: dict[str, Any] = json.loads(text)
    return definition


def put_flight(engine: Emulator, flight: str, passengers: int) -> None:
    table = engine.client("dynamodb")

    def put(**attributes: Any) -> None:
        values = {name: {"S": value} if isinstance(value, str) else value for name, value in attributes.items()}
        table.put_item(TableName=TABLE, Item=values)

    put(PK=f"FLIGHT#{flight}", SK="METADATA", flight_id=flight, status="SCHEDULED", origin="DAL", gate="A12")
    for number in range(passengers):
        booking, passenger = f"BKG-{number}", f"PAX-{number}"
        preferences = {"M": {"email": {"BOOL": True}, "sms": {"BOOL": False}, "push": {"BOOL": False}}}
        put(
            PK=f"FLIGHT#{flight}",
            SK=f"BOOKING#{booking}",
            booking_id=booking,
            passenger_id=passenger,
            priority={"N": "3"},
        )
        put(PK=f"BOOKING#{booking}", SK="METADATA", booking_status="CONFIRMED", seat="1A", special_requests={"L": []})
        put(
            PK=f"PASSENGER#{passenger}",
            SK="METADATA",
            first_name=f"Name{number}",
            tier="MEMBER",
            email=f"p{number}@example.com",
            phone="+15550100",
            notification_preferences=preferences,
        )
