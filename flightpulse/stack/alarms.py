"""Alarms: what must call somebody, and nothing else. What to do about each is in docs/runbook.md."""

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
from flightpulse.stack.log_metrics import AWARE_TO_TOLD, WORKFLOW_FAILURES

PASSENGERS_WAIT = "passengers-wait"

_MINUTE = Duration.minutes(1)
_FIVE_MINUTES = Duration.minutes(5)
_QUARTER = Duration.minutes(15)
_LAG_LIMIT = Duration.minutes(2)
_BACKLOG_LIMIT = 1000
# Two thirds of what 14 CFR 259.8 allows: there is still time to do something.
_TOLD_LIMIT = Duration.minutes(20)
# A quarter of the templates; of fewer than four in fifteen minutes nobody can tell a rate.
_FALLBACK_PERCENT = 25
_FEWEST_TEMPLATES = 4
_SHARE_OF_TIMEOUT = 0.8
# What keeps news from passengers. The rest costs time, money or tone.
_WAKES = (
    "told-late",
    "workflow-failures",
    "kafka-lag",
    "kafka-backlog",
    "kafkaconsumer-errors",
    "llmmessenger-errors",
    "dead-letters-records",
    "dead-letters-notifications",
    "dead-letters-targets",
    "dead-letters-mapping",
)


class Alarms(Construct):
    """Every alarm goes to ``flightpulse-alarms``. No data is good news: an idle system has none.

    ``flightpulse-passengers-wait`` is made of others and goes off when any of those does that keeps news from
    passengers: the one to wake somebody with.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        topic: sns.ITopic,
        functions: Mapping[str, lambda_.Function],
        queues: Mapping[str, sqs.Queue],
        stream_handler: lambda_.Function,
        polled: lambda_.Function | None,
        api: apigateway.RestApi,
    ) -> None:
        """``polled`` is the function that an event source mapping feeds from Kafka, if there is one."""
        super().__init__(scope, construct_id)
        self._action = actions.SnsAction(topic)
        self._by_name: dict[str, cloudwatch.Alarm] = {}
        self._watch_passengers()
        self._watch_messages()
        for kind, queue in queues.items():
            self._alarm(
                f"{kind.capitalize()}DeadLetters",
                f"dead-letters-{kind}",
                queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic="Maximum"),
                f"Something waits in {names.dead_letters(kind)}.",
            )
        for construct, function in functions.items():
            self._watch(construct, function)
        if polled is not None:
            self._alarm(
                "KafkaBacklog",
                "kafka-backlog",
                polled.metric("OffsetLag", statistic="Maximum", period=_MINUTE),
                "Records pile up in the topic: the event source mapping does not keep up, or stands still.",
                threshold=_BACKLOG_LIMIT,
                periods=3,
            )
        self._alarm(
            "StreamLag",
            "stream-lag",
            stream_handler.metric("IteratorAge", statistic="Maximum", period=_MINUTE),
            "The stream handler is behind: the audit log and rebooking learn of changes too late.",
            threshold=_LAG_LIMIT.to_milliseconds(),
            periods=3,
        )
        self._alarm(
            "ApiErrors",
            "api-errors",
            api.metric_server_error(statistic="Sum", period=_FIVE_MINUTES, dimensions_map=api_dimensions()),
            "The REST API answers with 5XX.",
        )
        self._wake_somebody()

    @property
    def all(self) -> list[cloudwatch.IAlarm]:
        """Every alarm, the one that is made of others first."""
        return [self._passengers_wait, *self._by_name.values()]

    def _watch_passengers(self) -> None:
        self._alarm(
            "ToldLate",
            "told-late",
            _ours(AWARE_TO_TOLD, "p99", _FIVE_MINUTES),
            "One passenger in a hundred was told later than 20 minutes after operations knew; 14 CFR 259.8 allows 30.",
            threshold=_TOLD_LIMIT.to_seconds(),
        )
        self._alarm(
            "WorkflowFailures",
            "workflow-failures",
            _ours(WORKFLOW_FAILURES, "Sum", _FIVE_MINUTES),
            "A workflow failed or took too long; its event waits in the dead letters for a redrive.",
        )
        self._alarm(
            "KafkaLag",
            "kafka-lag",
            _ours("RecordAge", "Maximum", _MINUTE),
            "Records are more than two minutes old when the consumer gets them.",
            threshold=_LAG_LIMIT.to_milliseconds(),
            periods=3,
        )

    def _watch_messages(self) -> None:
        share = cloudwatch.MathExpression(
            expression=f"IF(used >= {_FEWEST_TEMPLATES}, 100 * fallbacks / used, 0)",
            using_metrics={
                "fallbacks": _ours("LLMInvocationsFailed", "Sum", _QUARTER),
                "used": _ours("TemplatesUsed", "Sum", _QUARTER),
            },
            period=_QUARTER,
            label="percent of templates",
        )
        self._alarm(
            "FallbackRate",
            "fallback-rate",
            share,
            "The models fail, or their templates are refused: a quarter of the templates are the written fallback.",
            threshold=_FALLBACK_PERCENT,
        )
        self._alarm(
            "TemplatesAwaitReview",
            "templates-await-review",
            _ours("TemplatesAwaitingReview", "Sum", _QUARTER),
            "Passengers get the written fallback while a draft waits for a person to approve or refuse it.",
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
        assert function.timeout is not None
        self._alarm(
            f"{construct_id}Duration",
            f"{name}-duration",
            function.metric_duration(statistic="p99", period=_FIVE_MINUTES),
            f"{construct_id} takes more than {_SHARE_OF_TIMEOUT:.0%} of the time it has.",
            threshold=round(function.timeout.to_milliseconds() * _SHARE_OF_TIMEOUT),
        )

    def _wake_somebody(self) -> None:
        waking = [self._by_name[name] for name in _WAKES if name in self._by_name]
        self._passengers_wait = cloudwatch.CompositeAlarm(
            self,
            "PassengersWait",
            composite_alarm_name=names.alarm(PASSENGERS_WAIT),
            alarm_description="Something keeps news from passengers. The alarms that say what are listed in its rule.",
            alarm_rule=cloudwatch.AlarmRule.any_of(
                *(cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM) for alarm in waking)
            ),
        )
        self._passengers_wait.add_alarm_action(self._action)
        self._passengers_wait.add_ok_action(self._action)

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
            alarm_name=names.alarm(name),
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        self._by_name[name] = alarm


def _ours(metric: str, statistic: str, period: Duration) -> cloudwatch.Metric:
    """One of our metrics, whatever its dimensions: each is also counted without any."""
    return cloudwatch.Metric(namespace=names.METRICS, metric_name=metric, statistic=statistic, period=period)


def api_dimensions() -> dict[str, str]:
    """The dimensions under which API Gateway counts our stage."""
    return {"ApiName": names.API, "Stage": names.API_STAGE}
