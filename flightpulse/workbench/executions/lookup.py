"""The executions of a target: listed, found by name, loaded with everything they started."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flightpulse.workbench.executions import executions, tested_state
from flightpulse.workbench.executions.executions import Execution, ExecutionSummary
from flightpulse.workbench.executions.loading import Loader
from flightpulse.workbench.executions.tested_state import NOT_MOCKED, TestedState
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
    ) -> list[ExecutionSummary]:
        """The newest executions first, of all state machines or of some (short names), at most ``limit``."""
        return executions.recent(self._target.deployed, workflows=workflows, status=status, since=since, limit=limit)

    def test_state(
        self,
        workflow: str,
        state: str,
        given: Any = None,
        *,
        result: Any = NOT_MOCKED,
        error: str | None = None,
        variables: Mapping[str, Any] | None = None,
        retries: int = 0,
    ) -> TestedState:
        """One state of a deployed workflow, run by itself by Step Functions' TestState: nothing else is touched.

        ``given`` is its input, ``variables`` what the workflow would have assigned before. ``result`` stands in for
        what its service would answer, ``error`` for a failure after so many ``retries``; without either the service
        is called. Raises UserError for what TestState refuses, such as a result that the service could not give.
        """
        return tested_state.run_state(
            self._target.deployed,
            workflow,
            state,
            given,
            result=result,
            error=error,
            variables=variables,
            retries=retries,
        )
