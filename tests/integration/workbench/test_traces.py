"""One trace from the Kafka record to the message, as functions, services and the API tell X-Ray of themselves."""

import json
from collections import Counter

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench import Workbench
from flightpulse.workbench.traces.trace import Trace

MACHINES = ("DelayWorkflow", "NotifyPassengers", "NotifyChunk")


@pytest.fixture(scope="module")
def traced(wb: Workbench) -> Trace:
    """Of an event whose words no other test asks a model for."""
    event = wb.events.delay("SW7890", 45, "SECURITY")
    wb.fire(event)
    return wb.traces.of(event["event_id"])


def test_one_event_is_one_trace_from_the_topic_to_the_messages(wb: Workbench, traced: Trace) -> None:
    # Every service on the way is in it, from the topic on
    services = [service.removeprefix("FlightPulse-") for service in traced.services]
    assert services[:2] == ["flight-operations", "KafkaConsumer"]
    assert {*MACHINES, "LLMMessenger", "EventBridge", "FlightPulseTable", "Bedrock Runtime"} <= set(services)
    # Each below the one that called it: only the topic's segment has no caller in the trace
    assert [span.name for span in traced.spans if span.depth == 0] == ["flight-operations"]
    # And the last that a workflow does in it is to send the messages
    sent = [span for span in traced.spans if span.label == "EventBridge PutEvents" and "NotifyChunk" in span.service]
    assert len(sent) >= 1
    assert traced.annotations["flight_id"] == "SW7890"
    assert traced.annotations["correlation_id"] == traced.annotations["event_id"]
    # Nothing about a person
    told = json.dumps([dict(span.annotations) for span in traced.spans]) + traced.waterfall().said
    assert "@" not in told
    assert "PAX-" not in told


def test_a_record_that_is_put_aside_is_a_trace_with_the_reason(wb: Workbench) -> None:
    event = wb.events.delay("SW7890", 10)
    event["payload"]["flight_id"] = "SW0000"
    wb.fire(event)

    found = wb.traces.of(event["event_id"])

    assert found.annotations["rejected"] == "UNKNOWN_FLIGHT"
    assert found.services[-1] != "FlightPulse-DelayWorkflow"
    assert [item.problem for item in wb.traces.find(f'annotation.event_id = "{event["event_id"]}"')] == ["error"]


def test_a_request_to_the_api_is_one_trace_and_the_access_log_has_its_id(wb: Workbench) -> None:
    assert wb.api("/flights/SW1234").status == 200

    found = wb.traces.find('service("FlightPulse-APIHandlers")')[0]
    read = wb.traces.get(found.trace_id)

    kinds = Counter(span.origin for span in read.spans if span.kind == "segment")
    assert kinds == {"AWS::ApiGateway::Stage": 1, "AWS::Lambda": 1, "AWS::Lambda::Function": 1}
    assert any(span.label == "DynamoDB GetItem" for span in read.spans)
    lines = [json.loads(event.message)["traceId"] for event in wb.logs.read(["access"])]
    assert found.trace_id in lines


def test_a_filter_that_is_not_known_is_refused(wb: Workbench) -> None:
    with pytest.raises(UserError, match=r"X-Ray refuses this filter: .*joined by AND"):
        wb.traces.find("error OR fault")
