"""Alarms: what must call somebody, and nothing else."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.log_metrics import WORKFLOW_FAILURES

_FIVE_MINUTES = Duration.minutes(5)
_STREAM_LAG_LIMIT = Duration.minutes(2)
# One bad reply from a model is daily life; this many in five minutes are not.
_FALLBACK_LIMIT = 3


class Alarms(Construct):
    """Every alarm goes to ``flightpulse-alarms``. No data is good news: an idle system has none."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        topic: sns.ITopic,
        functions: Mapping[str, lambda_.Function],
        queues: Mapping[str, sqs.Queue],
        stream_handler: lambda_.Function,
        api: apigateway.RestApi,
    ) -> None:
        super().__init__(scope, construct_id)
        self._action = actions.SnsAction(topic)
        self.all: list[cloudwatch.IAlarm] = []
        self._alarm(
            "Fallbacks",
            "messages-by-fallback",
            cloudwatch.Metric(
                namespace=names.METRICS,
                metric_name="LLMInvocationsFailed",
                dimensions_map={"service": "llm-messenger"},
                statistic="Sum",
                period=_FIVE_MINUTES,
            ),
            "The models fail, or their templates are refused: passengers get the written fallback texts.",
            threshold=_FALLBACK_LIMIT,
        )
        self._alarm(
            "WorkflowFailures",
            "workflow-failures",
            cloudwatch.Metric(
                namespace=names.METRICS, metric_name=WORKFLOW_FAILURES, statistic="Sum", period=_FIVE_MINUTES
            ),
            "A workflow failed or took too long; its event waits in the dead letters for a redrive.",
        )
        for kind, queue in queues.items():
            self._alarm(
                f"{kind.capitalize()}DeadLetters",
                f"dead-letters-{kind}",
                queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum"),
                f"Something waits in {names.dead_letters(kind)}.",
            )
        for construct, function in functions.items():
            self._watch(construct, function)
        self._alarm(
            "StreamLag",
            "stream-lag",
            stream_handler.metric("IteratorAge", statistic="Maximum", period=Duration.minutes(1)),
            "The stream handler is behind: the audit log and rebooking learn of changes too late.",
            threshold=_STREAM_LAG_LIMIT.to_milliseconds(),
            periods=3,
        )
        self._alarm(
            "ApiErrors",
            "api-errors",
            api.metric_server_error(statistic="Sum", period=_FIVE_MINUTES, dimensions_map=api_dimensions()),
            "The REST API answers with 5XX.",
        )

    def _watch(self, construct_id: str, function: lambda_.Function) -> None:
        name = construct_id.lower()
        self._alarm(
            f"{construct_id}Errors",
            f"{name}-errors",
            function.metric_errors(statistic="Sum", period=_FIVE_MINUTES),
            f"{construct_id} fails. Its log says why.",
        )
        self._alarm(
            f"{construct_id}Throttles",
            f"{name}-throttles",
            function.metric_throttles(statistic="Sum", period=_FIVE_MINUTES),
            f"{construct_id} is throttled: the account's concurrency, or its own, is used up.",
        )

    def _alarm(
        self,
        construct_id: str,
        name: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        threshold: float = 1,
        periods: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=f"flightpulse-{name}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        self.all.append(alarm)


def api_dimensions() -> dict[str, str]:
    """The dimensions under which API Gateway counts our stage."""
    return {"ApiName": names.API, "Stage": names.API_STAGE}
