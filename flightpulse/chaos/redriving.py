"""Proof: what ended in the dead letters comes back when its cause is gone, and nobody who was told is told again."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.adapters.dynamodb_json import item_to_typed
from flightpulse.chaos import booked_flights, evidence, trial
from flightpulse.chaos.verdict import Promise, Verdict, held
from flightpulse.domain import keys
from flightpulse.domain.entities import Flight
from flightpulse.workbench.executions import executions
from flightpulse.workbench.faults import dead_letters
from flightpulse.workbench.faults.fault_page import Fault, FaultPage
from flightpulse.workbench.faults.redrive import Redriver
from flightpulse.workbench.fire.sending import send
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session
from simulator import events

_DYNAMODB_BUSY = "DynamoDB.ProvisionedThroughputExceededException"
_TRANSACTIONS_BUSY = "DynamoDb.ProvisionedThroughputExceededException"
_SETTLED_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class _Case:
    """One way in which a flight's event fails. ``kind`` and ``code`` are what its dead letter must say."""

    name: str
    kind: str
    code: str
    faults: tuple[Fault, ...] = ()
    cancelled: bool = False
    unknown: bool = False
    stopped: bool = False


_CASES = (
    # One message gets through, the others use up all their attempts. Left to chance, every one may get through.
    _Case(
        "some messages",
        "notifications",
        "EventBridge.FailedEntry",
        (
            {"state": "SendMessages", "error": "EventBridge.FailedEntry"},
            {"state": "SendMessage", "error": "EventBridge.FailedEntry", "skip": 1},
        ),
    ),
    _Case(
        "a group of bookings",
        "notifications",
        "States.TaskFailed",
        ({"state": "NotifyChunk", "error": "States.TaskFailed", "skip": 1, "times": 1},),
    ),
    _Case(
        "a group of bookings, after it was told",
        "notifications",
        "States.TaskFailed",
        ({"state": "NotifyChunk", "error": "States.TaskFailed", "after": True, "times": 1},),
    ),
    _Case(
        "a whole event",
        "notifications",
        "States.TaskFailed",
        ({"state": "NotifyPassengers", "error": "States.TaskFailed", "times": 1},),
    ),
    _Case(
        "the note that a message is out",
        "notifications",
        _DYNAMODB_BUSY,
        (
            {"state": "ConfirmBookings", "error": _TRANSACTIONS_BUSY},
            {"state": "ConfirmTold", "error": _DYNAMODB_BUSY},
        ),
    ),
    _Case(
        "the mark on a booking",
        "notifications",
        _DYNAMODB_BUSY,
        ({"state": "MarkBooking", "error": _DYNAMODB_BUSY},),
        cancelled=True,
    ),
    _Case(
        "an event that no workflow took",
        "targets",
        "NO_PERMISSIONS",
        ({"hop": "target", "to": "Workflow", "error": "NO_PERMISSIONS", "times": 1},),
    ),
    _Case("a record about a flight that nobody knew yet", "records", "UNKNOWN_FLIGHT", unknown=True),
    _Case(
        "an execution that somebody stopped",
        "executions",
        "",
        ({"state": "NotifyChunk", "delay_seconds": 8, "times": 1},),
        stopped=True,
    ),
)


def prove(
    session: Session, seed: int, *, bookings: int = 12, seconds: float = 600.0, on_progress: OnProgress = silent
) -> Verdict:
    """Let one event fail in each way there is, look at the dead letters, and redrive when the causes are gone.

    Every failure must be seen with what, why and since when; all of it must come back; who was told before must not be
    told again, and to redrive once more must find nothing.
    """
    now = datetime.now(UTC)
    session.require_stack()
    injector = FaultPage(str(session.endpoint_url))
    people = booked_flights.invent(seed, flights=len(_CASES), bookings=bookings, first_flight=7700)
    cases = dict(zip((flight.flight_id for flight in people.flights), _CASES, strict=True))
    people.save(session)
    for flight, case in zip(people.flights, _CASES, strict=True):
        if case.unknown:
            _forget(session, flight)
    sent = {flight.flight_id: _event(flight, cases[flight.flight_id], now, seed) for flight in people.flights}
    ids = {flight_id: str(event["event_id"]) for flight_id, event in sent.items()}
    run = trial.Trial(session, seed, people, list(sent.values()), since=now, seconds=seconds, on_progress=on_progress)
    faults = [{**fault, "about": name} for name, case in cases.items() for fault in case.faults]
    reach = {ids[name]: 1 for name, case in cases.items() if case.kind not in {"targets", "records"}}
    with injector.injected(faults, seed):
        send(session, run.records)
        for name, case in cases.items():
            if case.stopped:
                _stop(session, ids[name], now)
        run.wait(reach, seconds=seconds / 2, quiet=_SETTLED_SECONDS)
    letters, failed = _waiting(session, set(run.ids), now)
    before = evidence.messages(session, run.ids, now)
    booked_flights.put_flights(session, [flight for flight in people.flights if cases[flight.flight_id].unknown])
    recovered = run.recover()
    outcome = run.outcome()
    redriver = Redriver(session, only=run.ids)
    again = [*redriver.redrive_executions(), *redriver.send_back()]
    repeated = [
        f"{message.event_id} to {message.booking_id} by {message.channel}"
        for message in before
        if outcome.told.count(message) != 1
    ]
    promises = [
        held(
            "Every failure waits where it can be seen: what, why, since when",
            _unseen(cases, ids, letters, failed),
            f"{len(cases)} kinds of failure",
        ),
        Promise("Everything comes back when the causes are gone", recovered.said, recovered.complete),
        held(
            "Who had been told before is not told again",
            repeated,
            f"{len(before)} messages before, {len(outcome.told)} after",
        ),
        *outcome.promises(run.deliveries, redriven=True),
        held("Redriving once more finds nothing", [result.what for result in again], "nothing waits"),
    ]
    kinds = Counter(letter.kind for letter in letters)
    figures = {
        "cases": len(_CASES),
        **{f"letters of kind {kind}": count for kind, count in sorted(kinds.items())},
        "failed executions": len(failed),
        "told before": len(before),
        "told in the end": len(outcome.told),
    }
    return run.verdict("redriving", promises, figures)


_SKEW = timedelta(seconds=2)


def _event(flight: Flight, case: _Case, now: datetime, seed: int) -> dict[str, Any]:
    at = now - timedelta(seconds=1)
    event_id = f"redrive-{seed}-{int(now.timestamp() * 1000):x}-{flight.flight_id}"
    if case.cancelled:
        return events.cancellation(flight, "WEATHER", at=at, event_id=event_id)
    return events.delay(flight, 50, "MECHANICAL", at=at, event_id=event_id)


def _forget(session: Session, flight: Flight) -> None:
    session.dynamodb.delete_item(TableName=session.table_name, Key=item_to_typed(keys.flight(flight.flight_id)))


def _stop(session: Session, event_id: str, since: datetime) -> None:
    """Stop the execution of an event, as an operator might, once it is at work on its passengers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for summary in executions.recent(
            session, workflows=("delay",), status="RUNNING", since=since - _SKEW, limit=1000
        ):
            event = executions.described(session, summary.arn).event
            if event.event_id == event_id and _is_telling(session, summary.arn):
                session.stepfunctions.stop_execution(
                    executionArn=summary.arn, error="Operator", cause="stopped by hand"
                )
                return
        time.sleep(0.2)


def _is_telling(session: Session, arn: str) -> bool:
    history = session.stepfunctions.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=5)
    return any(event["type"] in {"TaskSubmitted", "TaskStarted"} for event in history["events"])


def _waiting(
    session: Session, event_ids: set[str], since: datetime
) -> tuple[list[dead_letters.WaitingLetter], dict[str, str]]:
    """The letters since the run began, and why executions of its events failed, by event."""
    letters = [letter for letter in dead_letters.look(session) if letter.since >= since - _SKEW]
    failed = {execution.event.event_id: execution.why for execution in Redriver(session).failed_executions()}
    return letters, {event_id: why for event_id, why in failed.items() if event_id in event_ids}


def _unseen(
    cases: dict[str, _Case], ids: dict[str, str], letters: list[dead_letters.WaitingLetter], failed: dict[str, str]
) -> list[str]:
    return [
        f"{flight}: {case.name}"
        for flight, case in cases.items()
        if not any(_tells(case, flight, ids[flight], letter) for letter in letters)
        and not (case.kind == "executions" and failed.get(ids[flight]))
    ]


def _tells(case: _Case, flight: str, event_id: str, letter: dead_letters.WaitingLetter) -> bool:
    if letter.kind != case.kind or case.code not in letter.why:
        return False
    if case.kind == "records":
        return flight in letter.why or flight in str(letter.body)
    return any(name in texts for texts in _texts(letter) for name in (flight, event_id))


def _texts(letter: dead_letters.WaitingLetter) -> Iterator[str]:
    yield letter.what
    yield str(dict(letter.body))
