"""Brings back what ended in the dead letters, until everything is handled or time is out."""

import time
from collections.abc import Collection
from dataclasses import dataclass

from flightpulse.chaos import evidence
from flightpulse.workbench.faults.redrive import EXECUTIONS, Redriver
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session

_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """``complete`` when every event is handled and nothing waits any more."""

    complete: bool
    letters: int
    executions: int
    problems: tuple[str, ...]

    @property
    def said(self) -> str:
        redriven = f"{self.letters} letters sent back, {self.executions} executions redriven"
        return redriven if not self.problems else f"{redriven}; {self.problems[0]}"


def recover(
    session: Session,
    watch: evidence.Watch,
    event_ids: Collection[str],
    *,
    seconds: float,
    on_progress: OnProgress = silent,
) -> Recovery:
    """Redrive as ``flightpulse redrive`` does, again and again, as long as something about these events waits."""
    deadline = time.monotonic() + seconds
    letters = executions = 0
    while True:
        watch.wait({}, seconds=max(deadline - time.monotonic(), 0.0), quiet=_PAUSE_SECONDS)
        redriver = Redriver(session, only=event_ids)
        results = [*redriver.redrive_executions(), *redriver.send_back()]
        done = [result for result in results if not result.problem]
        executions += sum(result.kind == EXECUTIONS for result in done)
        letters += sum(result.kind != EXECUTIONS for result in done)
        problems = tuple(f"{result.what}: {result.problem}" for result in results if result.problem)
        on_progress("sent back", letters + executions, 0)
        if not results and evidence.all_over(session, event_ids):
            return Recovery(True, letters, executions, ())
        if time.monotonic() >= deadline:
            return Recovery(False, letters, executions, problems or ("time is out",))
        time.sleep(_PAUSE_SECONDS)
