"""The verb that shows an event's trace."""

from pathlib import Path

import click

from flightpulse.cli import options, screen
from flightpulse.errors import UserError


@click.command()
@click.argument("event_id")
@click.option("--png", type=click.Path(dir_okay=False, path_type=Path), help="Write the waterfall as a picture.")
@options.target
@options.as_json
def trace(event_id: str, png: Path | None, target: str, as_json: bool) -> None:
    """Show the trace of an event as X-Ray has it, from the record in Kafka to the messages."""
    found = options.bench(target).traces.of(event_id)
    if png is not None:
        try:
            found.waterfall().save(png)
        except OSError as error:
            raise UserError(f"{png} cannot be written: {error.strerror}.", hint="Name another file.") from error
    if as_json:
        spans = [{**found.spans.row(span), "took": span.took.total_seconds()} for span in found.spans]
        options.print_json({"trace_id": found.trace_id, "spans": spans})
        return
    screen.show(found.table(), title=f"Trace {found.trace_id}")
