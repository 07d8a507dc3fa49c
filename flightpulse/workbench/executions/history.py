"""An execution's history, read by ``previousEventId`` into the tree of states it went through.

Events of Map iterations and Parallel branches arrive interleaved, so their order says nothing about where they belong;
only the chain of ``previousEventId`` does. The input is what ``states:GetExecutionHistory`` returns, of a real account,
of the local cloud or from a saved file.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of the history. ``caught_by`` names the state that took over; None when nobody caught it."""

    error: str
    cause: str
    caught_by: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a task: when, on what, and how it ended (``problem`` is None for a success or while it runs)."""

    resource: str
    started_at: datetime
    ended_at: datetime | None
    arguments: str
    problem: Problem | None
    child_execution: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay in a state. ``input`` and ``output`` are JSON texts as the history has them."""

    event_id: int
    name: str
    kind: str
    entered_at: datetime
    left_at: datetime | None
    input: str
    output: str | None
    attempts: tuple[Attempt, ...]
    branches: tuple["Branch", ...]
    problem: Problem | None

    @property
    def seconds(self) -> float | None:
        return (self.left_at - self.entered_at).total_seconds() if self.left_at else None

    @property
    def children(self) -> tuple[str, ...]:
        """ARNs of the executions this visit started and waited for, first try first."""
        return tuple(attempt.child_execution for attempt in self.attempts if attempt.child_execution)


@dataclass(frozen=True, slots=True)
class Branch:
    """One iteration of a Map (``kind`` "iteration") or one branch of a Parallel state ("branch")."""

    kind: str
    index: int
    status: str
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What one execution went through, from its first state to its end."""

    started_at: datetime | None
    ended_at: datetime | None
    status: str
    input: str
    output: str | None
    problem: Problem | None
    visits: tuple[Visit, ...]
    redrives: int


def read(events: Iterable[Mapping[str, Any]]) -> History:
    """Build the tree from history events, oldest first.

    A history that is still growing, or was cut off, gives a tree whose last visits have not been left.
    """
    reader = _Reader()
    for event in events:
        reader.add(event)
    return reader.history()


def walk(visits: Iterable[Visit]) -> Iterable[Visit]:
    """Every visit of a tree, parents before children."""
    for visit in visits:
        yield visit
        for branch in visit.branches:
            yield from walk(branch.visits)


_ENDS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}
_TASK_STARTS = frozenset({"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled", "MapRunStarted"})
_TASK_SUCCESSES = frozenset({"TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded", "MapRunSucceeded"})
_TASK_FAILURES = frozenset(
    {
        "TaskFailed",
        "TaskTimedOut",
        "TaskStartFailed",
        "TaskSubmitFailed",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
        "LambdaFunctionStartFailed",
        "LambdaFunctionScheduleFailed",
        "ActivityFailed",
        "ActivityTimedOut",
        "ActivityScheduleFailed",
        "MapRunFailed",
        "MapRunAborted",
    }
)
_STATE_FAILURES = frozenset({"MapStateFailed", "ParallelStateFailed", "EvaluationFailed", "MapStateAborted"})
_ITERATION_ENDS = {
    "MapIterationSucceeded": "SUCCEEDED",
    "MapIterationFailed": "FAILED",
    "MapIterationAborted": "ABORTED",
}


@dataclass(slots=True)
class _OpenAttempt:
    resource: str
    started_at: datetime
    arguments: str
    ended_at: datetime | None = None
    problem: Problem | None = None
    child: str | None = None


@dataclass(slots=True)
class _Scope:
    """Where visits follow one another: the execution itself, an iteration, a branch."""

    kind: str
    index: int = 0
    status: str = "RUNNING"
    owner: "_OpenVisit | None" = None
    visits: list["_OpenVisit"] = field(default_factory=list)


@dataclass(slots=True)
class _OpenVisit:
    event_id: int
    name: str
    kind: str
    entered_at: datetime
    input: str
    scope: _Scope
    left_at: datetime | None = None
    output: str | None = None
    attempts: list[_OpenAttempt] = field(default_factory=list)
    branches: list[_Scope] = field(default_factory=list)
    problem: Problem | None = None


_Place = _Scope | _OpenVisit


class _Reader:
    def __init__(self) -> None:
        self._root = _Scope("execution")
        self._places: dict[int, _Place] = {0: self._root}
        self._last: _Place = self._root
        self._started_at: datetime | None = None
        self._ended_at: datetime | None = None
        self._status = "RUNNING"
        self._input = "{}"
        self._output: str | None = None
        self._problem: Problem | None = None
        self._redrives = 0

    def add(self, event: Mapping[str, Any]) -> None:
        before = self._places.get(event.get("previousEventId") or 0, self._last)
        if before is self._root and event["type"] not in {"ExecutionStarted"} and not event.get("previousEventId"):
            before = self._last
        place = self._place(event, before)
        self._places[event["id"]] = self._last = place

    def history(self) -> History:
        return History(
            started_at=self._started_at,
            ended_at=self._ended_at,
            status=self._status,
            input=self._input,
            output=self._output,
            problem=self._problem,
            visits=_freeze(self._root),
            redrives=self._redrives,
        )

    def _place(self, event: Mapping[str, Any], before: _Place) -> _Place:
        kind: str = event["type"]
        if kind.endswith("StateEntered"):
            return self._enter(event, before)
        if kind.endswith("StateExited"):
            return self._leave(event, before)
        if kind.startswith("Execution"):
            return self._execution(event)
        if kind == "MapIterationStarted":
            return self._start_iteration(event, before)
        if kind in _ITERATION_ENDS:
            return self._end_iteration(event, before)
        if kind in {"MapStateStarted", "ParallelStateStarted"}:
            return before
        if kind in {"MapStateSucceeded", "ParallelStateSucceeded"}:
            return _owner(before, "Map" if kind.startswith("Map") else "Parallel") or before
        if kind in _STATE_FAILURES:
            return self._fail_state(event, before)
        return self._task(event, before)

    def _execution(self, event: Mapping[str, Any]) -> _Place:
        kind, details = event["type"], _details(event)
        if kind == "ExecutionStarted":
            self._started_at, self._input = event["timestamp"], details.get("input", "{}")
        elif kind == "ExecutionRedriven":
            self._redrives += 1
            self._status, self._ended_at, self._problem = "RUNNING", None, None
        elif kind in _ENDS:
            self._status, self._ended_at = _ENDS[kind], event["timestamp"]
            self._output = details.get("output")
            if self._status != "SUCCEEDED":
                self._problem = Problem(details.get("error") or self._status, details.get("cause") or "")
        return self._root

    def _enter(self, event: Mapping[str, Any], before: _Place) -> _Place:
        details = event.get("stateEnteredEventDetails") or {}
        kind = event["type"].removesuffix("StateEntered")
        scope = self._scope_after(before)
        visit = _OpenVisit(
            event_id=event["id"],
            name=details.get("name", ""),
            kind=kind,
            entered_at=event["timestamp"],
            input=details.get("input", "{}"),
            scope=scope,
        )
        scope.visits.append(visit)
        return visit

    def _scope_after(self, before: _Place) -> _Scope:
        if isinstance(before, _Scope):
            return before
        if before.kind == "Parallel" and before.left_at is None:
            branch = _Scope("branch", len(before.branches), owner=before)
            before.branches.append(branch)
            return branch
        return before.scope

    def _leave(self, event: Mapping[str, Any], before: _Place) -> _Place:
        details = event.get("stateExitedEventDetails") or {}
        name = details.get("name", "")
        for visit in _upwards(before):
            if visit.name == name and visit.left_at is None:
                visit.left_at = event["timestamp"]
                visit.output = details.get("output")
                return visit
        return before

    def _start_iteration(self, event: Mapping[str, Any], before: _Place) -> _Place:
        details = _details(event)
        owner = next((v for v in _upwards(before) if v.kind == "Map" and v.name == details.get("name", v.name)), None)
        if owner is None:
            return before
        iteration = _Scope("iteration", int(details.get("index", len(owner.branches))), owner=owner)
        owner.branches.append(iteration)
        return iteration

    def _end_iteration(self, event: Mapping[str, Any], before: _Place) -> _Place:
        details = _details(event)
        name, index = details.get("name"), details.get("index")
        for scope in _scopes(before):
            fits = name in (None, scope.owner.name if scope.owner else None) and index in (None, scope.index)
            if scope.kind == "iteration" and fits:
                scope.status = _ITERATION_ENDS[event["type"]]
                return scope
        return before

    def _fail_state(self, event: Mapping[str, Any], before: _Place) -> _Place:
        kind, details = event["type"], _details(event)
        problem = Problem(details.get("error") or kind, details.get("cause") or "")
        if kind == "EvaluationFailed":
            owner = next((v for v in _upwards(before) if v.name == details.get("state", v.name)), None)
        else:
            owner = _owner(before, "Map" if kind.startswith("Map") else "Parallel")
        if owner is None:
            return before
        owner.problem = problem
        return owner

    def _task(self, event: Mapping[str, Any], before: _Place) -> _Place:
        visit = before if isinstance(before, _OpenVisit) else before.owner
        if visit is None:
            return before
        kind, details = event["type"], _details(event)
        if kind in _TASK_STARTS:
            visit.attempts.append(_attempt(event, details))
        elif kind in {"TaskSubmitted", *_TASK_SUCCESSES} and visit.attempts:
            attempt = visit.attempts[-1]
            attempt.child = attempt.child or _child_execution(details.get("output"))
            if kind in _TASK_SUCCESSES:
                attempt.ended_at = event["timestamp"]
        elif kind in _TASK_FAILURES:
            if not visit.attempts or visit.attempts[-1].ended_at is not None:
                visit.attempts.append(_attempt(event, details))
            attempt = visit.attempts[-1]
            attempt.ended_at = event["timestamp"]
            attempt.problem = Problem(details.get("error") or kind, details.get("cause") or "")
            attempt.child = attempt.child or _child_execution(details.get("cause"))
        return visit


def _attempt(event: Mapping[str, Any], details: Mapping[str, Any]) -> _OpenAttempt:
    resource = details.get("resource", "")
    kind = details.get("resourceType", "")
    return _OpenAttempt(
        resource=f"{kind}:{resource}" if kind else resource,
        started_at=event["timestamp"],
        arguments=details.get("parameters") or details.get("input") or "",
    )


def _child_execution(text: str | None) -> str | None:
    """The ARN of the execution that a ``startExecution`` task started, from its output or its failure."""
    if not text or '"ExecutionArn"' not in text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    arn = value.get("ExecutionArn") if isinstance(value, dict) else None
    return arn if isinstance(arn, str) else None


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one ``…EventDetails`` of an event, whatever it is called."""
    for name, value in event.items():
        if name.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}


def _upwards(place: _Place) -> Iterable[_OpenVisit]:
    """The visit at a place, then the Map and Parallel states around it, innermost first."""
    visit = place if isinstance(place, _OpenVisit) else place.owner
    while visit is not None:
        yield visit
        visit = visit.scope.owner


def _scopes(place: _Place) -> Iterable[_Scope]:
    scope: _Scope | None = place if isinstance(place, _Scope) else place.scope
    while scope is not None:
        yield scope
        scope = scope.owner.scope if scope.owner else None


def _owner(place: _Place, kind: str) -> _OpenVisit | None:
    return next((visit for visit in _upwards(place) if visit.kind == kind and visit.left_at is None), None)


def _freeze(scope: _Scope) -> tuple[Visit, ...]:
    following: list[_OpenVisit | None] = [*scope.visits[1:], None][: len(scope.visits)]
    return tuple(_freeze_visit(visit, after) for visit, after in zip(scope.visits, following, strict=True))


def _freeze_visit(visit: _OpenVisit, after: _OpenVisit | None) -> Visit:
    caught_by = after.name if after else None
    last = visit.attempts[-1].problem if visit.attempts else None
    problem = visit.problem or last
    return Visit(
        event_id=visit.event_id,
        name=visit.name,
        kind=visit.kind,
        entered_at=visit.entered_at,
        left_at=visit.left_at,
        input=visit.input,
        output=visit.output,
        attempts=tuple(_freeze_attempt(attempt) for attempt in visit.attempts),
        branches=tuple(
            Branch(branch.kind, branch.index, _branch_status(branch), _freeze(branch)) for branch in visit.branches
        ),
        problem=Problem(problem.error, problem.cause, caught_by) if problem else None,
    )


def _freeze_attempt(attempt: _OpenAttempt) -> Attempt:
    return Attempt(
        resource=attempt.resource,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        arguments=attempt.arguments,
        problem=attempt.problem,
        child_execution=attempt.child,
    )


def _branch_status(branch: _Scope) -> str:
    if branch.kind == "iteration" or not branch.visits:
        return branch.status
    return "SUCCEEDED" if branch.visits[-1].left_at else "RUNNING"
