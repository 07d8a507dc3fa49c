"""What it takes to tell one message: claim, send and confirm, counted in the histories of chunks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.show.tables import Table

_TELLING = "TellEachBooking"
_WRITES = frozenset({("dynamodb", "putItem"), ("dynamodb", "updateItem")})


@dataclass(frozen=True, slots=True)
class PerMessage:
    """State transitions with retries, writes with refused ones, and history events, divided by messages."""

    state_transitions: float
    writes: float
    history_events: float

    def table(self) -> Table:
        """This run beside the protocol before it."""
        rows = [(name.replace("_", " "), f"{number:.2f}", f"{BEFORE[name]}") for name, number in self._figures()]
        return Table.of(("to tell one message", "this run", "with a claim for each channel"), rows, numbers=(1, 2))

    def as_json(self) -> dict[str, float]:
        """The figures by name."""
        return {name: round(number, 2) for name, number in self._figures()}

    def _figures(self) -> Iterable[tuple[str, float]]:
        return ((known.name, getattr(self, known.name)) for known in fields(self))

    def __str__(self) -> str:
        return str(self.table())


BEFORE = {"state_transitions": 4, "writes": 2, "history_events": 19}
"""When nothing went wrong, on any number of channels; ``tests/benchmarks/test_benchmark_protocol.py`` counts it."""


def of(executions: Sequence[Execution], messages: int) -> PerMessage | None:
    """What these executions, and those that they started, took to tell so many messages; None when there are none."""
    if not messages:
        return None
    counted: Counter[str] = Counter()
    for execution in (execution for top in executions for execution in top.all()):
        for event in _told(execution.events):
            call = event.get("taskScheduledEventDetails")
            # Every call but a state's first is a retry.
            retries = (call is not None) - (event["type"] == "TaskStateEntered")
            counted["state_transitions"] += ("stateEnteredEventDetails" in event) + retries
            counted["writes"] += call is not None and (call["resourceType"], call["resource"]) in _WRITES
            counted["history_events"] += 1
    return PerMessage(**{known.name: counted[known.name] / messages for known in fields(PerMessage)})


def _told(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of a chunk's iterations over its bookings, without the two around all of them."""
    inside, found = False, []
    for event in events:
        named = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
        if named.get("name") == _TELLING:
            inside = event["type"] == "MapStateEntered"
        elif inside:
            found.append(event)
    return found[1:-1]
