"""Lists workflow executions and reads one with its history."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.stack.event_workflows import short_name
from flightpulse.workbench.executions import history
from flightpulse.workbench.executions.observed_definition import observed_definition
from flightpulse.workbench.show import frames
from flightpulse.workbench.target.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from flightpulse.workbench.explore.choices import ChoiceReport
    from flightpulse.workbench.player import Diff, Gantt, Player
    from flightpulse.workbench.show.tables import Table

_LOOK_AGAIN_SECONDS = 0.2

NOT_SHOWN = frozenset({"AccessDeniedException", "AccessDenied", "StateMachineDoesNotExist"})
"""What AWS answers about what is not this role's to see, or not there any more."""

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


class NoSuchExecutionError(UserError):
    """There is no execution of this ARN."""


@dataclass(frozen=True)
class Execution:
    """One execution; from a list it has neither input nor output.

    ``events`` is the history as GetExecutionHistory returns it, empty until it was read; ``definition`` the state
    machine as it was when the execution began, None when nobody asked for it; ``machine`` that machine's ARN, of its
    version where it has one. ``children`` are the executions it started, in their order, as far as they were loaded.
    """

    arn: str
    workflow: str
    status: str
    started_at: datetime
    stopped_at: datetime | None
    input: Any = field(default=None, repr=False)
    output: Any = field(default=None, repr=False)
    events: list[Any] = field(default_factory=list, repr=False)
    machine: str = field(default="", repr=False)
    definition: Mapping[str, Any] | None = field(default=None, repr=False)
    children: tuple["Execution", ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", 1)[-1]

    @property
    def outcome(self) -> str:
        """DONE, TOO_SMALL, SUPERSEDED, ALREADY_HANDLED (empty: it runs or failed, or is a nested execution)."""
        return str(self.output.get("outcome", "")) if isinstance(self.output, dict) else ""

    @property
    def seconds(self) -> float | None:
        return (self.stopped_at - self.started_at).total_seconds() if self.stopped_at else None

    @cached_property
    def history(self) -> history.History:
        """The tree of states it went through."""
        return history.read(self.events)

    @cached_property
    def event(self) -> "StartingEvent":
        """The bus event that started it (empty fields when something else did)."""
        return bus_event(self.input)

    @property
    def drawn(self) -> Mapping[str, Any]:
        """The definition; without it as much of it as the run went through.

        Raises UserError when no definition is known and no state was entered.
        """
        known = self.definition or observed_definition(self.history)
        if known is None:
            raise UserError(
                f"{self.name} holds no state that was entered, so there is nothing to draw.",
                hint="Give the state machine's definition.",
            )
        return known

    def all(self) -> Iterator["Execution"]:
        """This execution and everything it started, parents first."""
        yield self
        for child in self.children:
            yield from child.all()

    def child(self, arn: str) -> "Execution | None":
        """The execution of this ARN among those it started itself."""
        return next((child for child in self.children if child.arn == arn), None)

    def player(self, *, title: str = "") -> "Player":
        """The step player, with the executions it started ready to be opened; it is called by its workflow."""
        # Drawing and explaining take long to import, and most readers of an execution do neither.
        from flightpulse.workbench.player import Player

        started = {nested.arn: (nested.drawn, nested.events) for nested in self.all() if nested is not self}
        return Player(self.drawn, self.events, title=title or self.workflow, nested=started)

    def gantt(self) -> "Gantt":
        """When each state ran."""
        return self.player().gantt()

    def table(self) -> "Table":
        """One row per visit of a state: state, item, result, tries."""
        return self.player().table()

    def diff(self, other: "Execution") -> "Diff":
        """This execution against another of its workflow, on one diagram. Raises UserError for another workflow."""
        from flightpulse.workbench.player import diff

        if self.workflow != other.workflow:
            raise UserError(
                f"{self.workflow} cannot be compared with {other.workflow}.", hint="Give two runs of one workflow."
            )
        return diff(self.drawn, self.events, other.events)

    def choices(self) -> "ChoiceReport":
        """Every Choice it came to: which way it went, and why not the others."""
        from flightpulse.workbench.explore import explain_choices

        return explain_choices(self.drawn, self.events, title=self.workflow)

    def to_frame(self) -> "pd.DataFrame":
        """Its history, one row per event: ``id``, ``previous``, ``type``, ``at``, ``state`` and ``since_start``."""
        rows = [
            {
                "id": event["id"],
                "previous": event.get("previousEventId", 0),
                "type": event["type"],
                "at": event["timestamp"],
                "state": _state_of(event),
                "since_start": event["timestamp"] - self.started_at,
            }
            for event in self.events
        ]
        columns = ("id", "previous", "type", "at", "state", "since_start")
        return frames.frame(rows, columns=columns, categories=("type", "state"))


@dataclass(frozen=True, slots=True)
class StartingEvent:
    """What an execution's input tells about the event that started it."""

    detail_type: str
    event_id: str
    flight_id: str


def recent(
    session: Session,
    *,
    workflows: Sequence[str] = (),
    status: str | None = None,
    since: datetime | None = None,
    limit: int = 20,
) -> list[Execution]:
    """The newest executions first, of all state machines or of some (short names), at most ``limit``."""
    deployed = machines(session)
    arns = [deployed[short] for short in workflows or deployed]
    with ThreadPoolExecutor(max_workers=len(arns)) as pool:
        found = list(pool.map(lambda arn: list(_listed(session, arn, status, since, limit)), arns))
    return sorted((summary for some in found for summary in some), key=lambda item: item.started_at, reverse=True)[
        :limit
    ]


def settle(session: Session, *, seconds: float) -> None:
    """Wait until no execution runs any more. Raises UserError when some still do after so many seconds."""
    deadline = time.monotonic() + seconds
    while running := recent(session, status="RUNNING"):
        if time.monotonic() > deadline:
            raise UserError(
                f"{running[0].workflow} still runs after {seconds:g} s.",
                hint=f"Look: {session.command('show')} {running[0].name}",
            )
        time.sleep(_LOOK_AGAIN_SECONDS)


def find(session: Session, reference: str) -> str:
    """The ARN of an execution named by its ARN, by its name, as ``latest``, or by its workflow (the latest of it).

    ``latest`` means the latest execution that an event started, not a nested one.
    """
    if reference.startswith("arn:"):
        return _execution_arn(session, reference)
    if reference == "latest" or reference in machines(session):
        chosen = of_events(session) if reference == "latest" else [reference]
        found = recent(session, workflows=chosen, limit=1)
        if not found:
            raise UserError("There is no execution yet.", hint=f"Start one with: {session.command('scenario 1')}")
        return found[0].arn
    for execution in recent(session, limit=1000):
        if execution.name == reference:
            return execution.arn
    raise UserError(f"There is no execution {reference!r}.", hint=f"List them with: {session.command('executions')}")


def region_of(reference: str) -> str | None:
    """The region in an execution's ARN; None for a name."""
    parts = reference.split(":")
    return parts[3] if reference.startswith("arn:") and len(parts) > 5 else None


def _execution_arn(session: Session, arn: str) -> str:
    kind = (arn.split(":") + [""] * 6)[5]
    if kind == "express":
        raise UserError(
            "Express executions keep no history that could be read.",
            hint="Save the lines of their execution log as JSON, then: flightpulse show --history FILE",
        )
    if kind != "execution":
        raise UserError(f"{arn} is not an execution's ARN.", hint=f"List them with: {session.command('executions')}")
    return arn


def load(session: Session, arn: str) -> Execution:
    """One execution with its history. Raises UserError when there is none of this ARN."""
    return replace(described(session, arn), events=history_of(session, arn))


def described(session: Session, arn: str) -> Execution:
    """What DescribeExecution says of an execution, without its history.

    Raises :class:`NoSuchExecutionError` when there is none of this ARN.
    """
    try:
        answer = session.stepfunctions.describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ExecutionDoesNotExist", "InvalidArn"}:
            raise NoSuchExecutionError(
                f"There is no execution {arn}.", hint=f"List them with: {session.command('executions')}"
            ) from error
        raise
    return Execution(
        arn=answer["executionArn"],
        workflow=answer["stateMachineArn"].rsplit(":", 1)[-1],
        status=answer["status"],
        started_at=answer["startDate"],
        stopped_at=answer.get("stopDate"),
        input=history.parsed(answer.get("input")),
        output=history.parsed(answer.get("output")),
        machine=str(answer.get("stateMachineVersionArn") or answer["stateMachineArn"]),
    )


def history_of(session: Session, arn: str) -> list[Any]:
    """The events of an execution's history, the data of each included."""
    pages = session.stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=arn, includeExecutionData=True
    )
    return [event for page in pages for event in page["events"]]


def bus_event(execution_input: Any) -> StartingEvent:
    """Read the event out of the input of an execution that a rule started."""
    envelope = execution_input if isinstance(execution_input, dict) else {}
    detail = envelope.get("detail", envelope)
    detail = detail if isinstance(detail, dict) else {}
    # A nested execution gets the event as one field of its input, among others.
    nested = detail.get("event")
    inner = nested if isinstance(nested, dict) else detail
    return StartingEvent(
        detail_type=str(envelope.get("detail-type", "")),
        event_id=str(inner.get("event_id") or envelope.get("id") or ""),
        flight_id=str(inner.get("flight_id", "")),
    )


def machines(session: Session) -> dict[str, str]:
    """The deployed state machines: their ARNs by short name, as the stack's outputs have them."""
    arns = [value for value in session.outputs.values() if ":stateMachine:" in value]
    return {short_name(arn.rsplit(":", 1)[-1]): arn for arn in arns}


def of_events(session: Session) -> list[str]:
    """The short names of those that an event on the bus starts; the others are started by them."""
    return [short for short, arn in machines(session).items() if arn.endswith("Workflow")]


def _listed(session: Session, arn: str, status: str | None, since: datetime | None, limit: int) -> Iterator[Execution]:
    query: dict[str, Any] = {"stateMachineArn": arn, **({"statusFilter": status} if status else {})}
    pages = session.stepfunctions.get_paginator("list_executions").paginate(
        **query, PaginationConfig={"MaxItems": limit, "PageSize": min(limit, 1000)}
    )
    for page in pages:
        for execution in page["executions"]:
            if since and execution["startDate"] < since:
                return
            yield Execution(
                arn=execution["executionArn"],
                workflow=execution["stateMachineArn"].rsplit(":", 1)[-1],
                status=execution["status"],
                started_at=execution["startDate"],
                stopped_at=execution.get("stopDate"),
            )


def _state_of(event: Any) -> str | None:
    details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
    name: str | None = details.get("name")
    return name
