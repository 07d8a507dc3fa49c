"""Notices that the local cloud has died under a program that would wait for it for minutes."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from flightpulse.errors import UserError
from flightpulse.workbench.target.session import Session
from localcloud.process import processes, state

_SECONDS_BETWEEN_LOOKS = 1.0


class Watchdog:
    """For the length of a block: calls ``let_go`` once when the process of the session's local cloud has ended.

    A target that is no local cloud of this machine is not watched.
    """

    def __init__(
        self, session: Session, let_go: Callable[[], None], *, interval: float = _SECONDS_BETWEEN_LOOKS
    ) -> None:
        self._session = session
        self._cloud = state.load(session.home) if session.target == "local" else None
        self._let_go = let_go
        self._interval = interval
        self._over = threading.Event()
        self._gone = False
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def check(self) -> None:
        """Raise UserError when the cloud died meanwhile."""
        if self._gone and self._cloud is not None:
            raise UserError(
                f"The local cloud (process {self._cloud.pid}) has ended meanwhile, and with it all it held.",
                hint="Begin again with: flightpulse up, flightpulse deploy, flightpulse seed",
            )

    def __enter__(self) -> Self:
        if self._cloud is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._cloud is not None:
            self._thread.join()

    def _watch(self) -> None:
        while self._cloud is not None and not self._over.wait(self._interval):
            if not processes.is_running(self._cloud.pid, self._cloud.start_token):
                self._gone = True
                self._let_go()
                return
