"""Ways in which a model misbehaves, on demand: errors, silence, and replies that are spoiled.

A fault is ``{"kind": …, "times": n, "seconds": s, "rate": r, "role": …}``. Faults are used up in their order; without
``times`` one stays until it is cleared; ``rate`` (0 to 1) lets it strike only some of the requests, which the seed
decides; ``role`` narrows it to requests that name that role in their ``requestMetadata``. How
replies are spoiled is handed in, with the role that each way is meant for; everything else strikes whoever asks.
"""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ERRORS = {
    "throttle": ("ThrottlingException", "Too many requests, please wait before trying again."),
    "timeout": ("ModelTimeoutException", "Model has timed out in processing the request."),
    "server_error": (
        "InternalServerException",
        "The server encountered an internal error while processing the request.",
    ),
    "unavailable": ("ServiceUnavailableException", "The service is currently unavailable."),
    "not_ready": ("ModelNotReadyException", "The model is not ready for inference."),
    "denied": ("AccessDeniedException", "You don't have access to the model with the specified model ID."),
    "invalid": ("ValidationException", "The provided model identifier is invalid."),
}
"""Kinds that answer with an error of Bedrock's."""

SILENCE = ("down", "slow")
"""``down`` closes the connection without an answer; ``slow`` waits ``seconds`` (60 without) and then answers."""


@dataclass(frozen=True, slots=True)
class Spoiler:
    """Makes of a good reply what a misbehaving model would have written. ``role``: whose replies; None: anybody's."""

    spoil: Callable[[str, random.Random], str]
    role: str | None = None


Spoilers = Mapping[str, Spoiler]
"""Spoilers by the kind of the fault that brings them."""


def kinds(spoilers: Spoilers) -> tuple[str, ...]:
    """Every kind of fault that there is."""
    return (*ERRORS, *SILENCE, *spoilers)


class InvalidFaultError(ValueError):
    """A fault that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``times`` None: until cleared."""

    kind: str
    times: int | None = None
    seconds: float = 60.0
    rate: float = 1.0
    role: str | None = None

    @classmethod
    def from_fields(cls, fields: object, spoilers: Spoilers) -> "Fault":
        """Read a fault. Raises :class:`InvalidFaultError`."""
        known = kinds(spoilers)
        if not isinstance(fields, dict) or fields.get("kind") not in known:
            raise InvalidFaultError(f"a fault needs a kind out of {', '.join(known)}")
        unknown = set(fields) - {"kind", "times", "seconds", "rate", "role"}
        if unknown:
            raise InvalidFaultError(f"a fault has no {', '.join(sorted(unknown))}")
        times = fields.get("times")
        if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
            raise InvalidFaultError("times is not a whole number of 1 or more")
        numbers = {name: fields[name] for name in ("seconds", "rate") if name in fields}
        if not all(isinstance(value, int | float) and value >= 0 for value in numbers.values()):
            raise InvalidFaultError("seconds and rate are numbers of 0 or more")
        role = fields.get("role")
        roles = sorted({spoiler.role for spoiler in spoilers.values() if spoiler.role})
        if role is not None and role not in roles:
            raise InvalidFaultError(f"role is {' or '.join(roles) or 'not known here'}")
        return cls(fields["kind"], times, **numbers, role=role)


class FaultPlan:
    """The faults still to come. Any thread may ask."""

    def __init__(self, faults: tuple[Fault, ...] = (), seed: int = 0, *, spoilers: Spoilers) -> None:
        self.spoilers = spoilers
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._waiting = [_Waiting(fault) for fault in faults]

    def set(self, faults: tuple[Fault, ...], seed: int = 0) -> None:
        """Replace whatever was planned."""
        with self._lock:
            self._random = random.Random(seed)  # noqa: S311
            self._waiting = [_Waiting(fault) for fault in faults]

    def waiting(self) -> list[Fault]:
        with self._lock:
            return [pending.fault for pending in self._waiting]

    def next(self, role: str | None = None) -> tuple[Fault | None, random.Random]:
        """The fault that strikes a request of this role now, if any, and the source of its choices."""
        with self._lock:
            choice = random.Random(self._random.getrandbits(64))  # noqa: S311
            waiting = next((pending for pending in self._waiting if self._strikes(pending.fault, role)), None)
            if waiting is None or self._random.random() >= waiting.fault.rate:
                return None, choice
            waiting.used += 1
            if waiting.fault.times is not None and waiting.used >= waiting.fault.times:
                self._waiting.remove(waiting)
            return waiting.fault, choice

    def spoil(self, fault: Fault, text: str, choice: random.Random) -> str:
        """The reply as a model with this fault would have written it."""
        spoiler = self.spoilers.get(fault.kind)
        return text if spoiler is None else spoiler.spoil(text, choice)

    def _strikes(self, fault: Fault, role: str | None) -> bool:
        """Whether a fault is for a request of this role; a request that names none may be struck by anything."""
        spoiler = self.spoilers.get(fault.kind)
        wanted = fault.role or (None if spoiler is None else spoiler.role)
        return role is None or wanted in (None, role)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A fault, and how often it has struck."""

    fault: Fault
    used: int = 0
