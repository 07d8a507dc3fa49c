"""The fault dial: sets faults on the local cloud and on its model for the length of a block."""

import json
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.target.session import Session
from localcloud.process import health

Fault = dict[str, Any]

_PAGE = "/_flightpulse/faults"
_SECONDS = 10.0


class Dial:
    """The pages on which faults are set. Raises UserError for a target that has none."""

    def __init__(self, session: Session) -> None:
        if session.target != "local" or not session.endpoint_url:
            raise UserError("Faults can only be put on the local cloud.", hint="Leave out --target aws.")
        self._cloud = session.endpoint_url
        port = int(session.endpoint_url.rpartition(":")[2])
        self._model = str((health.read(port) or {}).get("model_url", ""))

    @contextmanager
    def turned(self, faults: Sequence[Fault], seed: int = 0) -> Iterator[None]:
        """Let faults strike until the block ends."""
        self.set(faults, seed)
        try:
            yield
        finally:
            self.set(())

    @contextmanager
    def model_turned(self, faults: Sequence[Fault], seed: int = 0) -> Iterator[None]:
        """Let the model misbehave until the block ends."""
        _call("PUT", self._model, {"faults": list(faults), "seed": seed})
        try:
            yield
        finally:
            _call("DELETE", self._model)

    def set(self, faults: Sequence[Fault], seed: int = 0) -> None:
        """Replace all faults of the cloud."""
        _call("PUT", self._cloud, {"faults": list(faults), "seed": seed})

    def struck(self) -> int:
        """How many calls the faults that are set have struck."""
        return sum(int(fault["struck"]) for fault in self.left())

    def left(self) -> list[Fault]:
        """The faults that are set, each with how often it has struck."""
        found: list[Fault] = _call("GET", self._cloud)
        return found


def _call(method: str, address: str, content: Any = None) -> Any:
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"{address}{_PAGE}", data=body, method=method)  # noqa: S310 - our own cloud
    # Whatever the environment says, no proxy is asked for this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_SECONDS) as answer:
        return json.loads(answer.read() or b"null")
