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

from localcloud.behaviours import LocalContext
from localcloud.services import handlers
from localcloud.services.cloudformation import resource_types
from localcloud.services.event_source_mappings.filters import matches_decoded
from localcloud.services.event_source_mappings.requests import Requests
from localcloud.services.event_source_mappings.supervisor import Supervisor


def install(context: LocalContext) -> None:
    """Put our requests, resource type and pollers in the place of the emulator's."""
    requests = Requests()
    ours = {
        "_create_esm": requests.create,
        "_update_esm": requests.update,
        "_esm_response": requests.shown,
        "_match_esm_filter": matches_decoded,
        "_poll_dynamodb_streams": Supervisor(context.back_off_scale).reconcile,
    }
    handlers.replace(lambda_svc, ours)
    resource_types.add(
        "AWS::Lambda::EventSourceMapping", requests.provision, requests.provision_update, requests.unprovision
    )
