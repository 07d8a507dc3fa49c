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


@click.group(short_help="Prove the promises under duplicates, crashes, faults and load.")
def chaos() -> None:
    """Put faults on the deployed system on purpose and hold what comes of it against its promises.

    Every proof is drawn from a seed and can be repeated. It works on invented flights of its own, prints a line for
    each promise, and exits with 1 when one is broken.
    """


def _seed(command: _Command) -> _Command:
    return click.option("--seed", type=int, default=1, show_default=True, help="What is drawn follows from it.")(
        command
    )


def _timeout(seconds: int) -> Callable[[_Command], _Command]:
    return click.option(
        "--timeout",
        type=click.FloatRange(min=1),
        default=seconds,
        show_default=True,
        help="Give up after so many seconds.",
    )


@chaos.command("disorder", short_help="Every event three times, in any order.")
@_seed
@click.option("--flights", type=click.IntRange(1, 500), default=20, show_default=True)
@click.option("--events", type=click.IntRange(2, 50), default=6, show_default=True, help="At most, for each flight.")
@click.option("--bookings", type=click.IntRange(1, 200), default=8, show_default=True, help="For each flight.")
@click.option(
    "--copies", type=click.IntRange(1, 20), default=3, show_default=True, help="How often each event is sent."
)
@click.option("--paced", is_flag=True, help="One record a flight at a time: then exactly what is told is known.")
@_timeout(600)
@options.as_json
def prove_disorder(seed: int, as_json: bool, **wishes: Any) -> None:
    """Send every event of a rapid sequence about many flights several times, shuffled, through Kafka.

    Everybody must know the newest news about their flight, once on each channel they chose, never older after newer;
    and every flight must end in its newest state.
    """
    _run(
        "disorder",
        as_json,
        lambda session, report: disorder.prove(session, seed, **_bounded(wishes), on_progress=report),
    )


@chaos.command("scale", short_help="One event about 853 and about 2,000 people.")
@_seed
@click.option(
    "--bookings", type=click.IntRange(1, 5000), multiple=True, default=(853, 2000), show_default=True, help="Repeat it."
)
@click.option("--kind", "kinds", type=click.Choice(["delay", "cancellation", "gate"]), multiple=True, help="Repeat it.")
@_timeout(1200)
@options.as_json
def prove_scale(seed: int, bookings: tuple[int, ...], kinds: tuple[str, ...], timeout: float, as_json: bool) -> None:
    """Send one event of each kind about a flight with so many bookings, and measure payloads and histories.

    Everybody must be told once on both channels; no state may hold more than 128 KiB and no history 25,000 events.
    """
    wishes: dict[str, Any] = {"sizes": bookings, "seconds": timeout, **({"kinds": kinds} if kinds else {})}
    _run("scale", as_json, partial(scale.prove, seed=seed, **wishes))


@chaos.command("pushback", short_help="AWS pushes back on every hop.")
@_seed
@click.option("--flights", type=click.IntRange(1, 200), default=12, show_default=True)
@click.option("--events", type=click.IntRange(2, 50), default=5, show_default=True, help="At most, for each flight.")
@click.option("--bookings", type=click.IntRange(1, 200), default=6, show_default=True, help="For each flight.")
@click.option(
    "--copies", type=click.IntRange(1, 20), default=2, show_default=True, help="How often each event is sent."
)
@click.option("--rate", type=click.FloatRange(0, 0.9), default=0.15, show_default=True, help="Part of calls that fail.")
@click.option("--last-hop", is_flag=True, help="Also strike the hop from the bus to the channel, which has no order.")
@_timeout(900)
@options.as_json
def prove_pushback(seed: int, as_json: bool, **wishes: Any) -> None:
    """Send a storm while calls fail on every hop: throttles, conflicts, partial failures, time-outs, lost answers.

    API calls of the functions, entries of PutEvents, rules to targets, the table's stream, the Kafka mapping, function
    invocations and every Task state fail at the same time. Whatever ends in the dead letters is sent back afterwards.
    """
    _run(
        "pushback",
        as_json,
        lambda session, report: pushback.prove(session, seed, **_bounded(wishes), on_progress=report),
    )


@chaos.command("crashes", short_help="kill -9 of functions, relay and producer.")
@_seed
@click.option("--runs", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--flights", type=click.IntRange(1, 100), default=3, show_default=True, help="In each run.")
@click.option("--events", type=click.IntRange(2, 50), default=4, show_default=True, help="At most, for each flight.")
@click.option("--bookings", type=click.IntRange(1, 100), default=4, show_default=True, help="For each flight.")
@_timeout(3600)
@options.as_json
def prove_crashes(seed: int, as_json: bool, **wishes: Any) -> None:
    """Kill the consumer, the messenger, the stream handler, the relay and the producer at random points, run after run.

    A relay process takes the place of the event source mapping meanwhile. Each run has a storm of its own. Nothing may
    be lost and nobody told twice in any of them.
    """
    _run(
        "crashes", as_json, lambda session, report: crashes.prove(session, seed, **_bounded(wishes), on_progress=report)
    )


@chaos.command("redrive", short_help="Dead letters and failed executions come back.")
@_seed
@click.option("--bookings", type=click.IntRange(1, 200), default=12, show_default=True, help="For each flight.")
@_timeout(600)
@options.as_json
def prove_redrive(seed: int, as_json: bool, **wishes: Any) -> None:
    """Let one event fail in each way there is, look at the dead letters, and redrive when the causes are gone.

    Every failure must be seen with what, why and since when; all of it must come back; who was told before must not be
    told again.
    """
    _run(
        "redrive",
        as_json,
        lambda session, report: redriving.prove(session, seed, **_bounded(wishes), on_progress=report),
    )


@chaos.command("outage", short_help="The model is down, slow, or inventing.")
@_seed
@click.option("--bookings", type=click.IntRange(1, 1000), default=60, show_default=True, help="On the flight.")
@click.option("--kind", "kinds", multiple=True, help="Only these faults of the model (repeat it).")
@_timeout(1200)
@options.as_json
def prove_outage(seed: int, as_json: bool, **wishes: Any) -> None:
    """Tell a flight's passengers while the model is throttled, down, slow, empty, inventing and so on, one by one.

    Everybody must be told, with the texts that people wrote, without anything that the model made up, and no later than
    a stated bound.
    """
    _run("outage", as_json, partial(outage.prove, seed=seed, **_bounded(wishes)))


@chaos.command("poison", short_help="Fuzzed records between good ones.")
@_seed
@click.option("--records", type=click.IntRange(1, 20_000), default=10_000, show_default=True, help="Bad ones.")
@click.option("--flights", type=click.IntRange(1, 200), default=10, show_default=True)
@click.option("--events", type=click.IntRange(2, 50), default=4, show_default=True, help="At most, for each flight.")
@click.option("--bookings", type=click.IntRange(1, 100), default=3, show_default=True, help="For each flight.")
@_timeout(900)
@options.as_json
def prove_poison(seed: int, as_json: bool, **wishes: Any) -> None:
    """Send thousands of records that are no events to every partition, mixed with good ones.

    Raw bytes, cut and doubled JSON, wrong types, impossible times and gates, unknown flights and more. The consumer
    must not fail once, no partition may stand still, every bad record must be in the dead letters with its place and
    its reason, and the good ones must be handled as if nothing were. The letters are taken away again.
    """
    _run("poison", as_json, partial(poison.prove, seed=seed, **_bounded(wishes)))


@chaos.command("relays", short_help="Relays share a group, come, go and die.")
@_seed
@click.option("--flights", type=click.IntRange(1, 200), default=8, show_default=True)
@click.option("--events", type=click.IntRange(2, 50), default=4, show_default=True, help="At most, for each flight.")
@click.option("--bookings", type=click.IntRange(1, 100), default=3, show_default=True, help="For each flight.")
@_timeout(300)
@options.as_json
def prove_relays(seed: int, as_json: bool, **wishes: Any) -> None:
    """Stream a storm through two relay processes of one consumer group while members are killed, join and leave.

    Partitions move between them with records in flight. Nothing may be lost and nobody told twice. With `flightpulse up
    --kafka HOST:PORT` it runs on that broker.
    """
    _run("relays", as_json, partial(relays.prove, seed=seed, **_bounded(wishes)))


@chaos.command("wire", short_help="Connections are reset on the wire.")
@_seed
@click.option(
    "--rate", type=click.FloatRange(0.0, 0.6), default=0.25, show_default=True, help="The part that is reset."
)
@click.option("--flights", type=click.IntRange(1, 200), default=6, show_default=True)
@click.option("--events", type=click.IntRange(2, 50), default=5, show_default=True, help="At most, for each flight.")
@_timeout(300)
@options.as_json
def prove_wire(seed: int, as_json: bool, **wishes: Any) -> None:
    """Send a storm while connections between the relay and Lambda are reset: before a request, or before its answer.

    A batch whose answer is lost was handled and is delivered again. Nothing may be lost and nobody told twice.
    """
    _run("wire", as_json, partial(wire.prove, seed=seed, **_bounded(wishes)))


def _bounded(wishes: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in wishes.items() if name != "timeout"}, "seconds": wishes["timeout"]}


def _run(name: str, as_json: bool, prove: Callable[..., Verdict]) -> None:
    session = options.bench("local").session
    session.require_stack()
    poller_switch.restore(session)
    _prove(name, as_json, partial(prove, session))


def _prove(name: str, as_json: bool, prove: Callable[..., Verdict]) -> None:
    console = screen.console(stderr=as_json)
    with Steps(console=console) as steps:
        verdict = prove(on_progress=partial(steps.update, name))
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
