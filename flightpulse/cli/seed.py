"""The verb that loads the sample data."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from flightpulse.cli import options


@click.command()
@options.target
@click.option(
    "--day",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="The day on which the flights leave (default: tomorrow). Local departure times stay as they are.",
)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Load flights.json, passengers.json and bookings.json from here instead of sample_data/.",
)
@options.as_json
def seed(target: str, day: datetime | None, folder: Path | None, as_json: bool) -> None:
    """Load sample_data/ into the table, over what is there.

    May be repeated: flights and bookings are then as they were before any scenario. Data that does not match its
    schemas is refused as a whole, with file, entry and field.
    """
    seeded = options.bench(target).table.load(day=day.date() if day else None, folder=folder)
    if as_json:
        options.print_json({**asdict(seeded), "day": seeded.day.isoformat()})
        return
    click.echo(
        f"✓ {seeded.flights} flights on {seeded.day:%A}, {seeded.day}, {seeded.passengers} passengers and "
        f"{seeded.bookings} bookings are in the table ({seeded.items} items)."
    )
