"""Map and Parallel states: one attempt at running their iterations or branches side by side.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
"""

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.services.step_functions.failures import RUNTIME, StateFailure, Stopped
from localcloud.services.step_functions.frame import Frame, Machine
from localcloud.services.step_functions.history import Cursor
from localcloud.services.step_functions.payload import Payload
from localcloud.services.step_functions.run import Branch, Progress

CONCURRENCY = 40
"""Iterations of an inline Map that run side by side (Step Functions quota)."""

_ABORTABLE = frozenset({"Map", "Parallel", "Task", "Wait"})

log = logging.getLogger(__name__)

RunStates = Callable[[Branch, Machine, Progress], Payload]


@dataclass(frozen=True, slots=True)
class Part:
    """An iteration or a branch: what runs, what it starts with, and what its context object holds besides."""

    machine: Machine
    input: Payload
    context: Mapping[str, Any]


class FanOut:
    """Runs the parts of a state until all have ended or one has failed; a failure stops the others at once.

    Parts whose output is known from an earlier run of the execution are not run again.
    """

    def __init__(self, branch: Branch, frame: Frame, progress: Progress, run_states: RunStates) -> None:
        self._outer = branch
        self._frame = frame
        self._progress = progress
        self._run_states = run_states
        self._history = branch.run.history
        self._scope = branch.scope.child()
        self._iterates = frame.kind == "Map"
        self._active: dict[int, Branch] = {}
        self._failure: StateFailure | None = None
        self._ended = threading.Event()
        self._workers = 0
        self._last = 0

    def run(self, parts: Sequence[Part], concurrency: int) -> Payload:
        """The outputs of all parts, in their order and each as it was written. Raises StateFailure."""
        details = {"length": len(parts)} if self._iterates else None
        self._last = self._outer.event(f"{self._frame.kind}StateStarted", details)
        waiting = iter([index for index in range(len(parts)) if not isinstance(self._done(index), Payload)])
        try:
            self._start(parts, waiting, concurrency)
        finally:
            self._scope.close()
        self._outer.cursor.last = self._last
        if self._failure is not None:
            raise self._failure
        self._outer.event(f"{self._frame.kind}StateSucceeded", move=False)
        outputs = [part for index in range(len(parts)) if isinstance(part := self._done(index), Payload)]
        return Payload([part.value for part in outputs], f"[{','.join(part.text for part in outputs)}]")

    def _done(self, index: int) -> Progress | Payload | None:
        return self._progress.parts.get(index)

    def _start(self, parts: Sequence[Part], waiting: Iterator[int], concurrency: int) -> None:
        first = [index for _, index in zip(range(concurrency), waiting, strict=False)]
        started = self._last
        workers = [(index, self._begin(index, parts[index], Cursor(started))) for index in first]
        self._workers = len(workers)
        if len(workers) == 1:
            self._work(parts, waiting, *workers[0])
        elif workers:
            for index, branch in workers:
                arguments = (self._work, parts, waiting, index, branch)
                target = contextvars.copy_context().run
                threading.Thread(target=target, args=arguments, name="step-functions-branch", daemon=True).start()
            self._outer.scope.wait_for(self._ended)
        self._outer.scope.check()

    def _begin(self, index: int, part: Part, cursor: Cursor) -> Branch:
        branch = Branch(self._outer.run, self._scope, cursor, {**self._outer.context, **part.context})
        with self._history.lock:
            if self._iterates:
                branch.event("MapIterationStarted", self._iteration(index))
            self._active[index] = branch
        return branch

    def _work(self, parts: Sequence[Part], waiting: Iterator[int], index: int, branch: Branch) -> None:
        """Run a part, and then others that wait, one after the other."""
        try:
            while True:
                self._run_part(index, parts[index], branch)
                following = self._next(waiting)
                if following is None:
                    break
                index, branch = following, self._begin(following, parts[following], branch.cursor)
        except Stopped:
            pass
        except StateFailure as failure:
            self._fail(index, branch, failure)
        except Exception as error:
            log.exception("The state %s of %s", self._frame.name, self._outer.run.record["executionArn"])
            self._fail(index, branch, StateFailure(RUNTIME, str(error)))
        finally:
            with self._history.lock:
                self._workers -= 1
                if not self._workers:
                    self._ended.set()

    def _next(self, waiting: Iterator[int]) -> int | None:
        with self._history.lock:
            self._scope.check()
            return next(waiting, None)

    def _run_part(self, index: int, part: Part, branch: Branch) -> None:
        output = self._run_states(branch, part.machine, self._progress_of(index, part))
        with self._history.lock:
            if self._iterates:
                self._last = branch.event("MapIterationSucceeded", self._iteration(index), move=False)
            else:
                self._scope.check()
                self._last = branch.cursor.last
            self._progress.parts[index] = output
            del self._active[index]

    def _progress_of(self, index: int, part: Part) -> Progress:
        with self._history.lock:
            self._scope.check()
            progress = self._done(index)
            if not isinstance(progress, Progress):
                progress = Progress(part.machine.start_at, part.input, self._frame.variables)
                self._progress.parts[index] = progress
            return progress

    def _fail(self, index: int, branch: Branch, failure: StateFailure) -> None:
        """The first failure is the state's: it cuts the other parts short, and history says which they were."""
        with self._history.lock:
            if self._scope.stopped:
                return
            self._failure = failure
            self._scope.stop()
            self._last = branch.cursor.last
            self._active.pop(index, None)
            self._cut_short(index, branch, "Failed")
            for other, cut in sorted(self._active.items()):
                self._cut_short(other, cut, "Aborted")
            self._ended.set()

    def _cut_short(self, index: int, branch: Branch, how: str) -> None:
        if self._iterates:
            self._history.add(f"MapIteration{how}", self._iteration(index), self._last)
        if branch.kind in _ABORTABLE:
            self._history.add(f"{branch.kind}StateAborted", None, self._last)

    def _iteration(self, index: int) -> dict[str, Any]:
        return {"name": self._frame.name, "index": index}
