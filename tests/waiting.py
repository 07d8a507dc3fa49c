"""Waiting for what happens by itself, in another thread, process or service."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 120.0
"""Long enough for a machine with much else to do: only a test that fails waits so long."""

COMMAND_SECONDS = 900.0
"""The same for what does the work of many tests: a command that deploys, a proof, a notebook."""

Seen = TypeVar("Seen")


def until(look: Callable[[], Seen | None], what: str = "it", seconds: float = PATIENCE_SECONDS) -> Seen:
    """Look again and again until there is something to see; ``what`` names it when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {seconds:g} seconds.")
