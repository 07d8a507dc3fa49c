"""Dashboard, alarms and the metrics that are counted from logs."""

import json

import pytest

from tests.infrastructure.conftest import Synthesise
from tests.infrastructure.synthesis import Stack

ALARM = "AWS::CloudWatch::Alarm"
FILTER = "AWS::Logs::MetricFilter"
METRICS = (
    "DelayEventsProcessed",
    "CancellationEventsProcessed",
    "GateChangeEventsProcessed",
    "NotificationsSent",
    "LLMInvocationsSuccess",
    "LLMInvocationsFailed",
    "WorkflowExecutions",
    "AffectedPassengers",
)


def dashboard(stack: Stack) -> str:
    body = stack.properties("AWS::CloudWatch::Dashboard", DashboardName="FlightPulse")["DashboardBody"]
    return "".join(part if isinstance(part, str) else "x" for part in body["Fn::Join"][1])


def alarms(stack: Stack) -> set[str]:
    return {alarm["Properties"]["AlarmName"] for alarm in stack.resources(ALARM).values()}


@pytest.mark.parametrize("metric", METRICS)
def test_the_dashboard_shows_every_metric_we_promise(default: Stack, metric: str) -> None:
    assert metric in dashboard(default)


def test_the_dashboard_has_business_first_and_the_machinery_below(default: Stack) -> None:
    widgets = json.loads(dashboard(default))["widgets"]
    machinery = next(widget["y"] for widget in widgets if "machinery" in widget["properties"].get("markdown", ""))
    business = {widget["properties"].get("title") for widget in widgets if widget["y"] < machinery}
    assert {"Flight events", "Messages sent", "Passengers affected", "Who wrote the templates", "Workflows"} <= business


def test_widgets_do_not_overlap_and_fit_the_width(default: Stack) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in json.loads(dashboard(default))["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        assert widget["x"] + widget["width"] <= 24
        taken |= cells


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_sent_messages_are_counted_from_their_log_by_channel_and_in_all(default: Stack, channel: str) -> None:
    group = default.logical_id("AWS::Logs::LogGroup", LogGroupName=f"/flightpulse/notifications/{channel}")
    found = [metric_filter["Properties"] for metric_filter in default.resources(FILTER).values()]
    filters = [metric_filter for metric_filter in found if metric_filter["LogGroupName"] == {"Ref": group}]
    assert {metric_filter["FilterPattern"] for metric_filter in filters} == {f'{{ $.detail.channel = "{channel}" }}'}
    transformations = [
        transformation for metric_filter in filters for transformation in metric_filter["MetricTransformations"]
    ]
    named = {(transformation["MetricNamespace"], transformation["MetricName"]) for transformation in transformations}
    assert named == {("FlightPulse", "NotificationsSent")}
    dimensions = [transformation.get("Dimensions", []) for transformation in transformations]
    assert sorted(dimensions, key=len) == [[], [{"Key": "channel", "Value": "$.detail.channel"}]]


@pytest.mark.parametrize("workflow", ["DelayWorkflow", "CancellationWorkflow", "GateChangeWorkflow"])
def test_executions_and_failures_are_counted_from_the_workflows_log(default: Stack, workflow: str) -> None:
    name = f"/aws/vendedlogs/states/FlightPulse-{workflow}"
    group = default.logical_id("AWS::Logs::LogGroup", LogGroupName=name)
    found = {
        metric_filter["Properties"]["MetricTransformations"][0]["MetricName"]: metric_filter["Properties"][
            "FilterPattern"
        ]
        for metric_filter in default.resources(FILTER).values()
        if metric_filter["Properties"]["LogGroupName"] == {"Ref": group}
    }
    assert set(found) == {"WorkflowExecutions", "WorkflowFailures"}
    assert found["WorkflowExecutions"] == '{ $.type = "ExecutionStarted" }'
    assert "ExecutionFailed" in found["WorkflowFailures"]
    assert "ExecutionTimedOut" in found["WorkflowFailures"]


def test_no_metric_has_an_id_for_a_dimension(default: Stack) -> None:
    for found in default.resources(FILTER).values():
        for transformation in found["Properties"]["MetricTransformations"]:
            assert {dimension["Key"] for dimension in transformation.get("Dimensions", [])} <= {"channel"}


def test_every_kind_of_trouble_has_an_alarm(default: Stack, synthesise: Synthesise) -> None:
    expected = {
        "messages-by-fallback",
        "workflow-failures",
        "stream-lag",
        "api-errors",
        *(f"dead-letters-{kind}" for kind in ("records", "notifications", "targets", "stream")),
        *(
            f"{function}-{trouble}"
            for function in ("kafkaconsumer", "llmmessenger", "apihandlers", "streamhandler")
            for trouble in ("errors", "throttles")
        ),
    }
    assert alarms(default) == {f"flightpulse-{name}" for name in expected}
    assert alarms(synthesise("kafka")) - alarms(default) == {"flightpulse-dead-letters-mapping"}


def test_alarms_call_the_alarm_topic_and_take_no_data_for_good_news(default: Stack) -> None:
    topic = default.logical_id("AWS::SNS::Topic", TopicName="flightpulse-alarms")
    default.template.all_resources_properties(
        ALARM,
        {"AlarmActions": [{"Ref": topic}], "OKActions": [{"Ref": topic}], "TreatMissingData": "notBreaching"},
    )


def test_no_alarm_needs_metric_maths(default: Stack) -> None:
    for found in default.resources(ALARM).values():
        assert found["Properties"]["MetricName"]


def test_people_are_only_mailed_when_an_address_is_given(default: Stack, synthesise: Synthesise) -> None:
    default.template.resource_count_is("AWS::SNS::Subscription", 0)
    bare = synthesise("bare").template
    bare.resource_count_is("AWS::SNS::Subscription", 2)
    bare.all_resources_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "ops@example.com"})
