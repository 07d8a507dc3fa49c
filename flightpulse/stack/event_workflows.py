"""The workflows that events on the bus start: which event starts which, and what each is called.

The stack makes state machines, rules, outputs and graphs of this table, and the workbench takes its names from it.
"""

import re
from dataclasses import dataclass

from flightpulse.domain.events import TYPES, EventType


@dataclass(frozen=True, slots=True)
class EventWorkflow:
    """The workflow of one type of event.

    ``file`` is its definition, ``<file>.asl.json``. ``detail_type`` is what its rule matches; a star at the end stands
    for any ending. ``counted`` is what the dashboard calls its events.
    """

    name: str
    event_type: EventType
    file: str
    detail_type: str
    counted: str

    @property
    def construct_id(self) -> str:
        return f"{self.name}Workflow"

    @property
    def state_machine(self) -> str:
        return f"FlightPulse-{self.construct_id}"

    @property
    def short(self) -> str:
        """What commands call it: ``gate-change``."""
        return short_name(self.state_machine)

    @property
    def rule(self) -> str:
        return f"flightpulse-{self.short}"

    @property
    def metric(self) -> str:
        """The metric under which the consumer counts its events."""
        return TYPES[self.event_type].metric


EVENT_WORKFLOWS: tuple[EventWorkflow, ...] = (
    EventWorkflow("Delay", EventType.FLIGHT_DELAY, "delay", "flight.delay.*", "delays"),
    EventWorkflow("Cancellation", EventType.FLIGHT_CANCELLED, "cancellation", "flight.cancelled", "cancellations"),
    EventWorkflow("Departure", EventType.FLIGHT_DEPARTED, "departure", "flight.departed", "departures"),
    EventWorkflow("GateChange", EventType.GATE_CHANGE, "gate_change", "flight.gate_change", "gate changes"),
)


def short_name(state_machine: str) -> str:
    """What commands call a state machine of ours: ``gate-change`` for ``FlightPulse-GateChangeWorkflow``."""
    name = state_machine.removeprefix("FlightPulse-").removesuffix("Workflow")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
