"""Event source mappings follow AWS's rules: error handling of stream mappings, and Kafka mappings that poll for real.

Without it the emulator polls DynamoDB streams on one thread for all mappings, so that a slow function stalls the
others; it ignores the batching window, the retry limit, bisecting and the on-failure destination, retries a bad batch
for ever, and counts a partial batch response as success, which loses records. It refuses Kafka mappings over its API
and drops their settings in CloudFormation.

What stays different: streams have one shard, so `ParallelizationFactor` and `TumblingWindowInSeconds` have no effect;
of Kafka, self-managed clusters only, at the address that the mapping names; on-failure destinations are SQS queues and
SNS topics; metrics other than those of the function are not written.
"""

from ministack.services import lambda_svc

from localcloud.behaviour import Behaviour, LocalContext, Wrapped
from localcloud.services.cloudformation import resource_types
from localcloud.services.event_source_mappings.filters import matches_decoded
from localcloud.services.event_source_mappings.requests import Requests
from localcloud.services.event_source_mappings.supervisor import Supervisor

_SERVICE = "ministack.services.lambda_svc"
_STREAMS = "ministack.services.dynamodb"


def install(context: LocalContext) -> None:
    """Put our requests, resource type and pollers in the place of the emulator's."""
    requests = Requests()
    lambda_svc._create_esm = requests.create
    lambda_svc._update_esm = requests.update
    lambda_svc._esm_response = requests.shown
    resource_types.add(
        "AWS::Lambda::EventSourceMapping", requests.provision, requests.provision_update, requests.unprovision
    )
    lambda_svc._match_esm_filter = matches_decoded
    lambda_svc._poll_dynamodb_streams = Supervisor(context.back_off_scale).reconcile


BEHAVIOUR = Behaviour(
    name="event_source_mappings",
    stands_for="Lambda event source mappings for DynamoDB streams and self-managed Apache Kafka",
    documentation="https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html",
    wraps=(
        resource_types.WRAPPED,
        Wrapped(_SERVICE, "_create_esm", ("data",)),
        Wrapped(_SERVICE, "_update_esm", ("esm_id", "data")),
        Wrapped(_SERVICE, "_delete_esm", ("esm_id",)),
        Wrapped(_SERVICE, "_esm_response", ("esm",)),
        Wrapped(_SERVICE, "_poll_dynamodb_streams", ()),
        Wrapped(_SERVICE, "_poll_loop", ()),
        Wrapped(_SERVICE, "_ensure_poller", ()),
        Wrapped(_SERVICE, "_iter_all_esms", ()),
        Wrapped(_SERVICE, "_esms"),
        Wrapped(_SERVICE, "_esm_wake"),
        Wrapped(_SERVICE, "_resolve_existing_esm_function", ("function_ref",)),
        Wrapped(_SERVICE, "_get_func_record_for_qualifier", ("name", "qualifier")),
        Wrapped(_SERVICE, "_execute_function", ("func", "event")),
        Wrapped(_SERVICE, "_match_esm_filter", ("record", "pattern")),
        Wrapped(_SERVICE, "_invalid_parameter_value"),
        Wrapped(_SERVICE, "_dynamodb_stream_positions"),
        Wrapped(_SERVICE, "_dynamodb_stream_positions_lock"),
        Wrapped(_STREAMS, "_lock"),
        Wrapped(_STREAMS, "_stream_records"),
        Wrapped(_STREAMS, "_stream_trimmed"),
        Wrapped(_STREAMS, "_tables"),
        Wrapped(_STREAMS, "stream_start_position", ("table_name", "account_id", "region")),
        Wrapped(_STREAMS, "stream_end_position", ("table_name", "account_id", "region")),
        Wrapped(_STREAMS, "stream_records_since", ("table_name", "position", "limit", "account_id", "region")),
        Wrapped(
            "ministack.services.cloudwatch",
            "record_metric",
            ("namespace", "metric_name", "value", "unit", "dimensions"),
        ),
        Wrapped("ministack.services.dynamodb_streams", "_DEFAULT_SHARD_ID"),
        Wrapped("ministack.services.sqs", "_queue_by_arn", ("arn",)),
        Wrapped("ministack.services.sqs", "_act_send_message", ("data", "qurl")),
        Wrapped("ministack.services.sns", "_topic_by_arn_any_scope", ("topic_arn",)),
        Wrapped("ministack.services.sns", "_fanout"),
        Wrapped("ministack.services.secretsmanager", "_get_secret_value", ("data",)),
        Wrapped("ministack.services.cloudformation.provisioners", "_lambda_esm_attrs", ("esm_id",)),
        Wrapped("ministack.services.cloudformation.provisioners", "_lambda_esm_delete", ("physical_id", "props")),
        Wrapped("ministack.services.cloudformation.provisioners", "_delete_predecessor"),
        Wrapped("ministack.core.responses", "request_scope", ("account_id", "region")),
    ),
    install=install,
)
