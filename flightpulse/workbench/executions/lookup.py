"""The executions of a target: listed, found by name, loaded with everything they started."""

from collections.abc import Sequence
from datetime import datetime

from flightpulse.workbench.executions import executions
from flightpulse.workbench.executions.executions import Execution, Summary
from flightpulse.workbench.executions.loading import Loader
from flightpulse.workbench.target.connection import Connection


class Executions:
    """``wb.executions``."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def find(self, reference: str = "latest") -> Execution:
        """An execution by ARN, by name, as ``latest``, or the latest of a workflow (``delay``, ``notify-chunk``, …).

        An ARN may be of any state machine. Raises UserError when there is none.
        """
        session = self._target.session if reference.startswith("arn:") else self._target.deployed
        return Loader(session).load(executions.find(session, reference))

    def recent(
        self,
        workflows: Sequence[str] = (),
        *,
        status: str | None = None,
        since: datetime | None = None,
        limit: int = 20,
    ) -> list[Summary]:
        """The newest executions first, of all state machines or of some (short names), at most ``limit``."""
        return executions.recent(self._target.deployed, workflows=workflows, status=status, since=since, limit=limit)
