"""The local cloud of a workshop: run by the copy's code, and gone when the program that started it ends."""

import subprocess
import sys
import time
from contextlib import suppress

from flightpulse.errors import UserError
from flightpulse.workbench.workshop.copies import Copy
from localcloud import process
from localcloud.process import environment

_START_SECONDS = 90.0
_POLL_SECONDS = 0.05
_LOG = "local-cloud.log"


def is_up(copy: Copy) -> bool:
    """Whether the copy's local cloud runs and answers."""
    return process.status(copy.home) is not None


def start(copy: Copy) -> None:
    """Start the copy's local cloud on a free port. Raises UserError when its code does not let it start."""
    copy.home.mkdir(parents=True, exist_ok=True)
    with (copy.home / _LOG).open("wb") as log:
        server = subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "-P", "-m", "flightpulse.local_cloud"),
                *("--home", str(copy.home), "--port", "0", "--with-parent"),
            ],
            cwd=copy.home,
            env=environment.inherited(copy.environment()),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        # It writes down where it is a moment before it answers.
        with suppress(UserError):
            if is_up(copy):
                return
        time.sleep(_POLL_SECONDS)
    server.kill()
    server.wait()
    said = (copy.home / _LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise UserError(
        f"The copy's local cloud did not start: {said[-1] if said else 'it said nothing'}",
        hint="shop.grade() names the step that needs mending.",
    )


def stop(copy: Copy) -> None:
    """Stop it; nothing happens when it does not run."""
    if copy.home.exists():
        # Nothing to stop is what one hopes for.
        with suppress(UserError):
            process.down(copy.home)
