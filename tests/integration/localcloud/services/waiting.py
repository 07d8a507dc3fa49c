"""Waiting for something that happens in the emulator by itself."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def until(look: Callable[[], Seen | None], what: str, seconds: float = 20.0) -> Seen:
    """Look again and again until there is something to see; ``what`` names it when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {seconds} seconds.")
