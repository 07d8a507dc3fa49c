"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Let ctrl-c reach the programs that tests start, also in a run that was started in the background without it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
