"""The verb that runs a scenario and shows expected beside seen."""

from typing import TYPE_CHECKING, Any

import click

from flightpulse.cli import options

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from flightpulse.workbench.fire.scenarios import ScenarioRun
    from flightpulse.workbench.target.session import Session
    from simulator.scenarios import Scenario


@click.command(short_help="Send one scenario, wait, and hold it against what must be seen.")
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
    from simulator import scenarios

    chosen = scenarios.find(scenario)
    session = options.session(target, kafka=kafka)
    run = play(session, chosen, reset=not no_reset, seconds=timeout, quiet=as_json)
    if as_json:
        options.print_json({**run.as_json(), "model": session.model})
    else:
        _after(session, run)
    if not run.ok:
        raise click.exceptions.Exit(1)


def play(
    session: "Session", scenario: "Scenario", *, reset: bool = True, seconds: float | None = None, quiet: bool = False
) -> "ScenarioRun":
    """Run a scenario, show that it runs, and (unless ``quiet``) show its table."""
    from flightpulse.cli import screen
    from flightpulse.workbench.bench import cloud_of
    from flightpulse.workbench.fire import firing
    from flightpulse.workbench.fire.expectations import EXPECTED

    console = screen.console(stderr=quiet)
    steps = screen.Steps(console)
    name = f"scenario {scenario.number}"
    with steps.shown():
        steps.update(name, scenario.title)
        fired = firing.fire(
            session,
            scenario,
            EXPECTED[scenario.name],
            reset=reset,
            seconds=seconds,
            on_look=lambda seen, expected: steps.update(name, scenario.title, seen, expected),
        )
        firing.keep(session, scenario, fired, cloud=cloud_of(session))
        run = fired.run
        steps.finish(name, scenario.title, ok=run.ok)
    if not quiet:
        console.print(table_of(run))
        show_hints(console, run)
    return run


def table_of(run: "ScenarioRun") -> "Table":
    """Expected beside seen, with a mark and a word for each."""
    from rich.markup import escape

    from flightpulse.cli import screen

    table = screen.table("", "expected", "seen")
    for check in run.checks:
        mark = f"[green]{screen.YES} seen[/green]" if check.ok else f"[red]{screen.NO} missing[/red]"
        table.add_row(mark, escape(check.expected), escape(check.seen))
    return table


def show_hints(console: "Console", run: "ScenarioRun") -> None:
    """Where to look, when something is missing."""
    for hint in run.hints:
        console.print(f"  → {hint}", markup=False)


def _after(session: "Session", run: "ScenarioRun") -> None:
    flights = sorted({sent.flight_id for sent in run.facts.sent})
    read = f"inbox --flight {flights[0]}" if len(flights) == 1 else "inbox"
    click.echo(session.model)
    click.echo(f"Read the messages: {session.command(read)}   Step through: {session.command('show latest')}")


def _list(*, as_json: bool) -> None:
    from flightpulse.workbench.fire.expectations import EXPECTED
    from simulator.scenarios import SCENARIOS

    expected = {scenario.name: [expectation.what for expectation in EXPECTED[scenario.name]] for scenario in SCENARIOS}
    if as_json:
        options.print_json([_described(scenario, expected[scenario.name]) for scenario in SCENARIOS])
        return
    from flightpulse.cli import screen

    table = screen.table("n", "name", "sends", "a viewer must then see")
    for scenario in SCENARIOS:
        wanted = "\n".join(f"• {what}" for what in expected[scenario.name])
        table.add_row(str(scenario.number), scenario.name, scenario.sends, wanted)
    screen.console().print(table)
    click.echo("Run one with: flightpulse scenario 1")


def _described(scenario: "Scenario", expected: list[str]) -> dict[str, Any]:
    return {
        "number": scenario.number,
        "name": scenario.name,
        "title": scenario.title,
        "sends": scenario.sends,
        "flights": list(scenario.flights),
        "expects": expected,
    }
