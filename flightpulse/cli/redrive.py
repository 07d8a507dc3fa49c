"""The verb that lists dead letters, sends them back and redrives failed executions."""

from dataclasses import asdict
from datetime import datetime

import click

from flightpulse.cli import options, screen
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.faults.dead_letter_queues import KINDS
from flightpulse.workbench.faults.redrive import EXECUTIONS
from flightpulse.workbench.show.tables import Table


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice(KINDS), metavar="[KIND]...")
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
    wb = options.bench(target, kafka=kafka)
    wanted = list(dict.fromkeys(kinds)) or list(KINDS)
    if only_list:
        _list(wb, wanted, as_json=as_json)
        return
    if target == "aws" and not yes:
        options.confirm(f"Send back {', '.join(wanted)} on {wb.session.where}?")
    results = []
    for result in wb.dead_letters.send_back(wanted):
        results.append(result)
        if not as_json:
            mark = "✗" if result.problem else "✓"
            click.echo(f"{mark} {result.kind}: {result.what}: {result.problem or result.done}")
    if as_json:
        options.print_json([asdict(result) for result in results])
    elif not results:
        click.echo("Nothing waits: no dead letter and no failed execution.")
    if any(result.problem for result in results):
        raise click.exceptions.Exit(1)


def _list(wb: Workbench, wanted: list[str], *, as_json: bool) -> None:
    if as_json:
        letters = wb.dead_letters.waiting(wanted)
        failed = wb.dead_letters.failed_executions() if EXECUTIONS in wanted else []
        options.print_json(
            {
                "dead_letters": [letter.as_json() for letter in letters],
                "executions": [
                    {"arn": execution.summary.arn, "event_id": execution.event.event_id, "why": execution.why}
                    for execution in failed
                ],
            }
        )
        return
    waiting = wb.dead_letters.table(kinds=wanted)
    if not waiting:
        click.echo("Nothing waits: no dead letter and no failed execution.")
        return
    rows = [(*said, f"{datetime.fromisoformat(since).astimezone():%H:%M:%S}") for *said, since in waiting.rows]
    screen.show(Table.of(waiting.headings, rows))
    click.echo(f"Send them back with: {wb.session.command('redrive')}")
