"""The verb that shows messages as their passengers see them."""

from datetime import datetime

import click
from rich import box
from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from flightpulse.cli import options, screen
from flightpulse.workbench.messages.inbox import Message

_PHONE_WIDTH = 52
_MAIL_WIDTH = 88
_ORIGINS = {"model": "by the model", "cache": "by the model, cached", "fallback": "fallback"}


@click.command(short_help="Read the messages as a passenger sees them.")
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
    messages = list(found.only(channel) if channel else found)
    messages = messages[-last:] if last else messages
    if as_json:
        options.print_json([{**message.as_json(), "who_writes": found.note} for message in messages])
        return
    _print(messages)
    click.echo(found.note if messages else "No message fits.")


def _print(messages: list[Message]) -> None:
    console = screen.console()
    people: dict[str, list[Message]] = {}
    for message in messages:
        people.setdefault(message.passenger_id, []).append(message)
    for passenger, theirs in sorted(people.items()):
        console.rule(f"[bold]{passenger}[/bold]  {theirs[0].tier}", align="left", style="dim")
        for message in theirs:
            console.print(_email(message) if message.channel == "email" else _bubble(message))


def _email(message: Message) -> RenderableType:
    letter = Text()
    letter.append("To       ", style="dim").append(f"{message.to}\n")
    letter.append("Subject  ", style="dim").append(f"{message.subject}\n\n", style="bold")
    letter.append(message.text)
    return Panel(
        letter,
        title=f"✉ {message.at.astimezone():%H:%M:%S}  {message.flight_id} {message.severity}",
        title_align="left",
        subtitle=_origin(message),
        subtitle_align="right",
        width=_MAIL_WIDTH,
        padding=(0, 1),
    )


def _bubble(message: Message) -> RenderableType:
    return Panel(
        Text(message.text),
        title=f"✆ {message.at.astimezone():%H:%M:%S}  {message.flight_id}  to {message.to}",
        title_align="left",
        subtitle=f"{len(message.text)} characters, {_origin(message)}",
        subtitle_align="right",
        width=_PHONE_WIDTH,
        box=box.ROUNDED,
        padding=(0, 1),
    )


def _origin(message: Message) -> str:
    return _ORIGINS.get(message.written_by, message.written_by)
