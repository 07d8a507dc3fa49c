"""Builds what a run leaves behind: an execution with its nested ones, log lines, stream records, all of one event."""

import json
from datetime import timedelta
from typing import Any

from awskit.kafka.record_positions import KafkaRecord, Place
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.observe.hops import ConsumerLine, EventEvidence
from flightpulse.workbench.observe.item_changes import StreamedChange, from_record
from flightpulse.workbench.observe.logs import LogEvent
from tests.unit.workbench.histories import START, HistoryBuilder
from tests.unit.workbench.run_facts import message

EVENT: dict[str, Any] = {
    "event_id": "evt-1",
    "event_type": "FLIGHT_DELAY",
    "timestamp": "2026-11-23T12:00:00.000Z",
    "source": "operations_center",
    "payload": {"flight_id": "SW1234", "delay_minutes": 25, "reason": "WEATHER"},
}
ENVELOPE: dict[str, Any] = {
    "id": "bus-1",
    "source": "flightpulse.kafka-consumer",
    "detail-type": "flight.delay.minor",
    "detail": {
        "event_id": "evt-1",
        "event_type": "FLIGHT_DELAY",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "source": "operations_center",
        "flight_id": "SW1234",
        "delay_minutes": 25,
        "reason": "WEATHER",
        "delay_category": "MINOR",
        "summary": "Flight SW1234 leaves 25 minutes late.",
    },
}


def seconds(number: float) -> Any:
    return START + timedelta(seconds=number)


def execution(builder: HistoryBuilder, workflow: str, *children: Execution, **changes: Any) -> Execution:
    values: dict[str, Any] = {
        "arn": f"arn:aws:states:us-east-1:000000000000:execution:{workflow}:run",
        "workflow": workflow,
        "status": "SUCCEEDED",
        "started_at": builder.events[0]["timestamp"],
        "stopped_at": builder.events[-1]["timestamp"],
        "input": {},
        "output": {},
        "events": builder.events,
        "definition": {},
        "children": children,
    }
    return Execution(**{**values, **changes})


def writing(builder: HistoryBuilder, state: str, arguments: dict[str, Any]) -> None:
    """A Task state that updates an item."""
    builder.entered("Task", state)
    builder.add("TaskScheduled", resource="updateItem", resourceType="dynamodb", parameters=json.dumps(arguments))
    builder.add("TaskSucceeded", resource="updateItem", resourceType="dynamodb", output="{}")
    builder.exited("Task", state)


def delay_execution() -> Execution:
    """Applies the delay to the flight, then tells two bookings in a Map, one message each."""
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", input="{}")
    update = {
        "Key": {"PK": {"S": "FLIGHT#SW1234"}, "SK": {"S": "METADATA"}},
        "UpdateExpression": "SET #status = :status, delay_minutes = :minutes",
        "ExpressionAttributeNames": {"#status": "status"},
    }
    writing(builder, "ApplyToFlight", update)
    builder.entered("Map", "TellEachPassenger")
    started = builder.add("MapStateStarted", length=2)
    for index, booking in enumerate(("BKG-0001", "BKG-0002")):
        builder.add("MapIterationStarted", started, name="TellEachPassenger", index=index)
        builder.entered("Task", "PublishNotification")
        entry = {"Detail": {"booking_id": booking, "notification_id": f"ntf-{booking}-email"}}
        call = json.dumps({"Entries": [entry]})
        builder.add("TaskScheduled", resource="putEvents", resourceType="events", parameters=call)
        builder.add("TaskSucceeded", resource="putEvents", resourceType="events", output="{}")
        builder.exited("Task", "PublishNotification")
        builder.add("MapIterationSucceeded", name="TellEachPassenger", index=index)
    builder.add("MapStateSucceeded")
    builder.exited("Map", "TellEachPassenger")
    builder.add("ExecutionSucceeded", output="{}")
    return execution(builder, "FlightPulse-DelayWorkflow", input=ENVELOPE, output={"outcome": "DONE"})


def stream_record(pk: str, sk: str, before: dict[str, Any], after: dict[str, Any], number: int = 1) -> dict[str, Any]:
    key = {"PK": {"S": pk}, "SK": {"S": sk}}
    return {
        "eventName": "MODIFY" if before else "INSERT",
        "dynamodb": {
            "Keys": key,
            "OldImage": {**key, **before} if before else {},
            "NewImage": {**key, **after},
            "ApproximateCreationDateTime": START,
            "SequenceNumber": str(number),
        },
    }


def flight_change() -> StreamedChange:
    before = {"status": {"S": "SCHEDULED"}, "delay_minutes": {"N": "0"}}
    after = {"status": {"S": "DELAYED"}, "delay_minutes": {"N": "25"}}
    return from_record(stream_record("FLIGHT#SW1234", "METADATA", before, after))


def told(booking_id: str, at: float) -> Message:
    return message(booking_id, at=seconds(at))


def evidence(**changes: Any) -> EventEvidence:
    """Written to Kafka at -2 s, consumed from -1 s on, executed from 1 s on, told at 20 s."""
    values: dict[str, Any] = {
        "event": EVENT,
        "record": KafkaRecord(Place("evt-1", 3, 7, "flight-operations"), "SW1234", seconds(-2), b"{}"),
        "consumer": ConsumerLine(seconds(0), seconds(-1), "request-1", "evt-1", "Flight SW1234 leaves late."),
        "rule": "flightpulse-delay",
        "execution": delay_execution(),
        "item_changes": [flight_change()],
        "messages": [told("BKG-0001", 13.5), told("BKG-0002", 20)],
    }
    return EventEvidence(**{**values, **changes})


def log_event(value: Any, at: float = 0, group: str = "/aws/lambda/FlightPulse-KafkaConsumer") -> LogEvent:
    text = value if isinstance(value, str) else json.dumps(value)
    return LogEvent(f"log-{at}", group, "stream", seconds(at), text)
