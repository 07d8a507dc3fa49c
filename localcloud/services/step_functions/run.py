"""An execution in progress: its record, its history, and how far each of its branches has come."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from localcloud.services.step_functions.frame import Machine, Variables
from localcloud.services.step_functions.history import Cursor, History
from localcloud.services.step_functions.payload import Payload
from localcloud.services.step_functions.scope import Scope
from localcloud.services.step_functions.traces import ExecutionTrace

Record = dict[str, Any]


@dataclass(slots=True)
class Progress:
    """How far a machine has come: the state it is in, what that state got, and the variables there.

    ``entered_id`` is the event of entering the state, 0 before. ``parts`` belongs to a Map or Parallel state: for each
    iteration or branch its output, or its own progress. From this tree a failed execution is taken up again where it
    failed.
    """

    state: str
    input: Payload
    variables: Variables
    entered_id: int = 0
    parts: "dict[int, Progress | Payload]" = field(default_factory=dict)

    def advance(self, state: str, payload: Payload, variables: Variables) -> None:
        self.state, self.input, self.variables = state, payload, variables
        self.entered_id = 0
        self.parts = {}

    def copy(self) -> "Progress":
        """A tree of its own: branches that have been stopped but have not noticed yet keep theirs."""
        parts = {index: part.copy() if isinstance(part, Progress) else part for index, part in self.parts.items()}
        return Progress(self.state, self.input, self.variables, self.entered_id, parts)


class Executions(Protocol):
    """What an execution needs of the others: it starts some, waits for them and stops them."""

    def start(self, state_machine: str, text: str, name: str | None = None) -> "Run":
        """Start an execution. Raises Refused."""

    def stop(self, run: "Run", error: str | None, cause: str | None) -> None:
        """Abort an execution that is still running."""

    def rest(self, run: "Run") -> None:
        """An execution has nothing to do for a while: another one may run in its place."""


@dataclass(slots=True)
class Run:
    """One execution. ``record`` is the emulator's own: its API answers from it. ``trace`` is None where none began."""

    record: Record
    machine: Machine
    timeout_seconds: float | None
    history: History
    scope: Scope
    progress: Progress
    executions: Executions
    wait_scale: Callable[[], float]
    retry_scale: Callable[[], float]
    trace: ExecutionTrace | None = None
    _on_end: list[Callable[[], None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def running(self) -> bool:
        return bool(self.record["status"] == "RUNNING")

    def when_ended(self, callback: Callable[[], None]) -> None:
        """Call back once the execution has ended: at once if it has."""
        with self._lock:
            if self.running:
                self._on_end.append(callback)
                return
        callback()

    def announce_end(self) -> None:
        """To be called when the record's status says that the execution has ended."""
        with self._lock:
            callbacks, self._on_end = self._on_end, []
        for callback in callbacks:
            callback()


@dataclass(slots=True)
class Branch:
    """A line of states within an execution: the main one, a branch of a Parallel state, an iteration of a Map state.

    ``context`` is the context object without the state. ``kind`` is the type of the state that is running, which
    history tells when the branch is cut short.
    """

    run: Run
    scope: Scope
    cursor: Cursor
    context: Mapping[str, Any]
    kind: str = ""

    def event(self, kind: str, details: dict[str, Any] | None = None, *, move: bool = True) -> int:
        """Add an event of this branch to the history."""
        return self.run.history.append(self.scope, self.cursor, kind, details, move=move)
