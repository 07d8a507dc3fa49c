"""Executions with all there is to know of them: raw history, definition, and the executions they started."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flightpulse.errors import UserError
from flightpulse.workbench.executions import executions, history
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

if TYPE_CHECKING:
    from flightpulse.workbench.explore.choices import ChoiceReport
    from flightpulse.workbench.player import Diff, Gantt, Player
    from flightpulse.workbench.player.table import Table as StateTable


@dataclass(frozen=True)
class RunExecution(Execution):
    """An execution with the state machine as it was when it began, and the executions it started, in their order."""

    definition: Mapping[str, Any] = field(repr=False)
    children: tuple["RunExecution", ...] = field(default=(), repr=False)

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
        # Drawing and explaining take long to import, and most readers of an execution do neither.
        from flightpulse.workbench.player import Player

        started = {nested.arn: (nested.definition, nested.events) for nested in self.all() if nested is not self}
        return Player(self.definition, self.events, title=self.workflow, nested=started)

    def gantt(self) -> "Gantt":
        """When each state ran."""
        return self.player().gantt()

    def table(self) -> "StateTable":
        """One row per visit of a state: state, item, result, tries."""
        return self.player().table()

    def diff(self, other: "RunExecution") -> "Diff":
        """This execution against another of its workflow, on one diagram. Raises UserError for another workflow."""
        from flightpulse.workbench.player import diff

        if self.workflow != other.workflow:
            raise UserError(
                f"{self.workflow} cannot be compared with {other.workflow}.", hint="Give two runs of one workflow."
            )
        return diff(self.definition, self.events, other.events)

    def choices(self) -> "ChoiceReport":
        """Every Choice it came to: which way it went, and why not the others."""
        from flightpulse.workbench.explore import explain_choices

        return explain_choices(self.definition, self.events, title=self.workflow)


class ExecutionList(Records[RunExecution]):
    """Executions in the order in which they began."""

    columns = ("started_at", "workflow", "status", "outcome", "took", "flight_id", "event_id", "name")
    categories = ("workflow", "status", "outcome")

    def row(self, item: RunExecution) -> Mapping[str, Any]:
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

    def load(self, arn: str) -> RunExecution:
        """An execution with everything it started. Raises UserError when there is none of this ARN."""
        fields, machine = executions.fields_of(self._session, arn)
        return RunExecution(
            **fields, definition=self._definition(arn, machine), children=self._children(fields["events"])
        )

    def _children(self, events: list[Any]) -> tuple[RunExecution, ...]:
        visits = history.walk(history.read(events).visits)
        arns = list(dict.fromkeys(arn for visit in visits for arn in visit.children))
        if len(arns) < 2:
            return tuple(map(self.load, arns))
        with ThreadPoolExecutor(max_workers=min(8, len(arns))) as pool:
            return tuple(pool.map(self.load, arns))

    def _definition(self, arn: str, machine: str) -> Mapping[str, Any]:
        if machine not in self._definitions:
            answer = self._session.stepfunctions.describe_state_machine_for_execution(executionArn=arn)
            self._definitions[machine] = json.loads(answer["definition"])
        return self._definitions[machine]
