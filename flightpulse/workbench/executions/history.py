"""An execution's history, read by ``previousEventId`` into the tree of states it went through.

Events of Map iterations and Parallel branches arrive interleaved, so their order says nothing about where they belong;
only the chain of ``previousEventId`` does. The input is what ``states:GetExecutionHistory`` returns, of a real account,
of the local cloud or from a saved file.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of the history. ``caught_by`` names the state that took over; None when nobody caught it."""

    error: str
    cause: str
    caught_by: str | None = None


@dataclass(slots=True)
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
    """One stay in a state. ``input`` and ``output`` are JSON texts as the history has them.

    ``status`` is RUNNING, SUCCEEDED, CAUGHT (left through its Catch), FAILED, ABORTED or TIMED_OUT. Nothing runs any
    more once its execution, or the item or branch around it, has ended.
    """

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
    status: str

    @property
    def seconds(self) -> float | None:
        return (self.left_at - self.entered_at).total_seconds() if self.left_at else None

    @property
    def children(self) -> tuple[str, ...]:
        """ARNs of the executions this visit started and waited for, first try first."""
        return tuple(attempt.child_execution for attempt in self.attempts if attempt.child_execution)


@dataclass(frozen=True, slots=True)
class Branch:
    """One iteration of a Map (``kind`` "iteration") or one branch of a Parallel state ("branch").

    ``attempt`` counts the tries of the whole Map or Parallel state from 1: a retried one goes through its items again.
    """

    kind: str
    index: int
    status: str
    visits: tuple[Visit, ...]
    attempt: int = 1


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
    reader = Reader()
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
_FAN_OUT_STARTS = {"MapStateStarted": "Map", "ParallelStateStarted": "Parallel"}
_FAN_OUT_SUCCESSES = {"MapStateSucceeded": "Map", "ParallelStateSucceeded": "Parallel"}
_FAN_OUT_FAILURES = {"MapStateFailed": "Map", "ParallelStateFailed": "Parallel"}
_ITERATION_ENDS = {
    "MapIterationSucceeded": "SUCCEEDED",
    "MapIterationFailed": "FAILED",
    "MapIterationAborted": "ABORTED",
}


@dataclass(slots=True)
class _Scope:
    """Where visits follow one another: the execution itself, an iteration, a branch."""

    kind: str
    index: int = 0
    attempt: int = 1
    status: str = "RUNNING"
    owner: "_OpenVisit | None" = None
    visits: list["_OpenVisit"] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether nothing inside can go on: it has ended, or what it belongs to has."""
        if self.status != "RUNNING" or self.owner is None:
            return self.status != "RUNNING"
        return not self.owner.is_open or self.attempt < self.owner.tries or self.owner.scope.is_over


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
    attempts: list[Attempt] = field(default_factory=list)
    branches: list[_Scope] = field(default_factory=list)
    problem: Problem | None = None
    tries: int = 0
    ended: str = ""
    """FAILED or ABORTED once it cannot go on without a Catch; empty before."""

    @property
    def is_open(self) -> bool:
        return self.left_at is None and not self.ended

    def current_try(self) -> list[_Scope]:
        return [branch for branch in self.branches if branch.attempt == max(1, self.tries)]


Place = _Scope | _OpenVisit


class Reader:
    """Takes the events of a history in their order. ``place`` is where the last one happened."""

    def __init__(self) -> None:
        self._root = _Scope("execution")
        self._places: dict[int, Place] = {0: self._root}
        self.place: Place = self._root
        self._started_at: datetime | None = None
        self._ended_at: datetime | None = None
        self._status = "RUNNING"
        self._input = "{}"
        self._output: str | None = None
        self._problem: Problem | None = None
        self._redrives = 0

    def add(self, event: Mapping[str, Any]) -> None:
        before = self._places.get(event.get("previousEventId") or 0, self.place)
        if before is self._root and event["type"] != "ExecutionStarted" and not event.get("previousEventId"):
            before = self.place
        self._places[event["id"]] = self.place = self._place(event, before)

    def history(self) -> History:
        return History(
            started_at=self._started_at,
            ended_at=self._ended_at,
            status=self._status,
            input=self._input,
            output=self._output,
            problem=self._problem,
            visits=self._freeze(self._root),
            redrives=self._redrives,
        )

    def _place(self, event: Mapping[str, Any], before: Place) -> Place:
        kind: str = event["type"]
        if kind.endswith("StateEntered"):
            return self._enter(event, before)
        if kind.endswith("StateExited"):
            return self._leave(event, before)
        if kind.startswith("Execution"):
            return self._execution(event, before)
        if kind == "MapIterationStarted":
            return self._start_iteration(event, before)
        if kind in _ITERATION_ENDS:
            return self._end_iteration(event, before)
        if kind in _FAN_OUT_STARTS:
            return self._start_try(before, _FAN_OUT_STARTS[kind])
        if kind in _FAN_OUT_SUCCESSES:
            return _owner(before, _FAN_OUT_SUCCESSES[kind]) or before
        if kind in _FAN_OUT_FAILURES:
            return self._fail_fan_out(event, before, _FAN_OUT_FAILURES[kind])
        if kind == "EvaluationFailed":
            return self._fail_evaluation(event, before)
        if kind.endswith("StateAborted"):
            return self._abort(before, kind.removesuffix("StateAborted"))
        return self._task(event, before)

    def _execution(self, event: Mapping[str, Any], before: Place) -> Place:
        kind, details = event["type"], event_details(event)
        if kind == "ExecutionStarted":
            self._started_at, self._input = event["timestamp"], details.get("input", "{}")
        elif kind == "ExecutionRedriven":
            self._redrives += 1
            self._status, self._ended_at, self._problem = "RUNNING", None, None
            self._reopen(self._root)
        elif kind in _ENDS:
            self._status, self._ended_at = _ENDS[kind], event["timestamp"]
            self._output = details.get("output")
            if self._status != "SUCCEEDED":
                self._problem = Problem(details.get("error") or self._status, details.get("cause") or "")
            if self._status == "FAILED":
                _blame(before, self._problem)
            self._root.status = self._status
        return self._root

    def _reopen(self, scope: _Scope) -> None:
        """A redrive takes up again whatever has not been left."""
        if scope.status != "SUCCEEDED":
            scope.status = "RUNNING"
        for visit in scope.visits:
            if visit.left_at is None:
                visit.ended, visit.problem = "", None
                for branch in visit.current_try():
                    self._reopen(branch)

    def _enter(self, event: Mapping[str, Any], before: Place) -> Place:
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

    def _scope_after(self, before: Place) -> _Scope:
        if isinstance(before, _Scope):
            return before
        if before.kind == "Parallel" and before.is_open:
            branch = _Scope("branch", len(before.current_try()), max(1, before.tries), owner=before)
            before.branches.append(branch)
            return branch
        return before.scope

    def _leave(self, event: Mapping[str, Any], before: Place) -> Place:
        details = event.get("stateExitedEventDetails") or {}
        name = details.get("name", "")
        for visit in _upwards(before):
            if visit.name == name and visit.left_at is None:
                visit.left_at, visit.ended = event["timestamp"], ""
                visit.output = details.get("output")
                return visit
        return before

    def _start_try(self, before: Place, kind: str) -> Place:
        """The first try follows the entry of the state, every further one the event inside it that failed."""
        owner = _owner(before, kind)
        if owner is None:
            return before
        owner.tries += 1
        owner.problem = None
        return owner

    def _start_iteration(self, event: Mapping[str, Any], before: Place) -> Place:
        details = event_details(event)
        owner = next((v for v in _upwards(before) if v.kind == "Map" and v.name == details.get("name", v.name)), None)
        if owner is None:
            return before
        index = int(details.get("index", len(owner.current_try())))
        iteration = _Scope("iteration", index, max(1, owner.tries), owner=owner)
        owner.branches.append(iteration)
        return iteration

    def _end_iteration(self, event: Mapping[str, Any], before: Place) -> Place:
        """Those of other items are aborted in the name of the one that failed, so only name and index tell which."""
        details, status = event_details(event), _ITERATION_ENDS[event["type"]]
        name, index = details.get("name"), details.get("index")
        around = [scope for scope in _scopes(before) if scope.kind == "iteration"]
        others = [
            scope
            for visit in _upwards(before)
            if visit.kind == "Map" and name in (None, visit.name)
            for scope in reversed(visit.current_try())
        ]
        fitting = [scope for scope in [*around, *others] if _is_iteration(scope, name, index)]
        ended = next((scope for scope in fitting if scope.status == "RUNNING"), next(iter(fitting), None))
        if ended is None:
            return before
        ended.status = status
        if status == "FAILED":
            _close(before, "FAILED", ended)
        return ended

    def _fail_fan_out(self, event: Mapping[str, Any], before: Place, kind: str) -> Place:
        details = event_details(event)
        owner = _owner(before, kind)
        if owner is None:
            return before
        inside = _problem_at(before)
        if details.get("error") or inside is None:
            inside = Problem(details.get("error") or event["type"], details.get("cause") or "")
        _close(before, "FAILED", owner)
        owner.problem, owner.ended = inside, "FAILED"
        return owner

    def _fail_evaluation(self, event: Mapping[str, Any], before: Place) -> Place:
        """Step Functions links the failure to the event before its state was entered, and names the state."""
        details = event_details(event)
        owner = _named_open(before, details.get("state"), self._scope_after_entry(before))
        if owner is None:
            return before
        owner.problem = Problem(details.get("error") or event["type"], details.get("cause") or "")
        return owner

    def _scope_after_entry(self, before: Place) -> Sequence[_Scope]:
        if isinstance(before, _OpenVisit) and before.kind == "Parallel" and before.is_open:
            return before.current_try()
        return [before if isinstance(before, _Scope) else before.scope]

    def _abort(self, before: Place, kind: str) -> Place:
        """A stopped state is not named: it is the one at hand, in the item that just ended, or open beside them."""
        candidates = [*_inside(self.place), *_upwards(before)]
        for outer in _upwards(before):
            candidates += [inner for branch in outer.branches for inner in _inside(branch)]
        stopped = next((v for v in candidates if v.kind == kind and v.left_at is None and v.ended != "ABORTED"), None)
        if stopped is None:
            return before
        stopped.ended = "ABORTED"
        return stopped

    def _task(self, event: Mapping[str, Any], before: Place) -> Place:
        visit = before if isinstance(before, _OpenVisit) else before.owner
        if visit is None:
            return before
        kind, details = event["type"], event_details(event)
        if kind in _TASK_STARTS:
            visit.problem = None
            visit.attempts.append(_attempt(event, details))
        elif kind in {"TaskSubmitted", *_TASK_SUCCESSES} and visit.attempts:
            attempt = visit.attempts[-1]
            attempt.child_execution = attempt.child_execution or _child_execution(details.get("output"))
            if kind in _TASK_SUCCESSES:
                attempt.ended_at = event["timestamp"]
        elif kind in _TASK_FAILURES:
            if not visit.attempts or visit.attempts[-1].ended_at is not None:
                visit.attempts.append(_attempt(event, details))
            attempt = visit.attempts[-1]
            attempt.ended_at = event["timestamp"]
            attempt.problem = Problem(details.get("error") or kind, details.get("cause") or "")
            attempt.child_execution = attempt.child_execution or _child_execution(details.get("cause"))
        return visit

    def _freeze(self, scope: _Scope) -> tuple[Visit, ...]:
        names = [visit.name for visit in scope.visits[1:]]
        return tuple(
            self._freeze_visit(visit, names[number] if number < len(names) else None)
            for number, visit in enumerate(scope.visits)
        )

    def _freeze_visit(self, visit: _OpenVisit, after: str | None) -> Visit:
        problem = _problem_at(visit)
        return Visit(
            event_id=visit.event_id,
            name=visit.name,
            kind=visit.kind,
            entered_at=visit.entered_at,
            left_at=visit.left_at,
            input=visit.input,
            output=visit.output,
            attempts=tuple(visit.attempts),
            branches=tuple(self._freeze_branch(branch) for branch in visit.branches),
            problem=Problem(problem.error, problem.cause, after) if problem else None,
            status=self._status_of(visit),
        )

    def _freeze_branch(self, branch: _Scope) -> Branch:
        return Branch(branch.kind, branch.index, self._branch_status(branch), self._freeze(branch), branch.attempt)

    def _status_of(self, visit: _OpenVisit) -> str:
        failed = visit.kind == "Fail" or _problem_at(visit) is not None
        if visit.left_at is not None:
            return "CAUGHT" if failed else "SUCCEEDED"
        if visit.kind == "Fail":
            return "FAILED"
        if visit.ended or not visit.scope.is_over:
            return "FAILED" if visit.ended and failed else visit.ended or "RUNNING"
        return "FAILED" if failed else "TIMED_OUT" if self._status == "TIMED_OUT" else "ABORTED"

    def _branch_status(self, branch: _Scope) -> str:
        if branch.status != "RUNNING" or not branch.visits:
            return "ABORTED" if branch.is_over and branch.status == "RUNNING" else branch.status
        last = branch.visits[-1]
        if branch.kind == "branch" and last.left_at is not None:
            return "SUCCEEDED"
        status = self._status_of(last)
        return status if status in {"FAILED", "TIMED_OUT"} else "ABORTED" if branch.is_over else "RUNNING"


def _attempt(event: Mapping[str, Any], details: Mapping[str, Any]) -> Attempt:
    resource = details.get("resource", "")
    kind = details.get("resourceType", "")
    return Attempt(
        resource=f"{kind}:{resource}" if kind else resource,
        started_at=event["timestamp"],
        ended_at=None,
        arguments=details.get("parameters") or details.get("input") or "",
        problem=None,
        child_execution=None,
    )


def _child_execution(text: str | None) -> str | None:
    """The ARN of the execution that a ``startExecution`` task started, from its output or its failure."""
    if not text or '"ExecutionArn"' not in text:
        return None
    value = parsed(text)
    arn = value.get("ExecutionArn") if isinstance(value, dict) else None
    return arn if isinstance(arn, str) else None


def parsed(text: str | None) -> Any:
    """A JSON text as a value; the text itself when it is not JSON; None for none."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def event_details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one ``…EventDetails`` of an event, whatever it is called; empty when it has none."""
    for name, value in event.items():
        if name.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}


def _upwards(place: Place) -> Iterable[_OpenVisit]:
    """The visit at a place, then the Map and Parallel states around it, innermost first."""
    visit = place if isinstance(place, _OpenVisit) else place.owner
    while visit is not None:
        yield visit
        visit = visit.scope.owner


def _scopes(place: Place) -> Iterable[_Scope]:
    scope: _Scope | None = place if isinstance(place, _Scope) else place.scope
    while scope is not None:
        yield scope
        scope = scope.owner.scope if scope.owner else None


def _owner(place: Place, kind: str) -> _OpenVisit | None:
    """The innermost state of a kind around a place that is still at work."""
    return next((visit for visit in _upwards(place) if visit.kind == kind and visit.is_open), None)


def _inside(place: Place) -> Iterable[_OpenVisit]:
    """The visits of an item or branch, innermost first; none for a visit itself."""
    if isinstance(place, _Scope) and place.owner is not None:
        for visit in place.visits:
            for branch in visit.branches:
                yield from _inside(branch)
            yield visit


def _is_iteration(scope: _Scope, name: str | None, index: int | None) -> bool:
    owner = scope.owner.name if scope.owner else None
    return scope.kind == "iteration" and name in (None, owner) and index in (None, scope.index)


def _named_open(before: Place, name: str | None, scopes: Sequence[_Scope]) -> _OpenVisit | None:
    """The state of this name that is at work: entered last after ``before``, or around it."""
    entered = [visit for scope in reversed(scopes) for visit in reversed(scope.visits)]
    fitting = [visit for visit in [*entered, *_upwards(before)] if name in (None, visit.name) and visit.is_open]
    return next((visit for visit in fitting if visit.problem is None), next(iter(fitting), None))


def _problem_at(place: Place) -> Problem | None:
    if isinstance(place, _Scope):
        return None
    return place.problem or (place.attempts[-1].problem if place.attempts else None)


def _blame(place: Place, problem: Problem | None) -> None:
    """What an execution failed in has failed with it, where the history says no more."""
    for visit in _upwards(place):
        if visit.left_at is None and _problem_at(visit) is None:
            visit.problem = problem


def _close(place: Place, status: str, within: Place) -> None:
    """The states from a place outwards have ended, up to the item or state ``within`` which they are."""
    for visit in _upwards(place):
        if visit is within or (isinstance(within, _Scope) and visit is within.owner):
            return
        if visit.is_open:
            visit.ended = status
