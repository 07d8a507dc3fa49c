"""Proof: events that come three times each and in any order."""

import time
from collections import Counter
from datetime import UTC, datetime

from flightpulse.chaos import booked_flights, event_sequence, evidence
from flightpulse.chaos.oracle import Oracle, exactly
from flightpulse.chaos.verdict import OnProgress, Promise, Verdict, silent
from flightpulse.workbench.fire.sending import send
from flightpulse.workbench.target.session import Session


def prove(
    session: Session,
    seed: int,
    *,
    flights: int = 20,
    events: int = 6,
    bookings: int = 8,
    copies: int = 3,
    paced: bool = False,
    seconds: float = 600.0,
    on_progress: OnProgress = silent,
) -> Verdict:
    """Send up to ``events`` events about each of ``flights`` flights ``copies`` times each, shuffled, all at once.

    ``paced`` sends no second record about a flight before the first has been handled to its end. What is told then
    follows from the order of arrival alone, so that not only must every message be there that has to be: no other may.
    """
    began, now = time.monotonic(), datetime.now(UTC)
    people = booked_flights.invent(seed, flights=flights, bookings=bookings)
    people.save(session)
    made = event_sequence.make(seed, people.flights, events_per_flight=events, copies=copies, now=now)
    ids = [str(event["event_id"]) for event in made.news]
    watch = evidence.Watch(session, ids, now)
    deliveries: Counter[str] = Counter()
    in_time = True
    for records in made.waves() if paced else [list(made.records)]:
        send(session, records)
        deliveries.update(str(event["event_id"]) for event in records)
        left = began + seconds - time.monotonic()
        in_time = watch.wait(
            deliveries,
            seconds=max(left, 0.0),
            on_progress=lambda text, done, _all: on_progress(text, done, len(made.records)),
        )
        if not in_time:
            break
    oracle = Oracle(made.news, people.wishes)
    told = evidence.messages(session, ids, now)
    handled = evidence.handling(session, ids, watch.ended())
    applied = [event_id for event_id, execution in handled.items() if execution.claim == "DONE"]
    names = [flight.flight_id for flight in people.flights]
    promises = [
        Promise(
            "Everything is handled in time", f"within {time.monotonic() - began:.0f} s of {seconds:.0f} s", in_time
        ),
        *oracle.about_messages(told),
        oracle.about_applied(told, applied),
        oracle.about_flights(
            evidence.states(session, names), {flight.flight_id: flight.gate for flight in people.flights}
        ),
        *oracle.about_handling(handled, deliveries),
    ]
    if paced:
        promises.append(exactly(oracle.exactly_told(made.records), told))
    figures = {
        "flights": flights,
        "bookings": len(people.bookings),
        "events": len(made.news),
        "records": len(made.records),
        "superseded": sum(execution.outcomes.count("SUPERSEDED") for execution in handled.values()),
        "duplicates": sum(execution.outcomes.count("ALREADY_HANDLED") for execution in handled.values()),
        "messages": len(told),
        **oracle.harm(told),
    }
    return Verdict("disorder", seed, tuple(promises), figures, time.monotonic() - began)
