"""The verb that shows the metrics."""

from datetime import datetime

import click

from flightpulse.cli import options


@click.command(short_help="Show the FlightPulse metrics.")
@options.target
@options.since("1h")
@options.as_json
def metrics(target: str, since: datetime, as_json: bool) -> None:
    """Show the sums of the metrics in the namespace FlightPulse, as CloudWatch's API gives them."""
    from flightpulse.workbench.metrics import metrics as workbench

    session = options.session(target)
    session.require_stack()
    found = workbench.totals(session, since=since)
    if as_json:
        options.print_json([{"name": one.name, "dimensions": dict(one.dimensions), "sum": one.total} for one in found])
        return
    if not found:
        click.echo("There is no metric yet: nothing has been handled.")
        return
    from flightpulse.cli import screen

    table = screen.table("metric", "dimensions", "sum", title=f"FlightPulse since {since.astimezone():%H:%M}")
    table.columns[2].justify = "right"
    last = ""
    for one in found:
        dimensions = ", ".join(f"{name}={value}" for name, value in sorted(one.dimensions.items()))
        table.add_row(one.name if one.name != last else "", dimensions, f"{one.total:g}")
        last = one.name
    screen.console().print(table)
