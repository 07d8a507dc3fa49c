"""Loads executions with all there is to know of them: definition, and the executions they started."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.workbench.executions import executions, history
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session


class ExecutionList(Records[Execution]):
    """Executions in the order in which they began."""

    columns = ("started_at", "workflow", "status", "outcome", "took", "flight_id", "event_id", "name")
    categories = ("workflow", "status", "outcome")

    def row(self, item: Execution) -> Mapping[str, Any]:
        return {
            **{name: getattr(item, name) for name in ("started_at", "workflow", "status", "outcome", "name")},
            "took": item.stopped_at - item.started_at if item.stopped_at else None,
            "flight_id": item.event.flight_id,
            "event_id": item.event.event_id,
        }

    def table(self) -> Table:
        """One line each: which workflow, about which flight, and how it ended."""
        rows = [
            (item.workflow, item.event.flight_id, item.outcome or item.status, item.started_at, item.name)
            for item in self
        ]
        return Table.of(("workflow", "flight", "ended", "started", "name"), rows)


class Loader:
    """Loads executions of one target; definitions are read once for each state machine revision."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._definitions: dict[str, Mapping[str, Any]] = {}

    def load(self, arn: str) -> Execution:
        """An execution with everything it started. Raises UserError when there is none of this ARN."""
        execution = executions.load(self._session, arn)
        return replace(
            execution,
            definition=self._definition(arn, execution.machine),
            children=self._children(execution.events),
        )

    def _children(self, events: list[Any]) -> tuple[Execution, ...]:
        visits = history.walk(history.read(events).visits)
        arns = list(dict.fromkeys(arn for visit in visits for arn in visit.children))
        if len(arns) < 2:
            found = list(map(self.load_child, arns))
        else:
            with ThreadPoolExecutor(max_workers=min(8, len(arns))) as pool:
                found = list(pool.map(self.load_child, arns))
        return tuple(child for child in found if child)

    def load_child(self, arn: str) -> Execution | None:
        """An execution that another one started; None when it is gone, or when this role may not see it."""
        try:
            return self.load(arn)
        except UserError:
            return None
        except ClientError as error:
            if error.response["Error"]["Code"] in executions.NOT_SHOWN:
                return None
            raise

    def _definition(self, arn: str, machine: str) -> Mapping[str, Any] | None:
        """The state machine's definition; None where this role may not see it, or when it is gone."""
        if machine not in self._definitions:
            try:
                answer = self._session.stepfunctions.describe_state_machine_for_execution(executionArn=arn)
            except ClientError as error:
                if error.response["Error"]["Code"] not in executions.NOT_SHOWN:
                    raise
                return None
            self._definitions[machine] = json.loads(answer["definition"])
        return self._definitions[machine]
