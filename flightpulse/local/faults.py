"""Faults on demand: what is told to fail here fails as it would on AWS, so that every way out can be walked.

``PUT /_flightpulse/faults`` takes a JSON list of faults and replaces those there were; ``GET`` answers what is left.
A fault is ``{"state": "PublishNotification", "error": "EventBridge.FailedEntry"}``, with

- ``state``: the name of the Task state whose call fails; ``machine``: only in the state machine of this name;
- ``error``, ``cause``: what the state fails with; without ``error`` the call is made all the same;
- ``after``: true makes the call first and then fails, as when an answer is lost;
- ``delay_seconds``: how long the call hangs before;
- ``unprocessed``: true answers a BatchGetItem with nothing read and every key handed back;
- ``times``: how many calls it strikes (default: all); ``skip``: how many it lets pass first.
"""

import json
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass, fields
from typing import Any

PATH = "/_flightpulse/faults"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass(slots=True)
class Fault:
    """One fault of a Task state's call; the module says what its fields mean."""

    state: str
    machine: str | None = None
    error: str | None = None
    cause: str = "injected"
    after: bool = False
    delay_seconds: float = 0.0
    unprocessed: bool = False
    times: int | None = None
    skip: int = 0

    def strikes(self, machine: str, state: str) -> bool:
        return self.state == state and self.machine in (None, machine) and self.times != 0


class FaultBoard:
    """The faults that are set. Calls of many executions ask it at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def set(self, faults: list[dict[str, Any]]) -> None:
        """Replace all faults. Raises ValueError naming a field that is missing or unknown."""
        known = {entry.name for entry in fields(Fault)}
        for fault in faults:
            unknown = set(fault) - known
            if unknown or "state" not in fault:
                raise ValueError(f"unknown field {min(unknown)}" if unknown else "a fault names a state")
        with self._lock:
            self._faults = [Fault(**fault) for fault in faults]

    def left(self) -> list[dict[str, Any]]:
        """The faults with the calls they will still strike."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def strike(self, machine: str, state: str) -> Fault | None:
        """The fault that strikes this call, if one does; it counts as used."""
        with self._lock:
            for fault in self._faults:
                if not fault.strikes(machine, state):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


BOARD = FaultBoard()
"""The faults of this process."""


def settable(application: Application) -> Application:
    """The application with the page for faults in front."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await application(scope, receive, send)
            return
        status, content = 200, None
        if scope["method"] == "PUT":
            try:
                BOARD.set(json.loads(await _body(receive)))
            except (ValueError, TypeError) as error:
                status, content = 400, {"error": str(error)}
        body = json.dumps(content or BOARD.left()).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


async def _body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
