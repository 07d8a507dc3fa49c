"""Alarms, where metrics come from, the dashboard and dead letters, as the workbench reads them from the services."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.executions import executions
from flightpulse.workbench.metrics import alarms, dashboard, metric_sources
from flightpulse.workbench.show import panels
from flightpulse.workbench.target.connection import Connection
from flightpulse.workbench.target.session import Session
from tests.unit.workbench.cloud_fakes import FakeTarget, machine

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ALARM = {
    "AlarmName": "flightpulse-workflow-failures",
    "AlarmDescription": "A workflow failed.",
    "StateValue": "OK",
    "Namespace": "FlightPulse",
    "MetricName": "WorkflowFailures",
    "Dimensions": [],
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["arn:topic"],
}
LINE = {
    "_aws": {
        "Timestamp": 1,
        "CloudWatchMetrics": [
            {
                "Namespace": "FlightPulse",
                "Dimensions": [["service", "severity"]],
                "Metrics": [{"Name": "DelayEventsProcessed", "Unit": "Count"}, {"Name": "Once", "Unit": "Count"}],
            }
        ],
    },
    "service": "kafka-consumer",
    "severity": "MINOR",
    "DelayEventsProcessed": [1.0, 2.0],
    "Once": 4,
}


class _Pages:
    def __init__(self, page: Mapping[str, Any]) -> None:
        self._page = page

    def paginate(self, **_: Any) -> Iterator[Mapping[str, Any]]:
        yield self._page


class _CloudWatch:
    """Alarms with their history, and one dashboard; notes what was put and deleted."""

    def __init__(self) -> None:
        lag = {"AlarmName": "flightpulse-stream-lag", "StateValue": "ALARM", "Period": 60, "EvaluationPeriods": 3}
        self.alarms: list[dict[str, Any]] = [ALARM, {**ALARM, **lag, "Threshold": 120000.0}]
        self.composites: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.put: list[dict[str, Any]] = []
        self.deleted: list[str] = []
        self.widgets: list[dict[str, Any]] = []
        self.values: dict[str, list[tuple[datetime, float]]] = {}
        self.asked: list[list[dict[str, Any]]] = []

    def get_paginator(self, operation: str) -> Any:
        if operation == "get_metric_data":
            return SimpleNamespace(paginate=self._metric_data)
        return _Pages(
            {"MetricAlarms": self.alarms, "CompositeAlarms": self.composites}
            if operation == "describe_alarms"
            else {"AlarmHistoryItems": list(reversed(self.history))}
        )

    def _metric_data(self, *, MetricDataQueries: list[dict[str, Any]], **_: Any) -> Iterator[dict[str, Any]]:  # noqa: N803
        self.asked.append(MetricDataQueries)
        results = []
        for query in MetricDataQueries:
            name = query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Expression"]
            points = self.values.get(name, [])
            results.append(
                {"Id": query["Id"], "Timestamps": [at for at, _ in points], "Values": [v for _, v in points]}
            )
        yield {"MetricDataResults": results}

    def put_metric_alarm(self, **alarm: Any) -> None:
        self.put.append(alarm)

    def delete_alarms(self, *, AlarmNames: list[str]) -> None:  # noqa: N803 - boto3's spelling
        self.deleted += AlarmNames

    def get_dashboard(self, *, DashboardName: str) -> dict[str, str]:  # noqa: N803 - boto3's spelling
        assert DashboardName == "FlightPulse"
        return {"DashboardBody": json.dumps({"widgets": self.widgets})}

    def becomes(self, state: str, second: int) -> None:
        data = {"newState": {"stateValue": state, "stateReason": f"because {second}"}}
        self.history.append({"Timestamp": NOW + timedelta(seconds=second), "HistoryData": json.dumps(data)})


@pytest.fixture
def cloudwatch() -> _CloudWatch:
    return _CloudWatch()


@pytest.fixture
def session(cloudwatch: _CloudWatch) -> Session:
    made = SimpleNamespace(target="local", cloudwatch=cloudwatch, output=lambda _: "FlightPulse")
    return cast("Session", made)


def test_every_alarm_says_its_state_and_when_it_goes_off(session: Session) -> None:
    table = alarms.table(session)

    assert table.rows == (
        ("✗ ALARM", "stream-lag", "FlightPulse WorkflowFailures", "≥ 120,000 in 3 × 1 min", "A workflow failed."),
        ("✓ OK", "workflow-failures", "FlightPulse WorkflowFailures", "≥ 1 in 5 min", "A workflow failed."),
    )


FALLBACKS = {
    "AlarmName": "flightpulse-fallback-rate",
    "AlarmDescription": "Too many.",
    "StateValue": "OK",
    "EvaluationPeriods": 1,
    "Threshold": 25.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Metrics": [
        {"Id": "share", "Expression": "100 * failed / used", "ReturnData": True},
        *(
            {
                "Id": name,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {"Namespace": "FlightPulse", "MetricName": metric},
                    "Period": 900,
                    "Stat": "Sum",
                },
            }
            for name, metric in (("failed", "LLMInvocationsFailed"), ("used", "TemplatesUsed"))
        ),
    ],
}


def test_alarms_on_an_expression_a_percentile_and_other_alarms_say_what_they_watch(
    session: Session, cloudwatch: _CloudWatch
) -> None:
    late = {"AlarmName": "flightpulse-told-late", "MetricName": "AwareToTold", "ExtendedStatistic": "p99"}
    cloudwatch.alarms = [FALLBACKS, {**ALARM, **late, "Threshold": 1200.0}]
    rule = " OR ".join(f'ALARM("arn:aws:cloudwatch:us-east-1:1:alarm:{name}")' for name in ("a", "b"))
    cloudwatch.composites = [{"AlarmName": "flightpulse-all", "StateValue": "ALARM", "AlarmRule": rule}]

    assert [row[:4] for row in alarms.table(session).rows] == [
        ("✗ ALARM", "all", "2 alarms", "any of them"),
        ("✓ OK", "fallback-rate", "FlightPulse LLMInvocationsFailed, TemplatesUsed", "≥ 25 in 15 min"),
        ("✓ OK", "told-late", "FlightPulse AwareToTold", "p99 ≥ 1,200 in 5 min"),
    ]


def test_a_quick_copy_of_an_alarm_on_an_expression_has_quick_queries(session: Session, cloudwatch: _CloudWatch) -> None:
    cloudwatch.alarms = [FALLBACKS]

    with alarms.quick_copy(session, "fallback-rate", period=10):
        pass

    (copy,) = cloudwatch.put
    assert "Period" not in copy
    assert [query["MetricStat"]["Period"] for query in copy["Metrics"] if "MetricStat" in query] == [10, 10]


def test_a_quick_copy_has_the_rule_but_not_the_actions_and_is_gone_after_the_block(
    session: Session, cloudwatch: _CloudWatch
) -> None:
    with alarms.quick_copy(session, "workflow-failures", period=10):
        pass

    (copy,) = cloudwatch.put
    assert copy["Period"] == 10
    assert copy["ActionsEnabled"] is False
    assert "AlarmActions" not in copy
    assert copy["Threshold"] == 1.0
    assert cloudwatch.deleted == [copy["AlarmName"]]


def test_a_state_that_came_and_went_between_two_looks_is_not_missed(session: Session, cloudwatch: _CloudWatch) -> None:
    with alarms.quick_copy(session, "workflow-failures", period=10) as alarm:
        for second, state in enumerate(["INSUFFICIENT_DATA", "OK", "ALARM", "OK"]):
            cloudwatch.becomes(state, second // 2)

        assert [alarm.wait_for(state) for state in ("OK", "ALARM", "OK")] == ["because 0", "because 1", "because 1"]
        assert alarm.history().column("became") == ["✓ OK", "✗ ALARM", "✓ OK"]
        with pytest.raises(UserError, match=r"The alarm is OK and did not become ALARM within 0 s\. It says: because"):
            alarm.wait_for("ALARM", seconds=0)


def test_an_unknown_alarm_is_answered_with_those_there_are(session: Session) -> None:
    with (
        pytest.raises(UserError, match=r"no alarm 'fire'\. There are: stream-lag, workflow-failures"),
        alarms.quick_copy(session, "fire", period=10),
    ):
        pass


def test_there_is_no_quick_copy_on_aws(cloudwatch: _CloudWatch) -> None:
    account = cast("Session", SimpleNamespace(target="aws", cloudwatch=cloudwatch))

    with pytest.raises(UserError, match="On AWS"), alarms.quick_copy(account, "workflow-failures", period=10):
        pass
    assert cloudwatch.put == []


def test_a_line_in_the_embedded_metric_format_tells_its_metrics() -> None:
    line = metric_sources.EmbeddedLine("/aws/lambda/x", NOW, LINE)

    assert line.values == {"DelayEventsProcessed": 3.0, "Once": 4.0}
    assert line.dimensions == {"service": "kafka-consumer", "severity": "MINOR"}
    assert json.loads(repr(line)) == LINE
    assert '[ "service", "severity" ]' in repr(line)


def test_only_lines_with_metrics_are_taken() -> None:
    def filter_log_events(**query: Any) -> dict[str, Any]:
        assert query["filterPattern"] == '"CloudWatchMetrics"'
        texts = [json.dumps(LINE), json.dumps({"message": "about CloudWatchMetrics"}), "plain CloudWatchMetrics"]
        return {
            "events": [
                {"eventId": str(number), "logStreamName": "s", "timestamp": 1_795_000_000_000, "message": text}
                for number, text in enumerate(texts)
            ]
        }

    target = cast("Session", SimpleNamespace(logs=SimpleNamespace(filter_log_events=filter_log_events)))

    assert [line.fields for line in metric_sources.embedded(target, ["consumer"], since=NOW)] == [LINE]
    with pytest.raises(UserError, match="no log group 'kitchen'"):
        metric_sources.embedded(target, ["kitchen"], since=NOW)


def test_metric_filters_of_others_are_left_out() -> None:
    count = {"metricName": "NotificationsSent", "metricNamespace": "FlightPulse", "dimensions": {"channel": "$.x"}}
    page = {
        "metricFilters": [
            {"logGroupName": names.EMAIL_LOG, "filterPattern": "{ $.a = 1 }", "metricTransformations": [count]},
            {"logGroupName": "/somebody/else", "filterPattern": "x", "metricTransformations": [count]},
        ]
    }
    target = cast("Session", SimpleNamespace(logs=SimpleNamespace(get_paginator=lambda _: _Pages(page))))

    assert metric_sources.filters(target).rows == (("NotificationsSent", "email", "{ $.a = 1 }", "channel"),)


def test_the_dashboard_is_listed_widget_by_widget(session: Session, cloudwatch: _CloudWatch) -> None:
    search = {"expression": "SUM(SEARCH('Namespace=\"FlightPulse\" MetricName=\"AffectedPassengers\"', 'Sum', 60))"}
    cloudwatch.widgets = [
        {"type": "text", "width": 24, "properties": {"markdown": "# FlightPulse\nmore"}},
        {"type": "alarm", "width": 24, "properties": {"title": "Alarms", "alarms": ["a", "b"]}},
        {"type": "metric", "width": 8, "properties": {"title": "Sent", "metrics": [["FlightPulse", "NotificationsSent"],
                                                                                   [search]]}},
    ]  # fmt: skip

    assert dashboard.widgets(session, "business").rows == (
        ("FlightPulse", "24", "(a heading)"),
        ("Alarms", "24", "the state of 2 alarms"),
        ("Sent", "8", "NotificationsSent, AffectedPassengers"),
    )


def minutes_ago(*minutes: int) -> list[datetime]:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return [now - timedelta(minutes=number) for number in minutes]


def test_a_dashboard_is_drawn_from_its_definition_with_what_cloudwatch_says(
    session: Session, cloudwatch: _CloudWatch
) -> None:
    place = {"x": 0, "y": 0, "width": 24, "height": 6}
    total = {"title": "Sum", "view": "singleValue", "metrics": [["FlightPulse", "Sent", {"stat": "Sum", "period": 60}]]}
    lines = [
        ["AWS/Lambda", "Duration", "FunctionName", "F", {"stat": "p95", "label": "F"}],
        [{"expression": "SUM([a, b])", "label": "both"}],
        ["FlightPulse", "A", {"id": "a", "visible": False, "stat": "Sum"}],
        ["FlightPulse", "Nothing", {"stat": "Sum"}],
    ]
    alarm = {"title": "Alarms", "alarms": ["arn:aws:cloudwatch:us-east-1:1:alarm:flightpulse-stream-lag"]}
    cloudwatch.widgets = [
        {"type": "text", **place, "properties": {"markdown": "# FlightPulse\nmore"}},
        {"type": "alarm", **place, "y": 6, "properties": alarm},
        {"type": "metric", **place, "y": 12, "properties": total},
        {"type": "metric", **place, "y": 18, "properties": {"title": "Several", "metrics": lines}},
    ]  # fmt: skip
    cloudwatch.values = {"Sent": [(at, 2.0) for at in minutes_ago(3, 1)], "Duration": [(minutes_ago(2)[0], 87.5)],
                         "SUM([a, b])": [(at, 5.0) for at in minutes_ago(1)]}  # fmt: skip

    drawn = panels.dashboard(dashboard.panels(session, "business", minutes=10))

    assert drawn.said.splitlines() == [
        "FlightPulse.",
        "Alarms: 1, in alarm stream-lag.",
        "Sum: Sent 4.",
        "Several: F 87.5, both 5.",
    ]
    assert drawn.png.startswith(b"\x89PNG")
    asked = {query["Id"]: query for query in cloudwatch.asked[-1]}
    assert asked["m0"]["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "FunctionName", "Value": "F"}]
    assert (asked["m1"]["Expression"], asked["a"]["ReturnData"]) == ("SUM([a, b])", False)


def test_a_dashboard_without_any_value_says_so(session: Session, cloudwatch: _CloudWatch) -> None:
    widget = {"title": "Sent", "view": "timeSeries", "metrics": [["FlightPulse", "Sent", {}]]}
    cloudwatch.widgets = [{"type": "metric", "x": 0, "y": 0, "width": 8, "height": 6, "properties": widget}]

    assert panels.dashboard(dashboard.panels(session, "business", minutes=10)).said == "Sent: no values."


def test_a_dashboard_that_there_is_not_is_answered_with_those_there_are(session: Session) -> None:
    with pytest.raises(UserError, match=r"no dashboard 'kitchen'\. There are: business, technical"):
        dashboard.widgets(session, "kitchen")


@pytest.fixture
def target() -> FakeTarget:
    return FakeTarget()


@pytest.fixture
def bench(target: FakeTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.setattr(Connection, "deployed", target)
    return Workbench(Connection("local", home=tmp_path))


def test_dead_letters_are_listed_and_sent_back(bench: Workbench, target: FakeTarget) -> None:
    arn = machine("FlightPulse-NotifyChunk")
    chunk = {"bookings": [{"booking_id": "BKG-0001", "passenger_id": "PAX-0001"}]}
    letter = {
        "kind": "notification",
        "channel": "sms",
        "booking_id": "BKG-0001",
        "flight_id": "SW1234",
        "event_id": "evt-1",
        "reason": {"code": "EventBridge.FailedEntry", "message": "no room"},
        "redrive": {"start_execution": {"stateMachineArn": arn, "input": chunk}},
    }
    target.sqs.put("https://sqs/notifications", letter)

    assert bench.dead_letters.table().rows[0][:3] == (
        "notifications",
        "the messages for BKG-0001, SW1234 (evt-1)",
        "EventBridge.FailedEntry: no room",
    )
    assert bench.dead_letters.redrive("notifications").column("") == ["✓"]
    assert target.stepfunctions.started == [(arn, chunk)]
    assert len(bench.dead_letters.table()) == 0


def test_a_queue_that_there_is_not_is_answered_with_those_there_are(bench: Workbench) -> None:
    with pytest.raises(UserError, match=r"no dead-letter queue 'lost'\. There are: records, notifications"):
        bench.dead_letters.redrive("lost")


def test_in_an_aws_account_nothing_is_sent_back_unless_agreed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"wb\.dead_letters\.redrive\(agree=True\)"):
        Workbench(Connection("aws", home=tmp_path)).dead_letters.redrive()


def test_what_still_runs_is_named(target: FakeTarget) -> None:
    arn = machine("FlightPulse-DelayWorkflow")
    target.stepfunctions.executions["e"] = {
        "executionArn": f"{arn.replace(':stateMachine:', ':execution:')}:slow",
        "name": "slow",
        "stateMachineArn": arn,
        "status": "RUNNING",
        "startDate": NOW,
    }

    with pytest.raises(UserError, match=r"DelayWorkflow still runs after 0 s\. Look: flightpulse show slow"):
        executions.settle(target.session, seconds=0)

    target.stepfunctions.executions["e"]["status"] = "SUCCEEDED"
    executions.settle(target.session, seconds=0)
