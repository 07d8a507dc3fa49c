"""Fixtures for the behaviours of functions."""

from collections.abc import Iterator

import pytest

from tests.integration.emulator import Emulator


@pytest.fixture(scope="session")
def functions_cloud() -> Iterator[Emulator]:
    """An emulator with only the behaviour for functions."""
    with Emulator(behaviours=("lambda_runtime",), env={"LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.01"}) as emulator:
        yield emulator
