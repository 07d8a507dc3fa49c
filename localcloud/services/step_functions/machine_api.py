"""The API calls around state machines and activities: what is kept and told of them beside what the emulator keeps.

https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch_logs
from ministack.services import stepfunctions as emulator

from awskit.asl.references import variable_references
from localcloud.services import handlers
from localcloud.services.handlers import Around, Content, Handler, Request, Response, content
from localcloud.services.refusals import Refused
from localcloud.services.step_functions import creation, request_checks

_LOGGING = {"level": "OFF", "includeExecutionData": False}
_UPDATED = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
_TRIED = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
"""The log stream with which Step Functions tries whether it may write to a group."""
_OWN = ("initialRevision", "lastVersionNumber", "createVersionArn")


def install() -> None:
    """Go around the emulator's handlers."""
    handlers.install(emulator, _AROUND)


def _create(original: Handler, request: Request) -> Content | Response:
    """The emulator checks every definition by ``refusal``, which does not know what an express workflow may not do."""
    refused = creation.refusal(request.get("definition"), express=request.get("type") == "EXPRESS")
    if refused and request.get("name"):
        raise Refused("InvalidDefinition", refused)
    if request.get("versionDescription") and not request.get("publish"):
        raise Refused("ValidationException", "Version description can only be set when publish is true")
    _check_logging(request)
    response = original(request)
    if response[0] >= 400 and json.loads(response[2]).get("__type") == "StateMachineAlreadyExists":
        arn = _arn("stateMachine", request)
        raise Refused("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    machine = emulator._state_machines[content(response)["stateMachineArn"]]
    machine.setdefault("tracingConfiguration", request.get("tracingConfiguration") or {"enabled": False})
    return response


def _update(original: Handler, request: Request) -> Content:
    if not any(request.get(name) for name in _UPDATED):
        either = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration"
        raise Refused("MissingRequiredParameter", f"{either} must be specified")
    _check_logging(request)
    machine = emulator._state_machines.get(request.get("stateMachineArn"), {})
    before = {name: machine.get(name) for name in (*_UPDATED, "revisionId")}
    told = content(original({name: value for name, value in request.items() if name != "publish"}))
    machine.setdefault("initialRevision", before["revisionId"])
    if request.get("tracingConfiguration"):
        machine["tracingConfiguration"] = request["tracingConfiguration"]
    if all(machine.get(name) == before[name] for name in _UPDATED):
        machine["revisionId"] = before["revisionId"]
    if machine["revisionId"] != machine["initialRevision"]:
        told["revisionId"] = machine["revisionId"]
    if request.get("publish"):
        about = {"stateMachineArn": request["stateMachineArn"], "description": request.get("versionDescription", "")}
        version = content(emulator._publish_state_machine_version(about))
        told["stateMachineVersionArn"] = version["stateMachineVersionArn"]
    return told


def _describe(original: Handler, request: Request) -> Content:
    arn = str(request.get("stateMachineArn", ""))
    response = original(request)
    if response[0] >= 400:
        raise Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return _told(content(response), arn)


def _describe_for_execution(original: Handler, request: Request) -> Content:
    told = content(original(request))
    return _told(told, told["stateMachineArn"])


def _told(described: Content, arn: str) -> Content:
    """A state machine's description: without a revision until it is updated, with the variables its states read."""
    machine = emulator._state_machines.get(emulator._resolve_state_machine_arn(arn), {})
    told = {name: value for name, value in described.items() if name not in _OWN}
    told["loggingConfiguration"] = {
        **_LOGGING,
        **machine.get("loggingConfiguration", {}),
        **described.get("loggingConfiguration", {}),
    }
    told["tracingConfiguration"] = machine.get("tracingConfiguration", {"enabled": False})
    if told.get("revisionId") == machine.get("initialRevision", machine.get("revisionId")):
        told.pop("revisionId", None)
    if not told.get("description", True):
        del told["description"]
    references = variable_references(json.loads(described["definition"]))
    return {**told, "variableReferences": references} if references else told


def _list(what: str, original: Handler, request: Request) -> Content:
    """A list in pages. The emulator has all of it on one page, or takes any text for a token."""
    given = {name: value for name, value in request.items() if name not in ("maxResults", "nextToken")}
    items = content(original({**given, "maxResults": 1_000_000} if what == "stateMachines" else given))[what]
    if what == "stateMachineAliases":
        items.sort(key=lambda alias: str(alias["creationDate"]))
    return request_checks.page(items, request, what)


def _publish(original: Handler, request: Request) -> Content | Response:
    """Publishing the same revision again gives the version that there is."""
    machine = emulator._state_machines.get(request.get("stateMachineArn"))
    if machine is None:
        return original(request)
    current, wanted = machine["revisionId"], request.get("revisionId")
    if wanted and wanted != current:
        message = f"Failed to publish the State Machine version for revision {wanted}."
        raise Refused("ConflictException", f"{message} The current State Machine revision is {current}.")
    for version in emulator._state_machine_versions.values():
        if version["stateMachineArn"] == machine["stateMachineArn"] and version["stateMachineRevisionId"] == current:
            return {name: version[name] for name in ("stateMachineVersionArn", "creationDate")}
    return original(request)


def _create_alias(original: Handler, request: Request) -> Content | Response:
    """Creating an alias again as it is gives the one that there is."""
    routes = request.get("routingConfiguration") or []
    _check_routes(routes)
    machine = routes[0]["stateMachineVersionArn"].rpartition(":")[0] if routes else ""
    alias = emulator._state_machine_aliases.get(f"{machine}:{request.get('name')}")
    if alias is None:
        return original(request)
    if alias["routingConfiguration"] == routes and alias["description"] == request.get("description", ""):
        return {name: alias[name] for name in ("stateMachineAliasArn", "creationDate")}
    other = "an alias with the same name and a different routing configuration already exists."
    raise Refused("ConflictException", f"Failed to create alias because {other}")


def _update_alias(original: Handler, request: Request) -> Response:
    if request.get("stateMachineAliasArn") not in emulator._state_machine_aliases:
        raise Refused("ResourceNotFound", "Request references a resource that does not exist.")
    _check_routes(request.get("routingConfiguration") or [])
    return original(request)


def _check_routes(routes: list[dict[str, Any]]) -> None:
    versions = [str(route.get("stateMachineVersionArn", "")) for route in routes]
    weights = [route.get("weight", 0) for route in routes]
    received = f"Received: [{', '.join(versions)}]"
    if any(not version.rpartition(":")[2].isdigit() for version in versions):
        message = f"Routing configuration must contain state machine version ARNs. {received}"
        raise Refused("ValidationException", message)
    if len(set(versions)) < len(versions):
        message = f"Routing configuration must contain distinct state machine version ARNs. {received}"
        raise Refused("ValidationException", message)
    if routes and sum(weights) != 100:
        message = f"Sum of routing configuration weights must equal 100. Received: {weights}"
        raise Refused("ValidationException", message)


def _delete_version(original: Handler, request: Request) -> Response:
    arn = request.get("stateMachineVersionArn")
    using = [
        alias["name"]
        for alias in emulator._state_machine_aliases.values()
        if arn in (route["stateMachineVersionArn"] for route in alias["routingConfiguration"])
    ]
    if using:
        which = f"Current list of aliases referencing this version: [{', '.join(using)}]"
        raise Refused("ConflictException", f"Version to be deleted must not be referenced by an alias. {which}")
    return original(request)


def _tag(original: Handler, request: Request) -> Response:
    arn = str(request.get("resourceArn", ""))
    parts = arn.split(":")
    known = arn in emulator._state_machines or arn in emulator._activities
    if len(parts) > 5 and parts[5] in ("stateMachine", "activity") and not known:
        raise Refused("ResourceNotFound", f"Resource not found: '{arn}'")
    return original(request)


def _create_activity(original: Handler, request: Request) -> Content | Response:
    """Creating an activity again is no error: it is the same one."""
    activity = emulator._activities.get(_arn("activity", request))
    if activity is not None:
        return {name: activity[name] for name in ("activityArn", "creationDate")}
    return original(request)


def _describe_activity(original: Handler, request: Request) -> Content:
    return {**content(original(request)), "encryptionConfiguration": {"type": "AWS_OWNED_KEY"}}


def _delete_activity(original: Handler, request: Request) -> Content | Response:
    return original(request) if request.get("activityArn") in emulator._activities else {}


def _arn(kind: str, request: Request) -> str:
    return f"arn:aws:states:{responses.get_region()}:{responses.get_account_id()}:{kind}:{request.get('name')}"


def _check_logging(request: Mapping[str, Any]) -> None:
    logging = request.get("loggingConfiguration") or {}
    destinations = logging.get("destinations") or []
    if len(destinations) > 1 or (logging.get("level", "OFF") != "OFF" and not destinations):
        message = "Must specify exactly one Log Destination."
        raise Refused("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {message}")
    for destination in destinations:
        arn = str((destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn", ""))
        name = arn.partition(":log-group:")[2].removesuffix(":*")
        group = cloudwatch_logs._log_groups.get(name)
        if group is None:
            message = "Log Destination not found."
            raise Refused("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {message}")
        if _TRIED not in group["streams"]:
            cloudwatch_logs._create_log_stream({"logGroupName": name, "logStreamName": _TRIED})


_AROUND: Mapping[str, Around] = {
    "_create_state_machine": _create,
    "_update_state_machine": _update,
    "_describe_state_machine": _describe,
    "_describe_state_machine_for_execution": _describe_for_execution,
    "_list_state_machines": partial(_list, "stateMachines"),
    "_list_state_machine_versions": partial(_list, "stateMachineVersions"),
    "_list_state_machine_aliases": partial(_list, "stateMachineAliases"),
    "_list_activities": partial(_list, "activities"),
    "_publish_state_machine_version": _publish,
    "_create_state_machine_alias": _create_alias,
    "_update_state_machine_alias": _update_alias,
    "_delete_state_machine_version": _delete_version,
    "_tag_resource": _tag,
    "_create_activity": _create_activity,
    "_describe_activity": _describe_activity,
    "_delete_activity": _delete_activity,
}
