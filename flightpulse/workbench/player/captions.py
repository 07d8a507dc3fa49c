"""Says in one plain sentence what each event of a history means."""

import re
from collections.abc import Mapping

from flightpulse.workbench.diagram.definition import State, short_resource
from flightpulse.workbench.executions.history import Problem, Visit, event_details
from flightpulse.workbench.executions.story import in_words
from flightpulse.workbench.player.course import Course, is_failure, is_start, is_stopped
from flightpulse.workbench.player.events import Event
from flightpulse.workbench.player.trace import HistoryTrace
from flightpulse.workbench.show.words import counted, duration, shortened

# What an AWS service puts behind its message: "(Service: DynamoDb, Status Code: 400, Request ID: …)".
_CAUSE_LENGTH = 160
_SERVICE_NOTE = re.compile(r"\s*\(Service: [^()]*(\([^()]*\)[^()]*)*\)")


class Teller:
    """Knows the whole trace, so that a sentence can say what comes of its event."""

    def __init__(self, trace: HistoryTrace, states: Mapping[str, State], course: Course) -> None:
        self._trace = trace
        self._states = states
        self._course = course
        self._after: dict[int, int] = {}
        for index, stay in enumerate(trace.stays):
            if stay.follows is not None:
                self._after[stay.follows] = index

    def where(self, stay: int | None) -> str:
        """``Item #3 of TellInGroups: `` for what happens inside an iteration, "" on the outside."""
        items = self._trace.stays[stay].items if stay is not None else ()
        return f"{_capital(self._trace.item_name(items[-1]))}: " if items else ""

    def caption(self, index: int) -> str:
        event = self._trace.events[index]
        stay, item = self._trace.places[index]
        kind: str = event["type"]
        if kind.startswith("Execution"):
            return self._execution(event)
        if stay is None:
            return f"{words_of(kind)}{_named(event)}."
        visit = self._trace.stays[stay].visit
        if kind.startswith("MapIteration"):
            return _iteration(kind, self._trace.items[item].name if item is not None else f"an item of {visit.name}")
        if kind.endswith("StateEntered"):
            return self._entered(visit, stay)
        if kind.endswith("StateExited"):
            return self._exited(visit, stay, index)
        if kind == "EvaluationFailed":
            return self._evaluation(event, visit, index)
        if is_failure(kind):
            return self._failed(event, visit, index)
        return self._worked(event, visit, index)

    def _execution(self, event: Event) -> str:
        kind, history = event["type"], self._trace.history
        if kind == "ExecutionStarted":
            return "The execution starts."
        if kind == "ExecutionRedriven":
            return "The execution is redriven: it goes on where it had failed."
        first = self._trace.events[0]["timestamp"]
        took = duration((event["timestamp"] - first).total_seconds())
        if kind == "ExecutionSucceeded":
            return f"The execution succeeds after {took}."
        problem = _problem(event)
        said = f" with {in_words(problem)}" if problem.error != kind or problem.cause else ""
        ended = {"ExecutionFailed": "fails", "ExecutionAborted": "is stopped", "ExecutionTimedOut": "times out"}
        if kind in ended:
            return f"The execution {ended[kind]} after {took}{said}."
        return f"{words_of(kind)} ({history.status.lower()})."

    def _entered(self, visit: Visit, stay: int) -> str:
        state = self._states.get(self._trace.stays[stay].path or "")
        kind = visit.kind
        if kind == "Choice":
            return f"{visit.name} looks at its rules."
        if kind == "Wait":
            return f"{visit.name} begins to wait."
        if kind == "Succeed":
            return f"{visit.name} is reached: a good end."
        if kind == "Fail":
            error = f" with {state.notes}" if state and state.notes and not state.notes.startswith("$") else ""
            return f"{visit.name} is reached: it ends {self._ended_by(stay)}{error}."
        return f"{visit.name} begins."

    def _ended_by(self, stay: int) -> str:
        """What ends when a state fails for good: the item or branch it is in, else the execution."""
        items = self._trace.stays[stay].items
        if not items:
            return "the execution"
        return "the item" if self._trace.items[items[-1]].kind == "iteration" else "the branch"

    def _exited(self, visit: Visit, stay: int, index: int) -> str:
        after = self._after.get(stay)
        follower = self._trace.stays[after].visit.name if after is not None else ""
        if self._course.left_by_catch(index):
            return f"{visit.name} is left through its catch" + (f"; {follower} takes over." if follower else ".")
        if visit.kind == "Choice":
            return f"{visit.name} chooses {follower}." if follower else f"{visit.name} has chosen."
        if visit.kind == "Wait" and visit.seconds is not None:
            return f"{visit.name} has waited {duration(visit.seconds)}."
        return f"{visit.name} is done" + (f"; next comes {follower}." if follower else ".")

    def _evaluation(self, event: Event, visit: Visit, index: int) -> str:
        found = event_details(event)
        where = f" ({found['location']})" if found.get("location") else ""
        cause = " ".join(str(found.get("cause") or found.get("error") or "").split())
        said = f": {shortened(cause, _CAUSE_LENGTH)}" if cause else ""
        return f"An expression of {visit.name}{where} cannot be worked out{said}; {self._then(index)}."

    def _failed(self, event: Event, visit: Visit, index: int) -> str:
        kind: str = event["type"]
        if is_stopped(kind):
            return f"{visit.name}, which has failed, is closed." if visit.problem else f"{visit.name} is stopped."
        if kind in {"MapStateFailed", "ParallelStateFailed"}:
            return f"{visit.name} fails because {self._why_failed(index, visit)}; {self._then(index)}."
        problem = _problem(event)
        said = "" if problem.error == kind else f" with {in_words(problem)}"
        ending = "times out" if kind.endswith("TimedOut") else "fails"
        number = self._course.tries(index)
        return f"{visit.name} {ending} on try {number}{said}; {self._then(index)}."

    def _why_failed(self, index: int, visit: Visit) -> str:
        before = self._course.before(index)
        if before == "EvaluationFailed":
            return "its expression could not be worked out"
        if before.startswith("MapRun"):
            return "its map run failed"
        return "an item failed" if visit.kind == "Map" else "a branch failed"

    def _then(self, index: int) -> str:
        follows = self._course.what_follows(index)
        if follows == "again":
            return "it will be tried again"
        if follows == "caught":
            stay, _ = self._trace.places[index]
            after = self._after.get(stay) if stay is not None else None
            taker = self._trace.stays[after].visit.name if after is not None else ""
            return f"{taker} takes over" if taker else "the error is caught"
        if follows == "unknown":
            return "what comes next is not in the history yet"
        stay, _ = self._trace.places[index]
        ended = self._ended_by(stay) if stay is not None else "the execution"
        return "nobody catches it" if ended == "the execution" else f"{ended} fails with it"

    def _worked(self, event: Event, visit: Visit, index: int) -> str:
        kind, found = event["type"], event_details(event)
        what = _resource(visit)
        if kind in {"MapStateStarted", "ParallelStateStarted"}:
            return self._fans_out(index, visit, int(found.get("length") or 0))
        if kind == "MapRunStarted":
            return f"{visit.name} starts a map run: its items are executions of their own."
        if kind == "MapStateSucceeded" and self._course.has(index, "MapRunStarted"):
            return f"{visit.name} is done with the items of its map run."
        if kind in {"MapStateSucceeded", "ParallelStateSucceeded"}:
            return _all_done(visit)
        if kind.startswith("MapRun"):
            return f"The map run of {visit.name} has {words_of(kind).removeprefix('Map run ')}."
        if is_start(kind):
            number = self._course.tries(index)
            return f"{visit.name} {'tries again' if number > 1 else ''}{_calls(what, number)}."
        if kind.endswith("Started"):
            return f"{what} begins to work for {visit.name}."
        if kind == "TaskSubmitted":
            return self._submitted(visit, index, what)
        if kind.endswith("Succeeded"):
            if what.startswith("states:startExecution.sync"):
                return f"The execution that {visit.name} started has succeeded."
            number = self._course.tries(index)
            return f"{what} answers {visit.name}" + (f" on try {number}." if number > 1 else ".")
        return f"{visit.name}: {words_of(kind)}."

    def _fans_out(self, index: int, visit: Visit, length: int) -> str:
        attempt = self._course.tries(index)
        again = f" on try {attempt}" if attempt > 1 else ""
        mine = {branch.index for branch in visit.branches if branch.attempt == attempt}
        if visit.kind == "Parallel":
            stay, _ = self._trace.places[index]
            state = self._states.get(self._trace.stays[stay].path or "") if stay is not None else None
            number = len(state.scopes) if state and state.scopes else len(mine)
            return f"{visit.name} starts its {counted(number, 'branch', 'branches')}{again}."
        if not length and self._course.has(index, "MapRunStarted"):
            return f"{visit.name} looks for its items{again}."
        return f"{visit.name} has {counted(max(length, len(mine)), 'item')}{again}."

    def _submitted(self, visit: Visit, index: int, what: str) -> str:
        attempts = visit.attempts[: self._course.tries(index)]
        child = attempts[-1].child_execution if attempts else None
        if child:
            return f"{visit.name} has started execution {child.rsplit(':', 1)[-1]} and waits for it."
        return f"{what} has taken the request of {visit.name}."


def _iteration(kind: str, item: str) -> str:
    said = {
        "MapIterationStarted": "begins",
        "MapIterationSucceeded": "is done",
        "MapIterationFailed": "fails",
        "MapIterationAborted": "is stopped",
    }.get(kind, words_of(kind))
    return f"{_capital(item)} {said}."


def _calls(what: str, number: int) -> str:
    deed = f"calls {what}"
    if what.startswith("states:startExecution"):
        deed = "starts an execution" + (" and waits for it" if ".sync" in what else "")
    return f" (try {number}): {deed}" if number > 1 else deed


def _all_done(visit: Visit) -> str:
    one, many = ("item", "items") if visit.kind == "Map" else ("branch", "branches")
    number = len({branch.index for branch in visit.branches})
    if number == 0:
        return f"{visit.name} had no {one} to do."
    if number == 1:
        return f"The one {one} of {visit.name} is done."
    return f"All {number} {many} of {visit.name} are done."


def words_of(kind: str) -> str:
    """An event type nobody told us about, as words: ``MapRunRedriven`` → ``Map run redriven``."""
    spaced = "".join(f" {char.lower()}" if char.isupper() else char for char in kind).strip()
    return _capital(spaced)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _resource(visit: Visit) -> str:
    """What a task calls: ``dynamodb:putItem``, ``lambda FlightPulse-LLMMessenger``."""
    resource = visit.attempts[-1].resource if visit.attempts else ""
    return (
        short_resource(resource.removeprefix("lambda:") if resource.startswith("lambda:arn") else resource)
        or "the task"
    )


def _problem(event: Event) -> Problem:
    """An event's error without what only a support desk wants to know of it."""
    found = event_details(event)
    cause = _SERVICE_NOTE.sub("", str(found.get("cause") or ""))
    return Problem(str(found.get("error") or event["type"]), cause)


def _named(event: Event) -> str:
    name = event_details(event).get("name")
    return f" ({name})" if name else ""
