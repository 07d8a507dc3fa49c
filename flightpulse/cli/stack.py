"""Verbs about the stack: deploy, destroy, synth, diff."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flightpulse.cli import options

if TYPE_CHECKING:
    from flightpulse.cli.screen import Steps
    from flightpulse.workbench.deploy.deploy import Deployment, Plan, Progress, Report
    from flightpulse.workbench.target.session import Session

_CONTEXT = click.option(
    "--context",
    "-c",
    "context",
    type=options.KeyValue(),
    multiple=True,
    metavar="KEY=VALUE",
    help="CDK context, such as network=none or alarm_email=ops@example.com. May be repeated.",
)


@click.command(short_help="Deploy the stack with the CDK CLI.")
@options.target
@_CONTEXT
@options.yes
@click.option("--kafka", metavar="HOST:PORT", help="Broker(s) of the event source mapping (context kafka_bootstrap).")
def deploy(target: str, context: tuple[tuple[str, str], ...], yes: bool, kafka: str | None) -> None:
    """Deploy the stack with the CDK CLI: bootstrap when needed, synthesise, deploy.

    The template is the same for both targets. For the local cloud nothing of your AWS configuration is used. For an
    AWS account, account, region and changes are shown first, and nothing changes before you have agreed.
    """
    chosen = dict(context) | ({"kafka_bootstrap": kafka} if kafka else {})
    session = options.session(target)
    if target == "local":
        deploy_local(session, chosen)
    else:
        _deploy_account(session, chosen, yes=yes)


def deploy_local(session: "Session", context: dict[str, str]) -> "Deployment":
    """Deploy to the local cloud, showing each step."""
    from flightpulse.cli.screen import Steps, console
    from flightpulse.workbench.deploy.deploy import Deployer

    steps = Steps(console())
    with steps.shown():
        return Deployer(session, context=context, report=_showing(steps)).deploy()


def _deploy_account(session: "Session", context: dict[str, str], *, yes: bool) -> None:
    from flightpulse.cli.screen import Steps, console
    from flightpulse.workbench.deploy.deploy import Deployer

    screen = console()
    steps = Steps(screen)
    deployer = Deployer(session, context=context, report=_showing(steps))
    with steps.shown():
        plan = deployer.plan()
    _show_plan(plan)
    if not yes:
        options.confirm("Deploy this?")
    with steps.shown():
        deployer.deploy(synthesised=True)


def _show_plan(plan: "Plan") -> None:
    click.echo(plan.differences.rstrip())
    click.echo()
    click.echo(f"Account {plan.account}, region {plan.region} ({plan.endpoint})")
    if plan.needs_bootstrap:
        click.echo(
            "CDK's own stack (CDKToolkit: a bucket, roles, a parameter) is not there yet and will be made first."
        )
    click.echo("The interface endpoints of network=isolated cost money while they exist; network=none has none.")


@click.command(short_help="Delete the stack.")
@options.target
@options.yes
def destroy(target: str, yes: bool) -> None:
    """Delete the stack with all its data (with context removal=retain, the data stays).

    Asks before it does so in an AWS account. The local cloud goes on running.
    """
    from flightpulse.cli.screen import Steps, console
    from flightpulse.workbench.deploy.deploy import Deployer

    session = options.session(target)
    if target == "aws" and not yes:
        account = session.client("sts").get_caller_identity()["Account"]
        options.confirm(f"Delete FlightPulseStack in account {account}, region {session.region}?")
    steps = Steps(console())
    with steps.shown():
        existed = Deployer(session, context={}, report=_showing(steps)).destroy()
    if not existed:
        click.echo(f"There is no FlightPulseStack on {session.where}: nothing to delete.")


@click.command(short_help="Write the CloudFormation template.")
@_CONTEXT
@click.option("--print", "show", is_flag=True, help="Print the template itself instead of its place.")
def synth(context: tuple[tuple[str, str], ...], show: bool) -> None:
    """Write the CloudFormation template and the Lambda package. Needs neither a cloud nor credentials."""
    from flightpulse import paths
    from flightpulse.cli.screen import Steps, console
    from flightpulse.workbench.deploy.deploy import synthesise

    # What is printed for a program to read must not be mixed with progress.
    steps = Steps(console(stderr=show))
    with steps.shown():
        folder = synthesise(dict(context), paths.home(), _showing(steps))
    template = folder / "FlightPulseStack.template.json"
    click.echo(template.read_text(encoding="utf-8") if show else _from_here(template))


@click.command(short_help="Compare this checkout with the deployed stack.")
@options.target
@_CONTEXT
def diff(target: str, context: tuple[tuple[str, str], ...]) -> None:
    """Show what a deploy would change, as the CDK CLI shows it. Changes nothing."""
    from flightpulse.cli.screen import Steps, console
    from flightpulse.workbench.deploy.deploy import Deployer

    steps = Steps(console(stderr=True))
    with steps.shown():
        text = Deployer(options.session(target), context=dict(context), report=_showing(steps)).diff()
    click.echo(text.rstrip())


def _showing(steps: "Steps") -> "Report":
    """Shows a deployment's progress as steps."""

    def show(progress: "Progress") -> None:
        if progress.finished:
            steps.finish(progress.step, progress.text)
        else:
            steps.update(progress.step, progress.text, progress.done, progress.total)

    return show


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
