"""The verb that shows the metrics."""

from datetime import datetime

import click

from flightpulse.cli import options, screen


@click.command(short_help="Show the FlightPulse metrics.")
@options.target
@options.since("1h")
@options.as_json
def metrics(target: str, since: datetime, as_json: bool) -> None:
    """Show the sums of the metrics in the namespace FlightPulse, as CloudWatch's API gives them."""
    found = options.bench(target).metrics.totals(since=since)
    if as_json:
        options.print_json([{"name": m.name, "dimensions": dict(m.dimensions), "sum": m.total} for m in found])
        return
    if not found:
        click.echo("There is no metric yet: nothing has been handled.")
        return
    table = screen.table("metric", "dimensions", "sum", title=f"FlightPulse since {since.astimezone():%H:%M}")
    table.columns[2].justify = "right"
    last = ""
    for name, dimensions, total in found.table().rows:
        table.add_row(name if name != last else "", dimensions, total)
        last = name
    screen.console().print(table)
