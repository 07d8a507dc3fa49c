"""What must become known of events of one's own, which no scenario expects anything of."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flightpulse.adapters.table import ReservationTable
from flightpulse.errors import UserError
from flightpulse.workbench.fire.expectations import Expectation, Finding, everyone_told
from flightpulse.workbench.observe import consumer_log
from flightpulse.workbench.observe.facts import Facts, SentEvent
from flightpulse.workbench.target.session import Session
from simulator.scenarios import Scenario

Event = Mapping[str, Any]
Refused = Callable[[str], str]
"""Why the consumer put an event aside; empty when it did not."""

_CANCELLED, _DEPARTED = "FLIGHT_CANCELLED", "FLIGHT_DEPARTED"
_SUBJECTS = {"FLIGHT_DELAY": "departure", _CANCELLED: "departure", _DEPARTED: "departure"}


def as_scenario(session: Session, some_events: Sequence[Event]) -> tuple[Scenario, tuple[Expectation, ...]]:
    """A scenario that sends these events, and the expectation of learning what became of each.

    Raises UserError for an event that lacks what every record needs.
    """
    for event in some_events:
        _check(event)
    flights = tuple(dict.fromkeys(str(event["payload"]["flight_id"]) for event in some_events))
    table = ReservationTable(session.dynamodb, session.table_name)
    known = tuple(flight for flight in flights if table.flight(flight) is not None)
    refused = consumer_log.Refusals(session, {str(event["event_id"]) for event in some_events})
    ids = {str(event["event_id"]): _title([event]) for event in some_events}
    scenario = Scenario(
        number=0,
        name=next(iter(ids)) if len(ids) == 1 else f"{len(ids)} events",
        title=_title(some_events),
        sends=_title(some_events),
        flights=known,
        build=lambda _clock, _flights: [dict(event) for event in some_events],
    )
    return scenario, tuple(outcome_of(event_id, said, refused) for event_id, said in ids.items())


def outcome_of(event_id: str, said_of_event: str, refused: Refused) -> Expectation:
    """It is known what became of an event, and whoever was to be told has been told."""

    def look(facts: Facts) -> Finding:
        sent = next(record for record in facts.sent if record.event_id == event_id)
        found = facts.handled_of(event_id)
        if not found:
            why = refused(event_id)
            return Finding(f"put aside by the consumer: {why}" if why else "no execution yet", ok=bool(why))
        outcomes = [item.outcome or item.status for item in found]
        said = ", ".join(f"{name}{f' {number}×' if number > 1 else ''}" for name, number in Counter(outcomes).items())
        times = sum(record.event_id == event_id for record in facts.sent)
        ended = len(found) >= times and all(item.status == "SUCCEEDED" for item in found)
        if not ended or "DONE" not in outcomes or sent.event_type == _DEPARTED or not _is_newest(sent, facts):
            return Finding(said, ok=ended)
        told = _told(facts, sent)
        return Finding(f"{said}; {told.seen}", ok=told.ok)

    return Expectation(f"{said_of_event}: known what became of it", look)


def _told(facts: Facts, sent: SentEvent) -> Finding:
    """As for a scenario, but for this event alone, whatever else was sent about its flight."""
    return everyone_told(sent.flight_id).look(replace(facts, sent=(sent,)))


def _is_newest(sent: SentEvent, facts: Facts) -> bool:
    """Whether nothing newer about the same subject was sent with it: then everybody hears of it."""
    rivals = [
        record
        for record in facts.sent
        if record.flight_id == sent.flight_id
        and (record.event_type == _CANCELLED or _subject(record) == _subject(sent))
    ]
    return max(rivals, key=lambda rival: (rival.known_at, rival.event_id), default=sent).event_id == sent.event_id


def _subject(sent: SentEvent) -> str:
    """What the news is about: a flight's departure, or what events of its type are about."""
    return _SUBJECTS.get(sent.event_type, sent.event_type)


def _check(event: Event) -> None:
    payload = event.get("payload") if isinstance(event, Mapping) else None
    flight = payload.get("flight_id") if isinstance(payload, Mapping) else None
    texts = [event.get(name) for name in ("event_id", "event_type", "timestamp")] if payload is not None else []
    try:
        complete = bool(texts) and all(isinstance(text, str) and text for text in [*texts, flight])
        aware = complete and datetime.fromisoformat(str(event["timestamp"])).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise UserError(
            "An event to fire needs event_id, event_type, timestamp (with an offset) and payload.flight_id.",
            hint="Make one with wb.events.delay(…), or send anything else with wb.events.send_record(…).",
        )


def _title(some_events: Sequence[Event]) -> str:
    said = [f"{event['event_type']} {event['payload']['flight_id']}" for event in some_events]
    more = f" and {len(said) - 3} more" if len(said) > 3 else ""
    return ", ".join(said[:3]) + more
