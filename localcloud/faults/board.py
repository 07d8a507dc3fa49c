"""Faults on demand: what is told to fail here fails as it would on AWS, so that every way out can be walked.

``PUT /_flightpulse/faults`` takes a JSON list of faults, or ``{"faults": […], "seed": n}``, and replaces those there
were; ``GET`` answers what is left; ``POST`` with ``{"let_go": "SendMessages"}`` ends the delays of a state, also of the
calls that hang there already. A fault is ``{"state": "SendMessages", "error": "EventBridge.FailedEntry"}``.
It names one place:

- ``state``: the name of the Task state whose call fails; ``machine``: only in the state machine of this name;
- ``service``: the service (by its signing name, such as ``dynamodb``, ``events``, ``ssm``, ``states``, ``sqs``) whose
  API calls fail over HTTP; ``operation``: only this operation; ``caller``: only ``functions`` or only ``clients``;
- ``hop``: a hop inside the cloud that no proxy sees: ``entry`` (an entry of PutEvents), ``target`` (from a rule to a
  target), ``stream`` and ``mapping`` (from a table's stream and from Kafka to a function), ``function`` (an
  invocation, whoever makes it); ``to``: only where the target, function or detail type ends like this;

- ``about``, in each of them: only calls whose arguments, request or event hold this text, such as a flight's id;

and what happens there:

- ``error``, ``cause``: what it fails with; without ``error`` the call is made all the same;
- ``after``: true makes the call first and then fails, as when an answer is lost;
- ``delay_seconds``: how long the call hangs before (with ``kill``: how long the function runs before it is killed);
- ``status``: the HTTP status of a failed API call, when it is not the usual one of this error;
- ``cut``: true makes an API call and then closes the connection in the middle of the answer;
- ``kill``: true ends a function's process with SIGKILL;
- ``unprocessed``: true answers a BatchGetItem with nothing read and every key handed back;
- ``times``: how many calls it strikes (default: all); ``skip``: how many it lets pass first; ``rate``: the part of the
  calls it strikes (0 to 1), drawn from the seed;
- ``struck``: in the answer, how many calls it has struck.
"""

import json
import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any
from weakref import WeakSet

PATH = "/_flightpulse/faults"

HOPS = ("entry", "target", "stream", "mapping", "function")
FUNCTIONS, CLIENTS = "functions", "clients"

_PLACES = ("state", "service", "hop")


@dataclass(slots=True)
class Fault:
    """One fault; the module says what its fields mean."""

    state: str = ""
    machine: str | None = None
    service: str = ""
    operation: str | None = None
    caller: str | None = None
    hop: str = ""
    to: str = ""
    about: str = ""
    error: str | None = None
    cause: str = "injected"
    after: bool = False
    delay_seconds: float = 0.0
    status: int | None = None
    cut: bool = False
    kill: bool = False
    unprocessed: bool = False
    times: int | None = None
    skip: int = 0
    rate: float = 1.0
    struck: int = 0

    def at_state(self, machine: str, state: str) -> bool:
        return bool(self.state) and self.state == state and self.machine in (None, machine)

    def at_call(self, service: str, operation: str, caller: str) -> bool:
        return (
            bool(self.service)
            and self.service == service
            and self.operation in (None, operation)
            and self.caller in (None, caller)
        )

    def at_hop(self, hop: str, name: str) -> bool:
        return bool(self.hop) and self.hop == hop and name.endswith(self.to)


class FaultBoard:
    """The faults that are set. Calls of many executions ask it at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._hanging: dict[str, WeakSet[threading.Event]] = {}
        self._random = random.Random(0)  # noqa: S311 - repeatable on purpose

    def set(self, faults: list[dict[str, Any]], seed: int = 0) -> None:
        """Replace all faults. Raises ValueError naming a field that is missing or unknown."""
        for fault in faults:
            _check(fault)
        with self._lock:
            self._faults = [Fault(**{**fault, "struck": 0}) for fault in faults]
            self._random = random.Random(seed)  # noqa: S311

    @property
    def is_empty(self) -> bool:
        """Whether no fault is set."""
        return not self._faults

    def let_go(self, state: str) -> None:
        """Calls of a state hang no longer."""
        with self._lock:
            for fault in self._faults:
                if fault.state == state:
                    fault.delay_seconds = 0.0
            for hanging in self._hanging.pop(state, ()):
                hanging.set()

    def delay(self, fault: Fault) -> tuple[threading.Event, float]:
        """How long a call of a state hangs, and what ends that sooner."""
        with self._lock:
            let_go = threading.Event()
            self._hanging.setdefault(fault.state, WeakSet()).add(let_go)
            return let_go, fault.delay_seconds

    def left(self) -> list[dict[str, Any]]:
        """The faults with the calls they will still strike, and how many they have struck."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def strike(self, machine: str, state: str, content: Any = None) -> Fault | None:
        """The fault that strikes this call of a state, if one does; it counts as used. ``content``: its arguments."""
        return self._strike(lambda fault: fault.at_state(machine, state), content)

    def strike_call(self, service: str, operation: str, caller: str, content: Any = None) -> Fault | None:
        """The fault that strikes this API call, if one does; it counts as used. ``content``: its body."""
        return self._strike(lambda fault: fault.at_call(service, operation, caller), content)

    def strike_hop(self, hop: str, name: str, content: Any = None) -> Fault | None:
        """The fault that strikes this hop to a target or function, if one does; it counts as used."""
        return self._strike(lambda fault: fault.at_hop(hop, name), content)

    def _strike(self, meets: Callable[[Fault], bool], content: Any) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.times == 0 or not meets(fault):
                    continue
                if fault.about and fault.about not in _text(content):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.rate < 1 and self._random.random() >= fault.rate:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                fault.struck += 1
                return fault
        return None


BOARD = FaultBoard()
"""The faults of this process."""


def _text(content: Any) -> str:
    """What a call is about, as text. It is asked for only where a fault wants to know."""
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace")
    return content if isinstance(content, str) else json.dumps(content, default=str)


def _check(fault: dict[str, Any]) -> None:
    unknown = set(fault) - {entry.name for entry in fields(Fault)}
    if unknown:
        raise ValueError(f"unknown field {min(unknown)}")
    if sum(bool(fault.get(place)) for place in _PLACES) != 1:
        raise ValueError("a fault names a state, a service or a hop, and one of them only")
    if fault.get("hop") and fault["hop"] not in HOPS:
        raise ValueError(f"a hop is one of {', '.join(HOPS)}")
    if fault.get("hop") in {"entry", "target"} and fault.get("delay_seconds"):
        raise ValueError("a hop on the bus cannot be slow: it would hold up everything")
    if fault.get("kill") and fault.get("hop") != "function":
        raise ValueError("only a function can be killed")


def page(method: str, body: bytes) -> tuple[int, Any]:
    """What the page for faults answers."""
    try:
        if method == "POST":
            BOARD.let_go(str(json.loads(body)["let_go"]))
        if method == "PUT":
            given = json.loads(body)
            faults, seed = (given["faults"], given.get("seed", 0)) if isinstance(given, dict) else (given, 0)
            BOARD.set(faults, seed)
    except (ValueError, TypeError, KeyError) as error:
        wanted = 'POST takes {"let_go": "the name of a state"}'
        return 400, {"error": wanted if method == "POST" else str(error)}
    return 200, BOARD.left()
