"""The Step Functions API calls that start, stop, redrive and describe executions.

https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

import json
import math
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions import callbacks, creation, machine_api, notices, request_checks, state_tests
from localcloud.services.step_functions.executions import LocalExecutions
from localcloud.services.step_functions.machine_api import Handler, Request, Response, answer, error
from localcloud.services.step_functions.run import Refused, Run
from localcloud.services.xray import tracing
from localcloud.services.xray.tracing import Trace

_LISTS = {
    "_list_state_machines": "stateMachines",
    "_list_state_machine_versions": "stateMachineVersions",
    "_list_state_machine_aliases": "stateMachineAliases",
    "_list_activities": "activities",
}
_MISSING = {
    "StateMachineDoesNotExist": ("State Machine Does Not Exist", "stateMachineArn"),
    "ActivityDoesNotExist": ("Activity Does Not Exist", "activityArn"),
}


def replace_handlers(executions: LocalExecutions) -> None:
    """Put our handlers in the place of the emulator's."""
    calls = _Calls(executions)
    emulator._start_execution = _answering(calls.start)
    emulator._start_sync_execution = _answering(calls.start_and_wait)
    emulator._stop_execution = _answering(calls.stop)
    emulator._describe_execution = _describing(emulator._describe_execution)
    emulator._list_executions = _listing(emulator._list_executions)
    emulator._get_execution_history = _with_history(emulator._get_execution_history)
    emulator._send_task_success = _with_token(emulator._send_task_success)
    emulator._send_task_heartbeat = _with_token(emulator._send_task_heartbeat)
    emulator._send_task_failure = _with_token(_send_task_failure)
    emulator._validate_definition_jsonata = creation.refusal
    emulator._create_state_machine = machine_api.creating(emulator._create_state_machine)
    emulator._update_state_machine = machine_api.updating(emulator._update_state_machine)
    emulator._describe_state_machine = machine_api.describing(emulator._describe_state_machine)
    emulator._describe_state_machine_for_execution = machine_api.describing_for_execution(
        emulator._describe_state_machine_for_execution
    )
    for function, what in _LISTS.items():
        setattr(emulator, function, machine_api.listing(getattr(emulator, function), what))
    emulator._publish_state_machine_version = machine_api.publishing(emulator._publish_state_machine_version)
    emulator._create_state_machine_alias = machine_api.creating_alias(emulator._create_state_machine_alias)
    emulator._update_state_machine_alias = machine_api.updating_alias(emulator._update_state_machine_alias)
    emulator._delete_state_machine_version = machine_api.deleting_version(emulator._delete_state_machine_version)
    emulator._tag_resource = machine_api.tagging(emulator._tag_resource)
    emulator._create_activity = machine_api.creating_activity(emulator._create_activity)
    emulator._describe_activity = machine_api.describing_activity(emulator._describe_activity)
    emulator._delete_activity = machine_api.deleting_activity(emulator._delete_activity)
    emulator._get_activity_task = _taking_task(emulator._get_activity_task)
    emulator._delete_state_machine = _deleting(emulator._delete_state_machine, executions)
    emulator._test_state = _answering(lambda request: state_tests.answer(request, executions))
    emulator._validate_state_machine_definition = _answering(creation.validation)
    emulator.handle_request = _with_redrive(emulator.handle_request, _answering(calls.redrive))
    emulator.reset = _resetting(emulator.reset, executions)


def _send_task_failure(request: Request) -> Response:
    """The emulator's own makes up an error name and an empty cause where none is given."""
    token = emulator._task_tokens[request["taskToken"]]
    token["error"] = {"Error": request.get("error"), "Cause": request.get("cause")}
    token["event"].set()
    return answer({})


def _with_token(call: Handler) -> Handler:
    """A token that has been answered, or whose task is over, is told apart from what was never one."""

    def handler(request: Request) -> Response:
        token = str(request.get("taskToken", ""))
        if emulator._task_tokens.get(token) is not None:
            return call(request)
        if callbacks.is_token(token):
            return error(Refused("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"))
        return error(Refused("InvalidToken", "Invalid Token: 'Invalid token'"))

    return handler


def _taking_task(original: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def handler(data: Request) -> Response:
        response = await original(data)
        token = json.loads(response[2]).get("taskToken") if response[0] < 400 else None
        if token is not None:
            callbacks.taken(token, data.get("workerName"))
        return response

    return handler


class _Calls:
    def __init__(self, executions: LocalExecutions) -> None:
        self._executions = executions

    def start(self, request: Request) -> dict[str, Any]:
        run = self._started(request, waiting=False)
        return {"executionArn": run.record["executionArn"], "startDate": run.record["startDate"]}

    def start_and_wait(self, request: Request) -> dict[str, Any]:
        arn = str(request.get("stateMachineArn", ""))
        machine = emulator._state_machines.get(emulator._resolve_state_machine_arn(arn.partition("#")[0]))
        if machine is not None and machine["type"] != "EXPRESS":
            raise Refused(
                "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"
            )
        run = self._started(request, waiting=True)
        ended, began = threading.Event(), time.monotonic()
        run.when_ended(ended.set)
        ended.wait()
        # Billed in steps of 100 ms and 64 MB.
        billed = 100 * max(1, math.ceil((time.monotonic() - began) * 10))
        shown = ("executionArn", "stateMachineArn", "name", "startDate", "stopDate", "status", "error", "cause")
        details = ("input", "inputDetails", "output", "outputDetails")
        told = {name: run.record[name] for name in shown + details if run.record.get(name) is not None}
        return {**told, "billingDetails": {"billedDurationInMilliseconds": billed, "billedMemoryUsedInMB": 64}}

    def _started(self, request: Request, *, waiting: bool) -> Run:
        arn, text = str(request.get("stateMachineArn", "")), request.get("input", "{}")
        # Of the two ways to give a tracing header, the one of the HTTP request counts.
        with tracing.within(tracing.current() or Trace.read(request.get("traceHeader"))):
            return self._executions.start(arn, text, request.get("name"), waiting=waiting)

    def stop(self, request: Request) -> dict[str, Any]:
        arn = str(request.get("executionArn", ""))
        record = _record(arn)
        run = self._executions.find(arn)
        if record["status"] == "RUNNING" and run is not None:
            self._executions.stop(run, request.get("error"), request.get("cause"))
        elif record["status"] != "ABORTED":
            raise Refused("ValidationException", f"Execution is not running: '{arn}'")
        return {"stopDate": record["stopDate"]}

    def redrive(self, request: Request) -> dict[str, Any]:
        return {"redriveDate": self._executions.redrive(str(request.get("executionArn", "")))}


def _record(arn: str) -> dict[str, Any]:
    record: dict[str, Any] | None = emulator._executions.get(arn)
    if record is None:
        raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return record


def _answering(call: Callable[[Request], dict[str, Any]]) -> Handler:
    """A handler as the emulator has them: its answer, or the error it is refused with."""

    def handler(data: Request) -> Response:
        try:
            return answer(call(data))
        except Refused as refusal:
            return error(refusal)

    return handler


def _deleting(original: Handler, executions: LocalExecutions) -> Handler:
    def handler(data: Request) -> Response:
        arn = str(data.get("stateMachineArn", ""))
        if arn not in emulator._state_machines:
            return answer({})
        executions.forget(arn)
        return original(data)

    return handler


def _describing(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        try:
            record = _record(str(data.get("executionArn", "")))
        except Refused as refusal:
            return error(refusal)
        status, _, body = original(data)
        if status >= 400:
            return status, _, body
        told = {**json.loads(body), **_redrives(record), **_through(record), **notices.redrive_status(record)}
        if record["output"] is None:
            told.pop("outputDetails", None)
        return answer(told)

    return handler


def _listing(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        machine = data.get("stateMachineArn")
        base = emulator._resolve_state_machine_arn(machine) if machine else None
        if machine is not None and base is None:
            return error(Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'"))
        if base is not None and emulator._state_machines[base]["type"] == "EXPRESS":
            message = "This operation is not supported by this type of state machine"
            return error(Refused("StateMachineTypeNotSupported", message))
        whole = machine == base
        asked = data if whole else {**data, "stateMachineArn": base, "maxResults": 1_000_000, "nextToken": None}
        status, headers, body = original(asked)
        if status >= 400:
            return status, headers, body
        found = json.loads(body)
        records = [emulator._executions.get(item["executionArn"]) or {} for item in found["executions"]]
        listed = [
            {**item, **_redrives(record), **_through(record)}
            for item, record in zip(found["executions"], records, strict=True)
            if whole or machine in _through(record).values()
        ]
        if whole:
            return answer({**found, "executions": listed})
        try:
            shown, token = request_checks.page(listed, data, f"executions of {machine}")
        except Refused as refusal:
            return error(refusal)
        return answer({"executions": shown, **({"nextToken": token} if token else {})})

    return handler


def _with_history(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        try:
            record = _record(str(data.get("executionArn", "")))
            if not record["events"]:
                # On AWS, too, an execution is forgotten at some time: 90 days after its end.
                raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{record['executionArn']}'")
        except Refused as refusal:
            return error(refusal)
        return original(data)

    return handler


def _with_redrive(original: Callable[..., Any], redrive: Handler) -> Callable[..., Any]:
    """The emulator's entry, with AWS's checks of requests and the call it does not know."""

    async def handle_request(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
        action = str(headers.get("x-amz-target", "")).rpartition(".")[2]
        try:
            data = json.loads(body) if body else {}
        except ValueError:
            return responses.error_response_json("SerializationException", "Invalid JSON", 400)
        try:
            request_checks.check(action, data)
        except Refused as refusal:
            return error(refusal)
        if action == "RedriveExecution":
            return emulator._finalize_response(redrive(data))
        return _reworded(data, await original(method, path, headers, body, query_params))

    return handle_request


def _reworded(request: Request, response: Response) -> Response:
    """The emulator's own words of what is missing, in AWS's."""
    status, _, body = response
    code = str(json.loads(body).get("__type", "")) if status >= 400 else ""
    if code not in _MISSING:
        return response
    words, name = _MISSING[code]
    return error(Refused(code, f"{words}: '{request[name]}'")) if name in request else response


def _resetting(original: Callable[[], None], executions: LocalExecutions) -> Callable[[], None]:
    def reset() -> None:
        executions.clear()
        original()

    return reset


def _through(record: Mapping[str, Any]) -> dict[str, Any]:
    """The version and the alias that an execution was started by."""
    return {name: record[name] for name in ("stateMachineVersionArn", "stateMachineAliasArn") if name in record}


def _redrives(record: Mapping[str, Any]) -> dict[str, Any]:
    known = {"redriveCount": record.get("redriveCount", 0)}
    return {**known, "redriveDate": record["redriveDate"]} if record.get("redriveDate") else known
