"""What holds for all tests."""

import signal

import pytest
from hypothesis import settings

# An example that takes long says that the machine is busy, not that the code is wrong.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_configure() -> None:
    """Let ctrl-c reach the programs that tests start, also in a run that was started in the background without it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep the tests of a file together and in their order, and files of one group too: they share what they set up."""
    if item.get_closest_marker("xdist_group") is None:
        item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
