"""The dashboards: one for what the airline sees, one for what keeps the machinery running."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.alarms import api_dimensions
from flightpulse.stack.event_workflows import EVENT_WORKFLOWS
from flightpulse.stack.log_metrics import (
    AWARE_TO_TOLD,
    CHANNELS,
    NOTIFICATIONS_SENT,
    WORKFLOW_EXECUTIONS,
    WORKFLOW_FAILURES,
)

_MINUTE = Duration.minutes(1)
_WIDTH = 24
_GRAPH_HEIGHT = 6


@dataclass(frozen=True, slots=True)
class Observed:
    """What the dashboards look at. ``polled`` is the function that an event source mapping feeds from Kafka, if any."""

    functions: Mapping[str, lambda_.Function]
    workflows: Mapping[str, sfn.StateMachine]
    queues: Mapping[str, sqs.Queue]
    table: dynamodb.Table
    api: apigateway.RestApi
    stream_handler: lambda_.Function
    rules: Sequence[str]
    polled: lambda_.Function | None
    alarms: Sequence[cloudwatch.IAlarm]


@dataclass(frozen=True, slots=True)
class Graph:
    """Some metrics over time."""

    title: str
    metrics: Sequence[cloudwatch.IMetric]
    stacked: bool = False


class Dashboards(Construct):
    """The dashboards ``FlightPulse`` (business) and ``FlightPulse-Technical``."""

    def __init__(self, scope: Construct, construct_id: str, *, observed: Observed) -> None:
        super().__init__(scope, construct_id)
        self._dashboard("Dashboard", names.DASHBOARD, _business(observed))
        self._dashboard("Technical", names.TECHNICAL_DASHBOARD, _technical(observed))

    def _dashboard(self, construct_id: str, name: str, widgets: list[list[cloudwatch.IWidget]]) -> None:
        cloudwatch.Dashboard(
            self,
            construct_id,
            dashboard_name=name,
            default_interval=Duration.hours(3),
            period_override=cloudwatch.PeriodOverride.AUTO,
            widgets=widgets,
        )


def _business(observed: Observed) -> list[list[cloudwatch.IWidget]]:
    return [
        [_heading("# FlightPulse\nFlight events in, messages to passengers out.")],
        [_alarms(observed)],
        [
            _totals(
                "In this period",
                {
                    **{known.metric: known.counted for known in EVENT_WORKFLOWS},
                    "AffectedPassengers": "passengers affected",
                    NOTIFICATIONS_SENT: "messages sent",
                    "LLMInvocationsFailed": "fallback templates",
                },
            )
        ],
        _row(
            Graph(
                "Flight events",
                [_ours(known.metric, known.counted) for known in EVENT_WORKFLOWS],
                stacked=True,
            ),
            Graph(
                "Messages sent",
                [
                    cloudwatch.Metric(
                        namespace=names.METRICS,
                        metric_name=NOTIFICATIONS_SENT,
                        dimensions_map={"channel": channel},
                        statistic="Sum",
                        period=_MINUTE,
                        label=channel,
                    )
                    for channel in CHANNELS
                ],
                stacked=True,
            ),
            Graph("Passengers affected", [_ours("AffectedPassengers", "passengers")]),
        ),
        _row(
            Graph(
                "Seconds from aware to told",
                [_ours(AWARE_TO_TOLD, statistic, statistic) for statistic in ("p50", "p99")],
            ),
            Graph(
                "Who wrote the templates",
                [
                    _ours("TemplatesUsed", "templates used"),
                    _ours("LLMInvocationsSuccess", "written anew by the model"),
                    _ours("LLMInvocationsFailed", "fallback"),
                    _ours("TemplatesAwaitingReview", "fallback, a draft waits"),
                ],
            ),
            Graph("Workflows", [_ours(WORKFLOW_EXECUTIONS, "started"), _ours(WORKFLOW_FAILURES, "failed")]),
        ),
    ]


def _technical(observed: Observed) -> list[list[cloudwatch.IWidget]]:
    functions = observed.functions
    return [
        [_heading("# FlightPulse, technical\nFunctions, workflows, queues, streams, API, table and bus.")],
        [_alarms(observed)],
        _row(
            Graph("Function time, p95", [_of(f, "Duration", "p95", name) for name, f in functions.items()]),
            Graph(
                "Function errors and throttles",
                [
                    *(_of(f, "Errors", "Sum", f"{name} errors") for name, f in functions.items()),
                    *(_of(f, "Throttles", "Sum", f"{name} throttles") for name, f in functions.items()),
                ],
            ),
            Graph(
                "Functions at once", [_of(f, "ConcurrentExecutions", "Maximum", name) for name, f in functions.items()]
            ),
        ),
        _row(
            Graph(
                "Workflow time, p95",
                [
                    machine.metric_time(statistic="p95", period=_MINUTE, label=name)
                    for name, machine in observed.workflows.items()
                ],
            ),
            Graph(
                "Workflows that did not succeed",
                [
                    metric
                    for name, machine in observed.workflows.items()
                    for metric in (
                        machine.metric_failed(period=_MINUTE, label=f"{name} failed"),
                        machine.metric_timed_out(period=_MINUTE, label=f"{name} timed out"),
                    )
                ],
            ),
            Graph(
                "Dead letters waiting",
                [
                    queue.metric_approximate_number_of_messages_visible(period=_MINUTE, label=kind)
                    for kind, queue in observed.queues.items()
                ],
            ),
        ),
        _row(
            Graph(
                "API requests",
                [_api(observed, "Count", "Sum"), _api(observed, "4XXError", "Sum"), _api(observed, "5XXError", "Sum")],
            ),
            Graph("API latency", [_api(observed, "Latency", "p50"), _api(observed, "Latency", "p95")]),
            Graph(
                "Age of what is read",
                [
                    _ours("RecordAge", "Kafka", "Maximum"),
                    _of(observed.stream_handler, "IteratorAge", "Maximum", "stream"),
                ],
            ),
            *(
                [Graph("Kafka backlog", [_of(observed.polled, "OffsetLag", "Maximum", "records")])]
                if observed.polled
                else []
            ),
        ),
        _row(
            Graph(
                "Table capacity used",
                [
                    observed.table.metric_consumed_read_capacity_units(period=_MINUTE, label="reads"),
                    observed.table.metric_consumed_write_capacity_units(period=_MINUTE, label="writes"),
                ],
            ),
            Graph(
                "Bus",
                [
                    _rules(observed, "Invocations", "deliveries"),
                    _rules(observed, "FailedInvocations", "failed"),
                    _rules(observed, "InvocationsSentToDlq", "to dead letters"),
                ],
            ),
        ),
    ]


def _alarms(observed: Observed) -> cloudwatch.IWidget:
    return cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(observed.alarms), width=_WIDTH, height=4)


def _ours(metric: str, label: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """One of our metrics, whatever its dimensions: each is also counted without any."""
    return cloudwatch.Metric(
        namespace=names.METRICS, metric_name=metric, statistic=statistic, period=_MINUTE, label=label
    )


def _rules(observed: Observed, metric: str, label: str) -> cloudwatch.MathExpression:
    """A metric of the bus, summed up over its rules: CloudWatch has it by rule only."""
    by_rule = {
        f"{metric[0].lower()}{metric[1:]}{number}": cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name=metric,
            dimensions_map={"EventBusName": names.EVENT_BUS, "RuleName": rule},
            statistic="Sum",
            period=_MINUTE,
        )
        for number, rule in enumerate(observed.rules)
    }
    return cloudwatch.MathExpression(
        expression=f"SUM([{', '.join(by_rule)}])", using_metrics=by_rule, label=label, period=_MINUTE
    )


def _of(function: lambda_.Function, metric: str, statistic: str, label: str) -> cloudwatch.IMetric:
    return function.metric(metric, statistic=statistic, period=_MINUTE, label=label)


def _api(observed: Observed, metric: str, statistic: str) -> cloudwatch.IMetric:
    return observed.api.metric(
        metric, statistic=statistic, period=_MINUTE, label=f"{metric} {statistic}", dimensions_map=api_dimensions()
    )


def _heading(markdown: str) -> cloudwatch.IWidget:
    return cloudwatch.TextWidget(markdown=markdown, width=_WIDTH, height=2)


def _totals(title: str, metrics: Mapping[str, str]) -> cloudwatch.IWidget:
    """The sums of some of our metrics over the whole time that the dashboard shows, each with its label."""
    return cloudwatch.SingleValueWidget(
        title=title,
        metrics=[_ours(metric, label) for metric, label in metrics.items()],
        set_period_to_time_range=True,
        width=_WIDTH,
        height=4,
    )


def _row(*graphs: Graph) -> list[cloudwatch.IWidget]:
    """Graphs side by side, together as wide as the dashboard."""
    return [
        cloudwatch.GraphWidget(
            title=graph.title,
            left=list(graph.metrics),
            stacked=graph.stacked,
            width=_WIDTH // len(graphs),
            height=_GRAPH_HEIGHT,
        )
        for graph in graphs
    ]
