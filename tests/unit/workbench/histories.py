"""Builds execution histories as Step Functions writes them, event by event."""

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class HistoryBuilder:
    """Appends events; each names the one it follows, which is the last one unless told otherwise."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, after: int | None = None, **details: Any) -> int:
        number = len(self.events) + 1
        event: dict[str, Any] = {
            "id": number,
            "previousEventId": (number - 1) if after is None else after,
            "type": kind,
            "timestamp": START + timedelta(seconds=number),
        }
        if details:
            event[_details_name(kind)] = details
        self.events.append(event)
        return number

    def entered(self, kind: str, name: str, after: int | None = None, data: str = "{}") -> int:
        return self.add(f"{kind}StateEntered", after, name=name, input=data)

    def exited(self, kind: str, name: str, after: int | None = None, data: str = "{}") -> int:
        return self.add(f"{kind}StateExited", after, name=name, output=data)

    def task(self, name: str, after: int | None = None, *, output: str = "{}", resource: str = "putItem") -> int:
        """A whole visit of a Task state that succeeds at once."""
        self.entered("Task", name, after)
        self.add("TaskScheduled", resource=resource, resourceType="dynamodb", parameters="{}")
        self.add("TaskStarted", resource=resource, resourceType="dynamodb")
        self.add("TaskSucceeded", resource=resource, resourceType="dynamodb", output=output)
        return self.exited("Task", name, data=output)


def _details_name(kind: str) -> str:
    if kind.endswith("StateEntered"):
        return "stateEnteredEventDetails"
    if kind.endswith("StateExited"):
        return "stateExitedEventDetails"
    return kind[0].lower() + kind[1:] + "EventDetails"
