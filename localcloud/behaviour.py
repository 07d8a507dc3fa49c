"""What a behaviour is: one AWS feature put right in the emulator, and the emulator names it relies on."""

import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalContext:
    """What behaviours may know of the process they are installed in."""

    home: Path
    port: int
    kafka_bootstrap: str
    model_url: str
    back_off_scale: float = 1.0

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A name of the emulator that a behaviour replaces or calls, with the parameters it must still have.

    ``parameters`` is None for names that are not functions (dictionaries, locks, classes).
    """

    module: str
    name: str
    parameters: tuple[str, ...] | None = None

    def problem(self) -> str | None:
        """Say what is wrong with this name in the installed emulator, or None when it is as expected."""
        target: object = importlib.import_module(self.module)
        for part in self.name.split("."):
            if not hasattr(target, part):
                return f"{self.module}.{self.name} is gone"
            target = getattr(target, part)
        if self.parameters is None:
            return None
        if not callable(target):
            return f"{self.module}.{self.name} is no longer a function"
        seen = tuple(inspect.signature(target).parameters)
        if seen != self.parameters:
            return f"{self.module}.{self.name} takes ({', '.join(seen)}), expected ({', '.join(self.parameters)})"
        return None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One AWS feature that the emulator lacks or gets wrong, and how it is put right."""

    name: str
    stands_for: str
    documentation: str
    wraps: tuple[Wrapped, ...]
    install: Callable[[LocalContext], None]


def problems(behaviours: Iterable[Behaviour]) -> list[str]:
    """Every emulator name that is not as the behaviours expect, as ``behaviour: what is wrong``."""
    found = []
    for behaviour in behaviours:
        for wrapped in behaviour.wraps:
            problem = wrapped.problem()
            if problem:
                found.append(f"{behaviour.name}: {problem}")
    return found
