"""A local cloud with the stack deployed and short waits between retries, for the proofs of one test module."""

from collections.abc import Iterator

from flightpulse.workbench import connect
from flightpulse.workbench.target.session import Session
from tests.integration.emulator import Emulator


def deployed(back_off_scale: float = 0.1) -> Iterator[Session]:
    """Bring everything up, and take it down again."""
    with Emulator(back_off_scale=back_off_scale) as emulator:
        connect("local", home=emulator.home).ready()
        yield Session.connect("local", home=emulator.home)
