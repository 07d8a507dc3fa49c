"""The verb that calls the REST API."""

import json

import click

from flightpulse.cli import options
from flightpulse.workbench.observe.api_client import Answer


@click.command()
@click.argument("path")
@options.target
@click.option("--method", "-X", default="GET", show_default=True, help="HTTP method.")
@click.option("--data", "-d", "body", help="Request body (JSON).")
@click.option("--unsigned", is_flag=True, help="Without a signature, to see the call refused.")
@click.option("--include", "-i", is_flag=True, help="Print the status line and the address too (on stderr).")
@options.as_json
def api(path: str, target: str, method: str, body: str | None, unsigned: bool, include: bool, as_json: bool) -> None:
    """Call a route of the REST API, signed with Signature Version 4, and print the answer.

    PATH is for example /health, /flights/SW1234, "/flights?status=DELAYED", /flights/SW1234/bookings,
    /passengers/PAX-0001, /passengers/PAX-0001/bookings or /bookings/BKG-0001. --json adds the status and
    the address to the body. The exit code is 1 for an answer of 400 or above.
    """
    answer = options.bench(target).api(path, method=method.upper(), body=body, signed=not unsigned)
    if as_json:
        options.print_json({"status": answer.status, "url": answer.url, "body": answer.body})
    else:
        _print(answer, include=include)
    if not answer.ok:
        raise click.exceptions.Exit(1)


def _print(answer: Answer, *, include: bool) -> None:
    if include or not answer.ok:
        click.echo(f"{answer.status} {answer.reason}  {answer.url}", err=True)
    click.echo(answer.body if isinstance(answer.body, str) else json.dumps(answer.body, indent=2, ensure_ascii=False))
