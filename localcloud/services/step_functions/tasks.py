"""One attempt of a Task: its call, its time limits, and the events that history shows of it."""

import contextvars
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ministack.core import responses
from ministack.services import stepfunctions as emulator

from localcloud import faults
from localcloud.services.dynamodb import metrics
from localcloud.services.step_functions import callbacks, integrations, nested, permissions
from localcloud.services.step_functions.failures import (
    HEARTBEAT_TIMEOUT,
    RUNTIME,
    TIMEOUT,
    EvaluationFailure,
    StateFailure,
    data_limit_exceeded,
)
from localcloud.services.step_functions.frame import Frame, Query
from localcloud.services.step_functions.history import with_failure, with_input, with_output
from localcloud.services.step_functions.payload import Payload, exceeds_limit, to_json
from localcloud.services.step_functions.resource import Resource
from localcloud.services.step_functions.run import Branch
from localcloud.services.step_functions.scope import Scope
from localcloud.services.xray import tracing


class TaskAttempt:
    """Schedules a task, calls it and waits for its result."""

    def __init__(self, branch: Branch, frame: Frame, query: Query) -> None:
        self._branch = branch
        self._frame = frame
        self._query = query
        self._resource = Resource.read(str(frame.definition.get("Resource", "")))
        self._timeout = query.number("TimeoutSeconds")
        self._heartbeat = query.number("HeartbeatSeconds")
        self._role = query.role()
        if self._role is not None and self._role.count(":") < 5:
            raise EvaluationFailure(f"The RoleArn '{self._role}' of the Credentials is no ARN.", error=RUNTIME)

    def run(self) -> Payload:
        """The task's result. Raises StateFailure, after the event that tells of it, and EvaluationFailure."""
        if self._resource.family == "Activity":
            if self._resource.arn not in emulator._activities:
                raise EvaluationFailure(f"The activity {self._resource.arn} does not exist.", error=RUNTIME)
            with callbacks.token() as token:
                return self._scheduled(self._query.arguments(), lambda arguments: self._await_worker(token, arguments))
        if not self._resource.waits_for_token and not self._resource.waits_for_job:
            return self._scheduled(self._query.arguments(), self._call)
        with callbacks.token() as token:
            self._frame.context = {**self._frame.context, "Task": {"Token": token.text}}
            if self._resource.waits_for_job:
                return self._scheduled(self._query.arguments(), lambda arguments: self._call(arguments, token))
            return self._scheduled(self._query.arguments(), lambda arguments: self._await_token(token, arguments))

    def _scheduled(self, arguments: Any, call: Callable[[Any], Any]) -> Payload:
        text = to_json(arguments)
        if exceeds_limit(text):
            raise data_limit_exceeded(self._frame.name)
        scheduled_id = self._event("Scheduled", self._schedule(text))
        if self._resource.family != "Activity":
            self._event("Started", {} if self._resource.service else None)
        trace = self._branch.run.trace
        try:
            with tracing.within(trace.of_task(scheduled_id) if trace else None):
                result = Payload.of(call(arguments))
            if result.too_large:
                raise data_limit_exceeded(self._resource.name, of_task=True)
        except TimeoutError as late:
            self._event("TimedOut", with_failure(TIMEOUT, None))
            missed = isinstance(late, callbacks.HeartbeatMissed)
            raise StateFailure(TIMEOUT, also=HEARTBEAT_TIMEOUT if missed else None) from None
        except StateFailure as failure:
            self._event("Failed", with_failure(failure.error, failure.cause))
            raise
        self._event("Succeeded", with_output(result.text))
        return result

    def _schedule(self, arguments: str) -> dict[str, Any]:
        limits = {"timeoutInSeconds": self._timeout, "heartbeatInSeconds": self._heartbeat}
        given: dict[str, Any] = {name: int(seconds) for name, seconds in limits.items() if seconds is not None}
        if self._role is not None:
            given["taskCredentials"] = {"roleArn": self._role}
        if not self._resource.service:
            return {"resource": self._resource.arn, **with_input(arguments), **given}
        region = self._branch.run.record["executionArn"].split(":")[3]
        return {"region": region, "parameters": arguments, **given}

    def _event(self, what: str, details: Mapping[str, Any] | None) -> int:
        shown = None if details is None else dict(details)
        if shown is not None and self._resource.service:
            shown = {"resourceType": self._resource.service, "resource": self._resource.action, **shown}
        return self._branch.event(f"{self._resource.family}{what}", shown)

    @property
    def _caller(self) -> tuple[str, str]:
        return self._frame.context["StateMachine"]["Id"], self._frame.context["Execution"]["Id"]

    def _as_role(self) -> AbstractContextManager[None]:
        """In the account of the role that the state names in its Credentials."""
        if self._role is None:
            return nullcontext()
        scope: AbstractContextManager[None] = responses.request_scope(self._role.split(":")[4], responses.get_region())
        return scope

    def _call(self, arguments: Any, token: callbacks.Token | None = None) -> Any:
        machine = self._branch.run.record["stateMachineArn"].rpartition(":")[2]
        fault = faults.BOARD.strike(machine, self._frame.name, arguments)
        if fault is not None:
            let_go, seconds = faults.BOARD.delay(fault)
            if seconds > 0:
                self._branch.scope.wait_for(let_go, seconds)
        with self._as_role():
            return self._made(arguments, token) if fault is None else self._struck(fault, arguments, token)

    def _struck(self, fault: faults.Fault, arguments: Any, token: callbacks.Token | None) -> Any:
        """What comes of a call that a fault was put in the way of, after its delay."""
        if fault.unprocessed:
            return {"Responses": {}, "UnprocessedKeys": arguments["RequestItems"]}
        if fault.error is None:
            return self._made(arguments, token)
        if fault.after and self._resource.request.service == "states":
            # What gets lost is the answer that the execution was started; nobody then waits for its end.
            nested.start(self._branch.run.executions, arguments)
        elif fault.after:
            self._made(arguments, token)
        if self._resource.service.endswith("dynamodb"):
            metrics.refused(self._resource.action, arguments, fault.error)
        raise StateFailure(fault.error, fault.cause)

    def _made(self, arguments: Any, token: callbacks.Token | None) -> Any:
        permissions.check(self._role or self._branch.run.record["roleArn"], self._resource, arguments)
        if self._resource.request.service == "states":
            return self._start_execution(arguments, token)
        if self._resource.family == "LambdaFunction" or self._resource.name == "lambda" or not self._resource.service:
            # A function may take its time; nothing else the emulator does in answer to a call does.
            return _within(
                self._timeout, self._branch.scope, lambda: integrations.call(self._resource, arguments, self._caller)
            )
        started = time.monotonic()
        result = integrations.call(self._resource, arguments, self._caller)
        if self._timeout is not None and time.monotonic() - started > self._timeout:
            raise TimeoutError
        return result

    def _start_execution(self, arguments: Any, token: callbacks.Token | None) -> Any:
        executions = self._branch.run.executions
        run, answer = nested.start(executions, arguments)
        if token is None:
            return answer
        self._event("Submitted", with_output(to_json(answer)))
        if not nested.wait(executions, run, self._branch.scope, self._timeout, token.entry["event"]):
            raise TimeoutError
        if run.running:
            return callbacks.answer(token)
        return nested.result(run, parsed=self._resource.action.endswith(":2"))

    def _await_token(self, token: callbacks.Token, arguments: Any) -> Any:
        request = self._resource.request
        with self._as_role():
            if request.service == "states":
                _, answer = nested.start(self._branch.run.executions, arguments)
            else:
                permissions.check(self._role or self._branch.run.record["roleArn"], self._resource, arguments)
                answer = integrations.call(request, arguments, self._caller)
        self._event("Submitted", with_output(to_json(answer)))
        self._branch.run.executions.rest(self._branch.run)
        return callbacks.wait(token, self._branch.scope, self._timeout, self._heartbeat)

    def _await_worker(self, token: callbacks.Token, arguments: Any) -> Any:
        began = time.monotonic()
        self._branch.run.executions.rest(self._branch.run)
        with callbacks.offered(token, self._resource.arn, to_json(arguments)):
            worker = callbacks.worker(token, self._branch.scope, self._timeout)
        self._event("Started", {} if worker is None else {"workerName": worker})
        left = None if self._timeout is None else max(0.0, self._timeout - (time.monotonic() - began))
        return callbacks.wait(token, self._branch.scope, left, self._heartbeat)


def _within(seconds: float | None, scope: Scope, call: Callable[[], Any]) -> Any:
    """The value of a call. Raises TimeoutError when it takes longer than it may: it then goes on by itself, unheard."""
    if seconds is None:
        return call()
    done = threading.Event()
    outcome: list[Any] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again where the call is waited for
            failures.append(error)
        done.set()

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="step-functions-task", daemon=True).start()
    if not scope.wait_for(done, seconds):
        raise TimeoutError
    if failures:
        raise failures[0]
    return outcome[0]
