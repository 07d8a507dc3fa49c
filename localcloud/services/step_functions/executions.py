"""The life of an execution: how it starts, ends, is stopped, times out, and is redriven.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

import contextvars
import copy
import functools
import json
import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import stepfunctions as emulator

from localcloud.services.refusals import Refused
from localcloud.services.step_functions import interpreter, notices
from localcloud.services.step_functions.execution_logs import ExecutionLogs
from localcloud.services.step_functions.failures import RUNTIME, StateFailure, Stopped
from localcloud.services.step_functions.frame import Machine
from localcloud.services.step_functions.history import Cursor, History, timestamp, with_failure, with_input, with_output
from localcloud.services.step_functions.payload import LIMIT_BYTES, Payload, exceeds_limit
from localcloud.services.step_functions.request_checks import NAME
from localcloud.services.step_functions.run import Branch, Progress, Record, Run
from localcloud.services.step_functions.scope import Scope
from localcloud.services.step_functions.traces import ExecutionTrace
from localcloud.services.step_functions.turns import FOR_AN_EXECUTION, Turns
from localcloud.services.xray import tracing

_KEPT_EVENTS = 75_000
"""History events kept of executions that have ended; beyond, the oldest executions lose their history."""
_KEPT_FAILURES = 500
"""Failed executions that can be redriven; beyond, the oldest cannot."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an execution ends: its status, its last event, and what its record says of it."""

    status: str
    details: dict[str, Any]
    previous: int
    output: str | None = None
    error: str | None = None
    cause: str | None = None

    @property
    def event(self) -> str:
        words = {"TIMED_OUT": "TimedOut"}
        return f"Execution{words.get(self.status, self.status.capitalize())}"


class LocalExecutions:
    """All executions of the local cloud. The records are the emulator's own: its API answers from them."""

    def __init__(self, logs: ExecutionLogs, retry_scale: float) -> None:
        self._logs = logs
        self._retry_scale = retry_scale
        self._turns = Turns()
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._ended: OrderedDict[str, Record] = OrderedDict()
        self._redrivable: OrderedDict[str, None] = OrderedDict()
        self._kept_events = 0

    def start(
        self,
        state_machine: str,
        text: str,
        name: str | None = None,
        *,
        waiting: bool = False,
    ) -> Run:
        """Start an execution. With the name and the input of one that is running, that one is given instead.

        ``waiting`` says that somebody waits for the end of an express workflow. Raises Refused.
        """
        requested = state_machine.partition("#")[0]
        base = emulator._resolve_state_machine_arn(requested)
        if base is None:
            raise Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{requested}'")
        machine = emulator._state_machines[base]
        _check_name(name)
        payload = _read_input(text)
        arn = _arn(base, name or str(uuid.uuid4()), express=machine["type"] == "EXPRESS")
        with self._lock:
            existing = emulator._executions.get(arn)
            if existing is not None:
                return self._again(existing, text)
            run = self._prepare(arn, machine, requested, payload)
            run.record["waiting"] = waiting
            run.history.add("ExecutionStarted", {**with_input(text), "roleArn": machine["roleArn"]}, 0)
            emulator._executions[arn] = run.record
            self._runs[arn] = run
        notices.announce(run.record)
        self._launch(run, 0)
        return run

    def stop(self, run: Run, error: str | None, cause: str | None) -> None:
        """Abort an execution, unless it has ended."""
        ending = Ending("ABORTED", with_failure(error, cause), 0, error=error, cause=cause)
        self._end(run, run.scope, ending)

    def rest(self, run: Run) -> None:
        """An execution has nothing to do for a while: another one may run in its place."""
        self._turns.give_back(run.scope)

    def find(self, arn: str) -> Run | None:
        """The execution, as long as it runs or can be redriven."""
        return self._runs.get(arn)

    def redrive(self, arn: str) -> str:
        """Take a failed execution up where it failed; gives the time at which that happens. Raises Refused."""
        record = emulator._executions.get(arn)
        if record is None:
            raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        status, run = notices.redrive_status(record), self._runs.get(arn)
        if status["redriveStatus"] != "REDRIVABLE":
            raise Refused("ExecutionNotRedrivable", f"{status['redriveStatusReason']}.")
        if run is None:
            raise Refused("ExecutionNotRedrivable", "The local cloud no longer knows how far this execution had come.")
        with run.history.lock:
            if run.running:
                raise Refused("ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven.")
            with self._lock:
                self._forget(arn)
            self._rewind(run)
            redriven = {"redriveCount": record["redriveCount"]}
            last = run.history.add("ExecutionRedriven", redriven, run.history.last_id)
            started = dict(record)
        notices.announce(started)
        self._launch(run, last)
        return str(started["redriveDate"])

    def clear(self) -> None:
        """Forget everything: what runs is stopped without a word."""
        with self._lock:
            runs, self._runs = list(self._runs.values()), OrderedDict()
            self._ended.clear()
            self._redrivable.clear()
            self._kept_events = 0
        for run in runs:
            run.scope.stop()
            run.announce_end()

    def forget(self, state_machine: str) -> None:
        """Forget the executions of a state machine that is deleted: what runs is stopped without a word."""
        with self._lock:
            arns = [arn for arn, known in emulator._executions.items() if known["stateMachineArn"] == state_machine]
            runs = [run for arn in arns if (run := self._runs.pop(arn, None)) is not None]
            for arn in arns:
                emulator._executions.pop(arn, None)
                if arn in self._ended:
                    self._forget(arn)
        for run in runs:
            run.scope.stop()
            run.announce_end()

    def _again(self, record: Record, text: str) -> Run:
        run = self._runs.get(record["executionArn"])
        if run is not None and record["status"] == "RUNNING" and record["input"] == text:
            return run
        raise Refused("ExecutionAlreadyExists", f"Execution Already Exists: '{record['executionArn']}'")

    def _prepare(self, arn: str, machine: dict[str, Any], requested: str, payload: Payload) -> Run:
        version = emulator._state_machine_versions.get(emulator._execution_version_arn(requested))
        through = {"stateMachineVersionArn": version["stateMachineVersionArn"]} if version else {}
        if requested in emulator._state_machine_aliases:
            through["stateMachineAliasArn"] = requested
        version = version or machine
        definition = _read_definition(version["definition"])
        record: Record = {
            "executionArn": arn,
            "stateMachineArn": machine["stateMachineArn"],
            **through,
            "name": arn.split(":")[7],
            "status": "RUNNING",
            "startDate": timestamp(),
            "stopDate": None,
            "input": payload.text,
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": {"included": True},
            "encryptionConfiguration": copy.deepcopy(
                version.get("encryptionConfiguration") or emulator._default_encryption()
            ),
            "roleArn": machine["roleArn"],
            "redriveCount": 0,
            "express": machine["type"] == "EXPRESS",
            "events": [],
        }
        history = History(record["events"], self._logs.publisher(record, machine))
        start = Machine.read(definition)
        return Run(
            record=record,
            machine=start,
            timeout_seconds=definition.get("TimeoutSeconds"),
            history=history,
            scope=Scope(history.lock),
            progress=Progress(start.start_at, payload, {}),
            executions=self,
            wait_scale=lambda: float(emulator._SFN_WAIT_SCALE),
            retry_scale=lambda: float(emulator._SFN_WAIT_SCALE) * self._retry_scale,
            trace=_trace(machine),
        )

    def _rewind(self, run: Run) -> None:
        record = run.record
        for name in ("error", "cause"):
            record.pop(name, None)
        record.update(
            status="RUNNING",
            stopDate=None,
            output=None,
            redriveCount=record["redriveCount"] + 1,
            redriveDate=timestamp(),
        )
        run.scope = Scope(run.history.lock)
        run.progress = run.progress.copy()

    def _launch(self, run: Run, last: int) -> None:
        context = contextvars.copy_context()
        # Events that it sends start others, which wait.
        context.run(FOR_AN_EXECUTION.set, False)
        scope, cursor = run.scope, Cursor(last)
        arguments = (self._run, run, scope, cursor)
        thread = threading.Thread(target=context.run, args=arguments, name="step-functions-execution", daemon=True)

        def launch() -> None:
            try:
                thread.start()
            except RuntimeError as error:
                log.exception("The execution %s", run.record["executionArn"])
                self._turns.give_back(scope)
                context.run(self._end, run, scope, _failed(StateFailure(RUNTIME, str(error)), cursor))

        self._turns.take(scope, launch)

    def _run(self, run: Run, scope: Scope, cursor: Cursor) -> None:
        timer = self._timer(run, scope)
        try:
            output = interpreter.run_states(Branch(run, scope, cursor, _context(run)), run.machine, run.progress)
            ending = Ending("SUCCEEDED", with_output(output.text), cursor.last, output=output.text)
        except Stopped:
            return
        except StateFailure as failure:
            ending = _failed(failure, cursor)
        except Exception as error:
            log.exception("The execution %s", run.record["executionArn"])
            ending = _failed(StateFailure(RUNTIME, str(error)), cursor)
        finally:
            self._turns.give_back(scope)
            if timer is not None:
                timer.cancel()
        self._end(run, scope, ending)

    def _timer(self, run: Run, scope: Scope) -> threading.Timer | None:
        if run.timeout_seconds is None:
            return None
        expire: Callable[[], None] = lambda: self._end(run, scope, Ending("TIMED_OUT", {}, 0))  # noqa: E731
        timer = threading.Timer(run.timeout_seconds, contextvars.copy_context().run, (expire,))
        timer.daemon = True
        timer.start()
        return timer

    def _end(self, run: Run, scope: Scope, ending: Ending) -> None:
        """End an execution once: what comes later, from a state that was still running, is too late."""
        record = run.record
        with run.history.lock:
            if scope.stopped or not run.running:
                return
            scope.stop()
            record.update(status=ending.status, stopDate=timestamp(), output=ending.output)
            record.update({name: text for name in ("error", "cause") if (text := getattr(ending, name)) is not None})
            run.history.add(ending.event, ending.details, ending.previous)
            if run.trace is not None:
                run.trace.write(record)
            self._retain(run)
            ended = dict(record)
        notices.announce(ended)
        run.announce_end()

    def _retain(self, run: Run) -> None:
        """Keep what may be asked for, within limits."""
        arn = run.record["executionArn"]
        with self._lock:
            if run.record["status"] == "SUCCEEDED":
                self._runs.pop(arn, None)
            else:
                self._redrivable[arn] = None
                if len(self._redrivable) > _KEPT_FAILURES:
                    self._runs.pop(self._redrivable.popitem(last=False)[0], None)
            self._ended[arn] = run.record
            self._kept_events += len(run.record["events"])
            while self._kept_events > _KEPT_EVENTS and len(self._ended) > 1:
                oldest = self._forget(next(iter(self._ended)))
                self._runs.pop(oldest["executionArn"], None)
                oldest["events"] = []

    def _forget(self, arn: str) -> Record:
        """Take an execution out of those that have ended."""
        record = self._ended.pop(arn)
        self._redrivable.pop(arn, None)
        self._kept_events -= len(record["events"])
        return record


@functools.lru_cache(maxsize=128)
def _read_definition(text: str) -> dict[str, Any]:
    """A definition, read once for all executions: nobody changes it."""
    definition: dict[str, Any] = json.loads(text)
    return definition


def _failed(failure: StateFailure, cursor: Cursor) -> Ending:
    details = with_failure(failure.error, failure.cause)
    return Ending("FAILED", details, cursor.last, error=failure.error, cause=failure.cause)


def _context(run: Run) -> dict[str, Any]:
    """The context object of an execution, without the state. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
    record = run.record
    execution = {
        "Id": record["executionArn"],
        "Input": json.loads(record["input"]),
        "Name": record["name"],
        "RoleArn": record["roleArn"],
        "StartTime": record["startDate"],
    }
    if not record["waiting"]:
        execution["RedriveCount"] = record["redriveCount"]
    if record["redriveCount"]:
        execution["RedriveTime"] = record["redriveDate"]
    machine = record["stateMachineArn"]
    return {"Execution": execution, "StateMachine": {"Id": machine, "Name": machine.rpartition(":")[2]}}


def _trace(machine: Mapping[str, Any]) -> ExecutionTrace | None:
    """The caller's trace; without one a new one, if the state machine begins traces."""
    upstream = tracing.current()
    if upstream is None and not (machine.get("tracingConfiguration") or {}).get("enabled"):
        return None
    return ExecutionTrace.begin(upstream or tracing.begun(str(machine["name"])))


def _arn(machine: str, name: str, *, express: bool) -> str:
    """An express workflow may run any number of times under one name: a number tells its executions apart."""
    if express:
        return f"{machine.replace(':stateMachine:', ':express:')}:{name}:{uuid.uuid4()}"
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _check_name(name: str | None) -> None:
    if name is not None and not NAME.fullmatch(name):
        raise Refused("InvalidName", f"Invalid Name: '{name}'")


def _read_input(text: str) -> Payload:
    if exceeds_limit(text):
        raise Refused(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LIMIT_BYTES}",
        )
    try:
        return Payload.read(text)
    except ValueError as error:
        raise Refused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
