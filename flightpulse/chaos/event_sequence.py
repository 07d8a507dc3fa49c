"""Rapid sequences of events about many flights, repeated and shuffled, drawn from a seed."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flightpulse.domain.entities import Flight
from simulator import events

Event = dict[str, Any]

_SAME_MOMENT = 0.15
_CANCELLED = 0.25
_GATE = 0.4


@dataclass(frozen=True, slots=True)
class EventSequence:
    """What operations knew (``news``, oldest first for each flight) and the records as they are sent."""

    news: tuple[Event, ...]
    records: tuple[Event, ...]


def waves(records: Iterable[Event]) -> list[list[Event]]:
    """The records cut so that no wave has two about one flight, and each flight keeps its order."""
    found: list[list[Event]] = []
    seen: dict[str, int] = {}
    for record in records:
        number = seen.get(flight_of(record), 0)
        seen[flight_of(record)] = number + 1
        if number == len(found):
            found.append([])
        found[number].append(record)
    return found


def flight_of(event: Event) -> str:
    """The flight an event is about."""
    return str(event["payload"]["flight_id"])


def make(seed: int, flights: Sequence[Flight], *, events_per_flight: int, copies: int, now: datetime) -> EventSequence:
    """Up to ``events_per_flight`` events about each flight, each sent ``copies`` times.

    Times lie before ``now``, some of them equal; ids differ from run to run by ``now`` and else follow from the seed. A
    cancellation is the last news of a flight's departure, though a gate may still change after it.
    """
    choice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    run = f"{int(now.timestamp() * 1000):x}"
    news: list[Event] = []
    for flight in flights:
        news += _news_of(choice, flight, choice.randint(2, max(2, events_per_flight)), f"chaos-{seed}-{run}", now)
    records = [event for event in news for _ in range(copies)]
    choice.shuffle(records)
    return EventSequence(tuple(news), tuple(records))


def _news_of(choice: random.Random, flight: Flight, count: int, prefix: str, now: datetime) -> Iterable[Event]:
    at = now - timedelta(minutes=30)
    gate = flight.gate
    cancelled = choice.random() < _CANCELLED
    last_about_departure = count - 1 - (choice.random() < _GATE)
    for number in range(count):
        if choice.random() >= _SAME_MOMENT:
            at += timedelta(milliseconds=choice.randint(1, 60_000))
        event_id = f"{prefix}-{flight.flight_id}-{number:02}"
        if cancelled and number == last_about_departure:
            yield events.cancellation(flight, choice.choice(("WEATHER", "CREW")), at=at, event_id=event_id)
        elif choice.random() < _GATE or (cancelled and number > last_about_departure):
            old, gate = gate, _another_gate(choice, gate)
            yield events.gate_change(
                flight, gate, terminal_change=choice.random() < 0.5, old_gate=old, at=at, event_id=event_id
            )
        else:
            minutes = choice.choice((0, 10, 25, 45, 90, 150, 240))
            reason = choice.choice(("WEATHER", "MECHANICAL", "CREW", "ATC"))
            yield events.delay(flight, minutes, reason, at=at, event_id=event_id)


def _another_gate(choice: random.Random, gate: str) -> str:
    return choice.choice(
        [name for letter in "ABCD" for name in (f"{letter}{choice.randrange(1, 30)}",) if name != gate]
    )
