"""A local cloud with the stack deployed and short waits between retries, for the proofs of one test module."""

from collections.abc import Iterator

from flightpulse.workbench import connect
from flightpulse.workbench.target.session import Session
from tests.integration.emulator import Emulator
from tests.synthesis import Synthesise, make_ready


def deployed(synthesise: Synthesise) -> Iterator[Session]:
    """Bring everything up, and take it down again."""
    with Emulator(back_off_scale=0.1) as emulator:
        bench = connect("local", home=emulator.home)
        make_ready(bench, synthesise("local"))
        yield bench.session
