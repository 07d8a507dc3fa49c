"""What a role may do, asked where services act with a role and no signed request passes by."""

import re
import threading
from collections.abc import Mapping
from typing import Any, Final

from localcloud.services.iam import calls

_ACCESS_KEY = re.compile(r"Credential=(?P<key>[^/]+)/")
_PROFILES: Final = frozenset({"us", "eu", "apac", "jp", "au", "ca", "us-gov", "global"})


ENFORCED = threading.Event()
"""Set in a local cloud that checks permissions."""


class AccessDeniedError(Exception):
    """A role's policies do not allow a call; the text is AWS's."""


def authorise(role_arn: str, action: str, resource: str, context: Mapping[str, Any] | None = None) -> None:
    """Note a call of a role, and raise AccessDeniedError when its policies do not allow it.

    Does nothing where permissions are not checked. ``context`` are the condition keys of the call.
    """
    if not ENFORCED.is_set() or not role_arn:
        return
    from ministack.core import iam_evaluator

    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    principal = f"arn:aws:sts::{account}:assumed-role/{name}/service"
    wanted = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region="us-east-1",
        service_context={key.lower(): value for key, value in (context or {}).items()},
    )
    allowed = iam_evaluator.evaluate(wanted, iam_evaluator._gather_role_policies(name, account)).decision == "Allow"
    calls.note(name, action, resource, allowed=allowed)
    if not allowed:
        raise AccessDeniedError(
            f"User: {principal} is not authorized to perform: {action} on resource: {resource} because no "
            f"identity-based policy allows the {action} action"
        )


def role_of(access_key_id: str) -> str:
    """The name of the role whose session a key belongs to; empty for any other key."""
    from ministack.core import iam_evaluator, responses

    principal = iam_evaluator.resolve_principal(access_key_id or "", responses.get_account_id())
    if getattr(principal, "type", "") != "AssumedRole":
        return ""
    return str(iam_evaluator._role_name_from_assumed_arn(principal.arn))


def arn_of(access_key_id: str) -> str:
    """The ARN of that role; empty for any other key."""
    from ministack.core import responses

    name = role_of(access_key_id)
    return f"arn:aws:iam::{responses.get_account_id()}:role/{name}" if name else ""


def may_invoke(authorization: str, model_id: str) -> str | None:
    """What is wrong with a caller of a model: AWS's words when its role does not allow it, else None."""
    found = _ACCESS_KEY.search(authorization)
    role_arn = arn_of(found["key"]) if found else ""
    place = "arn:aws:bedrock:us-east-1"
    named = model_id.partition(".")[0] in _PROFILES
    account = role_arn.split(":")[4] if role_arn else ""
    resource = f"{place}:{account}:inference-profile/{model_id}" if named else f"{place}::foundation-model/{model_id}"
    try:
        authorise(role_arn, "bedrock:InvokeModel", resource)
    except AccessDeniedError as denied:
        return str(denied)
    return None
