"""Dashboards, alarms, saved queries and the metrics that are counted from logs."""

import json
import re

import pytest

from flightpulse.paths import ROOT
from localcloud.services.cloudwatch.metric_math import evaluate
from tests.synthesis import Stack, Synthesise

ALARM = "AWS::CloudWatch::Alarm"
FILTER = "AWS::Logs::MetricFilter"
METRICS = (
    "DelayEventsProcessed",
    "CancellationEventsProcessed",
    "DepartureEventsProcessed",
    "GateChangeEventsProcessed",
    "NotificationsSent",
    "LLMInvocationsSuccess",
    "LLMInvocationsFailed",
    "WorkflowExecutions",
    "AffectedPassengers",
)
DASHBOARDS = ("FlightPulse", "FlightPulse-Technical")
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
QUERY = "AWS::Logs::QueryDefinition"


def dashboard(stack: Stack, name: str = "FlightPulse") -> str:
    body = stack.properties("AWS::CloudWatch::Dashboard", DashboardName=name)["DashboardBody"]
    return "".join(part if isinstance(part, str) else "x" for part in body["Fn::Join"][1])


def titles(stack: Stack, name: str) -> set[str | None]:
    return {widget["properties"].get("title") for widget in json.loads(dashboard(stack, name))["widgets"]}


def alarms(stack: Stack) -> set[str]:
    return {alarm["Properties"]["AlarmName"] for alarm in stack.resources(ALARM).values()}


@pytest.mark.parametrize("metric", METRICS)
def test_the_dashboard_shows_every_metric_we_promise(default: Stack, metric: str) -> None:
    assert metric in dashboard(default)


def test_business_and_technical_metrics_have_a_dashboard_each(default: Stack) -> None:
    business, technical = (titles(default, name) for name in DASHBOARDS)
    assert {"Flight events", "Messages sent", "Passengers affected", "Seconds from aware to told"} <= business
    assert {"Function time, p95", "Dead letters waiting", "Age of what is read", "API latency"} <= technical
    assert business & technical == {None, "Alarms"}


def test_the_backlog_in_kafka_is_shown_where_something_polls_it(default: Stack, synthesise: Synthesise) -> None:
    assert "Kafka backlog" in titles(synthesise("kafka"), "FlightPulse-Technical")
    assert "Kafka backlog" not in titles(default, "FlightPulse-Technical")


@pytest.mark.parametrize("name", DASHBOARDS)
def test_widgets_do_not_overlap_and_fit_the_width(default: Stack, name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in json.loads(dashboard(default, name))["widgets"]:
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
    found = [counted["Properties"] for counted in default.resources(FILTER).values()]
    filters = [counted for counted in found if counted["LogGroupName"] == {"Ref": group}]
    counting = [counted for counted in filters if counted["FilterPattern"] == f'{{ $.detail.channel = "{channel}" }}']
    transformations = [transformation for counted in counting for transformation in counted["MetricTransformations"]]
    named = {(transformation["MetricNamespace"], transformation["MetricName"]) for transformation in transformations}
    assert named == {("FlightPulse", "NotificationsSent")}
    dimensions = [transformation.get("Dimensions", []) for transformation in transformations]
    assert sorted(dimensions, key=len) == [[], [{"Key": "channel", "Value": "$.detail.channel"}]]


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_every_message_gives_the_seconds_from_aware_to_told(default: Stack, channel: str) -> None:
    group = default.logical_id("AWS::Logs::LogGroup", LogGroupName=f"/flightpulse/notifications/{channel}")
    measured = [
        counted["Properties"]["MetricTransformations"][0]
        for counted in default.resources(FILTER).values()
        if counted["Properties"]["LogGroupName"] == {"Ref": group}
        and "told_after" in counted["Properties"]["FilterPattern"]
    ]
    assert measured == [
        {
            "MetricNamespace": "FlightPulse",
            "MetricName": "AwareToTold",
            "MetricValue": "$.detail.told_after_seconds",
            "Unit": "Seconds",
        }
    ]


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
        "told-late",
        "fallback-rate",
        "templates-await-review",
        "workflow-failures",
        "kafka-lag",
        "stream-lag",
        "api-errors",
        *(f"dead-letters-{kind}" for kind in ("records", "notifications", "targets", "stream")),
        *(
            f"{function}-{trouble}"
            for function in ("kafkaconsumer", "llmmessenger", "apihandlers", "streamhandler")
            for trouble in ("errors", "throttles", "duration")
        ),
    }
    with_mapping = alarms(synthesise("kafka"))
    assert alarms(default) == {f"flightpulse-{name}" for name in expected}
    assert with_mapping - alarms(default) == {"flightpulse-dead-letters-mapping", "flightpulse-kafka-backlog"}


def test_one_alarm_is_made_of_those_that_keep_news_from_passengers(synthesise: Synthesise) -> None:
    stack = synthesise("kafka")
    (composite,) = stack.resources(COMPOSITE).values()
    watched = {
        part["Fn::GetAtt"][0] for part in composite["Properties"]["AlarmRule"]["Fn::Join"][1] if isinstance(part, dict)
    }
    names = {stack.resources(ALARM)[found]["Properties"]["AlarmName"] for found in watched}
    assert composite["Properties"]["AlarmName"] == "flightpulse-passengers-wait"
    assert {f"flightpulse-{name}" for name in ("told-late", "workflow-failures", "kafka-lag", "kafka-backlog")} < names
    assert names & {"flightpulse-api-errors", "flightpulse-fallback-rate", "flightpulse-stream-lag"} == set()


def test_the_promise_of_30_minutes_is_watched_by_its_99th_percentile_while_there_is_time_left(default: Stack) -> None:
    alarm = default.properties(ALARM, AlarmName="flightpulse-told-late")
    assert (alarm["MetricName"], alarm["ExtendedStatistic"]) == ("AwareToTold", "p99")
    assert alarm["Threshold"] < 30 * 60


@pytest.mark.parametrize(
    ("name", "seconds"), [("kafkaconsumer", 60), ("llmmessenger", 110), ("apihandlers", 15), ("streamhandler", 60)]
)
def test_a_function_that_needs_nearly_all_its_time_is_noticed(default: Stack, name: str, seconds: int) -> None:
    alarm = default.properties(ALARM, AlarmName=f"flightpulse-{name}-duration")
    assert (alarm["MetricName"], alarm["ExtendedStatistic"]) == ("Duration", "p99")
    assert alarm["Threshold"] == pytest.approx(seconds * 1000 * 0.8)


def test_the_fallback_rate_is_a_share_of_the_templates_used_and_of_a_few_there_is_no_rate(default: Stack) -> None:
    queries = {
        query["Id"]: query for query in default.properties(ALARM, AlarmName="flightpulse-fallback-rate")["Metrics"]
    }
    counted = {
        name: query["MetricStat"]["Metric"]["MetricName"] for name, query in queries.items() if "MetricStat" in query
    }
    (expression,) = [query["Expression"] for query in queries.values() if "Expression" in query]
    assert counted == {"fallbacks": "LLMInvocationsFailed", "used": "TemplatesUsed"}

    def rate(fallbacks: float, used: float) -> float:
        return evaluate(expression, {"fallbacks": {0.0: fallbacks}, "used": {0.0: used}}, 900.0)[0.0]

    assert (rate(1, 2), rate(1, 4), rate(5, 100)) == (0, 25, 5)


def test_alarms_call_the_alarm_topic_and_take_no_data_for_good_news(default: Stack) -> None:
    topic = default.logical_id("AWS::SNS::Topic", TopicName="flightpulse-alarms")
    called = {"AlarmActions": [{"Ref": topic}], "OKActions": [{"Ref": topic}]}
    default.template.all_resources_properties(ALARM, {**called, "TreatMissingData": "notBreaching"})
    default.template.all_resources_properties(COMPOSITE, called)


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "seconds", "periods", "threshold"),
    [
        ("templates-await-review", "TemplatesAwaitingReview", "Sum", 900, 1, 1),
        ("kafka-lag", "RecordAge", "Maximum", 60, 3, 120_000),
        ("workflow-failures", "WorkflowFailures", "Sum", 300, 1, 1),
        ("dead-letters-records", "ApproximateNumberOfMessagesVisible", "Maximum", 60, 1, 1),
        ("llmmessenger-errors", "Errors", "Sum", 300, 1, 1),
        ("llmmessenger-throttles", "Throttles", "Sum", 300, 1, 1),
        ("stream-lag", "IteratorAge", "Maximum", 60, 3, 120_000),
        ("api-errors", "5XXError", "Sum", 300, 1, 1),
    ],
)
def test_an_alarm_rings_when_its_metric_reaches_its_limit(
    default: Stack, name: str, metric: str, statistic: str, seconds: int, periods: int, threshold: int
) -> None:
    alarm = default.properties(ALARM, AlarmName=f"flightpulse-{name}")
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == (metric, statistic, seconds)
    assert (alarm["EvaluationPeriods"], alarm["Threshold"]) == (periods, threshold)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_saved_queries_ask_log_groups_that_there_are_about_what_is_logged(default: Stack) -> None:
    groups = {group["Properties"]["LogGroupName"] for group in default.resources("AWS::Logs::LogGroup").values()}
    found = [query["Properties"] for query in default.resources(QUERY).values()]
    code = "".join(path.read_text() for path in (ROOT / "flightpulse").glob("*/*.py") if path.parent.name != "stack")
    sentences = [text for query in found for text in re.findall(r'message (?:=|like) "([^"]+)"', query["QueryString"])]
    assert len(found) == len({query["Name"] for query in found}) == 8
    assert {group for query in found for group in query["LogGroupNames"]} <= groups
    assert sentences
    assert [text for text in sentences if text not in code] == []


def test_people_are_only_mailed_when_an_address_is_given(default: Stack, synthesise: Synthesise) -> None:
    default.template.resource_count_is("AWS::SNS::Subscription", 0)
    bare = synthesise("bare").template
    bare.resource_count_is("AWS::SNS::Subscription", 2)
    bare.all_resources_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "ops@example.com"})
