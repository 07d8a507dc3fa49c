"""The verb that lists dead letters, sends them back and redrives failed executions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from flightpulse.cli import options
from flightpulse.workbench.target import names

if TYPE_CHECKING:
    from flightpulse.workbench.faults.redrive import Redriver, Result
    from flightpulse.workbench.target.session import Session

_KINDS = [*names.DEAD_LETTER_OUTPUTS, "executions"]


@click.command(short_help="List dead letters, send them back, redrive failed executions.")
@click.argument("kinds", nargs=-1, type=click.Choice(_KINDS), metavar="[KIND]...")
@options.target
@options.kafka
@click.option("--list", "only_list", is_flag=True, help="Only show what waits, why, and since when.")
@options.yes
@options.as_json
def redrive(kinds: tuple[str, ...], target: str, kafka: str | None, only_list: bool, yes: bool, as_json: bool) -> None:
    """Send back what failed, when its cause is gone.

    KIND is one or more of: records (bad Kafka records, sent to the topic again), notifications (events, bookings and
    messages that a workflow gave up on), targets (events a rule could not deliver), stream (table changes), mapping
    (Kafka batches), executions (failed executions). Without a KIND: everything.

    All of it may be repeated: whatever has been handled meanwhile is recognised by its claim, and nobody is told twice.
    A record that is still bad comes back to its queue.
    """
    session = options.session(target, kafka=kafka)
    wanted = list(dict.fromkeys(kinds)) or _KINDS
    if only_list:
        _list(session, wanted, as_json=as_json)
        return
    if target == "aws" and not yes:
        options.confirm(f"Send back {', '.join(wanted)} on {session.where}?")
    results = list(_redrive(session, wanted, quiet=as_json))
    if as_json:
        options.print_json(
            [{"kind": one.kind, "what": one.what, "done": one.done, "problem": one.problem} for one in results]
        )
    elif not results:
        click.echo("Nothing waits: no dead letter and no failed execution.")
    if any(one.problem for one in results):
        raise click.exceptions.Exit(1)


def _redrive(session: "Session", wanted: list[str], *, quiet: bool) -> "Iterator[Result]":
    from flightpulse.workbench.faults.redrive import Redriver

    redriver = Redriver(session)
    for result in _results(redriver, wanted):
        if not quiet:
            mark = "✗" if result.problem else "✓"
            click.echo(f"{mark} {result.kind}: {result.what}: {result.problem or result.done}")
        yield result


def _results(redriver: "Redriver", wanted: list[str]) -> "Iterator[Result]":
    queues = [kind for kind in wanted if kind in names.DEAD_LETTER_OUTPUTS]
    # Executions first: those whose letter still waits are left to it, and a letter sent back no longer waits.
    if "executions" in wanted:
        yield from redriver.redrive_executions()
    if queues:
        yield from redriver.send_back(queues)


def _list(session: "Session", wanted: list[str], *, as_json: bool) -> None:
    from flightpulse.workbench.faults import dead_letters
    from flightpulse.workbench.faults.redrive import Redriver

    queues = [kind for kind in wanted if kind in names.DEAD_LETTER_OUTPUTS]
    letters = dead_letters.look(session, queues) if queues else []
    failed = Redriver(session).failed_executions() if "executions" in wanted else []
    if as_json:
        options.print_json(
            {
                "dead_letters": [letter.as_json() for letter in letters],
                "executions": [
                    {"arn": one.summary.arn, "event_id": one.event.event_id, "why": one.why} for one in failed
                ],
            }
        )
        return
    if not letters and not failed:
        click.echo("Nothing waits: no dead letter and no failed execution.")
        return
    from rich.markup import escape

    from flightpulse.cli import screen

    table = screen.table("kind", "since", "what", "why")
    for letter in letters:
        table.add_row(
            letter.kind, f"{letter.since.astimezone():%b %d %H:%M:%S}", escape(letter.what), escape(letter.why)
        )
    for one in failed:
        table.add_row(
            "executions",
            f"{one.summary.started_at.astimezone():%b %d %H:%M:%S}",
            escape(f"{one.summary.workflow.removeprefix('FlightPulse-')} {one.event.flight_id} ({one.event.event_id})"),
            escape(" ".join(one.why.split())[:300]),
        )
    screen.console().print(table)
    click.echo(f"Send them back with: {session.command('redrive')}")
