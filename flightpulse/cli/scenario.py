"""The verb that runs a scenario and shows expected beside seen."""

from typing import Any

import click

from flightpulse.cli import options, screen
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.fire.expectations import EXPECTED
from flightpulse.workbench.run import Run
from flightpulse.workbench.show.tables import Table
from simulator import scenarios
from simulator.scenarios import SCENARIOS, Scenario


@click.command()
@click.argument("scenario", required=False)
@options.target
@options.kafka
@click.option("--list", "only_list", is_flag=True, help="List the scenarios.")
@click.option("--no-reset", is_flag=True, help="Leave the flights as earlier scenarios left them.")
@click.option("--timeout", type=click.FloatRange(min=1), metavar="SECONDS", help="Wait at most so long.")
@options.as_json
def scenario(
    scenario: str | None,
    target: str,
    kafka: str | None,
    only_list: bool,
    no_reset: bool,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Send one scenario through Kafka, wait, and hold what happened against what must be seen.

    SCENARIO is a number or a name; --list shows them. The exit code is 1 when something expected was not seen.

    First the scenario's flights and their bookings are put back to where they began, because they remember: a flight
    that an earlier run has cancelled refuses later news about its departure. --no-reset leaves them as they are; then
    a second cancellation, for example, ends as superseded, and that is not what the scenario expects.

    With --target aws, --kafka names a broker that the stack's event source mapping polls, or one that `flightpulse
    relay` relays.
    """
    if only_list or scenario is None:
        _list(as_json=as_json)
        return
    chosen = scenarios.find(scenario)
    wb = options.bench(target, kafka=kafka, quiet=as_json)
    run = wb.fire(chosen.name, reset=not no_reset, timeout=timeout)
    if as_json:
        options.print_json({"scenario": chosen.number, **run.as_json(), "model": wb.session.model})
    else:
        screen.show(run.summary())
        _after(wb, run)
    if not run.ok:
        raise click.exceptions.Exit(1)


def _after(wb: Workbench, run: Run) -> None:
    flights = sorted({sent.flight_id for sent in run.facts.sent})
    read = f"inbox --flight {flights[0]}" if len(flights) == 1 else "inbox"
    command = wb.session.command
    click.echo(wb.session.model)
    click.echo(f"Read the messages: {command(read)}   Step through: {command('show latest')}")


def _list(*, as_json: bool) -> None:
    expected = {scenario.name: [expectation.what for expectation in EXPECTED[scenario.name]] for scenario in SCENARIOS}
    if as_json:
        options.print_json([_described(scenario, expected[scenario.name]) for scenario in SCENARIOS])
        return
    rows = [
        (scenario.number, scenario.name, scenario.sends, "\n".join(f"• {what}" for what in expected[scenario.name]))
        for scenario in SCENARIOS
    ]
    screen.show(Table.of(("n", "name", "sends", "a viewer must then see"), rows))
    click.echo("Run one with: flightpulse scenario 1")


def _described(scenario: Scenario, expected: list[str]) -> dict[str, Any]:
    return {
        "number": scenario.number,
        "name": scenario.name,
        "title": scenario.title,
        "sends": scenario.sends,
        "flights": list(scenario.flights),
        "expects": expected,
    }
