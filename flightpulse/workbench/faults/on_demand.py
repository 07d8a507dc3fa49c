"""Faults that strike on the local cloud while a block runs: in calls of Task states, and in the model's answers."""

from collections.abc import Iterator
from contextlib import contextmanager

from flightpulse.errors import UserError
from flightpulse.workbench.faults import faults, model_faults
from flightpulse.workbench.faults.model_faults import ModelCalls
from flightpulse.workbench.target.connection import Connection
from localcloud.process import state as local_state


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
            "machine": machine and faults.machine_named(machine),
            "times": times,
            "skip": skip,
            "after": after,
            "delay_seconds": delay_seconds,
        }
        with faults.striking(str(self._target.deployed.endpoint_url), fault):
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
        cloud = local_state.load(self._target.home)
        if cloud is None:
            raise UserError("The local cloud is not running.", hint="Start it with: wb.ready()")
        options = {name: value for name, value in (("times", times), ("seconds", seconds)) if value is not None}
        wanted = [{"kind": kind, **options} for kind in kinds]
        with (
            model_faults.with_a_fresh_messenger(session),
            model_faults.misbehaving(cloud.model_url, wanted, seed) as calls,
        ):
            yield calls
