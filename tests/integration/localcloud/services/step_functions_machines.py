"""State machines for tests: made, run to their end, and their histories in short."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.integration.emulator import ACCOUNT, Emulator
from tests.waiting import until

ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"


@dataclass(frozen=True)
class Execution:
    """An execution that has ended."""

    arn: str
    status: str
    output: Any
    error: str | None
    cause: str | None
    history: list[dict[str, Any]]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.history]

    def details(self, kind: str) -> list[dict[str, Any]]:
        """The details of all events of a type."""
        events = [event for event in self.history if event["type"] == kind]
        return [next((value for name, value in event.items() if name.endswith("Details")), {}) for event in events]


class Machines:
    """State machines on an emulator; every name is used once."""

    def __init__(self, emulator: Emulator) -> None:
        self.client = emulator.client("stepfunctions")

    def create(self, definition: dict[str, Any], **settings: Any) -> str:
        """A state machine from its definition, in JSONata unless it says otherwise."""
        text = json.dumps({"QueryLanguage": "JSONata", **definition})
        name = f"machine-{uuid.uuid4().hex[:12]}"
        arn: str = self.client.create_state_machine(name=name, definition=text, roleArn=ROLE, **settings)[
            "stateMachineArn"
        ]
        return arn

    def start(self, machine: str, data: Any = None, **parameters: Any) -> str:
        arn: str = self.client.start_execution(stateMachineArn=machine, input=json.dumps(data), **parameters)[
            "executionArn"
        ]
        return arn

    def ended(self, arn: str) -> Execution:
        """Wait for the end of an execution."""

        def look() -> dict[str, Any] | None:
            seen: dict[str, Any] = self.client.describe_execution(executionArn=arn)
            return None if seen["status"] == "RUNNING" else seen

        seen = until(look, f"The end of {arn}", 60)
        output = json.loads(seen["output"]) if "output" in seen else None
        return Execution(arn, seen["status"], output, seen.get("error"), seen.get("cause"), self.history(arn))

    def history(self, arn: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def run(self, definition: dict[str, Any], data: Any = None, **settings: Any) -> Execution:
        """Create a state machine, run it once, wait for the end."""
        return self.ended(self.start(self.create(definition, **settings), data))

    def run_states(self, data: Any = None, **states: dict[str, Any]) -> Execution:
        """Run states given by their names; the first one starts."""
        return self.run({"StartAt": next(iter(states)), "States": states}, data)

    def reached(self, arn: str, condition: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until the history of a running execution is as wanted."""
        until(lambda: condition(self.history(arn)), f"The wanted history of {arn}")


def chain(history: list[dict[str, Any]]) -> list[str]:
    """A history in short: each event's id, the one it follows, its type, and what it is about."""
    return [f"{event['id']}<{event['previousEventId']} {event['type']}{_about(event)}" for event in history]


def _about(event: dict[str, Any]) -> str:
    details: dict[str, Any] = next((value for name, value in event.items() if name.endswith("Details")), {})
    shown = [str(details[name]) for name in ("name", "index", "length", "resource", "error") if name in details]
    return f" {' '.join(shown)}" if shown else ""


def passing(**more: Any) -> dict[str, Any]:
    """A machine of one Pass state, for branches and iterations."""
    return {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True, **more}}}
