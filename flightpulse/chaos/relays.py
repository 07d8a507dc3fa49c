"""Proof: two relays share a consumer group while records stream; relays come, go and die in mid-stream."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack

from flightpulse.chaos import trial
from flightpulse.chaos.children import instead_of_mapping
from flightpulse.chaos.trial import Size
from flightpulse.chaos.verdict import Promise, Verdict
from flightpulse.workbench.show.progress import OnProgress, silent
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
    """Stream a storm through two relay processes of one consumer group while members are killed, join and leave.

    Partitions move between them with records in flight. Nothing may be lost and nobody told twice. With `flightpulse up
    --kafka HOST:PORT` it runs on that broker.
    """
    # At moments drawn from the seed one relay is killed and another started in its place, and a third joins and leaves.
    # ``disturb`` is called half-way, for whoever has a broker to kill.
    choice = random.Random(f"relays-{seed}")  # noqa: S311 - repeatable on purpose
    run = trial.of_sequence(
        session, seed, Size(flights, events, bookings, copies), seconds, on_progress, first_flight=7000
    )
    changes: Counter[str] = Counter()
    with instead_of_mapping(session) as programs, ExitStack() as running:
        relays = [running.enter_context(programs.relay()) for _ in range(_RELAYS)]
        producer = running.enter_context(programs.producer(run.records, stream_seconds / len(run.records)))
        moments = sorted(choice.uniform(0.15, 0.9) * stream_seconds for _ in range(3))
        streaming = time.monotonic()
        for number, moment in enumerate(moments):
            on_progress("relays come and go", number, len(moments))
            time.sleep(max(0.0, streaming + moment - time.monotonic()))
            if number == 1:
                if disturb is not None:
                    disturb()
                    changes["broker restarts"] += 1
                with programs.relay():
                    time.sleep(choice.uniform(0.5, 3.0))
                changes["joined and left"] += 1
            else:
                changes["killed"] += choice.choice(relays).kill_and_restart()
        sent = producer.wait(_LONGEST_FOR_PRODUCER)
        delivered = run.wait()
        recovered = run.recover(60)
    run.wait({}, seconds=60, quiet=_QUIET_SECONDS)
    outcome = run.outcome()
    said = f"{outcome.executions} executions of {len(run.records)} records"
    promises = [
        Promise("The producer gets everything to Kafka", "all acknowledged" if sent else "not all was sent", sent),
        Promise("Every record is delivered", said, delivered),
        Promise("Everything is handled in the end", recovered.said, recovered.complete),
        *outcome.promises(run.deliveries, redriven=True),
    ]
    figures = {
        "events": len(run.ids),
        "records": len(run.records),
        "delivered again": outcome.executions - len(run.records),
        "messages": len(outcome.told),
        **changes,
    }
    return run.verdict("relays", promises, figures)
