"""Roles may do what they do and nothing else: the demo's local cloud checks every call, and the command line tells.

What is done here to use every grant also gives values to every metric that an alarm or a dashboard looks at.
"""

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.faults import PATH
from tests.integration.cli.conftest import CommandLine, Demo
from tests.waiting import until

CONSUMER = "FlightPulse-KafkaConsumer"
GHOST = {
    "PK": "FLIGHT#SW5678",
    "SK": "BOOKING#BKG-9999",
    "booking_id": "BKG-9999",
    "passenger_id": "PAX-9999",
    "flight_id": "SW5678",
}
TOLD_TWICE = 7
OF_OTHER_TROUBLE = {
    *("ExecutionsTimedOut", "FailedInvocations", "InvocationsSentToDlq", "ApproximateNumberOfMessagesVisible"),
    *("LLMInvocationsSuccess", "LLMInvocationsFailed", "TemplatesAwaitingReview"),
}
"""Metrics that have values only after what is not done here: time-outs, targets that are gone, models that fail."""
ROUTES = (
    "/flights/SW1234",
    "/flights?status=DELAYED",
    "/flights/SW1234/bookings",
    "/passengers/PAX-0001",
    "/passengers/PAX-0001/bookings",
    "/bookings/BKG-0001",
)


def records(*values: dict[str, Any] | str) -> bytes:
    """What Lambda hands the consumer: records of one partition."""
    listed = [
        {
            "topic": "flight-operations",
            "partition": 0,
            "offset": 1_000_000 + number,
            "timestamp": 1_700_000_000_000,
            "timestampType": "CREATE_TIME",
            "key": base64.b64encode(_key(value).encode()).decode(),
            "value": base64.b64encode((value if isinstance(value, str) else json.dumps(value)).encode()).decode(),
            "headers": [],
        }
        for number, value in enumerate(values)
    ]
    event = {
        "eventSource": "SelfManagedKafka",
        "bootstrapServers": "b:9092",
        "records": {"flight-operations-0": listed},
    }
    return json.dumps(event).encode()


def _key(value: dict[str, Any] | str) -> str:
    return value if isinstance(value, str) else str(value["payload"]["flight_id"])


def later(demo: Demo, flight: str, field: str) -> str:
    key = {"PK": {"S": f"FLIGHT#{flight}"}, "SK": {"S": "METADATA"}}
    item = demo.client("dynamodb").get_item(TableName="FlightPulseTable", Key=key)["Item"]
    return (datetime.fromisoformat(item[field]["S"]) + timedelta(minutes=95)).isoformat()


def event(demo: Demo, kind: str, number: int, *, second: int = 0, flight: str = "SW7890") -> dict[str, Any]:
    """An event of one of the kinds; of two of a kind for a flight, the later second is the newer news."""
    payloads: dict[str, dict[str, Any]] = {
        "FLIGHT_DELAY": {
            "delay_minutes": 95,
            "reason": "WEATHER",
            "reason_detail": "Storm",
            "new_departure": later(demo, flight, "scheduled_departure"),
            "new_arrival": later(demo, flight, "scheduled_arrival"),
        },
        "FLIGHT_CANCELLED": {"reason": "WEATHER", "reason_detail": "Storm", "rebooking_priority": "HIGH"},
        "FLIGHT_DEPARTED": {
            "delay_minutes": 95,
            "actual_departure": later(demo, flight, "scheduled_departure"),
        },
        "GATE_CHANGE": {"old_gate": "B12", "new_gate": f"C{number}", "terminal_change": False},
    }
    return {
        "event_id": f"evt-permissions-{kind}-{number}",
        "event_type": kind,
        "timestamp": (datetime.now(UTC) + timedelta(seconds=second)).isoformat(),
        "source": "airport_ops" if kind == "GATE_CHANGE" else "operations_center",
        "payload": {"flight_id": flight, **payloads[kind]},
    }


def consume(demo: Demo, *values: dict[str, Any] | str) -> dict[str, Any]:
    """What the consumer answers: its result, or the error with which it failed."""
    answer = demo.client("lambda").invoke(FunctionName=CONSUMER, Payload=records(*values))
    result: dict[str, Any] = {"error": answer.get("FunctionError"), "payload": answer["Payload"].read().decode()}
    return result


@contextmanager
def without(demo: Demo, function: str, action: str) -> Iterator[None]:
    """For the length of a block, a function's role lacks what allows an action."""
    iam = demo.client("iam")
    role = demo.client("lambda").get_function(FunctionName=function)["Configuration"]["Role"].rpartition("/")[2]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [statement for statement in document["Statement"] if action not in statement["Action"]]
    assert len(kept) < len(document["Statement"])
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": kept}))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


@contextmanager
def failing(demo: Demo, *faults: dict[str, Any]) -> Iterator[None]:
    """For the length of a block, calls of Task states fail on the demo's local cloud."""

    def put(wanted: tuple[dict[str, Any], ...]) -> None:
        address = f"http://127.0.0.1:{demo.port}{PATH}"
        request = urllib.request.Request(address, json.dumps(wanted).encode(), method="PUT")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()

    put(faults)
    try:
        yield
    finally:
        put(())


def ended(demo: Demo) -> int:
    """How many executions of the workflows that events start have ended."""
    states = demo.client("stepfunctions")
    machines = [machine for machine in states.list_state_machines()["stateMachines"] if "Workflow" in machine["name"]]
    found = [states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"] for machine in machines]
    return sum(execution["status"] != "RUNNING" for executions in found for execution in executions)


def send(demo: Demo, value: dict[str, Any]) -> None:
    """Hand an event to the consumer, and wait for the end of its workflow."""
    before = ended(demo)
    assert consume(demo, value)["error"] is None
    until(lambda: ended(demo) > before, f"the end of {value['event_id']}")


def tell_again(demo: Demo) -> None:
    """Tell of a new gate, and start the chunk that told of it a second time: its claims fail, and it looks why."""
    states = demo.client("stepfunctions")
    machines = {
        machine["name"]: machine["stateMachineArn"] for machine in states.list_state_machines()["stateMachines"]
    }
    chunk = machines["FlightPulse-NotifyChunk"]
    send(demo, event(demo, "GATE_CHANGE", TOLD_TWICE, second=60, flight="SW1234"))
    newest = states.list_executions(stateMachineArn=chunk)["executions"][0]["executionArn"]
    told = states.describe_execution(executionArn=newest)
    assert f"evt-permissions-GATE_CHANGE-{TOLD_TWICE}" in told["input"]
    again = states.start_execution(stateMachineArn=chunk, input=told["input"])["executionArn"]
    until(lambda: states.describe_execution(executionArn=again)["status"] != "RUNNING", "the end of the chunk")


def fail_every_workflow(demo: Demo) -> None:
    """Make each workflow go the ways that good days do not show: failures, dead letters, news that came too late."""
    broken = {"error": "Boom", "times": 1}
    kinds = {"FLIGHT_DELAY": "Delay", "GATE_CHANGE": "GateChange", "FLIGHT_CANCELLED": "Cancellation"}
    for kind, name in kinds.items():
        machine = f"FlightPulse-{name}Workflow"
        with failing(demo, {"machine": machine, "state": "NotifyPassengers", **broken}):
            send(demo, event(demo, kind, 1, second=30))
        send(demo, event(demo, kind, 2, second=10))
    unreadable = {"error": "States.QueryEvaluationError", "times": 1}
    with failing(demo, {"machine": "FlightPulse-DepartureWorkflow", "state": "ApplyToFlight", **unreadable}):
        send(demo, event(demo, "FLIGHT_DEPARTED", 1, second=30, flight="SW3456"))
    for number, second in ((2, 20), (3, 10)):
        send(demo, event(demo, "FLIGHT_DEPARTED", number, second=second, flight="SW3456"))
    with failing(demo, {"machine": "FlightPulse-NotifyPassengers", "state": "NotifyChunk", **broken}):
        send(demo, event(demo, "GATE_CHANGE", 3, second=40, flight="SW1234"))
    # A booking whose passenger nobody knows cannot be told.
    ghost = {name: {"S": value} for name, value in GHOST.items()}
    demo.client("dynamodb").put_item(TableName="FlightPulseTable", Item=ghost)
    send(demo, event(demo, "GATE_CHANGE", 4, second=50, flight="SW5678"))
    key = {name: ghost[name] for name in ("PK", "SK")}
    demo.client("dynamodb").delete_item(TableName="FlightPulseTable", Key=key)
    tell_again(demo)


def test_nothing_is_granted_that_is_not_used_and_nothing_called_that_is_not_granted(
    demo: Demo, cli: CommandLine
) -> None:
    # Given everything that the demo's scenarios do not do
    for route in ROUTES:
        cli.ok("api", route)
    assert consume(demo, "not an event")["error"] is None
    fail_every_workflow(demo)

    # When the roles are held against what they called
    found = cli.run("permissions", "--json")

    # Then both sides fit
    told = json.loads(found.stdout)
    assert (told["unused"], told["denied"]) == ([], [])
    assert found.returncode == 0
    assert told["grants"] > 50

    # And the demo's flights are as they were
    cli.ok("seed")


def watched(demo: Demo) -> set[tuple[str, str, frozenset[tuple[str, str]]]]:
    """Namespace, name and dimensions of every metric of an alarm or a dashboard."""
    metrics = demo.client("cloudwatch")
    found = set()
    for alarm in metrics.describe_alarms(AlarmTypes=["MetricAlarm"])["MetricAlarms"]:
        stats = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
        for metric in stats or [alarm]:
            found.add((metric["Namespace"], metric["MetricName"], dimensions(metric)))
    for entry in metrics.list_dashboards()["DashboardEntries"]:
        body = json.loads(metrics.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"])
        for widget in body["widgets"]:
            for row in widget["properties"].get("metrics", ()):
                named = [part for part in row if isinstance(part, str)]
                if named:
                    found.add((named[0], named[1], frozenset(zip(named[2::2], named[3::2], strict=True))))
    return found


def dimensions(metric: dict[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset((dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", ()))


def test_every_metric_that_is_watched_has_values(demo: Demo) -> None:
    pages = demo.client("cloudwatch").get_paginator("list_metrics").paginate()
    known = {
        (metric["Namespace"], metric["MetricName"], dimensions(metric)) for page in pages for metric in page["Metrics"]
    }

    wanted = watched(demo)

    assert len(wanted) > 60
    failures = {found for found in wanted if found[1] == "ExecutionsFailed"}
    missing = {found for found in wanted - known - failures if found[1] not in OF_OTHER_TROUBLE}
    assert missing == set()
    assert failures & known


def test_without_its_grant_the_consumer_is_denied_the_bus(demo: Demo) -> None:
    with without(demo, CONSUMER, "events:PutEvents"):
        denied = consume(demo, event(demo, "GATE_CHANGE", 5, flight="SW3456"))
    assert denied["error"]
    assert "AccessDeniedException" in denied["payload"]
    assert consume(demo, event(demo, "GATE_CHANGE", 6, flight="SW3456"))["error"] is None
