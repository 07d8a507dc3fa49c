"""The fault injector: sets faults on the local cloud and on its model for the length of a block."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.faults.fault_page import FaultPage
from flightpulse.workbench.target.session import Session
from localcloud.process import health

Fault = dict[str, Any]


class FaultInjector:
    """The pages on which faults are set. Raises UserError for a target that has none."""

    def __init__(self, session: Session) -> None:
        if session.target != "local" or not session.endpoint_url:
            raise UserError("Faults can only be put on the local cloud.", hint="Leave out --target aws.")
        self._cloud = FaultPage(session.endpoint_url)
        port = int(session.endpoint_url.rpartition(":")[2])
        self._model = FaultPage(str((health.read(port) or {}).get("model_url", "")))

    @contextmanager
    def injected(self, faults: Sequence[Fault], seed: int = 0) -> Iterator[None]:
        """Let faults strike until the block ends."""
        self.set(faults, seed)
        try:
            yield
        finally:
            self.set(())

    @contextmanager
    def injected_into_model(self, faults: Sequence[Fault], seed: int = 0) -> Iterator[None]:
        """Let the model misbehave until the block ends."""
        self._model.call("PUT", {"faults": list(faults), "seed": seed})
        try:
            yield
        finally:
            self._model.call("DELETE")

    def set(self, faults: Sequence[Fault], seed: int = 0) -> None:
        """Replace all faults of the cloud."""
        self._cloud.call("PUT", {"faults": list(faults), "seed": seed})

    def struck(self) -> int:
        """How many calls the faults that are set have struck."""
        return sum(int(fault["struck"]) for fault in self.left())

    def left(self) -> list[Fault]:
        """The faults that are set, each with how often it has struck."""
        found: list[Fault] = self._cloud.call("GET")[1]
        return found
