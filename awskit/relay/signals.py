"""Runs a relay in the foreground until somebody presses Ctrl-C or sends SIGTERM."""

import signal
from types import FrameType

from awskit.relay.poller import Poller


def run_until_signal(poller: Poller) -> None:
    """Run a relay on the main thread. The first signal stops it cleanly, a second one does not wait any longer."""
    stopping = False

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        (poller.hurry if stopping else poller.stop)()
        stopping = True

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        poller.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
