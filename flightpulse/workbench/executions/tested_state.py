"""One state of a deployed workflow, run by itself with its service mocked: AWS's TestState.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flightpulse.errors import UserError
from flightpulse.workbench.executions import executions
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.show.words import shortened
from flightpulse.workbench.target.session import Session

NOT_MOCKED: Any = object()
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class TestedState:
    """What came of it. ``status`` is SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR; ``next`` is the state that follows.

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

    @property
    def table(self) -> Table:
        told = {"status": self.status, "next": self.next, "error": self.error, "cause": self.cause}
        rows = [(name, text) for name, text in told.items() if text is not None]
        rows += [(name, _brief(value)) for name, value in {**self.data, "output": self.output}.items()]
        return Table.of((self.state, ""), rows)

    def _repr_html_(self) -> str:
        return self.table.html()

    def __str__(self) -> str:
        return str(self.table)


def run_state(
    session: Session,
    workflow: str,
    state: str,
    given: Any = None,
    *,
    result: Any = NOT_MOCKED,
    error: str | None = None,
    variables: Mapping[str, Any] | None = None,
    retries: int = 0,
) -> TestedState:
    """Run one state of a workflow (``delay``, ``notify-chunk``, …); ``wb.executions.test_state`` says more."""
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
        output=_read(answer.get("output")),
        next=answer.get("nextState"),
        error=answer.get("error"),
        cause=answer.get("cause"),
        data={name: _read(value) for name, value in answer.get("inspectionData", {}).items()},
    )


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _brief(value: Any) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), _LONGEST)
