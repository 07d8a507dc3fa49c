"""Whoever must know a type of event knows every one."""

import pytest

from flightpulse import schemas
from flightpulse.domain.events import TYPES, DetailType, EventType
from flightpulse.messages import facts
from flightpulse.messages.facts import UnusableEventError
from flightpulse.stack import asl
from flightpulse.stack.event_workflows import EVENT_WORKFLOWS, short_name

every_type = pytest.mark.parametrize("event_type", list(EventType))


@every_type
def test_a_type_has_a_class_of_its_own(event_type: EventType) -> None:
    assert TYPES[event_type].event_type is event_type
    assert [event.metric for event in TYPES.values()].count(TYPES[event_type].metric) == 1


@every_type
def test_a_type_has_a_schema_for_operations_and_a_place_in_that_of_the_bus(event_type: EventType) -> None:
    assert schemas.load(event_type.lower())["properties"]["event_type"]["const"] == event_type
    assert event_type in schemas.load("flight_event")["properties"]["event_type"]["enum"]


@pytest.mark.parametrize("event_type", [name for name, event in TYPES.items() if event.is_told])
def test_a_type_can_be_told(event_type: EventType) -> None:
    with pytest.raises(UnusableEventError, match="flight_id is missing"):
        facts.read_news({"event_type": event_type}, {})


@every_type
def test_a_type_has_one_workflow_with_a_definition(event_type: EventType) -> None:
    (workflow,) = [workflow for workflow in EVENT_WORKFLOWS if workflow.event_type is event_type]

    assert asl.load(workflow.file).document["StartAt"]
    assert workflow.metric == TYPES[event_type].metric


def test_every_detail_type_of_a_flight_leads_to_one_workflow() -> None:
    def matching(detail_type: str) -> list[str]:
        return [
            workflow.name
            for workflow in EVENT_WORKFLOWS
            if detail_type == workflow.detail_type
            or (workflow.detail_type.endswith("*") and detail_type.startswith(workflow.detail_type[:-1]))
        ]

    found = {detail_type: len(matching(detail_type)) for detail_type in DetailType if detail_type.startswith("flight.")}

    # What the table's stream reports goes to the audit log.
    assert found.pop(DetailType.FLIGHT_STATUS_CHANGED) == 0
    assert set(found.values()) == {1}


def test_commands_call_a_workflow_by_its_name_in_lower_case() -> None:
    assert {workflow.name: workflow.short for workflow in EVENT_WORKFLOWS}["GateChange"] == "gate-change"
    assert short_name("FlightPulse-NotifyPassengers") == "notify-passengers"
