"""The workbench: what scripts, the command line and notebooks do with a deployed FlightPulse."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flightpulse.workbench.bench import Workbench, connect
    from flightpulse.workbench.executions.saved_history import load_history
    from flightpulse.workbench.show.checks import CheckError, check

__all__ = ["CheckError", "Workbench", "check", "connect", "load_history"]

_HOMES = {
    "CheckError": "show.checks",
    "Workbench": "bench",
    "check": "show.checks",
    "connect": "bench",
    "load_history": "executions.saved_history",
}


def __getattr__(name: str) -> Any:
    """The names above, loaded when they are used: the command line imports this package and needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
