"""Gathers what a run left behind: executions, claims, messages, flights."""

import json
import math
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from flightpulse.adapters.dynamodb_json import item_from_typed, item_to_typed
from flightpulse.adapters.table import ReservationTable
from flightpulse.chaos.oracle import FlightEnd, Handling, SentMessage
from flightpulse.domain import keys
from flightpulse.stack import names
from flightpulse.workbench.executions import executions
from flightpulse.workbench.messages import inbox
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session

_CLOCK_SKEW = timedelta(seconds=2)
_POLL_SECONDS = 0.3
_KEYS_PER_READ = 100
_MANY = 100_000
_OVER = frozenset({"DONE", "SUPERSEDED"})


@dataclass(frozen=True, slots=True)
class Ended:
    """One execution of an event's workflow that is over. ``outcome`` is that of its output, else its status."""

    event_id: str
    outcome: str


class Watch:
    """Follows the executions of some events from a moment on; what has ended is read once."""

    def __init__(self, session: Session, event_ids: Collection[str], since: datetime) -> None:
        self._session = session
        self._wanted = frozenset(event_ids)
        self._since = since - _CLOCK_SKEW
        self._ended: dict[str, Ended | None] = {}
        self._status: dict[str, str] = {}

    def ended(self) -> list[Ended]:
        """Executions of these events that are over; look with :meth:`look` first."""
        return [execution for execution in self._ended.values() if execution is not None]

    def look(self) -> int:
        """Look once more; returns how many executions of event workflows still run."""
        listed = executions.recent(
            self._session, workflows=executions.of_events(self._session), since=self._since, limit=_MANY
        )
        # One that was redriven has ended before, and ends again.
        fresh = [
            summary.arn
            for summary in listed
            if summary.status != "RUNNING" and self._status.get(summary.arn) != summary.status
        ]
        self._status.update({summary.arn: summary.status for summary in listed})
        with ThreadPoolExecutor(max_workers=8) as pool:
            self._ended.update(zip(fresh, pool.map(self._read, fresh), strict=True))
        return sum(summary.status == "RUNNING" for summary in listed)

    def wait(
        self,
        deliveries: Mapping[str, int],
        *,
        seconds: float,
        quiet: float = 0.0,
        stalled: float = math.inf,
        on_progress: OnProgress = silent,
    ) -> bool:
        """Wait until every event has had so many executions and none runs any more; False when time ran out.

        ``quiet`` is for how long nothing may change after that. After ``stalled`` seconds in which nothing ran and
        nothing changed it gives up, too.
        """
        deadline = time.monotonic() + seconds
        total = sum(deliveries.values())
        still_since, before = time.monotonic(), -1
        while time.monotonic() < deadline:
            running = self.look()
            counts: dict[str, int] = defaultdict(int)
            for execution in self.ended():
                counts[execution.event_id] += 1
            done = sum(min(counts[event_id], wanted) for event_id, wanted in deliveries.items())
            on_progress("events handled", done, total)
            if len(self._ended) != before:
                still_since, before = time.monotonic(), len(self._ended)
            still = time.monotonic() - still_since if running == 0 else 0.0
            if running == 0 and done == total and still >= quiet:
                return True
            if still >= stalled:
                return False
            time.sleep(_POLL_SECONDS)
        return False

    def _read(self, arn: str) -> Ended | None:
        execution = executions.described(self._session, arn)
        if execution.event.event_id not in self._wanted:
            return None
        return Ended(execution.event.event_id, execution.outcome or execution.status)


def claims(session: Session, event_ids: Iterable[str]) -> dict[str, dict[str, object]]:
    """The claims of events, by event."""
    wanted = [item_to_typed(keys.claim(event_id)) for event_id in event_ids]
    found: dict[str, dict[str, object]] = {}
    for start in range(0, len(wanted), _KEYS_PER_READ):
        request = {session.table_name: {"Keys": wanted[start : start + _KEYS_PER_READ], "ConsistentRead": True}}
        answer = session.dynamodb.batch_get_item(RequestItems=request)  # type: ignore[arg-type]
        for item in answer["Responses"].get(session.table_name, []):
            fields = item_from_typed(item)
            found[str(fields["PK"]).removeprefix(keys.EVENT)] = fields
    return found


def handling(session: Session, event_ids: Collection[str], ended: Iterable[Ended]) -> dict[str, Handling]:
    """What the system says of each event."""
    outcomes: dict[str, list[str]] = defaultdict(list)
    for execution in ended:
        outcomes[execution.event_id].append(execution.outcome)
    found = {}
    for event_id, claim in claims(session, event_ids).items():
        counts = json.loads(str(claim.get("outcome", "{}")))
        found[event_id] = Handling(
            claim=str(claim.get("status", "")),
            outcomes=tuple(sorted(outcomes[event_id])),
            told=int(counts.get("told", 0)),
            failed=int(counts.get("failed", 0)),
        )
    return found


def all_over(session: Session, event_ids: Collection[str]) -> bool:
    """Whether every event's claim says that it is done or superseded."""
    found = claims(session, event_ids)
    return all(event_id in found and found[event_id].get("status") in _OVER for event_id in event_ids)


def messages(session: Session, event_ids: Collection[str], since: datetime) -> list[SentMessage]:
    """Every message about these events, in the order in which they were sent."""
    found = inbox.read(session, since=since - _CLOCK_SKEW, event_ids=event_ids)
    return [SentMessage(item.event_id, item.flight_id, item.booking_id, item.channel) for item in found]


def states(session: Session, flight_ids: Sequence[str]) -> dict[str, FlightEnd]:
    """What the table says about flights."""
    table = ReservationTable(session.dynamodb, session.table_name)
    found = {}
    for flight_id in flight_ids:
        flight = table.flight(flight_id, consistent=True)
        if flight is not None:
            found[flight_id] = FlightEnd(str(flight.status), flight.delay_minutes, flight.gate)
    return found


def failed_tasks(session: Session, since: datetime) -> int:
    """How many attempts of Task states failed since a moment, in the histories of all workflows."""
    listed = executions.recent(session, workflows=tuple(names.WORKFLOWS), since=since - _CLOCK_SKEW, limit=_MANY)
    with ThreadPoolExecutor(max_workers=8) as pool:
        return sum(pool.map(lambda summary: _failed_in(session, summary.arn), listed))


def _failed_in(session: Session, arn: str) -> int:
    pages = session.stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=arn, includeExecutionData=False
    )
    failed = {"TaskFailed", "TaskTimedOut", "TaskSubmitFailed", "LambdaFunctionFailed"}
    return sum(event["type"] in failed for page in pages for event in page["events"])
