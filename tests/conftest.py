"""What holds for all tests."""

import signal
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

_DEMO = "tests/integration/cli/"

# An example that takes long says that the machine is busy, not that the code is wrong.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_configure() -> None:
    """Let ctrl-c reach the programs that tests start, also in a run that was started in the background without it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class _Scheduler(LoadFileScheduling):
    """Keeps the tests of a file on one worker and in their order, and so the files that share the demo.

    The groups of xdist 3.8 (``--dist loadgroup``) have no effect with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _DEMO if nodeid.startswith(_DEMO) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return _Scheduler(config, log) if config.getoption("dist") == "loadfile" else None
