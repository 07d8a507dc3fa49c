"""Follows an execution's variables through its history: what each state could see when it was entered.

Step Functions notes in a state's exit which variables it assigned. Where a history lacks that, the state's Assign is
evaluated again from what the history has; where that cannot be done either, the variable counts as not known.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flightpulse.workbench.diagram.definition import parse
from flightpulse.workbench.executions.history import Branch, Problem, Visit
from flightpulse.workbench.explore.expressions import FailedError, Known, NotKnownError, filled
from flightpulse.workbench.player import events as histories
from flightpulse.workbench.player import trace as traces
from flightpulse.workbench.player.events import Event, details
from flightpulse.workbench.player.trace import Item, Trace

_RESULTS: Final = frozenset({"TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded"})
_WORKING: Final = frozenset({"Task", "Map", "Parallel", "Pass"})


@dataclass(frozen=True, slots=True)
class Moment:
    """A visit of a state, with its part of the definition and what was known when it was entered.

    ``following`` is the name of the state after it in the same place, empty at an end; ``items`` says in which
    iterations and branches it was, outermost first; ``left`` whether it has been left; ``problem`` is its own
    error, or that of the execution when it ended here.
    """

    visit: Visit
    state: Mapping[str, Any]
    language: str
    known: Known
    following: str
    items: tuple[Item, ...]
    path: str

    problem: Problem | None

    @property
    def left(self) -> bool:
        return self.visit.left_at is not None


def walk(definition: Mapping[str, Any] | str, history: Any) -> list[Moment]:
    """Every visit of an execution, parents before what is inside them.

    ``history`` is whatever the step player takes. Raises UserError for what is no definition or no history.
    """
    scope = parse(definition)
    machine = json.loads(definition) if isinstance(definition, str) else definition
    states = {state.path: state for state in scope.walk()}
    trace = traces.follow(histories.normalise(history, states), states)
    return list(_Walker(trace, dict(_bodies(machine, "", "JSONPath"))).run())


def _bodies(machine: Mapping[str, Any], prefix: str, outer: str) -> Iterator[tuple[str, tuple[Mapping[str, Any], str]]]:
    """Each state's part of the definition and its query language, by path."""
    language = str(machine.get("QueryLanguage", outer))
    for name, body in machine.get("States", {}).items():
        path = prefix + name.replace("/", "∕")
        yield path, (body, str(body.get("QueryLanguage", language)))
        inner = body.get("ItemProcessor") or body.get("Iterator")
        if inner:
            yield from _bodies(inner, f"{path}/", language)
        for number, branch in enumerate(body.get("Branches", [])):
            yield from _bodies(branch, f"{path}/{number}/", language)


class _Walker:
    def __init__(self, trace: Trace, bodies: Mapping[str, tuple[Mapping[str, Any], str]]) -> None:
        self._trace = trace
        self._bodies = bodies
        self._stays = {stay.visit.event_id: place for place, stay in enumerate(trace.stays)}
        self._entries: dict[int, Event] = {}
        self._exits: dict[int, Event] = {}
        self._results: dict[int, Any] = {}
        for event, (stay, _) in zip(trace.events, trace.places, strict=True):
            if stay is not None:
                self._note(event, stay)

    def run(self) -> Iterator[Moment]:
        yield from self._scope(self._trace.history.visits, Known())

    def _note(self, event: Event, stay: int) -> None:
        kind, found = event["type"], details(event)
        if kind.endswith("StateEntered"):
            self._entries[stay] = event
        elif kind.endswith("StateExited"):
            self._exits[stay] = event
        elif kind in _RESULTS and _held(found, "output"):
            self._results[stay] = _parsed(found["output"])

    def _scope(self, visits: Sequence[Visit], known: Known) -> Iterator[Moment]:
        for visit, after in zip(visits, [*visits[1:], None], strict=False):
            moment = self._moment(visit, after.name if after else "", known)
            yield moment
            for branch in visit.branches:
                yield from self._scope(branch.visits, Known(dict(known.variables), {}, dict(known.lost)))
            if moment.left:
                self._assign(moment, known)

    def _moment(self, visit: Visit, following: str, known: Known) -> Moment:
        place = self._stays[visit.event_id]
        stay = self._trace.stays[place]
        body, language = self._bodies.get(stay.path or "", ({}, "JSONPath"))
        items = tuple(self._trace.items[number] for number in stay.items)
        seen = known.with_states(context=self._context(visit, items))
        entered = details(self._entries[place]) if place in self._entries else {}
        if _held(entered, "input"):
            seen.states["input"] = _parsed(entered["input"])
        else:
            seen.lost["states.input"] = f"the input of {visit.name} is not in the history"
        problem = visit.problem or (None if visit.left_at else self._trace.history.problem)
        return Moment(visit, body, language, seen, following, items, stay.path or visit.name, problem)

    def _context(self, visit: Visit, items: Sequence[Item]) -> dict[str, Any]:
        """As much of the context object as a history tells."""
        execution: dict[str, Any] = {}
        first = self._trace.events[0] if self._trace.events else {}
        if first.get("type") == "ExecutionStarted":
            execution["StartTime"] = _time(first["timestamp"])
            if _held(details(first), "input"):
                execution["Input"] = _parsed(details(first)["input"])
        context: dict[str, Any] = {
            "Execution": execution,
            "State": {"Name": visit.name, "EnteredTime": _time(visit.entered_at)},
            "StateMachine": {},
            "Task": {},
        }
        if items and items[-1].kind == "iteration":
            context["Map"] = {"Item": {"Index": items[-1].index}}
        return context

    def _assign(self, moment: Moment, known: Known) -> None:
        """Note what a state has assigned, for the states after it."""
        place = self._stays[moment.visit.event_id]
        noted = details(self._exits[place]) if place in self._exits else {}
        assigned = noted.get("assignedVariables")
        whole = isinstance(assigned, Mapping) and not _cut(noted, "assignedVariables")
        if isinstance(assigned, Mapping):
            _remember(known, {name: _parsed(value) for name, value in assigned.items()} if whole else {})
        if not whole:
            self._evaluate_again(moment, place, known)

    def _evaluate_again(self, moment: Moment, place: int, known: Known) -> None:
        fields = _assigning_fields(moment)
        for name, given in fields.get("Assign", {}).items():
            try:
                _remember(known, {name: self._again(moment, place, given)})
            except (NotKnownError, FailedError):
                known.variables.pop(name, None)
                known.lost[name] = f"${name}, which {moment.visit.name} assigned, is not in the history"

    def _again(self, moment: Moment, place: int, given: Any) -> Any:
        if moment.language != "JSONata":
            raise NotKnownError("JSONPath is not evaluated here")
        error = moment.visit.problem
        if error is not None:
            output: Any = {"Error": error.error, "Cause": error.cause}
            seen = moment.known.with_states(errorOutput=output)
        else:
            output = self._result(moment, place)
            seen = moment.known.with_states() if output is _NO_RESULT else moment.known.with_states(result=output)
        return filled(given, seen)

    def _result(self, moment: Moment, place: int) -> Any:
        """What the work of a state gave. Without an Output of its own, a state's output is that."""
        if place in self._results:
            return self._results[place]
        kind = moment.visit.kind
        if kind in {"Map", "Parallel"} and moment.visit.branches and moment.visit.left_at:
            last = max(branch.attempt for branch in moment.visit.branches)
            ended = [branch for branch in moment.visit.branches if branch.attempt == last]
            ordered = sorted(ended, key=lambda branch: branch.index)
            return [_outcome(branch) for branch in ordered]
        plain = not {"Output", "OutputPath", "ResultPath", "ResultSelector"} & moment.state.keys()
        if kind in _WORKING and plain and moment.visit.output is not None:
            return _parsed(moment.visit.output)
        return _NO_RESULT


class _NoResult:
    pass


_NO_RESULT: Final = _NoResult()


def _outcome(branch: Branch) -> Any:
    output = branch.visits[-1].output if branch.visits else None
    if output is None:
        raise NotKnownError("the output of an item is not in the history")
    return _parsed(output)


def _assigning_fields(moment: Moment) -> Mapping[str, Any]:
    """The part of a state whose Assign applied: a catcher, the rule of a Choice, or the state itself."""
    state, following = moment.state, moment.following
    if moment.visit.problem is not None:
        return next((entry for entry in state.get("Catch", []) if entry.get("Next") == following), {})
    if state.get("Type") == "Choice":
        rules = [rule for rule in state.get("Choices", []) if rule.get("Next") == following]
        if rules and state.get("Default") != following:
            return rules[0] if len(rules) == 1 else {}
    return state


def _remember(known: Known, values: Mapping[str, Any]) -> None:
    known.variables.update(values)
    for name in values:
        known.lost.pop(name, None)


def _held(found: Mapping[str, Any], name: str) -> bool:
    return isinstance(found.get(name), str) and not _cut(found, name)


def _cut(found: Mapping[str, Any], name: str) -> bool:
    about = found.get(f"{name}Details")
    return isinstance(about, Mapping) and bool(about.get("truncated"))


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _time(moment: Any) -> str:
    return str(moment.isoformat(timespec="milliseconds")).replace("+00:00", "Z")
