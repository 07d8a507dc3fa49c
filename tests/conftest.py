"""What holds for all tests."""

import signal

from hypothesis import settings

# An example that takes long says that the machine is busy, not that the code is wrong.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_configure() -> None:
    """Let ctrl-c reach the programs that tests start, also in a run that was started in the background without it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
