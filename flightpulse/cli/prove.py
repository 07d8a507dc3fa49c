"""The verb that proves by exploring every case, where chaos draws some."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from flightpulse.cli import options

if TYPE_CHECKING:
    from flightpulse.protocol.explore import Explored

_FAULTS_AT_MOST = 6


@click.group()
def prove() -> None:
    """Prove by exploring every case, where ``flightpulse chaos`` draws some from a seed."""


@prove.command(short_help="Every order of steps and faults of the workflows' claims.")
@click.option(
    "--faults", type=click.IntRange(0, _FAULTS_AT_MOST), default=2, show_default=True, help="At most, in any places."
)
@click.option("--without", "without", multiple=True, metavar="NAME", help="Take a protection out and see what breaks.")
@click.option("--list", "only_list", is_flag=True, help="Only list the protections.")
@click.option("--memory", type=click.IntRange(100), default=3000, show_default=True, help="Megabytes, in all.")
@click.option("--timeout", type=click.FloatRange(min=1), default=1800, show_default=True, help="Seconds, in all.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True)
@options.as_json
def protocol(
    faults: int, without: tuple[str, ...], only_list: bool, memory: int, timeout: float, processes: int, as_json: bool
) -> None:
    """Explore a model of the workflows: what may happen, in any order, with so many faults anywhere.

    A call fails for good, or loses its answer after its effect; an execution is stopped; a claim outlives its time; a
    letter comes twice. Events are delivered in any order, and a redrive may come at any moment. The conditions are
    those of the workflows' files. A broken promise is shown with the shortest way to it, and the exit code is 1; it is
    2 when time or memory did not suffice to see every state.
    """
    from flightpulse.protocol import definitions
    from flightpulse.protocol.explore import explore_all, promises_kept

    if only_list:
        for protection in definitions.PROTECTIONS:
            click.echo(f"{protection.name:20} without it, {protection.hole}")
        return
    rules = definitions.without(definitions.load(), *without)
    results: list[Explored] = []
    for found in explore_all(rules, faults, megabytes=memory, seconds=timeout, processes=processes):
        results.append(found)
        if not as_json:
            for line in _lines(found):
                click.echo(line)
        if found.broken:
            break
    kept = promises_kept(results)
    unfinished = any(found.stopped for found in results)
    if as_json:
        options.print_json(
            {
                "faults": faults,
                "without": list(without),
                "states": sum(found.states for found in results),
                "complete": not unfinished,
                "promises": kept,
                "worlds": [_as_json(found) for found in results],
            }
        )
    else:
        _sum_up(results, kept, faults)
    if not all(kept.values()):
        raise click.exceptions.Exit(1)
    if unfinished:
        raise click.exceptions.Exit(2)


def _lines(found: "Explored") -> Iterator[str]:
    if found.stopped and not found.steps:
        yield f"… {found.world.name}: not begun, for {found.stopped} was over"
        return
    mark = "✗" if found.broken else "…" if found.stopped else "✓"
    yield f"{mark} {found.world.name}: {found.states:,} states, {found.steps:,} steps, {found.seconds:.0f} s"
    if found.stopped:
        yield f"  stopped for {found.stopped}: more states may follow (--memory, --timeout, or fewer --faults)"
    if found.broken:
        yield f"  {found.broken}, by these steps:"
        yield from (f"  {number:3}. {said}" for number, said in enumerate(found.trace, 1))


def _sum_up(results: "list[Explored]", kept: dict[str, bool], faults: int) -> None:
    states, all_seen = sum(found.states for found in results), all(found.complete for found in results)
    seconds = sum(found.seconds for found in results)
    click.echo(
        f"\n{states:,} states in {len(results)} worlds with at most {faults} faults, {seconds:.0f} s of processor time"
    )
    for said, holds in kept.items():
        mark, comment = ("✗", "broken") if not holds else ("✓", "kept") if all_seen else ("…", "kept so far")
        click.echo(f"{mark} {said}: {comment}")


def _as_json(found: "Explored") -> dict[str, Any]:
    return {
        "world": found.world.name,
        "states": found.states,
        "steps": found.steps,
        "seconds": round(found.seconds, 1),
        "stopped": found.stopped,
        "broken": found.broken,
        "trace": list(found.trace),
    }
