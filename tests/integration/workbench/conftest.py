"""One local cloud with the stack deployed for all tests of the workbench."""

from collections.abc import Iterator

import pytest

from flightpulse.workbench import Workbench
from tests.synthesis import Synthesise, cloud_with_the_stack


@pytest.fixture(scope="session")
def wb(synthesise: Synthesise) -> Iterator[Workbench]:
    with cloud_with_the_stack(synthesise("local")) as bench:
        yield bench
