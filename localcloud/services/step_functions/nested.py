"""Executions that a Task starts: ``states:startExecution``, and waiting for their end with ``.sync`` and ``.sync:2``.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

import threading
from typing import Any

from localcloud.services.refusals import Refused
from localcloud.services.step_functions import notices, turns
from localcloud.services.step_functions.failures import RUNTIME, TASK_FAILED, StateFailure, Stopped
from localcloud.services.step_functions.history import milliseconds
from localcloud.services.step_functions.integrations import answered, service_error
from localcloud.services.step_functions.payload import Payload, to_json
from localcloud.services.step_functions.run import Executions, Run
from localcloud.services.step_functions.scope import Scope


def start(executions: Executions, arguments: Any) -> tuple[Run, dict[str, Any]]:
    """Start the execution that a task's arguments ask for; also give the answer of StartExecution."""
    if not isinstance(arguments, dict) or "StateMachineArn" not in arguments:
        raise StateFailure(RUNTIME, "The field 'StateMachineArn' is required but was missing")
    given = arguments.get("Input")
    text = given if isinstance(given, str) else to_json({} if given is None else given)
    try:
        with turns.for_an_execution():
            run = executions.start(str(arguments["StateMachineArn"]), text, arguments.get("Name"))
    except Refused as refusal:
        error = f"StepFunctions.{refusal.code.removesuffix('Exception')}Exception"
        cause = service_error("AWSStepFunctions", refusal.code, refusal.message)
        raise StateFailure(error, cause) from refusal
    return run, answered(
        {"ExecutionArn": run.record["executionArn"], "StartDate": milliseconds(run.record["startDate"])}
    )


def wait(executions: Executions, run: Run, scope: Scope, seconds: float | None, ended: threading.Event) -> bool:
    """Wait for the end of an execution that a task has started; False when the time is over.

    ``ended`` is set then, or before by whoever ends the task. An execution that nobody waits for any more is stopped.
    """
    run.when_ended(ended.set)
    try:
        in_time = scope.wait_for(ended, seconds)
    except Stopped:
        executions.stop(run, None, None)
        raise
    if not in_time:
        executions.stop(run, None, None)
    return in_time


def result(run: Run, *, parsed: bool) -> dict[str, Any]:
    """What the task makes of an execution that has ended. Raises StateFailure unless it has succeeded.

    ``parsed`` says that input and output are given as JSON (``.sync:2``) and not as the text of JSON (``.sync``).
    """
    record = run.record
    description = {
        "ExecutionArn": record["executionArn"],
        "Input": _content(record["input"], parsed),
        "InputDetails": {"Included": True},
        "Name": record["name"],
        "RedriveCount": record["redriveCount"],
        **{f"{name[0].upper()}{name[1:]}": text for name, text in notices.redrive_status(record).items()},
        "StartDate": milliseconds(record["startDate"]),
        "StateMachineArn": record["stateMachineArn"],
        "Status": record["status"],
        "StopDate": milliseconds(record["stopDate"]),
    }
    if record["status"] == "SUCCEEDED":
        return {**description, "Output": _content(record["output"], parsed), "OutputDetails": {"Included": True}}
    reasons = {name: record[name.lower()] for name in ("Cause", "Error") if record.get(name.lower()) is not None}
    raise StateFailure(TASK_FAILED, to_json({**reasons, **description}))


def _content(text: str, parsed: bool) -> Any:
    return Payload.read(text).value if parsed else text
