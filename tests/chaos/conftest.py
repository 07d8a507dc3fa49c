"""One local cloud for all proofs, with the stack deployed and short waits between retries."""

from collections.abc import Iterator

import pytest

from flightpulse.workbench import connect
from flightpulse.workbench.target.session import Session
from tests.integration.emulator import Emulator
from tests.synthesis import Synthesise, make_ready


@pytest.fixture(scope="session")
def session(synthesise: Synthesise) -> Iterator[Session]:
    with Emulator(back_off_scale=0.1) as emulator:
        bench = connect("local", home=emulator.home)
        make_ready(bench, synthesise("local"))
        yield bench.session
