"""State machines, and executions of them event for event as Step Functions writes them, for the player's tests."""

import json
from typing import Any

from flightpulse.workbench import diagram
from flightpulse.workbench.player import frames
from tests.unit.workbench.histories import HistoryBuilder

Event = dict[str, Any]
CONDITION_FAILED = "DynamoDB.ConditionalCheckFailedException"


def task(**more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", **more}


def catching(target: str, error: str = "States.ALL") -> dict[str, Any]:
    return {"Catch": [{"ErrorEquals": [error], "Next": target}]}


LINE = {
    "StartAt": "Claim",
    "States": {
        "Claim": task(**catching("Handled"), Next="Choose", Comment="Puts our name on it."),
        "Choose": {"Type": "Choice", "Choices": [{"Condition": "{% $more %}", "Next": "Claim"}], "Default": "Told"},
        "Handled": {"Type": "Succeed"},
        "Told": {"Type": "Succeed"},
    },
}

MAP = {
    "StartAt": "Tell",
    "States": {
        "Tell": {
            "Type": "Map",
            "MaxConcurrency": 2,
            "ItemProcessor": {
                "StartAt": "Draft",
                "States": {
                    "Draft": task(**catching("Template"), Next="Send"),
                    "Template": task(End=True),
                    "Send": task(End=True),
                },
            },
            **catching("Bad"),
            "Next": "Done",
        },
        "Bad": {"Type": "Fail", "Error": "NobodyTold"},
        "Done": {"Type": "Succeed"},
    },
}

FAN_OUT = {
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Mail", "States": {"Mail": task(End=True)}},
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "ItemProcessor": {"StartAt": "Text", "States": {"Text": task(End=True)}},
                            "End": True,
                        }
                    },
                },
            ],
            "End": True,
        }
    },
}


def begun() -> HistoryBuilder:
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", 0, input='{"flight": "SW1234"}')
    return builder


def fail(builder: HistoryBuilder, error: str = CONDITION_FAILED, after: int | None = None) -> int:
    """The failing half of a task that has been entered."""
    builder.add("TaskScheduled", after, resource="putItem", resourceType="dynamodb", parameters='{"try": true}')
    builder.add("TaskStarted", resource="putItem", resourceType="dynamodb")
    return builder.add("TaskFailed", resource="putItem", resourceType="dynamodb", error=error, cause="it was taken")


def retried_then_caught() -> list[Event]:
    builder = begun()
    builder.entered("Task", "Claim", data='{"n": 1}')
    fail(builder, "DynamoDB.ThrottlingException")
    fail(builder, "DynamoDB.ThrottlingException")
    fail(builder)
    builder.exited("Task", "Claim", data='{"Error": "x"}')
    builder.entered("Succeed", "Handled")
    builder.exited("Succeed", "Handled")
    builder.add("ExecutionSucceeded", output="{}")
    return builder.events


def straight() -> list[Event]:
    builder = begun()
    builder.task("Claim", output='{"claimed": true}')
    builder.entered("Choice", "Choose")
    builder.exited("Choice", "Choose")
    builder.entered("Succeed", "Told")
    builder.exited("Succeed", "Told")
    builder.add("ExecutionSucceeded", output="{}")
    return builder.events


def interleaved() -> list[Event]:
    """Two items of a Map at once; the draft of item 1 fails, is tried again, fails again and is caught."""
    builder = begun()
    builder.entered("Map", "Tell")
    started = builder.add("MapStateStarted", length=2)
    first = builder.add("MapIterationStarted", started, name="Tell", index=0)
    second = builder.add("MapIterationStarted", started, name="Tell", index=1)
    first = builder.entered("Task", "Draft", first)
    second = builder.entered("Task", "Draft", second)
    second = builder.add("TaskScheduled", second, resource="putItem", resourceType="dynamodb", parameters="{}")
    first = builder.add("TaskScheduled", first, resource="putItem", resourceType="dynamodb", parameters="{}")
    second = builder.add("TaskFailed", second, resource="putItem", resourceType="dynamodb", error="Busy", cause="")
    first = builder.add("TaskSucceeded", first, resource="putItem", resourceType="dynamodb", output="{}")
    second = builder.add("TaskScheduled", second, resource="putItem", resourceType="dynamodb", parameters="{}")
    first = builder.exited("Task", "Draft", first)
    second = builder.add("TaskFailed", second, resource="putItem", resourceType="dynamodb", error="Busy", cause="")
    first = builder.task("Send", first)
    builder.add("MapIterationSucceeded", first, name="Tell", index=0)
    second = builder.exited("Task", "Draft", second)
    second = builder.task("Template", second)
    second = builder.add("MapIterationSucceeded", second, name="Tell", index=1)
    builder.add("MapStateSucceeded", second)
    builder.exited("Map", "Tell")
    builder.entered("Succeed", "Done")
    builder.exited("Succeed", "Done")
    builder.add("ExecutionSucceeded", output="[]")
    return builder.events


def name_of(event: Event) -> str:
    """The state that an event enters; empty for others."""
    return str(event.get("stateEnteredEventDetails", {}).get("name", ""))


def item_fails() -> list[Event]:
    """Item 1 of three fails for good while item 0 is at work and item 2 was about to begin."""
    builder = begun()
    builder.entered("Map", "Tell")
    started = builder.add("MapStateStarted", length=3)
    first = builder.add("MapIterationStarted", started, name="Tell", index=0)
    builder.entered("Task", "Draft", first)
    second = builder.add("MapIterationStarted", started, name="Tell", index=1)
    builder.task("Draft", second)
    builder.entered("Task", "Send")
    failed = fail(builder, "Lambda.Unknown")
    failed = builder.add("MapIterationFailed", failed, name="Tell", index=1)
    builder.add("MapIterationAborted", name="Tell", index=0)
    builder.add("MapStateFailed", failed)
    return builder.events


def parallel() -> list[Event]:
    """A Map inside the second branch of a Parallel state, its items interleaved with the first branch."""
    builder = begun()
    builder.entered("Parallel", "Both")
    started = builder.add("ParallelStateStarted")
    mail = builder.entered("Task", "Mail", started)
    each = builder.entered("Map", "Each", started)
    each = builder.add("MapStateStarted", each, length=2)
    one = builder.add("MapIterationStarted", each, name="Each", index=0)
    mail = builder.add("TaskScheduled", mail, resource="putItem", resourceType="dynamodb", parameters="{}")
    two = builder.add("MapIterationStarted", each, name="Each", index=1)
    one = builder.task("Text", one)
    mail = builder.add("TaskSucceeded", mail, resource="putItem", resourceType="dynamodb", output="{}")
    builder.add("MapIterationSucceeded", one, name="Each", index=0)
    two = builder.task("Text", two)
    two = builder.add("MapIterationSucceeded", two, name="Each", index=1)
    two = builder.add("MapStateSucceeded", two)
    builder.exited("Task", "Mail", mail)
    two = builder.exited("Map", "Each", two)
    builder.add("ParallelStateSucceeded", two)
    builder.exited("Parallel", "Both")
    builder.add("ExecutionSucceeded", output="[]")
    return builder.events


def chunk_of(items: int) -> list[Event]:
    """Many items of a Map, two at a time, all ordinary but the last, which is caught."""
    builder = begun()
    builder.entered("Map", "Tell")
    started = builder.add("MapStateStarted", length=items)
    before = started
    for index in range(items):
        place = builder.add("MapIterationStarted", started, name="Tell", index=index)
        text = json.dumps({"booking_id": f"BKG-{index:05d}", "first_name": f"Zoë {index}", "channel": "email"})
        builder.entered("Task", "Draft", place, data=text)
        if index == items - 1:
            fail(builder)
            builder.exited("Task", "Draft", data=text)
            place = builder.task("Template", output=text)
        else:
            builder.add("TaskScheduled", resource="putItem", resourceType="dynamodb", parameters=text)
            builder.add("TaskSucceeded", resource="putItem", resourceType="dynamodb", output=text)
            builder.exited("Task", "Draft", data=text)
            place = builder.task("Send", output=text)
        before = builder.add("MapIterationSucceeded", place, name="Tell", index=index)
    builder.add("MapStateSucceeded", before)
    builder.exited("Map", "Tell")
    builder.entered("Succeed", "Done")
    builder.exited("Succeed", "Done")
    builder.add("ExecutionSucceeded", output="[]")
    return builder.events


def replayed(definition: dict[str, Any], history: Any) -> frames.Replay:
    return frames.replay(history, diagram.of(definition).states)


def fared(replay: frames.Replay, upto: int | None = None) -> dict[str, str]:
    """The mark of each visited state as a picture shows it."""
    return {path: mark.line for path, mark in replay.marks(upto).states.items()}


def inside(replay: frames.Replay, item: int) -> dict[str, str]:
    """How each state inside one iteration or branch ended."""
    return {
        stay.visit.name: replay.final[number] for number, stay in enumerate(replay.trace.stays) if item in stay.items
    }
