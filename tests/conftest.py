"""What holds for all tests."""

import os
import signal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests.synthesis import Stack, Synthesise, synthesised

_SHARING_A_CLOUD = (
    "tests/chaos/",
    "tests/integration/cli/",
    "tests/integration/workbench/",
    "tests/integration/localcloud/services/",
)
_LONGEST_FIRST = (
    *_SHARING_A_CLOUD,
    "tests/integration/kafka/test_kafka_real",
    "tests/infrastructure/test_deployment",
    "tests/notebooks",
    "tests/integration/workflows",
    "tests/infrastructure",
    "tests/integration",
    "",
)

# An example that takes long says that the machine is busy, not that the code is wrong.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_configure() -> None:
    """Let ctrl-c reach the programs that tests start, also in a run that was started in the background without it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class _Scheduler(LoadFileScheduling):
    """Keeps the tests of a file on one worker and in their order, and so the files that share a cloud.

    The files that take longest go first, so that no worker waits for another's last one. The groups of xdist 3.8
    (``--dist loadgroup``) have no effect with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        shared = (folder for folder in _SHARING_A_CLOUD if nodeid.startswith(folder))
        return next(shared, super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    if config.getoption("dist") != "loadfile":
        return None
    # xdist would begin with the files that have most tests, which are the quick ones.
    config.option.loadscopereorder = False
    return _Scheduler(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: next(n for n, start in enumerate(_LONGEST_FIRST) if item.nodeid.startswith(start)))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def synthesise(shared_folder: Path) -> Synthesise:
    """Give the stack of a named context; each is synthesised once for the whole run."""
    return cache(lambda name: synthesised(shared_folder, name))


@pytest.fixture(scope="session")
def default(synthesise: Synthesise) -> Stack:
    """The stack as it is without any context."""
    return synthesise("default")
