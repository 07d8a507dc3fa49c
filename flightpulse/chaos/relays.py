"""Proof: two relays share a consumer group while records stream; relays come, go and die in mid-stream."""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from flightpulse.chaos import booked_flights, event_sequence, evidence, recovery
from flightpulse.chaos.children import Child
from flightpulse.chaos.oracle import Oracle
from flightpulse.chaos.poller_switch import without_mapping
from flightpulse.chaos.verdict import OnProgress, Promise, Verdict, silent
from flightpulse.workbench.target.session import Session

_RELAYS = 2
_QUIET_SECONDS = 0.5
_LONGEST_FOR_PRODUCER = 180.0


def prove(
    session: Session,
    seed: int,
    *,
    flights: int = 8,
    events: int = 4,
    bookings: int = 3,
    copies: int = 2,
    stream_seconds: float = 12.0,
    seconds: float = 300.0,
    disturb: Callable[[], object] | None = None,
    on_progress: OnProgress = silent,
) -> Verdict:
    """Stream a shuffled event_sequence to the topic for about so many seconds while the group's members change.

    At moments drawn from the seed one relay is killed and another started in its place, and a third joins and leaves,
    so that partitions move between them with records in flight. ``disturb`` is called half-way, for whoever has a
    broker to kill.
    """
    began, now = time.monotonic(), datetime.now(UTC)
    choice = random.Random(f"relays-{seed}")  # noqa: S311 - repeatable on purpose
    people = booked_flights.invent(seed, flights=flights, bookings=bookings, first_flight=7000)
    people.save(session)
    made = event_sequence.make(seed, people.flights, events_per_flight=events, copies=copies, now=now)
    ids = [str(event["event_id"]) for event in made.news]
    watch = evidence.Watch(session, ids, now)
    deliveries = Counter(str(event["event_id"]) for event in made.records)
    changes: Counter[str] = Counter()
    with without_mapping(session) as group, tempfile.TemporaryDirectory(prefix="flightpulse-chaos-") as folder:
        file = Path(folder) / "events.json"
        file.write_text(json.dumps(made.records), encoding="utf-8")
        relay = ("relay", session.broker, str(session.endpoint_url), session.output("KafkaConsumerArn"), group)
        with ExitStack() as running:
            relays = [running.enter_context(Child(*relay)) for _ in range(_RELAYS)]
            pause = stream_seconds / len(made.records)
            producer = running.enter_context(Child("produce", session.broker, str(file), str(pause)))
            moments = sorted(choice.uniform(0.15, 0.9) * stream_seconds for _ in range(3))
            streaming = time.monotonic()
            for number, moment in enumerate(moments):
                on_progress("relays come and go", number, len(moments))
                time.sleep(max(0.0, streaming + moment - time.monotonic()))
                if number == 1:
                    if disturb is not None:
                        disturb()
                        changes["broker restarts"] += 1
                    with Child(*relay):
                        time.sleep(choice.uniform(0.5, 3.0))
                    changes["joined and left"] += 1
                else:
                    changes["killed"] += choice.choice(relays).kill_and_restart()
            sent = producer.wait(_LONGEST_FOR_PRODUCER)
            handled_in_time = watch.wait(
                deliveries, seconds=max(began + seconds - time.monotonic(), 0.0), on_progress=on_progress
            )
            recovered = recovery.recover(session, watch, ids, seconds=60)
    watch.wait({}, seconds=60, quiet=_QUIET_SECONDS)
    oracle = Oracle(made.news, people.wishes)
    told = evidence.messages(session, ids, now)
    handled = evidence.handling(session, ids, watch.ended())
    applied = [event_id for event_id, execution in handled.items() if execution.claim == "DONE"]
    names = [flight.flight_id for flight in people.flights]
    executions = sum(len(execution.outcomes) for execution in handled.values())
    promises = [
        Promise("The producer gets everything to Kafka", "all acknowledged" if sent else "not all was sent", sent),
        Promise(
            "Every record is delivered", f"{executions} executions of {len(made.records)} records", handled_in_time
        ),
        Promise("Everything is handled in the end", recovered.said, recovered.complete),
        *oracle.about_messages(told),
        oracle.about_applied(told, applied),
        oracle.about_flights(
            evidence.states(session, names), {flight.flight_id: flight.gate for flight in people.flights}
        ),
        *oracle.about_handling(handled, deliveries, redriven=True),
    ]
    figures = {
        "events": len(made.news),
        "records": len(made.records),
        "delivered again": executions - len(made.records),
        "messages": len(told),
        **changes,
    }
    return Verdict("relays", seed, tuple(promises), figures, time.monotonic() - began)
