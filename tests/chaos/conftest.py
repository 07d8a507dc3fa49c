"""One local cloud with the stack deployed for all proofs."""

from collections.abc import Iterator

import pytest

from flightpulse.workbench.target.session import Session
from tests.synthesis import Synthesise, cloud_with_the_stack


@pytest.fixture(scope="session")
def session(synthesise: Synthesise) -> Iterator[Session]:
    with cloud_with_the_stack(synthesise("local")) as bench:
        yield bench.session
