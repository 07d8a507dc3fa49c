"""Faults that strike on the local cloud while a block runs: in calls of Task states, and in the model's answers."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from flightpulse.errors import UserError
from flightpulse.stack import asl, names
from flightpulse.workbench.faults import model_faults
from flightpulse.workbench.faults.fault_page import Fault, FaultPage, of_model
from flightpulse.workbench.faults.model_faults import ModelCalls
from flightpulse.workbench.target.connection import Connection

_blocks: Counter[str] = Counter()


class Faults:
    """``wb.faults``."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    @contextmanager
    def task(
        self,
        state: str,
        *,
        error: str | None = None,
        machine: str | None = None,
        times: int | None = None,
        skip: int = 0,
        after: bool = False,
        delay_seconds: float = 0.0,
    ) -> Iterator[None]:
        """Let the calls of a Task state fail with ``error`` while the block runs, on the local cloud.

        ``machine`` narrows it to one workflow; ``skip`` lets so many calls pass first, then it strikes so many
        ``times`` (else all). ``after`` makes the call and loses its answer; ``delay_seconds`` lets it hang before.
        Blocks may be nested. Raises UserError for a state that there is not, and for ``aws``.
        """
        self._target.only_local("Calls on AWS cannot be made to fail on demand.")
        fault = {
            "state": state,
            "error": error,
            "machine": machine and names.WORKFLOWS.get(machine, machine),
            "times": times,
            "skip": skip,
            "after": after,
            "delay_seconds": delay_seconds,
        }
        with striking(str(self._target.deployed.endpoint_url), fault):
            yield

    @contextmanager
    def model(
        self, *kinds: str, times: int | None = None, seconds: float | None = None, seed: int = 0
    ) -> Iterator[ModelCalls]:
        """Let the local cloud's model misbehave while the block runs; gives the questions that it gets meanwhile.

        ``kinds`` are those of docs/local-cloud.md and strike in their order, each so many ``times`` (else until the
        block ends); ``seconds`` is how long ``slow`` waits. Accepted templates are kept in the table, so see
        ``wb.templates.forget``; what the function that asks it remembers of earlier faults is forgotten before and
        after. Raises UserError for another kind, and for ``aws``.
        """
        self._target.only_local("A model on AWS cannot be made to misbehave.")
        session = self._target.deployed
        options = {name: value for name, value in (("times", times), ("seconds", seconds)) if value is not None}
        wanted = [{"kind": kind, **options} for kind in kinds]
        with (
            model_faults.with_a_fresh_messenger(session),
            model_faults.misbehaving(of_model(session), wanted, seed) as calls,
        ):
            yield calls


@contextmanager
def striking(endpoint_url: str, fault: Fault) -> Iterator[None]:
    """Let a fault (its fields are in docs/local-cloud.md) strike until the block ends. Blocks may be nested.

    What a killed process left behind is cleared by the next block. Raises UserError for a state or a state machine
    that there is not, and when the local cloud does not answer.
    """
    _require_state(str(fault["state"]), fault.get("machine"))
    page = FaultPage(endpoint_url)
    around = page.left() if _blocks[endpoint_url] else []
    page.set([*around, {name: value for name, value in fault.items() if value is not None}])
    _blocks[endpoint_url] += 1
    try:
        yield
    finally:
        _blocks[endpoint_url] -= 1
        page.set(page.left()[: len(around)])


def _require_state(state: str, machine: str | None) -> None:
    known: dict[str, set[str]] = {}
    for name, full in names.WORKFLOWS.items():
        states = asl.load(name.replace("-", "_")).states()
        known[full] = {path.rpartition("/")[2] for path, found in states if found["Type"] == "Task"}
    if machine is not None and machine not in known:
        raise UserError(f"There is no workflow {machine!r}.", hint=f"There are {', '.join(names.WORKFLOWS)}.")
    tasks = known[machine] if machine is not None else set[str]().union(*known.values())
    if state not in tasks:
        where = f" in {machine}" if machine else ""
        raise UserError(f"There is no Task state {state!r}{where}.", hint=f"There are {', '.join(sorted(tasks))}.")
