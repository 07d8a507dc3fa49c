"""Runs a scenario: sends its events through Kafka, waits for what must be seen, and holds it against what was."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from awskit.kafka.producer import Report
from awskit.kafka.record_positions import Place
from flightpulse.adapters.table import ReservationTable
from flightpulse.domain.entities import Flight
from flightpulse.domain.events import TOPIC
from flightpulse.workbench.deploy import seeding
from flightpulse.workbench.faults import dead_letters
from flightpulse.workbench.fire import sending
from flightpulse.workbench.fire.expectations import Expectation
from flightpulse.workbench.observe.facts import Facts, SentEvent
from flightpulse.workbench.observe.observer import Observer
from flightpulse.workbench.target.session import Session
from simulator.scenarios import Scenario

Event = Mapping[str, Any]
OnLook = Callable[[int, int], None]
"""Told after each look how many expectations are seen, of how many."""


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation beside what was seen."""

    expected: str
    seen: str
    ok: bool


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """What was sent and checked: what cannot be asked of the target later.

    ``events`` has an event once for each sending, ``places`` where each lies in Kafka. ``hints`` say where to look when
    something is missing.
    """

    name: str
    title: str
    began_at: datetime
    seconds: float
    flights: tuple[str, ...]
    events: tuple[dict[str, Any], ...]
    places: tuple[Place, ...]
    checks: tuple[Check, ...]
    hints: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def event_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(event["event_id"]) for event in self.events))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: in all, between two looks, and for a change when nothing runs any more (seconds)."""

    deadline: float
    interval: float
    quiet: float


# SQS stamps letters with a clock of its own.
_CLOCK_SKEW = timedelta(seconds=2)
_PATIENCE = {"local": Patience(60.0, 0.15, 4.0), "aws": Patience(180.0, 2.0, 45.0)}


def run(
    session: Session,
    scenario: Scenario,
    expectations: Sequence[Expectation],
    *,
    reset: bool = True,
    seconds: float | None = None,
    correlation_id: str | None = None,
    on_look: OnLook = lambda _seen, _expected: None,
) -> tuple[ScenarioRun, Facts]:
    """Run a scenario on the target of a session, and look at what came of it.

    ``reset`` first puts the scenario's flights and their bookings back to where they began, so that it can be repeated.
    It ends as soon as everything expected was seen; at the latest after ``seconds``; and before that when nothing
    runs any more and nothing changes. Raises UserError when the flights were never loaded, or the broker does not have
    all events.
    """
    patience = _PATIENCE[session.target]
    if reset:
        seeding.reset(session, scenario.flights)
    flights = _flights(session, scenario.flights)
    began_at, began = datetime.now(UTC), time.monotonic()
    observer = Observer(session, scenario.flights, began_at)
    events = scenario.events(flights, began_at)
    report = sending.send(session, events, correlation_id=correlation_id)
    sent = tuple(SentEvent.of(event, datetime.now(UTC)) for event in events)
    facts, checks = watch(
        lambda: observer.look(sent),
        expectations,
        patience,
        deadline=began + (seconds or patience.deadline),
        on_look=on_look,
    )
    fired = ScenarioRun(
        name=scenario.name,
        title=scenario.title,
        began_at=began_at,
        seconds=time.monotonic() - began,
        flights=scenario.flights,
        events=tuple(events),
        places=_places(events, report),
        checks=checks,
        hints=() if all(check.ok for check in checks) else tuple(hints(session, facts, began_at)),
    )
    return fired, facts


def _places(events: Sequence[Event], report: Report) -> tuple[Place, ...]:
    """Where the records of events lie, in the order in which they were sent."""
    order = {str(event["event_id"]): number for number, event in reversed(list(enumerate(events)))}
    places = [Place(found.name, found.partition, found.offset, TOPIC) for found in report.acknowledged]
    return tuple(sorted(places, key=lambda place: (order[place.event_id], place.offset)))


def check(expectations: Sequence[Expectation], facts: Facts) -> tuple[Check, ...]:
    """Hold expectations against facts."""
    checks = []
    for expectation in expectations:
        finding = expectation.look(facts)
        checks.append(Check(expectation.what, finding.seen, finding.ok))
    return tuple(checks)


def hints(session: Session, facts: Facts, since: datetime) -> list[str]:
    """Where somebody should look who misses something: only what has happened since the run began."""
    found = [
        f"{execution.workflow} ended {execution.status}. "
        f"Look: {session.command('show')} {execution.arn.rsplit(':', 1)[-1]}"
        for execution in facts.handled
        if execution.ended and execution.status != "SUCCEEDED"
    ]
    started = {execution.event_id for execution in facts.handled}
    if any(record.event_id not in started for record in facts.sent):
        found.append(f"No workflow began for some event. Look: {session.command('logs')} --group consumer")
    letters = [letter for letter in dead_letters.look(session) if letter.since >= since - _CLOCK_SKEW]
    if letters:
        why = Counter(letter.why for letter in letters).most_common(1)[0][0]
        count = f"{len(letters)} dead letter{'s' if len(letters) > 1 else ''}"
        found.append(f"{count}, most often: {why[:160]} Look: {session.command('redrive')} --list")
    return found


class Clock:
    """Tells and passes time."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def watch(
    look: Callable[[], Facts],
    expectations: Sequence[Expectation],
    patience: Patience,
    *,
    deadline: float,
    on_look: OnLook = lambda _seen, _expected: None,
    clock: Clock | None = None,
) -> tuple[Facts, tuple[Check, ...]]:
    """Look until everything expected is seen, or ``deadline`` (of the clock) has passed, or nothing moves any more."""
    clock = clock or Clock()
    last_change: float = clock.monotonic()
    before: object = None
    while True:
        facts = look()
        checks = check(expectations, facts)
        on_look(sum(item.ok for item in checks), len(checks))
        now = clock.monotonic()
        if (checks, facts.all_ended) != before:
            last_change, before = now, (checks, facts.all_ended)
        settled = facts.all_ended and now - last_change >= patience.quiet
        if all(item.ok for item in checks) or settled or now > deadline:
            return facts, checks
        clock.wait(patience.interval)


def _flights(session: Session, flight_ids: Sequence[str]) -> dict[str, Flight]:
    table = ReservationTable(session.dynamodb, session.table_name)
    found = {}
    for flight_id in flight_ids:
        flight = table.flight(flight_id, consistent=True)
        if flight is None:
            raise seeding.not_seeded(session, flight_id)
        found[flight_id] = flight
    return found
