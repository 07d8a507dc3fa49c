"""The five workflows on a local cloud, one for each file of tests."""

from collections.abc import Iterator

import pytest

from tests.integration.emulator import Emulator
from tests.integration.workflows.workflow_world import World


@pytest.fixture(scope="module")
def built() -> Iterator[World]:
    with Emulator(back_off_scale=0.001) as emulator:
        yield World(emulator)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    """The world with empty queues and no faults."""
    built.faults()
    built.messages()
    built.dead_letters()
    built.received(built.errors_url)
    yield built
    built.faults()
