"""Proof: events that come three times each and in any order."""

from collections import Counter

from flightpulse.chaos import event_sequence, trial
from flightpulse.chaos.oracle import exactly
from flightpulse.chaos.trial import Size
from flightpulse.chaos.verdict import Promise, Verdict
from flightpulse.workbench.fire.sending import send
from flightpulse.workbench.show.progress import OnProgress, silent
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
    """Send every event of a rapid sequence about many flights several times, shuffled, through Kafka.

    Everybody must know the newest news about their flight, once on each channel they chose, never older after newer;
    and every flight must end in its newest state.
    """
    # ``paced`` sends no second record about a flight before the first has been handled to its end. What is told then
    # follows from the order of arrival alone, so that no other message may be there than has to be.
    run = trial.of_sequence(
        session,
        seed,
        Size(flights, events, bookings, copies),
        seconds,
        lambda text, done, _all: on_progress(text, done, len(run.records)),
        first_flight=6000,
    )
    deliveries: Counter[str] = Counter()
    in_time = True
    for records in event_sequence.waves(run.records) if paced else [run.records]:
        send(session, records)
        deliveries.update(str(event["event_id"]) for event in records)
        in_time = run.wait(deliveries)
        if not in_time:
            break
    said = f"within {run.took:.0f} s of {seconds:.0f} s"
    outcome = run.outcome()
    promises = [Promise("Everything is handled in time", said, in_time), *outcome.promises(deliveries)]
    if paced:
        promises.append(exactly(run.exactly_told(), outcome.told))
    figures = {
        "flights": flights,
        "bookings": len(run.people.bookings),
        "events": len(run.ids),
        "records": len(run.records),
        "superseded": outcome.ended_as("SUPERSEDED"),
        "duplicates": outcome.ended_as("ALREADY_HANDLED"),
        "messages": len(outcome.told),
        **outcome.oracle.harm(outcome.told),
    }
    return run.verdict("disorder", promises, figures)
