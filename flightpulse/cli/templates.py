"""The verb for message templates: look at them, have them prepared, approve and refuse them."""

from pathlib import Path

import click

from flightpulse.cli import options
from flightpulse.messages.records import Status
from flightpulse.workbench.messages import preparing, template_records

_BY = click.option("--by", metavar="NAME", help="Who decides; your login name without.")
_STATES = [*map(str, Status), template_records.NOTHING]


@click.group()
def templates() -> None:
    """Templates are drafted by a model per segment, linted, and reviewed by a model or a person.

    A SEGMENT is a key such as delay/MAJOR/MECHANICAL/A-LIST/-/en-US; where several may be meant, the beginning of one.
    """


@templates.command("list", short_help="The templates, their states and what was found in drafts.")
@click.argument("segment", default="")
@options.target
@click.option("--status", type=click.Choice(_STATES, case_sensitive=False), help="Only those in this state.")
@options.as_json
def list_(segment: str, target: str, status: str | None, as_json: bool) -> None:
    """List the templates of all segments that begin with SEGMENT, or of all."""
    found = options.bench(target).templates.list(segment, status)
    if as_json:
        options.print_json(found.as_json())
    else:
        click.echo(found.table())


@templates.command(short_help="One template in full.")
@click.argument("segment")
@options.target
@options.as_json
def show(segment: str, target: str, as_json: bool) -> None:
    """Show the template of SEGMENT: its words, who drafted and reviewed it, and what was found."""
    found = options.bench(target).templates.show(segment)
    if as_json:
        options.print_json(found.as_json())
    else:
        click.echo(found)


@templates.command(short_help="Have templates drafted and reviewed ahead.")
@click.argument("segment", nargs=-1)
@options.target
@click.option(
    "--concurrency", type=click.IntRange(1, 20), default=preparing.CONCURRENCY, show_default=True,
    help="How many calls of the messenger at a time.",
)  # fmt: skip
@click.option("--anew", is_flag=True, help="Also draft again what models approved, for another model or better luck.")
@options.yes
@options.as_json
def prepare(segment: tuple[str, ...], target: str, concurrency: int, anew: bool, yes: bool, as_json: bool) -> None:
    """Have the deployed messenger draft and review what has no template yet, of all segments or those that begin so.

    What models refused is tried again; what a person refused is not. It says what it will cost before it begins.
    """
    wb = options.bench(target, quiet=as_json)
    plan = wb.templates.plan(*segment, anew=anew)
    click.echo(plan, err=as_json)
    if plan.segments and target == "aws" and not yes:
        options.confirm("Begin?")
    done = wb.templates.prepare(plan, concurrency=concurrency)
    if as_json:
        options.print_json(done.as_json())
    elif plan.segments:
        click.echo(done.table())


@templates.command(short_help="Let a template be used.")
@click.argument("segment")
@options.target
@_BY
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="A JSON file with the words to use in the draft's place: subject, paragraphs, sms (as `show --json` prints).",
)
def approve(segment: str, target: str, by: str | None, path: Path | None) -> None:
    """Approve the draft of SEGMENT as it is, or in your own words; these must pass the lint."""
    words = template_records.read_template(path) if path else None
    record = options.bench(target).templates.approve(segment, by=by, template=words)
    click.echo(f"{record.segment.key} is APPROVED by {record.reviewed_by}.")


@templates.command(short_help="Keep a template from being used.")
@click.argument("segment")
@options.target
@_BY
@click.option("--reason", default="", help="Why, for whoever looks at it later.")
def refuse(segment: str, target: str, by: str | None, reason: str) -> None:
    """Refuse the template of SEGMENT: its passengers get the written text."""
    record = options.bench(target).templates.refuse(segment, by=by, reason=reason)
    click.echo(f"{record.segment.key} is REFUSED by {record.reviewed_by}.")
