"""A table, a bus, queues and the five workflows on the local cloud, with a messenger that writes plain messages."""

import io
import json
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from flightpulse.paths import WORKFLOWS
from flightpulse.workbench.faults.redrive import Redriver, Result
from flightpulse.workbench.target.session import Session
from tests.examples import examples
from tests.integration.emulator import Emulator
from tests.waiting import until

TABLE = "FlightPulseTable"
BUS = "flightpulse-bus"
ROLE = "arn:aws:iam::000000000000:role/workflows"
FILES = {
    "FlightPulse-NotifyChunk": "notify_chunk",
    "FlightPulse-NotifyPassengers": "notify_passengers",
    "FlightPulse-DelayWorkflow": "delay",
    "FlightPulse-GateChangeWorkflow": "gate_change",
    "FlightPulse-CancellationWorkflow": "cancellation",
}
PAGE = examples(60, 400)
"""How many bookings a query reads at a time: in AWS always 400."""

QUICKER = {
    "'Limit': 400": f"'Limit': {PAGE}",
    # Between two reads of a chunk that the table hands back unread.
    '"Seconds": "{% $reads %}"': '"Seconds": 0',
}
MESSENGER = """
def handler(request, context):
    notifications, failed, unreachable = [], [], 0
    for recipient in request["recipients"]:
        booking, passenger = recipient["booking_id"], recipient["passenger_id"]
        if "first_name" not in recipient:
            failed.append({"booking_id": booking, "passenger_id": passenger, "reason": "first_name is missing"})
            continue
        channels = [name for name in ("email", "sms") if recipient["notification_preferences"].get(name)]
        unreachable += not channels
        for channel in channels:
            detail = {
                "notification_id": request["event"]["event_id"] + booking + channel,
                "channel": channel,
                "event_id": request["event"]["event_id"],
                "event_timestamp": request["event"]["timestamp"],
                "booking_id": booking,
                "tier": recipient["tier"],
                "special_requests": recipient["special_requests"],
                "gate": request["flight"]["gate"],
                "expected_before": request["event"].get("flight_details", {}).get("estimated_departure"),
            }
            notifications.append({"channel": channel, "booking_id": booking, "passenger_id": passenger,
                                  "detail_type": "notification." + channel, "detail": detail})
    counts = {"recipients": len(request["recipients"]), "unreachable": unreachable}
    return {"notifications": notifications, "failed": failed, "counts": counts}
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """An execution that is over."""

    arn: str
    status: str
    output: dict[str, Any]
    error: str | None
    cause: str = ""


def definition_of(file: str) -> str:
    """A workflow's definition as the package has it."""
    return (WORKFLOWS / f"{file}.asl.json").read_text(encoding="utf-8")


@dataclass
class World:
    """What the tests act on and look at. ``entered`` collects the states that executions went through."""

    emulator: Emulator
    definition_of: Callable[[str], str] = definition_of
    arns: dict[str, str] = field(default_factory=dict)
    entered: set[tuple[str, str]] = field(default_factory=set)
    flights: int = 0

    def __post_init__(self) -> None:
        self.dynamodb = self.emulator.client("dynamodb")
        self.sqs = self.emulator.client("sqs")
        self.states = self.emulator.client("stepfunctions")
        self._build_table()
        self.dead_letters_url = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        self.inbox_url = self.sqs.create_queue(QueueName="inbox")["QueueUrl"]
        self.errors_url = self.sqs.create_queue(QueueName="errors")["QueueUrl"]
        topic = self._build_topic()
        self._build_bus()
        messenger = self._build_messenger()
        known = {
            "TableName": TABLE,
            "EventBusName": BUS,
            "NotificationDeadLettersUrl": self.dead_letters_url,
            "ErrorTopicArn": topic,
            "LlmMessengerArn": messenger,
        }
        for name, file in FILES.items():
            text = self.definition_of(file)
            for usual, here in QUICKER.items():
                text = text.replace(usual, here)
            for key, value in known.items():
                text = text.replace(f"${{{key}}}", value)
            answer = self.states.create_state_machine(name=name, definition=text, roleArn=ROLE)
            self.arns[name] = answer["stateMachineArn"]
            known[f"{name.removeprefix('FlightPulse-')}Arn"] = answer["stateMachineArn"]

    def _build_table(self) -> None:
        names = ("PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK")
        key = lambda prefix: [  # noqa: E731
            {"AttributeName": f"{prefix}PK", "KeyType": "HASH"},
            {"AttributeName": f"{prefix}SK", "KeyType": "RANGE"},
        ]
        self.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=key(""),
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            GlobalSecondaryIndexes=[
                {"IndexName": index, "KeySchema": key(index), "Projection": {"ProjectionType": "ALL"}}
                for index in ("GSI1", "GSI2")
            ],
        )

    def _queue_arn(self, url: str) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def _build_topic(self) -> str:
        sns = self.emulator.client("sns")
        topic = str(sns.create_topic(Name="workflow-errors")["TopicArn"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self._queue_arn(self.errors_url))
        return topic

    def _build_bus(self) -> None:
        events = self.emulator.client("events")
        events.create_event_bus(Name=BUS)
        pattern = json.dumps({"source": ["flightpulse.workflow"]})
        events.put_rule(Name="everything", EventBusName=BUS, EventPattern=pattern)
        target = {"Id": "inbox", "Arn": self._queue_arn(self.inbox_url)}
        events.put_targets(Rule="everything", EventBusName=BUS, Targets=[target])

    def _build_messenger(self) -> str:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as package:
            package.writestr("messenger.py", MESSENGER)
        answer = self.emulator.client("lambda").create_function(
            FunctionName="messenger",
            Runtime="python3.12",
            Role=ROLE,
            Handler="messenger.handler",
            Code={"ZipFile": content.getvalue()},
            Timeout=30,
        )
        return str(answer["FunctionArn"])

    def flight(self, bookings: int = 3, *, priorities: tuple[int, ...] = (1, 2, 3)) -> str:
        """A new flight with this many bookings, one passenger each, every third without texts; its id."""
        self.flights += 1
        flight_id = f"SW{self.flights:04}"
        self.put(
            {
                "PK": f"FLIGHT#{flight_id}",
                "SK": "METADATA",
                "flight_id": flight_id,
                "status": "SCHEDULED",
                "GSI1PK": "SCHEDULED",
                "GSI1SK": "2026-11-24T20:00:00Z",
                "origin": "DAL",
                "destination": "LAX",
                "gate": "A1",
                "aircraft": "B738",
                "scheduled_departure": "2026-11-24T20:00:00Z",
                "scheduled_arrival": "2026-11-24T22:00:00Z",
            }
        )
        for number in range(bookings):
            self.booking(flight_id, number, priority=priorities[number % len(priorities)], sms=number % 3 != 2)
        return flight_id

    def booking(self, flight_id: str, number: int, *, priority: int, sms: bool) -> None:
        booking_id, passenger_id = f"BKG-{flight_id}-{number}", f"PAX-{flight_id}-{number}"
        tier = {1: "A-LIST PREFERRED", 2: "A-LIST", 3: "MEMBER"}[priority]
        self.put(
            {
                "PK": f"PASSENGER#{passenger_id}",
                "SK": "METADATA",
                "first_name": "Ana",
                "tier": tier,
                "email": "ana@example.com",
                "phone": "+12145550101",
                "notification_preferences": {"email": True, "sms": sms, "push": False},
            }
        )
        self.put(
            {
                "PK": f"BOOKING#{booking_id}",
                "SK": "METADATA",
                "booking_id": booking_id,
                "flight_id": flight_id,
                "booking_status": "CONFIRMED",
                "GSI2PK": "CONFIRMED",
                "GSI2SK": "2026-11-01T00:00:00Z",
                "seat": "12A",
                "confirmation_number": "ABC123",
                "special_requests": ["wheelchair assistance"] if number == 0 else [],
            }
        )
        self.put(
            {
                "PK": f"FLIGHT#{flight_id}",
                "SK": f"BOOKING#{booking_id}",
                "booking_id": booking_id,
                "passenger_id": passenger_id,
                "priority": priority,
            }
        )

    def put(self, item: dict[str, Any]) -> None:
        self.dynamodb.put_item(TableName=TABLE, Item={name: _typed(value) for name, value in item.items()})

    def delete(self, pk: str, sk: str = "METADATA") -> None:
        self.dynamodb.delete_item(TableName=TABLE, Key={"PK": {"S": pk}, "SK": {"S": sk}})

    def get(self, pk: str, sk: str = "METADATA") -> dict[str, Any]:
        """An item's attributes as plain values; empty when there is no such item."""
        answer = self.dynamodb.get_item(TableName=TABLE, Key={"PK": {"S": pk}, "SK": {"S": sk}}, ConsistentRead=True)
        return {name: _plain(value) for name, value in answer.get("Item", {}).items()}

    def faults(self, *faults: dict[str, Any]) -> None:
        """Have Task states fail; without arguments, none does."""
        request = urllib.request.Request(
            f"{self.emulator.endpoint_url}/_flightpulse/faults", data=json.dumps(faults).encode(), method="PUT"
        )
        urllib.request.urlopen(request).close()

    def let_go(self, state: str) -> None:
        """Calls that hang at a state hang no longer."""
        body = json.dumps({"let_go": state}).encode()
        request = urllib.request.Request(f"{self.emulator.endpoint_url}/_flightpulse/faults", data=body, method="POST")
        urllib.request.urlopen(request).close()

    def has_struck(self, state: str) -> bool:
        """Whether a fault of a state has struck a call."""
        with urllib.request.urlopen(f"{self.emulator.endpoint_url}/_flightpulse/faults") as answer:
            return any(fault["struck"] for fault in json.load(answer) if fault["state"] == state)

    def await_end_or(self, state: str, arn: str) -> None:
        """Wait until an execution is over, or one of the chunks that run has come to a state."""

        def is_so() -> bool:
            ended = self.states.describe_execution(executionArn=arn)["status"] != "RUNNING"
            chunks = self.executions("FlightPulse-NotifyChunk", "RUNNING")
            return ended or any(state in self.entered_states(chunk) for chunk in chunks)

        until(is_so, f"{state}, or the end of {arn}")

    def start(self, machine: str, request: dict[str, Any]) -> str:
        answer = self.states.start_execution(stateMachineArn=self.arns[machine], input=json.dumps(request))
        return str(answer["executionArn"])

    def run(self, machine: str, detail: dict[str, Any], **envelope: Any) -> Ended:
        """Start a workflow with an event as the bus delivers it, and wait for its end."""
        return self.ended(self.start(machine, {"id": "from-the-bus", "detail": detail, **envelope}))

    def ended(self, arn: str) -> Ended:
        def seen() -> Ended | None:
            answer = self.states.describe_execution(executionArn=arn)
            if answer["status"] == "RUNNING":
                return None
            output = json.loads(answer.get("output", "{}"))
            return Ended(arn, answer["status"], output, answer.get("error"), answer.get("cause", ""))

        return until(seen, f"the end of {arn}")

    def told(self, event_id: str) -> dict[str, int]:
        """How many were told of an event, and how many were not, as its claim says."""
        counts: dict[str, int] = json.loads(self.get(f"EVENT#{event_id}", "CLAIM")["outcome"])
        return counts

    def executions(self, machine: str, status: str | None = None) -> list[str]:
        query = {"stateMachineArn": self.arns[machine], **({"statusFilter": status} if status else {})}
        pages = self.states.get_paginator("list_executions").paginate(**query)
        return [execution["executionArn"] for page in pages for execution in page["executions"]]

    def history(self, arn: str) -> list[dict[str, Any]]:
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def entered_states(self, arn: str) -> list[str]:
        """Names of the states an execution entered, in the order of its history."""
        details = (event.get("stateEnteredEventDetails") for event in self.history(arn))
        return [entered["name"] for entered in details if entered]

    def note_entered(self) -> None:
        """Remember what every execution so far went through."""
        for machine in FILES:
            for arn in self.executions(machine):
                self.entered |= {(machine, name) for name in self.entered_states(arn)}

    def received(self, url: str) -> list[dict[str, Any]]:
        """Take everything out of a queue."""
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                bodies.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def messages(self) -> Counter[tuple[str, str, str]]:
        """Messages sent since last asked: how often each (event, booking, channel)."""
        details = [body["detail"] for body in self.received(self.inbox_url) if "notification" in body["detail-type"]]
        return Counter((detail["event_id"], detail["booking_id"], detail["channel"]) for detail in details)

    def told_after_seconds(self) -> list[float]:
        """What messages sent since last asked say of the time from the event to their sending."""
        return [
            float(body["detail"]["told_after_seconds"])
            for body in self.received(self.inbox_url)
            if "notification" in body["detail-type"]
        ]

    @property
    def session(self) -> Session:
        """What a redrive needs of a target."""
        outputs = {f"{name.removeprefix('FlightPulse-')}Arn": arn for name, arn in self.arns.items()}
        parts = SimpleNamespace(
            target="local",
            table_name=TABLE,
            dynamodb=self.dynamodb,
            sqs=self.sqs,
            stepfunctions=self.states,
            outputs={**outputs, "NotificationDeadLettersUrl": self.dead_letters_url},
        )
        parts.output = parts.outputs.__getitem__
        parts.command = lambda verb: f"flightpulse {verb}"
        return cast("Session", parts)

    def redrive(self, *, settle: bool = True) -> list[Result]:
        """Redrive as ``flightpulse redrive executions notifications`` does, once."""
        redriver = Redriver(self.session, lambda key, value, headers: None)
        results = [*redriver.redrive_executions(), *redriver.send_back(["notifications"])]
        if settle:
            self.settle()
        return results

    def settle(self) -> None:
        """Wait until nothing runs any more."""
        for machine in FILES:
            for arn in self.executions(machine, "RUNNING"):
                self.ended(arn)

    @contextmanager
    def changed(self, machine: str, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
        """A state machine with another definition for as long as the block runs."""
        arn = self.arns[machine]
        text = self.states.describe_state_machine(stateMachineArn=arn)["definition"]
        document = json.loads(text)
        change(document)
        self.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(document))
        try:
            yield
        finally:
            self.states.update_state_machine(stateMachineArn=arn, definition=text)

    def dead_letters(self) -> list[dict[str, Any]]:
        return self.received(self.dead_letters_url)


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, dict):
        return {"M": {name: _typed(inner) for name, inner in value.items()}}
    if isinstance(value, list):
        return {"L": [_typed(inner) for inner in value]}
    return {"S": value}


def _plain(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "M":
        return {name: _plain(inner) for name, inner in content.items()}
    if kind == "L":
        return [_plain(inner) for inner in content]
    return int(content) if kind == "N" else content


def task_states(machine: str) -> Iterator[str]:
    """Names of all states of a workflow, those inside Map states as well."""
    definition = json.loads((WORKFLOWS / f"{FILES[machine]}.asl.json").read_text())
    yield from _states(definition["States"])


def _states(states: dict[str, Any]) -> Iterator[str]:
    for name, state in states.items():
        yield name
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"]["States"])
