"""The emulator with the behaviours of events, workflows, logs and metrics, for the tests of each of them."""

from collections.abc import Iterator

import pytest

from tests.integration.emulator import Emulator

ENGINE = ("lambda_runtime", "dynamodb", "eventbridge", "step_functions", "cloudwatch")


@pytest.fixture(scope="session")
def engine() -> Iterator[Emulator]:
    """One emulator for the whole run, with short back-offs: tests name their resources so that they do not meet."""
    with Emulator(behaviours=ENGINE, back_off_scale=0.01, env={"LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.01"}) as emulator:
        yield emulator
