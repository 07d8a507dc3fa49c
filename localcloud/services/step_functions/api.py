"""The Step Functions API calls that start, stop, redrive and describe executions.

https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

import json
import math
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from ministack.services import stepfunctions as emulator

from localcloud.services import handlers
from localcloud.services.handlers import (
    Around,
    Content,
    Handler,
    Request,
    Response,
    answer,
    answering,
    content,
    refused,
)
from localcloud.services.refusals import Refused
from localcloud.services.step_functions import callbacks, creation, machine_api, notices, request_checks, state_tests
from localcloud.services.step_functions.executions import LocalExecutions
from localcloud.services.step_functions.run import Run
from localcloud.services.xray import tracing
from localcloud.services.xray.tracing import Trace

_MISSING = {
    "StateMachineDoesNotExist": ("State Machine Does Not Exist", "stateMachineArn"),
    "ActivityDoesNotExist": ("Activity Does Not Exist", "activityArn"),
}


def replace_handlers(executions: LocalExecutions) -> None:
    """Put our handlers in the place of the emulator's, and around them."""
    calls = _Calls(executions)
    ours = {
        "_start_execution": answering(calls.start),
        "_start_sync_execution": answering(calls.start_and_wait),
        "_stop_execution": answering(calls.stop),
        "_test_state": answering(lambda request: state_tests.answer(request, executions)),
        "_validate_state_machine_definition": answering(creation.validation),
        "_validate_definition_jsonata": creation.refusal,
    }
    handlers.replace(emulator, ours)
    handlers.install(emulator, {**_AROUND, "_delete_state_machine": partial(_delete, executions)})
    machine_api.install()
    emulator._get_activity_task = partial(_take_task, emulator._get_activity_task)
    emulator.handle_request = partial(_handle_request, emulator.handle_request, answering(calls.redrive))
    emulator.reset = partial(_reset, emulator.reset, executions)


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


def _with_token(original: Handler, request: Request) -> Content | Response:
    """A token that has been answered, or whose task is over, is told apart from what was never one."""
    token = str(request.get("taskToken", ""))
    if emulator._task_tokens.get(token) is not None:
        return original(request)
    if callbacks.is_token(token):
        raise Refused("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    raise Refused("InvalidToken", "Invalid Token: 'Invalid token'")


def _fail_task(request: Request) -> Response:
    """The emulator's own makes up an error name and an empty cause where none is given."""
    token = emulator._task_tokens[request["taskToken"]]
    token["error"] = {"Error": request.get("error"), "Cause": request.get("cause")}
    token["event"].set()
    return answer({})


async def _take_task(original: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    response = await original(request)
    token = json.loads(response[2]).get("taskToken") if response[0] < 400 else None
    if token is not None:
        callbacks.taken(token, request.get("workerName"))
    return response


def _delete(executions: LocalExecutions, original: Handler, request: Request) -> Content | Response:
    arn = str(request.get("stateMachineArn", ""))
    if arn not in emulator._state_machines:
        return {}
    executions.forget(arn)
    return original(request)


def _describe(original: Handler, request: Request) -> Content:
    record = _record(str(request.get("executionArn", "")))
    told = {**content(original(request)), **_redrives(record), **_through(record), **notices.redrive_status(record)}
    if record["output"] is None:
        told.pop("outputDetails", None)
    return told


def _list(original: Handler, request: Request) -> Content:
    machine = request.get("stateMachineArn")
    base = emulator._resolve_state_machine_arn(machine) if machine else None
    if machine is not None and base is None:
        raise Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'")
    if base is not None and emulator._state_machines[base]["type"] == "EXPRESS":
        message = "This operation is not supported by this type of state machine"
        raise Refused("StateMachineTypeNotSupported", message)
    whole = machine == base
    asked = request if whole else {**request, "stateMachineArn": base, "maxResults": 1_000_000, "nextToken": None}
    found = content(original(asked))
    records = [emulator._executions.get(item["executionArn"]) or {} for item in found["executions"]]
    listed = [
        {**item, **_redrives(record), **_through(record)}
        for item, record in zip(found["executions"], records, strict=True)
        if whole or machine in _through(record).values()
    ]
    if whole:
        return {**found, "executions": listed}
    return request_checks.page(listed, request, "executions", of=str(machine))


def _history(original: Handler, request: Request) -> Response:
    record = _record(str(request.get("executionArn", "")))
    if not record["events"]:
        # On AWS, too, an execution is forgotten at some time: 90 days after its end.
        raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{record['executionArn']}'")
    return original(request)


async def _handle_request(
    original: Callable[..., Any], redrive: Handler, method: str, path: str, headers: Any, body: Any, query_params: Any
) -> Any:
    """The emulator's entry, with AWS's checks of requests and the call it does not know."""
    action = str(headers.get("x-amz-target", "")).rpartition(".")[2]
    try:
        data = json.loads(body) if body else {}
    except ValueError:
        return refused(Refused("SerializationException", "Invalid JSON"))
    try:
        request_checks.check(action, data)
    except Refused as refusal:
        return refused(refusal)
    if action == "RedriveExecution":
        return emulator._finalize_response(redrive(data))
    return _reworded(data, await original(method, path, headers, body, query_params))


def _reworded(request: Request, response: Response) -> Response:
    """The emulator's own words of what is missing, in AWS's."""
    status, _, body = response
    code = str(json.loads(body).get("__type", "")) if status >= 400 else ""
    if code not in _MISSING:
        return response
    words, name = _MISSING[code]
    return refused(Refused(code, f"{words}: '{request[name]}'")) if name in request else response


def _reset(original: Callable[[], None], executions: LocalExecutions) -> None:
    executions.clear()
    original()


def _through(record: Mapping[str, Any]) -> dict[str, Any]:
    """The version and the alias that an execution was started by."""
    return {name: record[name] for name in ("stateMachineVersionArn", "stateMachineAliasArn") if name in record}


def _redrives(record: Mapping[str, Any]) -> dict[str, Any]:
    known = {"redriveCount": record.get("redriveCount", 0)}
    return {**known, "redriveDate": record["redriveDate"]} if record.get("redriveDate") else known


_AROUND: Mapping[str, Around] = {
    "_describe_execution": _describe,
    "_list_executions": _list,
    "_get_execution_history": _history,
    "_send_task_success": _with_token,
    "_send_task_heartbeat": _with_token,
    "_send_task_failure": lambda _, request: _with_token(_fail_task, request),
}
