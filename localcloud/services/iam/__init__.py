"""The behaviour `iam`: who called what is noted, and what a role is not allowed is refused, also inside the services.

Only in a local cloud that was started with ``FLIGHTPULSE_IAM=1``: signatures and policies are then checked on every
call, as the emulator can, and also on what workflows, rules and functions call with their roles without a request.
"""

from functools import partial
from typing import Any

from localcloud.behaviours import LocalContext
from localcloud.services.iam import calls, roles

# Operations that have no IAM action of their own.
_AUTHORISED_AS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def install(context: LocalContext) -> None:  # noqa: ARG001
    """Note every call that the emulator checks."""
    from ministack import app
    from ministack.core import iam_actions, iam_evaluator

    from localcloud.services.iam.leading_keys import with_leading_keys

    if app.AUTH:
        roles.ENFORCED.set()
    iam_evaluator.enforce = partial(_noted, iam_evaluator.enforce)
    iam_actions.dynamodb_service_context = partial(with_leading_keys, iam_actions.dynamodb_service_context)
    # The endpoint of this machine is plain HTTP, for which policies of buckets and queues would refuse everything.
    app.pin_request_origin = partial(_as_if_secure, app.pin_request_origin)


def _noted(
    original: Any,
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: Any = None,
) -> Any:
    action = _AUTHORISED_AS.get(iam_action, iam_action)
    denied = original(access_key_id, action, service, region, resource_arn, service_context)
    role = roles.role_of(access_key_id)
    if role:
        calls.note(role, action, resource_arn, allowed=denied is None)
    return denied


def _as_if_secure(original: Any, source_ip: str, _secure: bool) -> None:
    original(source_ip, True)
