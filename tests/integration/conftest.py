"""Fixtures of all integration tests: the emulator with every behaviour, and the emulator as it comes."""

from collections.abc import Iterator

import pytest

from tests.integration.emulator import Emulator


@pytest.fixture(scope="session")
def local_cloud() -> Iterator[Emulator]:
    """One emulator with every behaviour for the whole run: tests name their resources so that they do not meet."""
    with Emulator(back_off_scale=0.1) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def plain_emulator() -> Iterator[Emulator]:
    """The emulator without any behaviour: shows what it still lacks."""
    with Emulator(behaviours=()) as emulator:
        yield emulator
