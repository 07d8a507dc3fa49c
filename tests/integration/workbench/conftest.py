"""One local cloud with the stack deployed for all tests of the workbench."""

from collections.abc import Iterator

import pytest

from flightpulse.workbench import Workbench, connect
from tests.synthesis import Synthesise, make_ready


@pytest.fixture(scope="session")
def wb(tmp_path_factory: pytest.TempPathFactory, synthesise: Synthesise) -> Iterator[Workbench]:
    made = connect("local", home=tmp_path_factory.mktemp("workbench-home"), port=0)
    try:
        make_ready(made, synthesise("local"))
        yield made
    finally:
        made.down()
