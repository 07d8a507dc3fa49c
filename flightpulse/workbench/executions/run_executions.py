"""Executions with all there is to know of them: raw history, definition, and the executions they started."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flightpulse.errors import UserError
from flightpulse.workbench.executions import executions, history
from flightpulse.workbench.executions.history import History
from flightpulse.workbench.target.session import Session

if TYPE_CHECKING:
    from flightpulse.workbench.explore.choices import ChoiceReport
    from flightpulse.workbench.player import Gantt, Player
    from flightpulse.workbench.player.table import Table


@dataclass(frozen=True)
class RunExecution:
    """One execution.

    ``events`` is the history as GetExecutionHistory returns it, ``definition`` the state machine as it was when the
    execution began. ``children`` are the executions it started, in the order in which it started them.
    """

    arn: str
    workflow: str
    status: str
    started_at: datetime
    stopped_at: datetime | None
    input: Any = field(repr=False)
    output: Any = field(repr=False)
    events: list[Any] = field(repr=False)
    definition: Mapping[str, Any] = field(repr=False)
    children: tuple["RunExecution", ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", 1)[-1]

    @property
    def outcome(self) -> str:
        """DONE, SUPERSEDED or ALREADY_HANDLED; empty while it runs, when it failed, and for nested executions."""
        return str(self.output.get("outcome", "")) if isinstance(self.output, dict) else ""

    @property
    def seconds(self) -> float | None:
        return (self.stopped_at - self.started_at).total_seconds() if self.stopped_at else None

    @cached_property
    def history(self) -> History:
        """The tree of states it went through."""
        return history.read(self.events)

    @cached_property
    def bus_event(self) -> executions.BusEvent:
        """The event that started it (empty fields for nested executions)."""
        return executions.bus_event(self.input)

    def all(self) -> Iterator["RunExecution"]:
        """This execution and everything it started, parents first."""
        yield self
        for child in self.children:
            yield from child.all()

    def child(self, arn: str) -> "RunExecution | None":
        """The execution of this ARN among those it started itself."""
        return next((child for child in self.children if child.arn == arn), None)

    def player(self) -> "Player":
        """The step player, with the executions it started ready to be opened."""
        from flightpulse.workbench.player import Player

        nested = {one.arn: (one.definition, one.events) for one in self.all() if one is not self}
        return Player(self.definition, self.events, title=self.workflow, nested=nested)

    def gantt(self) -> "Gantt":
        """When each state ran."""
        return self.player().gantt()

    def table(self) -> "Table":
        """One row per visit of a state: state, item, result, tries."""
        return self.player().table()

    def choices(self) -> "ChoiceReport":
        """Every Choice it came to: which way it went, and why not the others."""
        from flightpulse.workbench.explore import explain_choices

        return explain_choices(self.definition, self.events, title=self.workflow)


class Loader:
    """Loads executions of one target; definitions are read once for each state machine revision."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._definitions: dict[str, Mapping[str, Any]] = {}

    def load(self, arn: str) -> RunExecution:
        """An execution with everything it started. Raises UserError when there is none of this ARN."""
        from botocore.exceptions import ClientError

        steps = self._session.stepfunctions
        try:
            answer = steps.describe_execution(executionArn=arn)
            pages = steps.get_paginator("get_execution_history").paginate(executionArn=arn, includeExecutionData=True)
            events: list[Any] = [event for page in pages for event in page["events"]]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"ExecutionDoesNotExist", "InvalidArn"}:
                hint = f"List them with: {self._session.command('executions')}"
                raise UserError(f"There is no execution {arn}.", hint=hint) from error
            raise
        return RunExecution(
            arn=answer["executionArn"],
            workflow=answer["stateMachineArn"].rsplit(":", 1)[-1],
            status=answer["status"],
            started_at=answer["startDate"],
            stopped_at=answer.get("stopDate"),
            input=executions.parsed(answer.get("input")),
            output=executions.parsed(answer.get("output")),
            events=events,
            definition=self._definition(arn, str(answer.get("stateMachineVersionArn") or answer["stateMachineArn"])),
            children=self._children(events),
        )

    def _children(self, events: list[Any]) -> tuple[RunExecution, ...]:
        visits = history.walk(history.read(events).visits)
        arns = list(dict.fromkeys(arn for visit in visits for arn in visit.children))
        if len(arns) < 2:
            found = list(map(self._child, arns))
        else:
            with ThreadPoolExecutor(max_workers=min(8, len(arns))) as pool:
                found = list(pool.map(self._child, arns))
        return tuple(child for child in found if child)

    def _child(self, arn: str) -> RunExecution | None:
        """None for one that is gone, or that this role may not see; its parent names it."""
        from botocore.exceptions import ClientError

        try:
            return self.load(arn)
        except UserError:
            return None
        except ClientError as error:
            if error.response["Error"]["Code"] in executions.NOT_SHOWN:
                return None
            raise

    def _definition(self, arn: str, machine: str) -> Mapping[str, Any]:
        if machine not in self._definitions:
            answer = self._session.stepfunctions.describe_state_machine_for_execution(executionArn=arn)
            self._definitions[machine] = json.loads(answer["definition"])
        return self._definitions[machine]
