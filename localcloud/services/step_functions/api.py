"""The Step Functions API calls that start, stop, redrive and describe executions.

https://docs.aws.amazon.com/step-functions/latest/apireference/
"""

import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions as emulator

from localcloud.services.step_functions import creation, notices, state_tests
from localcloud.services.step_functions.executions import LocalExecutions
from localcloud.services.step_functions.run import Refused
from localcloud.services.xray import tracing
from localcloud.services.xray.tracing import Trace

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Request], Response]


def replace_handlers(executions: LocalExecutions) -> None:
    """Put our handlers in the place of the emulator's."""
    calls = _Calls(executions)
    emulator._start_execution = _answering(calls.start)
    emulator._start_sync_execution = _answering(calls.start_and_wait)
    emulator._stop_execution = _answering(calls.stop)
    emulator._describe_execution = _describing(emulator._describe_execution)
    emulator._list_executions = _listing(emulator._list_executions)
    emulator._get_execution_history = _with_history(emulator._get_execution_history)
    emulator._send_task_failure = _send_task_failure
    emulator._validate_definition_jsonata = creation.refusal
    emulator._create_state_machine = _creating(emulator._create_state_machine)
    emulator._describe_state_machine = _describing_machine(emulator._describe_state_machine)
    emulator._delete_state_machine = _deleting(emulator._delete_state_machine, executions)
    emulator._test_state = _answering(lambda request: state_tests.answer(request, executions))
    emulator._validate_state_machine_definition = _answering(creation.validation)
    emulator.handle_request = _with_redrive(emulator.handle_request, _answering(calls.redrive))
    emulator.reset = _resetting(emulator.reset, executions)


def _send_task_failure(request: Request) -> Response:
    """The emulator's own makes up an error name and an empty cause where none is given."""
    token = emulator._task_tokens.get(request.get("taskToken"))
    if token is None:
        return _error(Refused("TaskDoesNotExist", "Task token not found"))
    token["error"] = {"Error": request.get("error"), "Cause": request.get("cause")}
    token["event"].set()
    return _response({})


class _Calls:
    def __init__(self, executions: LocalExecutions) -> None:
        self._executions = executions

    def start(self, request: Request) -> dict[str, Any]:
        # Of the two ways to give a tracing header, the one of the HTTP request counts.
        with tracing.within(tracing.current() or Trace.read(request.get("traceHeader"))):
            run = self._executions.start(
                str(request.get("stateMachineArn", "")), request.get("input", "{}"), request.get("name")
            )
        return {"executionArn": run.record["executionArn"], "startDate": run.record["startDate"]}

    def start_and_wait(self, request: Request) -> dict[str, Any]:
        arn = str(request.get("stateMachineArn", ""))
        machine = emulator._state_machines.get(emulator._resolve_state_machine_arn(arn.partition("#")[0]))
        if machine is not None and machine["type"] != "EXPRESS":
            raise Refused(
                "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"
            )
        run = self._executions.start(arn, request.get("input", "{}"), request.get("name"))
        ended, began = threading.Event(), time.monotonic()
        run.when_ended(ended.set)
        ended.wait()
        # Billed in steps of 100 ms and 64 MB.
        billed = 100 * max(1, math.ceil((time.monotonic() - began) * 10))
        shown = ("executionArn", "stateMachineArn", "name", "startDate", "stopDate", "status", "error", "cause")
        details = ("input", "inputDetails", "output", "outputDetails")
        told = {name: run.record[name] for name in shown + details if run.record.get(name) is not None}
        return {**told, "billingDetails": {"billedDurationInMilliseconds": billed, "billedMemoryUsedInMB": 64}}

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


def _no_arn(text: str) -> Refused:
    return Refused("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {text}'")


def _record(arn: str) -> dict[str, Any]:
    record: dict[str, Any] | None = emulator._executions.get(arn)
    if record is None:
        raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return record


def _answering(call: Callable[[Request], dict[str, Any]]) -> Handler:
    """A handler as the emulator has them: its answer, or the error it is refused with."""

    def handler(data: Request) -> Response:
        try:
            return _response(call(data))
        except Refused as refusal:
            return _error(refusal)

    return handler


def _creating(original: Handler) -> Handler:
    """The emulator checks every definition by ``refusal``, which does not know what an express workflow may not do."""

    def handler(data: Request) -> Response:
        refused = creation.refusal(data.get("definition"), express=data.get("type") == "EXPRESS")
        if refused and data.get("name"):
            return _error(Refused("InvalidDefinition", refused))
        status, headers, body = original(data)
        if status < 400:
            _set_tracing(json.loads(body)["stateMachineArn"], data.get("tracingConfiguration"))
        return status, headers, body

    return handler


def set_tracing(arn: str, properties: Mapping[str, Any]) -> None:
    """What CloudFormation says of a state machine's traces. The emulator has no field for it."""
    _set_tracing(arn, {"enabled": (properties.get("TracingConfiguration") or {}).get("Enabled") in (True, "true")})


def _set_tracing(arn: str, configuration: Mapping[str, Any] | None) -> None:
    emulator._state_machines[arn]["tracingConfiguration"] = dict(configuration or {"enabled": False})


def _describing_machine(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        arn = str(data.get("stateMachineArn", ""))
        if not arn.startswith("arn:"):
            return _error(_no_arn(arn))
        status, headers, body = original(data)
        if status >= 400:
            return _error(Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'"))
        return status, headers, body

    return handler


def _deleting(original: Handler, executions: LocalExecutions) -> Handler:
    def handler(data: Request) -> Response:
        arn = str(data.get("stateMachineArn", ""))
        if arn not in emulator._state_machines:
            return _response({}) if arn.startswith("arn:") else _error(_no_arn(arn))
        executions.forget(arn)
        return original(data)

    return handler


def _describing(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        try:
            record = _record(str(data.get("executionArn", "")))
        except Refused as refusal:
            return _error(refusal)
        status, _, body = original(data)
        if status >= 400:
            return status, _, body
        told = {**json.loads(body), **_redrives(record), **notices.redrive_status(record)}
        if record["output"] is None:
            told.pop("outputDetails", None)
        return _response(told)

    return handler


def _listing(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        machine = data.get("stateMachineArn")
        if machine is not None and emulator._resolve_state_machine_arn(machine) is None:
            return _error(Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'"))
        status, headers, body = original(data)
        if status >= 400:
            return status, headers, body
        answer = json.loads(body)
        listed = [
            {**item, **_redrives(emulator._executions.get(item["executionArn"]) or {})} for item in answer["executions"]
        ]
        return _response({**answer, "executions": listed})

    return handler


def _with_history(original: Handler) -> Handler:
    def handler(data: Request) -> Response:
        try:
            record = _record(str(data.get("executionArn", "")))
            if not record["events"]:
                # On AWS, too, an execution is forgotten at some time: 90 days after its end.
                raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{record['executionArn']}'")
        except Refused as refusal:
            return _error(refusal)
        return original(data)

    return handler


def _with_redrive(original: Callable[..., Any], redrive: Handler) -> Callable[..., Any]:
    """The emulator's entry, with the call it does not know."""

    async def handle_request(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
        if not str(headers.get("x-amz-target", "")).endswith(".RedriveExecution"):
            return await original(method, path, headers, body, query_params)
        try:
            data = json.loads(body) if body else {}
        except ValueError:
            return responses.error_response_json("SerializationException", "Invalid JSON", 400)
        return emulator._finalize_response(redrive(data))

    return handle_request


def _resetting(original: Callable[[], None], executions: LocalExecutions) -> Callable[[], None]:
    def reset() -> None:
        executions.clear()
        original()

    return reset


def _redrives(record: Mapping[str, Any]) -> dict[str, Any]:
    known = {"redriveCount": record.get("redriveCount", 0)}
    return {**known, "redriveDate": record["redriveDate"]} if record.get("redriveDate") else known


def _response(answer: dict[str, Any]) -> Response:
    response: Response = responses.json_response(answer)
    return response


def _error(refusal: Refused) -> Response:
    response: Response = responses.error_response_json(refusal.code, refusal.message, 400)
    return response
