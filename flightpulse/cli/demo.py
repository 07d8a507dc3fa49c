"""The verb that shows everything: cloud, stack, data, five scenarios, a summary."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from flightpulse.cli import options
from flightpulse.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from flightpulse.workbench.fire.scenarios import ScenarioRun
    from flightpulse.workbench.target.session import Session

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
    from flightpulse.cli import cloud, screen

    began, began_at = time.monotonic(), datetime.now(UTC)
    console = screen.console()
    cloud.start(console, port=_free(console) if port is None else port, kafka=kafka, llm_url=llm_url)
    session = options.session("local")
    _deploy_and_seed(console, session)
    runs = _play_all(console, session)
    _summarise(console, session, runs, Times(began_at, time.monotonic() - began))
    if not all(run.ok for run in runs):
        raise click.exceptions.Exit(1)


def _free(console: "Console") -> int | None:
    """The usual port, or any free one where another program has it."""
    from flightpulse import paths
    from localcloud import process
    from localcloud.process import ports

    if process.status(paths.home()) is None:
        try:
            ports.check_free(process.DEFAULT_PORT)
        except UserError as error:
            console.print(f"{error.message} The local cloud takes a free one.", markup=False)
            return 0
    return None


@dataclass(frozen=True, slots=True)
class Times:
    """When the demo began, and how long it took (seconds)."""

    began_at: datetime
    seconds: float


def _deploy_and_seed(console: "Console", session: "Session") -> None:
    from flightpulse.cli.screen import Steps
    from flightpulse.cli.stack import deploy_local
    from flightpulse.workbench.deploy import seeding

    deploy_local(session, {})
    steps = Steps(console)
    with steps.shown():
        steps.update("seed", "loading sample_data/")
        seeded = seeding.seed(session)
        steps.finish("seed", f"{seeded.flights} flights, {seeded.passengers} passengers, {seeded.bookings} bookings")


def _play_all(console: "Console", session: "Session") -> "list[ScenarioRun]":
    from flightpulse.cli.scenario import play
    from simulator.scenarios import SCENARIOS

    runs = []
    for scenario in SCENARIOS:
        console.print()
        runs.append(play(session, scenario))
    return runs


def _summarise(console: "Console", session: "Session", runs: "list[ScenarioRun]", times: Times) -> None:
    from flightpulse.cli import screen

    passed = sum(run.ok for run in runs)
    console.print()
    console.rule("[bold]Summary[/bold]", align="left")
    table = screen.table("", "scenario", "expectations", "events", "executions", "e-mails", "texts", "took")
    for run in runs:
        _add(table, run)
    console.print(table)
    console.print(_metrics_line(session, times.began_at), markup=False)
    console.print(_writers_line(runs), markup=False)
    console.print(session.model)
    mark = f"[green]{screen.YES}[/green]" if passed == len(runs) else f"[red]{screen.NO}[/red]"
    console.print(
        f"{mark} {passed} of {len(runs)} scenarios showed everything expected, in {screen.seconds(times.seconds)}."
    )
    _what_next(console, session)


def _add(table: "Table", run: "ScenarioRun") -> None:
    from flightpulse.cli import screen

    channels = Counter(message.channel for message in run.facts.messages)
    mark = f"[green]{screen.YES} seen[/green]" if run.ok else f"[red]{screen.NO} missing[/red]"
    table.add_row(
        mark,
        f"{run.number} {run.name}",
        f"{sum(check.ok for check in run.checks)} of {len(run.checks)}",
        str(len(run.facts.sent)),
        str(len(run.facts.handled)),
        str(channels["email"]),
        str(channels["sms"]),
        screen.seconds(run.seconds),
    )


def _metrics_line(session: "Session", since: datetime) -> str:
    from flightpulse.workbench.metrics import metrics

    sums = metrics.by_name(metrics.totals(session, since=since))
    shown = [f"{name} {sums[name]:g}" for name in _SHOWN_METRICS if name in sums]
    return f"Metrics (CloudWatch, namespace FlightPulse): {', '.join(shown) or 'none yet'}"


def _writers_line(runs: "list[ScenarioRun]") -> str:
    origins = Counter(message.written_by for run in runs for message in run.facts.messages)
    return (
        f"Messages: {sum(origins.values())}, of which {origins['model']} from a template the model wrote for them, "
        f"{origins['cache']} from a cached one, {origins['fallback']} from the written fallback"
    )


def _what_next(console: "Console", session: "Session") -> None:
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
