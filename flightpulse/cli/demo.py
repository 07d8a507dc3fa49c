"""The verb that shows everything: cloud, stack, data, five scenarios, a summary."""

import time
from collections import Counter
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from flightpulse import paths
from flightpulse.cli import options, screen
from flightpulse.cli.scenario import show
from flightpulse.errors import UserError
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.run import Run
from flightpulse.workbench.show.progress import seconds
from flightpulse.workbench.target.session import Session
from localcloud import process
from localcloud.process import ports
from simulator.scenarios import SCENARIOS

_SHOWN_METRICS = (
    "DelayEventsProcessed",
    "CancellationEventsProcessed",
    "GateChangeEventsProcessed",
    "AffectedPassengers",
    "WorkflowExecutions",
    "NotificationsSent",
    "LLMInvocationsSuccess",
    "LLMInvocationsFailed",
)


@click.command(short_help="Everything: up, deploy, seed, all five scenarios, a summary.")
@options.port
@click.option("--kafka", metavar="HOST:PORT", help="Use this Kafka broker instead of the embedded one.")
@click.option("--llm-url", metavar="URL", help="Let an OpenAI-compatible server write the messages.")
def demo(port: int | None, kafka: str | None, llm_url: str | None) -> None:
    """Start the local cloud, deploy the stack, load the data, run all five scenarios, and sum up.

    Nothing of it needs an account, Docker or credentials. Everything is left running. The exit code is 1 when
    something expected was not seen.
    """
    began, began_at = time.monotonic(), datetime.now(UTC)
    console = screen.console()
    wb = options.bench("local", port=_free(console) if port is None else port, kafka=kafka)
    wb.up(llm_url=llm_url)
    wb.stack.deploy(again=True)
    seeded = wb.table.load()
    console.print(f"{seeded.flights} flights, {seeded.passengers} passengers, {seeded.bookings} bookings are loaded.")
    wb.templates.prepare(wb.templates.plan_for_scenarios())
    runs = []
    for scenario in SCENARIOS:
        console.print()
        runs.append(wb.fire(scenario.name))
        show(runs[-1])
    _summarise(console, wb, runs, began_at, time.monotonic() - began)
    if not all(run.ok for run in runs):
        raise click.exceptions.Exit(1)


def _free(console: Console) -> int | None:
    """The usual port, or any free one where another program has it."""
    if process.status(paths.home()) is None:
        try:
            ports.check_free(process.DEFAULT_PORT)
        except UserError as error:
            console.print(f"{error.message} The local cloud takes a free one.", markup=False)
            return 0
    return None


def _summarise(console: Console, wb: Workbench, runs: list[Run], began_at: datetime, took: float) -> None:
    passed = sum(run.ok for run in runs)
    console.print()
    console.rule("[bold]Summary[/bold]", align="left")
    table = screen.table("", "scenario", "expectations", "events", "executions", "e-mails", "texts", "took")
    for run in runs:
        _add(table, run)
    console.print(table)
    sums = wb.metrics.by_name(since=began_at)
    counted = ", ".join(f"{name} {sums[name]:g}" for name in _SHOWN_METRICS if name in sums)
    console.print(f"Metrics (CloudWatch, namespace FlightPulse): {counted or 'none yet'}", markup=False)
    console.print(_writers_line(runs), markup=False)
    console.print(wb.session.model)
    mark = screen.mark(passed == len(runs))
    console.print(f"{mark} {passed} of {len(runs)} scenarios showed everything expected, in {seconds(took)}.")
    _what_next(console, wb.session)


def _add(table: Table, run: Run) -> None:
    channels = Counter(message.channel for message in run.facts.messages)
    table.add_row(
        screen.mark(run.ok, "seen", "missing"),
        run.name,
        f"{sum(check.ok for check in run.checks)} of {len(run.checks)}",
        str(len(run.facts.sent)),
        str(len(run.facts.handled)),
        str(channels["email"]),
        str(channels["sms"]),
        seconds(run.seconds),
    )


def _writers_line(runs: list[Run]) -> str:
    origins = Counter(message.written_by for run in runs for message in run.facts.messages)
    return (
        f"Messages: {sum(origins.values())}, of which {origins['model']} from a template the model wrote for them, "
        f"{origins['cache']} from a cached one, {origins['fallback']} from the written fallback"
    )


def _what_next(console: Console, session: Session) -> None:
    console.print("The local cloud stays up. What to do next:")
    for command, what in (
        ("flightpulse inbox", "read the messages as a passenger"),
        ("flightpulse show latest", "step through an execution"),
        ("flightpulse scenario 3", "run one scenario again"),
        ("flightpulse produce --help", "send an event of your own"),
        ("flightpulse api /flights/SW1234", "call the REST API"),
        ('eval "$(flightpulse env)"', f"use aws, cdk and boto3 by hand at {session.endpoint_url}"),
        ("flightpulse down", "stop it"),
    ):
        console.print(f"  {command:<34} {what}", markup=False)
