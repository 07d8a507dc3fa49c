"""The verb that shows everything: cloud, stack, data, five scenarios, a summary."""

import os
import time
from collections import Counter
from datetime import UTC, datetime

import click

from flightpulse import paths
from flightpulse.cli import options, screen
from flightpulse.errors import UserError
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.fire import sending
from flightpulse.workbench.messages.preparing import CONCURRENCY
from flightpulse.workbench.run import Run
from flightpulse.workbench.show.progress import NO, YES, seconds
from flightpulse.workbench.show.tables import Table
from localcloud import process
from localcloud.process import ports
from simulator.scenarios import SCENARIOS

# Those of which a sum says something, unlike the sum of ages or waits.
_COUNTERS = (
    "DelayEventsProcessed",
    "CancellationEventsProcessed",
    "GateChangeEventsProcessed",
    "AffectedPassengers",
    "WorkflowExecutions",
    "NotificationsSent",
    "LLMInvocationsSuccess",
    "LLMInvocationsFailed",
)
_NEXT = """\
The local cloud stays up. What to do next:
  flightpulse inbox                  read the messages as a passenger
  flightpulse show latest            step through an execution
  flightpulse scenario 3             run one scenario again
  flightpulse produce --help         send an event of your own
  flightpulse api /flights/SW1234    call the REST API
  eval "$(flightpulse env)"          use aws, cdk and boto3 by hand at {endpoint}
  flightpulse down                   stop it"""


@click.command()
@options.port
@click.option("--kafka", metavar="HOST:PORT", help="Use this Kafka broker instead of the embedded one.")
@click.option("--llm-url", metavar="URL", help="Let an OpenAI-compatible server write the messages.")
def demo(port: int | None, kafka: str | None, llm_url: str | None) -> None:
    """Start the local cloud, deploy the stack, load the data, run all five scenarios, and sum up.

    Nothing of it needs an account, Docker or credentials. Everything is left running. The exit code is 1 when
    something expected was not seen.
    """
    began, began_at = time.monotonic(), datetime.now(UTC)
    wb = options.bench("local", port=_free() if port is None else port, kafka=kafka)
    wb.up(llm_url=llm_url)
    wb.stack.deploy(again=True)
    seeded = wb.table.load()
    click.echo(f"{seeded.flights} flights, {seeded.passengers} passengers, {seeded.bookings} bookings are loaded.")
    sending.prepare(wb.session)
    # The stand-in takes no time: where it writes, more functions at once than processors only start more of them.
    at_once = CONCURRENCY if llm_url else min(CONCURRENCY, os.cpu_count() or 1)
    wb.templates.prepare(wb.templates.plan_for_scenarios(), concurrency=at_once)
    runs = []
    for scenario in SCENARIOS:
        click.echo()
        runs.append(wb.fire(scenario.name))
        screen.show(runs[-1].summary())
    _summarise(wb, runs, began_at, time.monotonic() - began)
    if not all(run.ok for run in runs):
        raise click.exceptions.Exit(1)


def _free() -> int | None:
    """The usual port, or any free one where another program has it."""
    if process.status(paths.home()) is None:
        try:
            ports.check_free(process.DEFAULT_PORT)
        except UserError as error:
            click.echo(f"{error.message} The local cloud takes a free one.")
            return 0
    return None


def _summarise(wb: Workbench, runs: list[Run], began_at: datetime, took: float) -> None:
    headings = ("", "scenario", "expectations", "events", "executions", "e-mails", "texts", "took")
    click.echo()
    screen.show(Table.of(headings, map(_row, runs)), title="Summary")
    sums = wb.metrics.by_name(since=began_at)
    counted = ", ".join(f"{name} {sums[name]:g}" for name in _COUNTERS if name in sums)
    click.echo(f"Metrics (CloudWatch, namespace FlightPulse): {counted or 'none yet'}")
    click.echo(_writers_line(runs))
    click.echo(wb.session.model)
    passed = sum(run.ok for run in runs)
    mark = YES if passed == len(runs) else NO
    click.echo(f"{mark} {passed} of {len(runs)} scenarios showed everything expected, in {seconds(took)}.")
    click.echo(_NEXT.format(endpoint=wb.session.endpoint_url))


def _row(run: Run) -> tuple[object, ...]:
    channels = Counter(message.channel for message in run.facts.messages)
    return (
        f"{YES} seen" if run.ok else f"{NO} missing",
        run.name,
        f"{sum(check.ok for check in run.checks)} of {len(run.checks)}",
        len(run.facts.sent),
        len(run.facts.handled),
        channels["email"],
        channels["sms"],
        seconds(run.seconds),
    )


def _writers_line(runs: list[Run]) -> str:
    origins = Counter(message.written_by for run in runs for message in run.facts.messages)
    return (
        f"Messages: {sum(origins.values())}, of which {origins['model']} from a template the model wrote for them, "
        f"{origins['cache']} from a cached one, {origins['fallback']} from the written fallback"
    )
