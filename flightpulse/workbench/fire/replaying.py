"""Replays a real day: loads its flights, sends its events at their moments, waits, and sums up what became of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from flightpulse.workbench.deploy import seeding
from flightpulse.workbench.fire import scenarios, sending
from flightpulse.workbench.fire.expectations import Expectation, Finding, everyone_told
from flightpulse.workbench.fire.scenarios import OnLook, ScenarioRun
from flightpulse.workbench.observe.facts import Facts, Sent
from flightpulse.workbench.target.session import Session
from simulator import events
from simulator.replay import Plan
from simulator.scenarios import Scenario

Event = Mapping[str, Any]
OnSent = Callable[[int, int], None]
"""Told after each event how many are sent, of how many."""

# Beyond the time that the sending itself takes.
_SECONDS_TO_SETTLE = 90.0


@dataclass(frozen=True, slots=True)
class Line:
    """What became of the events of one kind. ``p50`` and ``p95``: seconds from an event to a message about it."""

    kind: str
    events: int
    handled: int
    superseded: int
    emails: int
    texts: int
    p50: float | None
    p95: float | None

    def as_json(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replay that has ended: what was seen, and the same by kind of event, all kinds together last."""

    run: ScenarioRun
    lines: tuple[Line, ...]

    @property
    def ok(self) -> bool:
        return self.run.ok


def replay(
    session: Session, plan: Plan, *, speed: float, on_sent: OnSent, on_look: OnLook = lambda _seen, _all: None
) -> Replayed:
    """Load the flights of a plan, send its events and wait until everybody has been told.

    Ctrl-C while it sends leaves every event either sent or not, and ends it. Raises UserError when the table or the
    broker cannot be used.
    """
    seeding.store(session, plan.data)
    scenario = Scenario(
        number=0,
        name=f"replay {plan.day.name}",
        title=plan.day.title,
        sends=f"{len(plan.news)} events",
        flights=tuple(flight.flight_id for flight in plan.data.flights),
        build=lambda clock, _flights: plan.events(clock.began_at, speed),
    )
    run = scenarios.run(
        session,
        scenario,
        (every_event_handled(), *(told_newest(flight.flight_id) for flight in plan.data.flights)),
        send=lambda some_session, some_events: send_at_their_moments(some_session, some_events, on_sent),
        reset=False,
        seconds=plan.lasts.total_seconds() / speed + _SECONDS_TO_SETTLE,
        on_look=on_look,
    )
    return Replayed(run, summary(run.facts))


def send_at_their_moments(session: Session, some_events: Sequence[Event], on_sent: OnSent) -> None:
    """Send each event when its time has come. Raises UserError unless the broker has them all."""
    records = [events.record(event, due=datetime.fromisoformat(event["timestamp"])) for event in some_events]
    sending.send_records(session, records, after_each=lambda _producer, number: on_sent(number, len(records)))


def every_event_handled() -> Expectation:
    """A workflow ended well for every event that was sent; an event that the consumer put aside was not handled."""

    def look(facts: Facts) -> Finding:
        done = sum(_is_handled(facts, record) for record in facts.sent)
        return Finding(f"{done} of {len(facts.sent)}", ok=done == len(facts.sent))

    return Expectation("Every event handled", look)


def told_newest(flight_id: str) -> Expectation:
    """Whoever wishes it was told the flight's newest news, once on each channel they chose."""

    def look(facts: Facts) -> Finding:
        findings = [
            everyone_told(flight_id).look(replace(facts, sent=(record,))) for record in newest(facts.sent, flight_id)
        ]
        wrong = [finding for finding in findings if not finding.ok]
        return wrong[0] if wrong else Finding("; ".join(finding.seen for finding in findings), ok=bool(findings))

    return Expectation(f"Everyone on {flight_id} told its newest news", look)


def newest(sent: Sequence[Sent], flight_id: str) -> list[Sent]:
    """The news of which everybody on a flight has to hear: the newest about its departure, and about its gate.

    After a cancellation the gate interests nobody.
    """
    of_flight = sorted((record for record in sent if record.flight_id == flight_id), key=lambda record: record.known_at)
    found: dict[bool, Sent] = {}
    for record in of_flight:
        if record.event_type == "FLIGHT_CANCELLED":
            found.clear()
        found[record.event_type == "GATE_CHANGE"] = record
    return list(found.values())


def summary(facts: Facts) -> tuple[Line, ...]:
    """What became of the events, by kind; all of them together last."""
    kinds = sorted({record.event_type for record in facts.sent})
    lines = [_line(kind, facts, [record for record in facts.sent if record.event_type == kind]) for kind in kinds]
    return (*lines, _line("all", facts, facts.sent))


def _line(kind: str, facts: Facts, sent: Sequence[Sent]) -> Line:
    ids = {record.event_id for record in sent}
    messages = [message for message in facts.messages if message.event_id in ids]
    waits = sorted((message.at - message.event_at).total_seconds() for message in messages)
    return Line(
        kind=kind,
        events=len(sent),
        handled=sum(_is_handled(facts, record) for record in sent),
        superseded=sum(any(found.outcome == "SUPERSEDED" for found in facts.handled_of(name)) for name in ids),
        emails=sum(message.channel == "email" for message in messages),
        texts=sum(message.channel == "sms" for message in messages),
        p50=percentile(waits, 50),
        p95=percentile(waits, 95),
    )


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest of sorted values that is not exceeded by so many percent of them; None when there are none."""
    return values[-(-len(values) * percent // 100) - 1] if values else None


def _is_handled(facts: Facts, sent: Sent) -> bool:
    found = facts.handled_of(sent.event_id)
    return bool(found) and all(item.status == "SUCCEEDED" for item in found)
