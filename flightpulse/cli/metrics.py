"""The verb that shows the metrics."""

from datetime import datetime

import click

from flightpulse.cli import options, screen
from flightpulse.workbench.show.tables import Table


@click.command()
@options.target
@options.since("1h")
@click.option("--alarms", "show_alarms", is_flag=True, help="The state of every alarm instead, and what it means.")
@options.as_json
def metrics(target: str, since: datetime, show_alarms: bool, as_json: bool) -> None:
    """Show the sums of the metrics in the namespace FlightPulse, as CloudWatch's API gives them.

    --alarms shows the alarms instead: what each watches, whether it has gone off, and what that means. What to do then
    is in docs/runbook.md.
    """
    if show_alarms:
        _print_alarms(options.bench(target).metrics.alarms(), as_json=as_json)
        return
    found = options.bench(target).metrics.totals(since=since)
    if as_json:
        options.print_json([{"name": m.name, "dimensions": dict(m.dimensions), "sum": m.total} for m in found])
        return
    if not found:
        click.echo("There is no metric yet: nothing has been handled.")
        return
    screen.show(found.table(), title=f"FlightPulse since {since.astimezone():%H:%M}")


def _print_alarms(found: Table, *, as_json: bool) -> None:
    if as_json:
        names = ("state", *found.headings[1:])
        states = [state.split()[-1] for state in found.column("")]
        options.print_json(
            [dict(zip(names, (state, *row[1:]), strict=True)) for state, row in zip(states, found.rows, strict=True)]
        )
        return
    screen.show(found, title="Alarms")
