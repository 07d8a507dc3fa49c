"""The executions of a target: listed, found by name, loaded with everything they started."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.executions import executions, history
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.executions.loading import Loader
from flightpulse.workbench.show.shown_as_table import ShownAsTable
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import shortened
from flightpulse.workbench.target.connection import Connection

NOT_MOCKED: Any = object()
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class TestedState(ShownAsTable):
    """What came of running one state by itself.

    ``status`` is SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR; ``next`` is the state that follows.
    ``data`` is what the state's fields made of the input on the way; for a failure also which rule of Retry or Catch
    takes it (``errorDetails``).
    """

    state: str
    status: str
    output: Any
    next: str | None
    error: str | None
    cause: str | None
    data: Mapping[str, Any]

    def table(self) -> Table:
        """What came of it, and what the state's fields made of the input."""
        told = {"status": self.status, "next": self.next, "error": self.error, "cause": self.cause}
        rows = [(name, text) for name, text in told.items() if text is not None]
        rows += [
            (name, shortened(json.dumps(value, ensure_ascii=False), _LONGEST))
            for name, value in {**self.data, "output": self.output}.items()
        ]
        return Table.of((self.state, ""), rows)


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
    ) -> list[Execution]:
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
        https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
        """
        session = self._target.deployed
        client = session.stepfunctions
        arns = executions.machines(session)
        if workflow not in arns:
            raise UserError(f"There is no workflow {workflow!r}.", hint=f"Choose from: {', '.join(sorted(arns))}")
        machine = client.describe_state_machine(stateMachineArn=arns[workflow])
        request: Any = {
            "definition": machine["definition"],
            "roleArn": machine["roleArn"],
            "stateName": state,
            "input": json.dumps({} if given is None else given),
            "inspectionLevel": "DEBUG",
        }
        if error is not None:
            request["mock"] = {"errorOutput": {"error": error, "cause": "a test of this state"}}
        elif result is not NOT_MOCKED:
            request["mock"] = {"result": json.dumps(result)}
        if variables:
            request["variables"] = json.dumps(dict(variables))
        if retries:
            request["stateConfiguration"] = {"retrierRetryCount": retries}
        try:
            answer = client.test_state(**request)
        except (client.exceptions.ValidationException, client.exceptions.InvalidDefinition) as refused:
            raise UserError(f"{state} cannot be tested like this: {refused.response['Error']['Message']}") from refused
        return TestedState(
            state=state,
            status=answer["status"],
            output=history.parsed(answer.get("output")),
            next=answer.get("nextState"),
            error=answer.get("error"),
            cause=answer.get("cause"),
            data={name: _read(value) for name, value in answer.get("inspectionData", {}).items()},
        )


def _read(value: Any) -> Any:
    return history.parsed(value) if isinstance(value, str) else value
