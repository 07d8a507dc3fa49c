"""The pages on which a local cloud and its model say what is to fail, and what has failed."""

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flightpulse.errors import UserError
from flightpulse.workbench.target.session import Session
from localcloud.process import state

Fault = Mapping[str, Any]

_ROOT = "/_flightpulse/"
_SECONDS = 10.0


class FaultPage:
    """The page ``/_flightpulse/faults`` of one address, and what lies beside it.

    All methods raise UserError when nothing answers.
    """

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address).netloc

    def call(self, method: str, body: object = None, *, what: str = "faults") -> tuple[int, Any]:
        """The HTTP status and the JSON content."""
        # Without a proxy, whatever the environment says: the page is on this machine.
        connection = http.client.HTTPConnection(self._address, timeout=_SECONDS)
        try:
            connection.request(method, _ROOT + what, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UserError("The local cloud does not answer.", hint="Start it with: wb.ready()") from error
        finally:
            connection.close()

    def set(self, faults: Sequence[Fault], seed: int = 0) -> None:
        """Replace all faults. Raises UserError for one that there is not."""
        status, content = self.call("PUT", {"faults": [dict(fault) for fault in faults], "seed": seed})
        if status != http.client.OK:
            said = content.get("error") or content.get("message") or status
            raise UserError(f"There is no such fault: {said}.", hint="docs/local-cloud.md says which there are.")

    def left(self) -> list[dict[str, Any]]:
        """The faults that are set, each with how often it has struck and will still strike."""
        found: list[dict[str, Any]] = self.call("GET")[1]
        return found

    @contextmanager
    def injected(self, faults: Sequence[Fault], seed: int = 0) -> Iterator[None]:
        """Let faults strike until the block ends."""
        self.set(faults, seed)
        try:
            yield
        finally:
            self.set(())


def of_model(session: Session) -> FaultPage:
    """The page of the local cloud's model. Raises UserError when no local cloud runs."""
    cloud = state.load(session.home)
    if cloud is None:
        raise UserError("The local cloud is not running.", hint="Start it with: wb.ready()")
    return FaultPage(cloud.model_url)
