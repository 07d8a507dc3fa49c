"""Verbs about the stack: deploy, destroy, synth, diff."""

from pathlib import Path

import click

from flightpulse.cli import options
from flightpulse.workbench.deploy import deploy as deployments
from flightpulse.workbench.deploy.deploy import DeploymentPlan

_CONTEXT = click.option(
    "--context",
    "-c",
    "context",
    type=options.KeyValue(),
    multiple=True,
    metavar="KEY=VALUE",
    help="CDK context, such as network=none or alarm_email=ops@example.com. May be repeated.",
)


@click.command()
@options.target
@_CONTEXT
@options.yes
@click.option("--kafka", metavar="HOST:PORT", help="Broker(s) of the event source mapping (context kafka_bootstrap).")
@click.option("--loosen", is_flag=True, help="Agree to less protection than the stack has, which --yes does not.")
@click.option("--take-up", is_flag=True, help="Import the table and log groups that a production stack left behind.")
@click.option("--revert-drift", is_flag=True, help="Also put back what was changed by hand (not on the local cloud).")
def deploy(
    target: str,
    context: tuple[tuple[str, str], ...],
    yes: bool,
    kafka: str | None,
    loosen: bool,
    take_up: bool,
    revert_drift: bool,
) -> None:
    """Deploy the stack with the CDK CLI: bootstrap when needed, synthesise, deploy.

    The template is the same for both targets. For the local cloud nothing of your AWS configuration is used. For an
    AWS account, account, region and changes are shown first, and nothing changes before you have agreed.

    Context values are kept with the stack and used the next time; an empty one (-c network=) goes back to the default.
    """
    chosen = dict(context) | ({"kafka_bootstrap": kafka} if kafka else {})
    wb = options.bench(target)
    # Started first, a local cloud would be an answer to a question that nobody asked.
    _ = wb.session
    if target == "aws":
        _show_plan(wb.stack.plan(chosen, take_up=take_up))
        if not yes:
            options.confirm("Deploy this?")
    loosened = [] if loosen else wb.stack.loosened(chosen)
    for sentence in loosened:
        click.echo(f"Less protection: {sentence}.")
    if loosened:
        options.confirm("Deploy with less protection than now?", otherwise="--loosen")
    wb.stack.deploy(
        again=True,
        agree=True,
        context=chosen,
        planned=target == "aws",
        loosen=bool(loosened) or loosen,
        take_up=take_up,
        revert_drift=revert_drift,
    )


def _show_plan(plan: DeploymentPlan) -> None:
    click.echo(plan.differences.rstrip())
    click.echo()
    click.echo(f"Account {plan.account}, region {plan.region} ({plan.endpoint})")
    click.echo(f"Context: {plan.context}")
    if plan.needs_bootstrap:
        click.echo(
            "CDK's own stack (CDKToolkit: a bucket, roles, a parameter) is not there yet and will be made first."
        )
    click.echo("The interface endpoints of network=isolated cost money while they exist; network=none has none.")


@click.command()
@options.target
@options.yes
def destroy(target: str, yes: bool) -> None:
    """Delete the stack with all its data (with context removal=retain, the data stays).

    Asks before it does so in an AWS account. The local cloud goes on running.
    """
    wb = options.bench(target)
    session = wb.session
    if target == "aws" and not yes:
        options.confirm(f"Delete FlightPulseStack in {session.where}?")
    wb.stack.destroy(agree=True)


@click.command()
@_CONTEXT
@click.option("--print", "show", is_flag=True, help="Print the template itself instead of its place.")
def synth(context: tuple[tuple[str, str], ...], show: bool) -> None:
    """Write the CloudFormation template and the Lambda package. Needs neither a cloud nor credentials."""
    # What is printed for a program to read must not be mixed with progress.
    template = deployments.template_path(options.bench("local", quiet=show).stack.synth(dict(context)))
    click.echo(template.read_text(encoding="utf-8") if show else _from_here(template))


@click.command()
@options.target
@_CONTEXT
@click.option("--drift", is_flag=True, help="Show what was changed by hand instead.")
def diff(target: str, context: tuple[tuple[str, str], ...], drift: bool) -> None:
    """Show what a deploy would change, as the CDK CLI shows it. Changes nothing.

    A deployment changes what differs between two templates: what was changed by hand in between it leaves as it is,
    unless --revert-drift tells it otherwise.
    """
    stack = options.bench(target, quiet=True).stack
    click.echo((stack.drift() if drift else stack.plan(dict(context)).differences).rstrip())


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
