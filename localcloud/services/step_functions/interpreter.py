"""Runs the states of a machine one after the other, as the Amazon States Language says. https://states-language.net"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from localcloud.services.step_functions.failures import (
    DATA_LIMIT_EXCEEDED,
    QUERY_EVALUATION_ERROR,
    RUNTIME,
    EvaluationFailure,
    StateFailure,
    data_limit_exceeded,
)
from localcloud.services.step_functions.fan_out import CONCURRENCY, FanOut, Part
from localcloud.services.step_functions.frame import Frame, Machine, Outcome, Query
from localcloud.services.step_functions.history import Cursor, timestamp, with_input, with_output
from localcloud.services.step_functions.jsonata_query import JsonataQuery
from localcloud.services.step_functions.jsonpath_query import JsonPathQuery
from localcloud.services.step_functions.payload import Payload, to_json
from localcloud.services.step_functions.retry import Retries, catcher_for
from localcloud.services.step_functions.run import Branch, Progress
from localcloud.services.step_functions.tasks import TaskAttempt

_LONGEST_WAIT_SECONDS = 2**31 - 1
_RETRIED = frozenset({"Map", "Parallel", "Task"})


def run_states(branch: Branch, machine: Machine, progress: Progress) -> Payload:
    """Run a machine from where ``progress`` stands, and give its output.

    Raises StateFailure when a state fails and nothing catches it, and Stopped.
    """
    while True:
        frame = _enter(branch, machine, progress)
        query = JsonataQuery(frame) if frame.uses_jsonata else JsonPathQuery(frame)
        try:
            outcome = _Visit(branch, frame, query, progress).run()
        except StateFailure as failure:
            if failure.error == DATA_LIMIT_EXCEEDED:
                _forget_parts(branch, progress)
            raise
        # A branch that is stopped in between must not leave its progress half way.
        with branch.run.history.lock:
            _leave(branch, frame, outcome)
            if outcome.next is None:
                return outcome.output
            progress.advance(outcome.next, outcome.output, {**frame.variables, **outcome.assigned})


def _enter(branch: Branch, machine: Machine, progress: Progress) -> Frame:
    """The frame of the state that comes next; a state that is taken up again has been entered before."""
    name = progress.state
    definition = machine.states.get(name)
    if definition is None:
        raise StateFailure(RUNTIME, f"The state '{name}' is not in the definition.")
    kind = str(definition.get("Type"))
    branch.kind = kind
    if not progress.entered_id or kind == "Fail":
        entered = {"name": name, **with_input(progress.input.text)}
        with branch.run.history.lock:
            progress.entered_id = branch.event(f"{kind}StateEntered", entered)
    state: dict[str, Any] = {"EnteredTime": timestamp(), "Name": name}
    if kind in _RETRIED:
        state["RetryCount"] = 0
    return Frame(
        name,
        definition,
        machine.language,
        progress.input,
        progress.variables,
        {**branch.context, "State": state},
        progress.entered_id,
    )


def _leave(branch: Branch, frame: Frame, outcome: Outcome) -> None:
    details: dict[str, Any] = {"name": frame.name, **with_output(outcome.output.text)}
    if outcome.assigned:
        details["assignedVariables"] = {name: to_json(value) for name, value in outcome.assigned.items()}
        details["assignedVariablesDetails"] = {"truncated": False}
    branch.event(f"{frame.kind}StateExited", details)
    branch.kind = ""


def _forget_parts(branch: Branch, progress: Progress) -> None:
    """All iterations or branches of the state are to run again."""
    with branch.run.history.lock:
        branch.scope.check()
        progress.parts.clear()


class _Visit:
    """One visit of a state."""

    def __init__(self, branch: Branch, frame: Frame, query: Query, progress: Progress) -> None:
        self._branch = branch
        self._frame = frame
        self._query = query
        self._progress = progress

    def run(self) -> Outcome:
        with self._evaluating():
            return self._within_limit(self._outcome())

    def _outcome(self) -> Outcome:
        match self._frame.kind:
            case "Choice":
                return self._query.chosen()
            case "Fail":
                raise StateFailure(*self._query.failure())
            case "Map":
                return self._retried(self._map, "MapStateFailed")
            case "Parallel":
                return self._retried(self._parallel, "ParallelStateFailed")
            case "Pass":
                return self._query.passed()
            case "Succeed":
                outcome = self._query.passed()
                return Outcome(outcome.output, None, outcome.assigned)
            case "Task":
                return self._retried(self._task)
            case "Wait":
                return self._wait()
        raise StateFailure(RUNTIME, f"The state '{self._frame.name}' has the unknown type '{self._frame.kind}'.")

    def _wait(self) -> Outcome:
        waits = self._query.wait()
        seconds = waits.timestamp() - time.time() if isinstance(waits, datetime) else waits
        if seconds > _LONGEST_WAIT_SECONDS:
            raise EvaluationFailure("Wait state delay is too long.", error=RUNTIME)
        self._sleep(seconds * self._branch.run.wait_scale())
        return self._query.passed()

    def _sleep(self, seconds: float) -> None:
        self._branch.run.executions.rest(self._branch.run)
        self._branch.scope.sleep(seconds)

    def _task(self) -> Outcome:
        return self._query.succeeded(TaskAttempt(self._branch, self._frame, self._query).run())

    def _parallel(self) -> Outcome:
        given = self._query.arguments()
        start = self._frame.input if given is self._frame.input.value else Payload.of(given)
        branches = self._frame.definition.get("Branches", ())
        parts = [Part(Machine.read(branch, self._frame.language), start, {}) for branch in branches]
        return self._fanned_out(parts, len(parts))

    def _map(self) -> Outcome:
        processor = self._frame.definition.get("ItemProcessor", self._frame.definition.get("Iterator", {}))
        if processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            raise StateFailure(RUNTIME, "The local cloud does not run Map states in distributed mode.")
        machine = Machine.read(processor, self._frame.language)
        items = self._query.items()
        concurrency = int(self._query.number("MaxConcurrency") or CONCURRENCY)
        parts = [
            Part(
                machine,
                Payload.of(self._query.item_input(index, item)),
                {"Map": {"Item": {"Index": index, "Value": item}}},
            )
            for index, item in enumerate(items)
        ]
        return self._fanned_out(parts, min(concurrency, CONCURRENCY))

    def _fanned_out(self, parts: list[Part], concurrency: int) -> Outcome:
        return self._query.succeeded(
            FanOut(self._branch, self._frame, self._progress, run_states).run(parts, concurrency)
        )

    def _retried(self, attempt: Callable[[], Outcome], failed: str | None = None) -> Outcome:
        """Attempts under the state's Retry and Catch fields; ``failed`` is the event that tells of the last failure."""
        retries = Retries(self._frame.definition.get("Retry", ()), random.uniform)
        while True:
            self._frame.retried(retries.count)
            try:
                with self._evaluating():
                    return self._within_limit(attempt())
            except StateFailure as failure:
                delay = retries.delay_after(failure)
                if delay is None:
                    return self._caught(failure, failed)
            self._sleep(delay * self._branch.run.retry_scale())
            _forget_parts(self._branch, self._progress)

    def _caught(self, failure: StateFailure, failed: str | None) -> Outcome:
        never_began = failure.error == RUNTIME and self._branch.cursor.last == self._frame.entered_id
        if failed is not None and not never_began:
            self._branch.event(failed)
        catcher = catcher_for(self._frame.definition.get("Catch", ()), failure)
        if catcher is None:
            raise failure
        return self._query.caught(catcher, Payload.of(failure.output))

    def _within_limit(self, outcome: Outcome) -> Outcome:
        if outcome.output.too_large:
            raise data_limit_exceeded(self._frame.name)
        return outcome

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        """An expression that cannot be evaluated fails the state, and history says where it stands."""
        try:
            yield
        except EvaluationFailure as problem:
            where = f"the state '{self._frame.name}' (entered at the event id #{self._frame.entered_id})"
            cause = f"An error occurred while executing {where}. {problem.message}"
            if problem.error == QUERY_EVALUATION_ERROR:
                self._evaluation_failed(problem, cause)
            raise StateFailure(problem.error, cause) from problem

    def _evaluation_failed(self, problem: EvaluationFailure, cause: str) -> None:
        details = {"error": problem.error, "cause": cause, "state": self._frame.name}
        if problem.location is not None:
            details["location"] = problem.location
        cursor = self._branch.cursor
        if cursor.last == self._frame.entered_id and self._frame.kind != "Wait":
            # Step Functions chains the event as if the state had not been entered yet.
            cursor = Cursor(self._branch.run.history.previous_of(self._frame.entered_id))
        history = self._branch.run.history
        self._branch.cursor.last = history.append(self._branch.scope, cursor, "EvaluationFailed", details)
