"""The verb that puts faults on the system on purpose and says which promises held."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click
from rich.markup import escape

from flightpulse.chaos import (
    crashes,
    disorder,
    outage,
    poison,
    poller_switch,
    pushback,
    redriving,
    relays,
    scale,
    wire,
)
from flightpulse.chaos.verdict import Verdict
from flightpulse.cli import options, screen
from flightpulse.workbench.show.progress import Steps

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Option = Callable[[_Command], _Command]


@click.group(short_help="Prove the promises under duplicates, crashes, faults and load.")
def chaos() -> None:
    """Put faults on the deployed system on purpose and hold what comes of it against its promises.

    Every proof is drawn from a seed and can be repeated. It works on invented flights of its own, prints a line for
    each promise, and exits with 1 when one is broken.
    """


def _whole(name: str, least: int, most: int, default: int, said: str | None = None) -> _Option[Any]:
    return click.option(name, type=click.IntRange(least, most), default=default, show_default=True, help=said)


def _flights(most: int, default: int, said: str | None = None) -> _Option[Any]:
    return _whole("--flights", 1, most, default, said)


def _events(default: int) -> _Option[Any]:
    return _whole("--events", 2, 50, default, "At most, for each flight.")


def _bookings(most: int, default: int, said: str = "For each flight.") -> _Option[Any]:
    return _whole("--bookings", 1, most, default, said)


def _copies(default: int) -> _Option[Any]:
    return _whole("--copies", 1, 20, default, "How often each event is sent.")


def _rate(most: float, default: float, said: str) -> _Option[Any]:
    return click.option("--rate", type=click.FloatRange(0, most), default=default, show_default=True, help=said)


def _every_proof(seconds: int) -> _Option[Any]:
    """``--seed``, ``--timeout`` and ``--json``."""
    seed = click.option("--seed", type=int, default=1, show_default=True, help="What is drawn follows from it.")
    said = "Give up after so many seconds."
    timeout = click.option(
        "--timeout", "seconds", type=click.FloatRange(min=1), default=seconds, show_default=True, help=said
    )
    return lambda command: seed(timeout(options.as_json(command)))


@chaos.command("disorder", short_help="Every event three times, in any order.")
@_flights(500, 20)
@_events(6)
@_bookings(200, 8)
@_copies(3)
@click.option("--paced", is_flag=True, help="One record a flight at a time: then exactly what is told is known.")
@_every_proof(600)
def prove_disorder(**wishes: Any) -> None:
    """Send every event of a rapid sequence about many flights several times, shuffled, through Kafka.

    Everybody must know the newest news about their flight, once on each channel they chose, never older after newer;
    and every flight must end in its newest state.
    """
    _run("disorder", disorder.prove, **wishes)


@chaos.command("scale", short_help="One event about 853 and about 2,000 people.")
@click.option(
    "--bookings",
    "sizes",
    type=click.IntRange(1, 5000),
    multiple=True,
    default=(853, 2000),
    show_default=True,
    help="Repeat it.",
)
@click.option("--kind", "kinds", type=click.Choice(["delay", "cancellation", "gate"]), multiple=True, help="Repeat it.")
@_every_proof(1200)
def prove_scale(**wishes: Any) -> None:
    """Send one event of each kind about a flight with so many bookings, and measure payloads and histories.

    Everybody must be told once on both channels; no state may hold more than 128 KiB and no history 25,000 events.
    """
    _run("scale", scale.prove, **wishes)


@chaos.command("pushback", short_help="AWS pushes back on every hop.")
@_flights(200, 12)
@_events(5)
@_bookings(200, 6)
@_copies(2)
@_rate(0.9, 0.15, "Part of calls that fail.")
@click.option("--last-hop", is_flag=True, help="Also strike the hop from the bus to the channel, which has no order.")
@_every_proof(900)
def prove_pushback(**wishes: Any) -> None:
    """Send a storm while calls fail on every hop: throttles, conflicts, partial failures, time-outs, lost answers.

    API calls of the functions, entries of PutEvents, rules to targets, the table's stream, the Kafka mapping, function
    invocations and every Task state fail at the same time. Whatever ends in the dead letters is sent back afterwards.
    """
    _run("pushback", pushback.prove, **wishes)


@chaos.command("crashes", short_help="kill -9 of functions, relay and producer.")
@_whole("--runs", 1, 10_000, 100)
@_flights(100, 3, "In each run.")
@_events(4)
@_bookings(100, 4)
@_every_proof(3600)
def prove_crashes(**wishes: Any) -> None:
    """Kill the consumer, the messenger, the stream handler, the relay and the producer at random points, run after run.

    A relay process takes the place of the event source mapping meanwhile. Each run has a storm of its own. Nothing may
    be lost and nobody told twice in any of them.
    """
    _run("crashes", crashes.prove, **wishes)


@chaos.command("redrive", short_help="Dead letters and failed executions come back.")
@_bookings(200, 12)
@_every_proof(600)
def prove_redrive(**wishes: Any) -> None:
    """Let one event fail in each way there is, look at the dead letters, and redrive when the causes are gone.

    Every failure must be seen with what, why and since when; all of it must come back; who was told before must not be
    told again.
    """
    _run("redrive", redriving.prove, **wishes)


@chaos.command("outage", short_help="The model is down, slow, or inventing.")
@_bookings(1000, 60, "On the flight.")
@click.option("--kind", "kinds", multiple=True, help="Only these faults of the model (repeat it).")
@_every_proof(1200)
def prove_outage(**wishes: Any) -> None:
    """Tell a flight's passengers while the model is throttled, down, slow, empty, inventing and so on, one by one.

    Everybody must be told, with the texts that people wrote, without anything that the model made up, and no later than
    a stated bound.
    """
    _run("outage", outage.prove, **wishes)


@chaos.command("poison", short_help="Fuzzed records between good ones.")
@_whole("--records", 1, 20_000, 10_000, "Bad ones.")
@_flights(200, 10)
@_events(4)
@_bookings(100, 3)
@_every_proof(900)
def prove_poison(**wishes: Any) -> None:
    """Send thousands of records that are no events to every partition, mixed with good ones.

    Raw bytes, cut and doubled JSON, wrong types, impossible times and gates, unknown flights and more. The consumer
    must not fail once, no partition may stand still, every bad record must be in the dead letters with its place and
    its reason, and the good ones must be handled as if nothing were. The letters are taken away again.
    """
    _run("poison", poison.prove, **wishes)


@chaos.command("relays", short_help="Relays share a group, come, go and die.")
@_flights(200, 8)
@_events(4)
@_bookings(100, 3)
@_every_proof(300)
def prove_relays(**wishes: Any) -> None:
    """Stream a storm through two relay processes of one consumer group while members are killed, join and leave.

    Partitions move between them with records in flight. Nothing may be lost and nobody told twice. With `flightpulse up
    --kafka HOST:PORT` it runs on that broker.
    """
    _run("relays", relays.prove, **wishes)


@chaos.command("wire", short_help="Connections are reset on the wire.")
@_rate(0.6, 0.25, "The part that is reset.")
@_flights(200, 6)
@_events(5)
@_every_proof(300)
def prove_wire(**wishes: Any) -> None:
    """Send a storm while connections between the relay and Lambda are reset: before a request, or before its answer.

    A batch whose answer is lost was handled and is delivered again. Nothing may be lost and nobody told twice.
    """
    _run("wire", wire.prove, **wishes)


def _run(name: str, prove: Callable[..., Verdict], *, as_json: bool, **wishes: Any) -> None:
    session = options.bench("local").session
    session.require_stack()
    poller_switch.restore(session)
    console = screen.console(stderr=as_json)
    with Steps(console=console) as steps:
        verdict = prove(session, **wishes, on_progress=partial(steps.update, name))
        kept = len(verdict.promises) - len(verdict.broken)
        steps.finish(name, f"{kept} of {len(verdict.promises)} promises kept (seed {verdict.seed})", ok=verdict.kept)
    if as_json:
        options.print_json(verdict.as_json())
    else:
        table = screen.table("", "promise", "seen")
        for promise in verdict.promises:
            table.add_row(screen.mark(promise.kept, "kept", "broken"), escape(promise.said), escape(promise.seen))
        console.print(table)
        console.print(", ".join(f"{name} {value}" for name, value in verdict.figures.items()), markup=False)
    if not verdict.kept:
        raise click.exceptions.Exit(1)
