"""Saved queries of CloudWatch Logs Insights: the questions that the runbook asks of the logs.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.event_workflows import EVENT_WORKFLOWS

_FUNCTIONS = tuple(
    map(names.function_log, (names.KAFKA_CONSUMER, names.LLM_MESSENGER, names.API_HANDLERS, names.STREAM_HANDLER))
)
_CONSUMER = (names.function_log(names.KAFKA_CONSUMER),)
_MESSENGER = (names.function_log(names.LLM_MESSENGER),)
_NOTIFICATIONS = (names.EMAIL_LOG, names.SMS_LOG)
_WORKFLOWS = tuple(names.workflow_log(known.state_machine) for known in EVENT_WORKFLOWS)


@dataclass(frozen=True, slots=True)
class Query:
    """A question about log groups: its title, and the commands of the query one by one."""

    title: str
    groups: tuple[str, ...]
    commands: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n| ".join(self.commands)


QUERIES = (
    Query(
        "Everything about one event",
        (*_FUNCTIONS, *_NOTIFICATIONS, names.AUDIT_LOG),
        (
            "fields @timestamp, @log, coalesce(message, `detail-type`) as said",
            # Put the event's correlation id here.
            'filter coalesce(correlation_id, detail.correlation_id) = "evt-"',
            "sort @timestamp asc",
            "limit 1000",
        ),
    ),
    Query(
        "Seconds from aware to told",
        _NOTIFICATIONS,
        (
            "filter ispresent(detail.told_after_seconds)",
            "stats count(*) as messages, pct(detail.told_after_seconds, 50) as p50, "
            "pct(detail.told_after_seconds, 99) as p99, max(detail.told_after_seconds) as slowest "
            "by detail.channel, bin(5m)",
        ),
    ),
    Query(
        "Who was told late",
        _NOTIFICATIONS,
        (
            "fields @timestamp, detail.flight_id, detail.booking_id, detail.channel, detail.told_after_seconds",
            "filter detail.told_after_seconds > 1800",
            "sort detail.told_after_seconds desc",
            "limit 1000",
        ),
    ),
    Query(
        "Why the written template was used",
        _MESSENGER,
        (
            'filter message = "the written template is used"',
            "stats count(*) as templates by problem, segment",
            "sort templates desc",
        ),
    ),
    Query(
        "Records put aside, and why",
        _CONSUMER,
        (
            'filter message like "put aside: "',
            "stats count(*) as records, latest(message) as said by reason",
            "sort records desc",
        ),
    ),
    Query(
        "Workflows that did not succeed",
        _WORKFLOWS,
        (
            "fields @timestamp, execution_arn, type, details.error, details.cause",
            'filter type in ["ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"]',
            "sort @timestamp desc",
            "limit 200",
        ),
    ),
    Query(
        "Slow and cold invocations",
        _FUNCTIONS,
        (
            'filter type = "platform.report"',
            "stats count(*) as invocations, pct(record.metrics.durationMs, 99) as p99_ms, "
            "max(record.metrics.initDurationMs) as cold_ms, max(record.metrics.maxMemoryUsedMB) as memory_mb by @log",
        ),
    ),
    Query(
        "Tokens by role",
        _MESSENGER,
        (
            'filter message = "messages composed"',
            "stats sum(usage.author.calls) as drafts, sum(usage.author.input_tokens) as draft_in, "
            "sum(usage.author.output_tokens) as draft_out, sum(usage.reviewer.calls) as reviews, "
            "sum(usage.reviewer.input_tokens) as review_in, sum(usage.reviewer.output_tokens) as review_out by bin(1h)",
        ),
    ),
)


class SavedQueries(Construct):
    """The queries, in the folder ``FlightPulse`` of the console."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        for query in QUERIES:
            logs.CfnQueryDefinition(
                self,
                "".join(word.capitalize() for word in query.title.replace(",", "").split()),
                name=f"FlightPulse/{query.title}",
                log_group_names=list(query.groups),
                query_string=query.text,
            )
