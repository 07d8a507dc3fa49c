"""The API calls around state machines and activities: what is kept and told of them beside what the emulator keeps.

https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch_logs
from ministack.services import stepfunctions as emulator

from awskit.asl.references import variable_references
from localcloud.services.step_functions import creation, request_checks
from localcloud.services.step_functions.run import Refused

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Request], Response]

_LOGGING = {"level": "OFF", "includeExecutionData": False}
_UPDATED = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration")
_TRIED = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
"""The log stream with which Step Functions tries whether it may write to a group."""
_OWN = ("initialRevision", "lastVersionNumber", "createVersionArn")


def answer(content: Mapping[str, Any]) -> Response:
    response: Response = responses.json_response(dict(content))
    return response


def error(refusal: Refused) -> Response:
    response: Response = responses.error_response_json(refusal.code, refusal.message, 400)
    return response


def creating(original: Handler) -> Handler:
    """The emulator checks every definition by ``refusal``, which does not know what an express workflow may not do."""

    def handler(data: Request) -> Response:
        refused = creation.refusal(data.get("definition"), express=data.get("type") == "EXPRESS")
        if refused and data.get("name"):
            return error(Refused("InvalidDefinition", refused))
        if data.get("versionDescription") and not data.get("publish"):
            message = "Version description can only be set when publish is true"
            return error(Refused("ValidationException", message))
        try:
            _check_logging(data)
        except Refused as refusal:
            return error(refusal)
        response = original(data)
        if response[0] >= 400 and json.loads(response[2]).get("__type") == "StateMachineAlreadyExists":
            place = f"{responses.get_region()}:{responses.get_account_id()}"
            arn = f"arn:aws:states:{place}:stateMachine:{data['name']}"
            return error(Refused("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'"))
        if response[0] < 400:
            machine = emulator._state_machines[json.loads(response[2])["stateMachineArn"]]
            machine.setdefault("tracingConfiguration", data.get("tracingConfiguration") or {"enabled": False})
        return response

    return handler


def updating(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        if not any(data.get(name) for name in (*_UPDATED, "encryptionConfiguration")):
            either = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration"
            return error(Refused("MissingRequiredParameter", f"{either} must be specified"))
        try:
            _check_logging(data)
        except Refused as refusal:
            return error(refusal)
        machine = emulator._state_machines.get(data.get("stateMachineArn"), {})
        before = {name: machine.get(name) for name in (*_UPDATED, "encryptionConfiguration", "revisionId")}
        status, headers, body = original({name: value for name, value in data.items() if name != "publish"})
        if status >= 400:
            return status, headers, body
        machine.setdefault("initialRevision", before["revisionId"])
        if data.get("tracingConfiguration"):
            machine["tracingConfiguration"] = data["tracingConfiguration"]
        if all(machine.get(name) == value for name, value in before.items() if name != "revisionId"):
            machine["revisionId"] = before["revisionId"]
        told = json.loads(body)
        if machine["revisionId"] != machine["initialRevision"]:
            told["revisionId"] = machine["revisionId"]
        if data.get("publish"):
            about = {"stateMachineArn": data["stateMachineArn"], "description": data.get("versionDescription", "")}
            version = json.loads(emulator._publish_state_machine_version(about)[2])
            told["stateMachineVersionArn"] = version["stateMachineVersionArn"]
        return answer(told)

    return handler


def describing(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        arn = str(data.get("stateMachineArn", ""))
        status, _, body = original(data)
        if status >= 400:
            return error(Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'"))
        return answer(_told(json.loads(body), arn))

    return handler


def describing_for_execution(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        status, headers, body = original(data)
        if status >= 400:
            return status, headers, body
        told = json.loads(body)
        return answer(_told(told, told["stateMachineArn"]))

    return handler


def _told(described: dict[str, Any], arn: str) -> dict[str, Any]:
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


def listing(original: Handler, what: str) -> Handler:
    """A list in pages. The emulator has all of it on one page, or takes any text for a token."""

    def handler(data: Request) -> Response:
        given = {name: value for name, value in data.items() if name not in ("maxResults", "nextToken")}
        status, headers, body = original({**given, "maxResults": 1_000_000} if what == "stateMachines" else given)
        if status >= 400:
            return status, headers, body
        items = json.loads(body)[what]
        if what == "stateMachineAliases":
            items.sort(key=lambda alias: str(alias["creationDate"]))
        try:
            shown, token = request_checks.page(items, data, what)
        except Refused as refusal:
            return error(refusal)
        return answer({what: shown, **({"nextToken": token} if token else {})})

    return handler


def publishing(original: Handler) -> Handler:
    """Publishing the same revision again gives the version that there is."""

    def handler(data: Request) -> Response:
        machine = emulator._state_machines.get(data.get("stateMachineArn"))
        if machine is None:
            return original(data)
        current, wanted = machine["revisionId"], data.get("revisionId")
        if wanted and wanted != current:
            message = f"Failed to publish the State Machine version for revision {wanted}."
            return error(Refused("ConflictException", f"{message} The current State Machine revision is {current}."))
        for version in emulator._state_machine_versions.values():
            if (
                version["stateMachineArn"] == machine["stateMachineArn"]
                and version["stateMachineRevisionId"] == current
            ):
                return answer({name: version[name] for name in ("stateMachineVersionArn", "creationDate")})
        return original(data)

    return handler


def creating_alias(original: Handler) -> Handler:
    """Creating an alias again as it is gives the one that there is."""

    def handler(data: Request) -> Response:
        routes = data.get("routingConfiguration") or []
        problem = _routing_problem(routes)
        if problem:
            return error(Refused("ValidationException", problem))
        machine = routes[0]["stateMachineVersionArn"].rpartition(":")[0] if routes else ""
        alias = emulator._state_machine_aliases.get(f"{machine}:{data.get('name')}")
        if alias is None:
            return original(data)
        if alias["routingConfiguration"] == routes and alias["description"] == data.get("description", ""):
            return answer({name: alias[name] for name in ("stateMachineAliasArn", "creationDate")})
        other = "an alias with the same name and a different routing configuration already exists."
        return error(Refused("ConflictException", f"Failed to create alias because {other}"))

    return handler


def updating_alias(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        if data.get("stateMachineAliasArn") not in emulator._state_machine_aliases:
            return error(Refused("ResourceNotFound", "Request references a resource that does not exist."))
        problem = _routing_problem(data.get("routingConfiguration") or [])
        return error(Refused("ValidationException", problem)) if problem else original(data)

    return handler


def _routing_problem(routes: list[dict[str, Any]]) -> str | None:
    versions = [str(route.get("stateMachineVersionArn", "")) for route in routes]
    weights = [route.get("weight", 0) for route in routes]
    what = "Routing configuration must contain"
    if any(not version.rpartition(":")[2].isdigit() for version in versions):
        return f"{what} state machine version ARNs. Received: [{', '.join(versions)}]"
    if len(set(versions)) < len(versions):
        return f"{what} distinct state machine version ARNs. Received: [{', '.join(versions)}]"
    if routes and sum(weights) != 100:
        return f"Sum of routing configuration weights must equal 100. Received: {weights}"
    return None


def deleting_version(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        arn = data.get("stateMachineVersionArn")
        using = [
            alias["name"]
            for alias in emulator._state_machine_aliases.values()
            if arn in (route["stateMachineVersionArn"] for route in alias["routingConfiguration"])
        ]
        if not using:
            return original(data)
        which = f"Current list of aliases referencing this version: [{', '.join(using)}]"
        message = f"Version to be deleted must not be referenced by an alias. {which}"
        return error(Refused("ConflictException", message))

    return handler


def tagging(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        arn = str(data.get("resourceArn", ""))
        parts = arn.split(":")
        known = arn in emulator._state_machines or arn in emulator._activities
        if len(parts) > 5 and parts[5] in ("stateMachine", "activity") and not known:
            return error(Refused("ResourceNotFound", f"Resource not found: '{arn}'"))
        return original(data)

    return handler


def creating_activity(original: Handler) -> Handler:
    """Creating an activity again is no error: it is the same one."""

    def handler(data: Request) -> Response:
        place = f"{responses.get_region()}:{responses.get_account_id()}"
        activity = emulator._activities.get(f"arn:aws:states:{place}:activity:{data.get('name')}")
        if activity is not None:
            return answer({name: activity[name] for name in ("activityArn", "creationDate")})
        return original(data)

    return handler


def describing_activity(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        status, headers, body = original(data)
        if status >= 400:
            return status, headers, body
        return answer({**json.loads(body), "encryptionConfiguration": {"type": "AWS_OWNED_KEY"}})

    return handler


def deleting_activity(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        return original(data) if data.get("activityArn") in emulator._activities else answer({})

    return handler


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
