"""The verb that shows messages as their passengers see them."""

from datetime import datetime

import click

from flightpulse.cli import options


@click.command()
@options.target
@click.option("--passenger", metavar="PAX-ID", help="Only this passenger's messages.")
@click.option("--flight", metavar="FLIGHT", help="Only messages about this flight.")
@click.option("--channel", type=click.Choice(["email", "sms"]), help="Only e-mails, or only texts.")
@options.since("1d")
@click.option("--last", type=click.IntRange(min=1), help="Only the newest so many.")
@options.as_json
def inbox(
    target: str,
    passenger: str | None,
    flight: str | None,
    channel: str | None,
    since: datetime,
    last: int | None,
    as_json: bool,
) -> None:
    """Read the messages as a passenger sees them: e-mails as letters, texts as on a phone."""
    wb = options.bench(target)
    if passenger:
        wb.table.passenger(passenger)
    if flight:
        wb.table.flight(flight)
    found = wb.inbox(passenger=passenger, flight=flight, since=since)
    found = found.only(channel) if channel else found
    found = found.last(last) if last else found
    if as_json:
        options.print_json([{**message.as_json(), "who_writes": found.note} for message in found])
    else:
        click.echo(found.text())
