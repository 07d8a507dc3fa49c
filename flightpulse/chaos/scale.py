"""Proof: one event about very many people stays within the limits of Step Functions, and everybody is told."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.chaos import booked_flights
from flightpulse.chaos.trial import Trial
from flightpulse.chaos.verdict import Promise, Verdict
from flightpulse.domain.entities import Flight
from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.executions import executions
from flightpulse.workbench.fire.sending import send
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session
from simulator import events

LARGEST_PAYLOAD = 128 * 1024
"""What a state may hold here, in bytes: half of what Step Functions allows (256 KiB)."""
LONGEST_HISTORY = 25_000
"""Events in the history of one execution; beyond that Step Functions ends it."""

KINDS = ("delay", "cancellation", "gate")
_MANY = 100_000
_PAYLOADS = ("input", "output", "parameters")


@dataclass(frozen=True, slots=True)
class Measured:
    """One execution: its events, and the largest payload in its history with the state that had it."""

    workflow: str
    events: int
    largest: int
    where: str


def prove(
    session: Session,
    seed: int,
    *,
    sizes: Sequence[int] = (853, 2000),
    kinds: Sequence[str] = (),
    seconds: float = 1200.0,
    on_progress: OnProgress = silent,
) -> Verdict:
    """Send one event of each kind about a flight with so many bookings, whose passengers want e-mail and text.

    Everybody must be told once on both channels; no state may hold more than 128 KiB and no history 25,000 events.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise UserError(f"There is no kind {unknown[0]!r}.", hint=f"There are: {', '.join(KINDS)}.")
    began = time.monotonic()
    promises: list[Promise] = []
    figures: Counter[str] = Counter()
    for number, size in enumerate(sizes):
        people = booked_flights.invent(seed + size, flights=1, bookings=size, first_flight=7000 + number, everyone=True)
        for kind in kinds or KINDS:
            on_progress(f"{kind} of a flight with {size} bookings", 0, 1)
            people.save(session)
            left = began + seconds - time.monotonic()
            promises += _prove_one(session, seed, people, kind, left, figures, on_progress)
        people.remove(session)
    return Verdict("scale", seed, tuple(promises), figures, time.monotonic() - began)


def _prove_one(
    session: Session,
    seed: int,
    people: booked_flights.BookedFlights,
    kind: str,
    seconds: float,
    figures: Counter[str],
    on_progress: OnProgress,
) -> list[Promise]:
    now = datetime.now(UTC)
    name = f"{kind}, {len(people.bookings)} bookings"
    run = Trial(
        session,
        seed,
        people,
        [_event(kind, people.flights[0], now)],
        since=now,
        seconds=seconds,
        on_progress=lambda _text, done, _all: on_progress(name, done, 1),
    )
    send(session, run.records)
    in_time = run.wait()
    took = run.took
    outcome = run.outcome()
    measured = list(_measure(session, run.ids[0], now))
    largest = max(measured, key=lambda measure: measure.largest)
    longest = max(measured, key=lambda measure: measure.events)
    figures["messages"] += len(outcome.told)
    figures["executions"] += len(measured)
    figures["largest payload, bytes"] = max(figures["largest payload, bytes"], largest.largest)
    figures["longest history, events"] = max(figures["longest history, events"], longest.events)
    return [
        Promise(f"{name}: handled in time", f"{took:.1f} s", in_time),
        *(
            Promise(f"{name}: {finding.said}", finding.seen, finding.kept)
            for finding in outcome.promises(run.deliveries)
        ),
        Promise(
            f"{name}: no state holds more than {LARGEST_PAYLOAD // 1024} KiB",
            f"{largest.largest:,} bytes in {largest.workflow} {largest.where}",
            kept=largest.largest <= LARGEST_PAYLOAD,
        ),
        Promise(
            f"{name}: no history has {LONGEST_HISTORY:,} events",
            f"{longest.events:,} in {longest.workflow}",
            kept=longest.events < LONGEST_HISTORY,
        ),
    ]


def _event(kind: str, flight: Flight, now: datetime) -> dict[str, Any]:
    at = now - timedelta(seconds=1)
    if kind == "cancellation":
        return events.cancellation(flight, "WEATHER", "Fog closes the runways", at=at)
    if kind == "gate":
        return events.gate_change(flight, "D42", terminal_change=True, at=at)
    return events.delay(flight, 95, "WEATHER", "Thunderstorms slow departures", at=at)


def _measure(session: Session, event_id: str, since: datetime) -> Iterator[Measured]:
    """Every execution that had to do with an event, nested ones too."""
    listed = executions.recent(
        session, workflows=tuple(names.WORKFLOWS), since=since - timedelta(seconds=2), limit=_MANY
    )
    with ThreadPoolExecutor(max_workers=4) as pool:
        for found in pool.map(lambda summary: _measured(session, summary, event_id), listed):
            if found is not None:
                yield found


def _measured(session: Session, summary: executions.Execution, event_id: str) -> Measured | None:
    if executions.described(session, summary.arn).event.event_id != event_id:
        return None
    history = executions.history_of(session, summary.arn)
    largest, where, state = 0, "", ""
    for event in history:
        for details in (value for value in event.values() if isinstance(value, dict)):
            state = str(details.get("name", state))
            size = max(len(str(details.get(name) or "").encode()) for name in _PAYLOADS)
            variables = details.get("assignedVariables")
            if isinstance(variables, dict):
                size = max(size, sum(len(str(value).encode()) for value in variables.values()))
            if size > largest:
                largest, where = size, state
    return Measured(summary.workflow.removeprefix("FlightPulse-"), len(history), largest, where)
