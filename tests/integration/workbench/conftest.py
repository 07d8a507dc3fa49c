"""One local cloud with the stack deployed and short waits between retries for all tests of the workbench."""

from collections.abc import Iterator

import pytest

from flightpulse.workbench import Workbench, connect
from tests.integration.emulator import Emulator
from tests.synthesis import Synthesise, make_ready


@pytest.fixture(scope="session")
def wb(synthesise: Synthesise) -> Iterator[Workbench]:
    with Emulator(back_off_scale=0.1) as emulator:
        made = connect("local", home=emulator.home)
        make_ready(made, synthesise("local"))
        yield made
