"""Metrics counted from logs: what no function could count, because no function is there when it happens."""

from collections.abc import Iterable

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from flightpulse.stack import names

NOTIFICATIONS_SENT = "NotificationsSent"
WORKFLOW_EXECUTIONS = "WorkflowExecutions"
WORKFLOW_FAILURES = "WorkflowFailures"
AWARE_TO_TOLD = "AwareToTold"
CHANNELS = ("email", "sms")


class LogMetrics(Construct):
    """``NotificationsSent`` by channel and in all, ``AwareToTold``, ``WorkflowExecutions`` and ``WorkflowFailures``.

    ``AwareToTold`` is the time in seconds from the moment when operations knew to the moment when a passenger was told,
    one value for each message: 14 CFR 259.8 gives an airline 30 minutes. A metric filter keeps single values, so that
    CloudWatch can give percentiles
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html).

    A failure here is any end but success, a time-out too, of a workflow that an event started. Metrics of the shared
    workflows would count the same trouble twice.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        notifications: dict[str, logs.ILogGroup],
        workflows: dict[str, logs.ILogGroup],
    ) -> None:
        super().__init__(scope, construct_id)
        for channel, group in notifications.items():
            sent = logs.FilterPattern.string_value("$.detail.channel", "=", channel)
            by_channel = {"channel": "$.detail.channel"}
            self._count(f"{channel.capitalize()}Sent", group, sent, NOTIFICATIONS_SENT, dimensions=by_channel)
            self._count(f"{channel.capitalize()}SentInAll", group, sent, NOTIFICATIONS_SENT)
            self._value(f"{channel.capitalize()}AwareToTold", group)
        for name, group in workflows.items():
            self._count(f"{name}Started", group, _types(["ExecutionStarted"]), WORKFLOW_EXECUTIONS)
            self._count(f"{name}Failed", group, _types(["ExecutionFailed", "ExecutionTimedOut"]), WORKFLOW_FAILURES)

    def _count(
        self,
        construct_id: str,
        group: logs.ILogGroup,
        pattern: logs.IFilterPattern,
        metric: str,
        *,
        dimensions: dict[str, str] | None = None,
    ) -> None:
        logs.MetricFilter(
            self,
            construct_id,
            log_group=group,
            filter_pattern=pattern,
            metric_namespace=names.METRICS,
            metric_name=metric,
            metric_value="1",
            unit=cloudwatch.Unit.COUNT,
            dimensions=dimensions,
        )

    def _value(self, construct_id: str, group: logs.ILogGroup) -> None:
        seconds = "$.detail.told_after_seconds"
        logs.MetricFilter(
            self,
            construct_id,
            log_group=group,
            filter_pattern=logs.FilterPattern.number_value(seconds, ">=", 0),
            metric_namespace=names.METRICS,
            metric_name=AWARE_TO_TOLD,
            metric_value=seconds,
            unit=cloudwatch.Unit.SECONDS,
        )


def _types(types: Iterable[str]) -> logs.JsonPattern:
    return logs.FilterPattern.any(*(logs.FilterPattern.string_value("$.type", "=", type_) for type_ in types))
