"""From the table's stream to the stream handler."""

from collections.abc import Mapping
from typing import Any

import jsii
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from flightpulse.stack.findings import accept
from flightpulse.stack.table import FlightTable


@jsii.implements(lambda_.IEventSourceDlq)
class _DeadLetters:
    """The queue of the mapping. The CDK's own would let the function ask for the queue's attributes too."""

    def __init__(self, queue: sqs.IQueue) -> None:
        self._queue = queue

    def bind(
        self,
        target: lambda_.IEventSourceMapping,  # noqa: ARG002
        target_handler: lambda_.IFunction,
    ) -> lambda_.DlqDestinationConfig:
        target_handler.add_to_role_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self._queue.queue_arn])
        )
        return lambda_.DlqDestinationConfig(destination=self._queue.queue_arn)


class StreamMapping(Construct):
    """Hands changes of flights and bookings to the stream handler; what it cannot handle goes to a queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: FlightTable,
        handler: lambda_.Function,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        handler.add_event_source(
            event_sources.DynamoEventSource(
                table.table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=100,
                max_batching_window=Duration.seconds(1),
                retry_attempts=5,
                max_record_age=Duration.hours(6),
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                on_failure=_DeadLetters(dead_letters),
                filters=[_changed("FLIGHT#"), _changed("BOOKING#")],
            )
        )
        assert handler.role is not None
        accept(handler.role, {"AwsSolutions-IAM5[Resource::*]": "ListStreams names no resource."})


def _changed(prefix: str) -> Mapping[str, Any]:
    """A filter for changes of the main items of one kind: seeding inserts, and links between items, wake nobody."""
    return lambda_.FilterCriteria.filter(
        {
            "eventName": lambda_.FilterRule.is_equal("MODIFY"),
            "dynamodb": {
                "Keys": {
                    "PK": {"S": lambda_.FilterRule.begins_with(prefix)},
                    "SK": {"S": lambda_.FilterRule.is_equal("METADATA")},
                }
            },
        }
    )
