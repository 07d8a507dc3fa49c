"""The verb that replays a real day of flights."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click
from click.core import ParameterSource

from flightpulse import paths
from flightpulse.cli import options, screen
from flightpulse.errors import UserError
from flightpulse.workbench.deploy import seeding
from flightpulse.workbench.fire.pace import Pace
from flightpulse.workbench.fire.replaying import Choice, Replayed, ReplayProgress
from flightpulse.workbench.show.progress import NO, YES
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session
from simulator import days
from simulator.replay import ReplayPlan


@click.command()
@click.argument("day", required=False)
@options.target
@options.kafka
@click.option("--list", "only_list", is_flag=True, help="List the days.")
@click.option("--carrier", "carriers", multiple=True, metavar="CODE", help="Only flights of this carrier, such as B6.")
@click.option("--origin", "origins", multiple=True, metavar="CODE", help="Only flights from EWR, JFK or LGA.")
@click.option("--tail", "tails", multiple=True, metavar="NUMBER", help="Only flights of this aircraft.")
@click.option(
    "--flights",
    type=click.IntRange(1),
    help="At most so many flights that had news (default: 12 of a whole day, all that a filter leaves).",
)
@click.option("--all", "all_flights", is_flag=True, help="Every flight of the day.")
@click.option(
    "--bookings", type=click.IntRange(1), help="At most so many bookings a flight (default: as full as aircraft are)."
)
@click.option("--seed", type=int, default=1, show_default=True, help="For the choice of flights and what is invented.")
@click.option(
    "--speed",
    type=click.FloatRange(1, 100_000),
    default=3600.0,
    show_default=True,
    help="How many times faster than it was: at 3600 an hour takes a second.",
)
@click.option("--plan", "only_plan", is_flag=True, help="Only say what the replay consists of; nothing is sent.")
@click.option("--resume", is_flag=True, help="Go on with the replay that was stopped half-way.")
@options.as_json
def replay(
    day: str | None,
    target: str,
    kafka: str | None,
    only_list: bool,
    only_plan: bool,
    speed: float,
    resume: bool,
    as_json: bool,
    **choice: Any,
) -> None:
    """Send what became known on a real day of flights, wait, and sum up what became of it.

    \b
        flightpulse replay 2013-07-23 --tail N192JB
        flightpulse replay 2013-02-08 --carrier B6
        flightpulse replay 2013-04-16 --carrier AA --carrier MQ --speed 7200

    DAY is a date of 2013 (--list shows them), or the path of a CSV file with the same columns, such as any other day
    of that year. Flights, cancellations and delays are real. Passengers, bookings, gates and the moments at which
    cancellations were known are invented: sample_data/replays/README.md says how, and how to make such a file.
    Replayed flights are stored beside the sample data, under ids that begin with RP, and leave tomorrow.

    Ctrl-C stops a replay after an event; --resume takes it up again, and nobody is told anything twice. The exit code
    is 1 when an event was not handled, or somebody who wishes it was not told a flight's newest news.
    """
    if only_list or (day is None and not resume):
        _list(as_json=as_json)
        return
    if choice["all_flights"] and choice["flights"]:
        raise UserError("--all and --flights cannot both be.", hint="Leave out one of them.")
    resumed = _stopped({"day", *choice}) if resume else None
    chosen = resumed.choice if resumed else Choice(day=_named(day), leaves_on=seeding.tomorrow().isoformat(), **choice)
    plan = chosen.plan()
    if only_plan:
        _show_plan(plan, as_json=as_json)
        return
    wb = options.bench(target, kafka=kafka, quiet=as_json)
    pace = Pace(speed, passed=timedelta(seconds=resumed.passed_seconds if resumed else 0))
    replayed = wb.events.replay(plan, pace=pace, choice=chosen, resumed=resumed)
    if as_json:
        options.print_json(_described(replayed, plan, speed, wb.session))
    else:
        _show(wb.session, plan, replayed)
    if not replayed.ok:
        raise click.exceptions.Exit(1)


def _stopped(choosing: Collection[str]) -> ReplayProgress:
    """The replay to take up. Raises UserError where an option that is ``choosing`` flights is given beside."""
    stopped = ReplayProgress.load(paths.home())
    context = click.get_current_context()
    given = [
        option.human_readable_name if isinstance(option, click.Argument) else option.opts[0]
        for option in context.command.params
        if option.name in choosing and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise UserError(
            f"--resume goes on with the replay of {stopped.choice.day} as it was begun.",
            hint=f"Leave out {', '.join(given)}.",
        )
    return stopped


def _named(day: str | None) -> str:
    """The day as a later command finds it, wherever that runs."""
    return str(days.path_of(day)) if day and day.endswith(".csv") else day or ""


def _show_plan(plan: ReplayPlan, *, as_json: bool) -> None:
    totals = asdict(plan.totals)
    if as_json:
        options.print_json({"day": plan.day.name, "seed": plan.seed, "left_out": plan.left_out, "totals": totals})
        return
    rows = [(name.replace("_", " "), f"{number:,}") for name, number in totals.items()]
    screen.show(Table.of(("what", "how many"), rows), title=f"{plan.day.name}: {plan.day.title}")


def _show(session: Session, plan: ReplayPlan, replayed: Replayed) -> None:
    screen.show(replayed.table())
    for check in replayed.run.checks:
        click.echo(f"{YES if check.ok else NO} {check.expected}: {check.seen}")
    for hint in replayed.run.hints:
        click.echo(f"  → {hint}")
    if plan.left_out:
        click.echo(f"{plan.left_out} flights of the day were left out: their airports are not known here.")
    if plan.totals.diverted:
        click.echo(f"{plan.totals.diverted} flights were diverted or came back to the gate; no event says so here.")
    click.echo("Flights are real, passengers and gates invented: sample_data/replays/README.md")
    click.echo(session.model)


def _described(replayed: Replayed, plan: ReplayPlan, speed: float, session: Session) -> dict[str, Any]:
    return {
        "day": plan.day.name,
        "ok": replayed.ok,
        "seed": plan.seed,
        "speed": speed,
        "flights": [flight.flight_id for flight in plan.data.flights],
        "left_out": plan.left_out,
        "totals": asdict(plan.totals),
        "seconds": round(replayed.run.seconds, 2),
        "kinds": [line.as_json() for line in replayed.lines],
        "checks": [{"expected": check.expected, "seen": check.seen, "ok": check.ok} for check in replayed.run.checks],
        "hints": list(replayed.run.hints),
        "model": session.model,
    }


def _list(*, as_json: bool) -> None:
    found = []
    for day in days.DAYS:
        rows = days.read(day)
        found.append((day, len(rows), sum(row.cancelled for row in rows)))
    if as_json:
        options.print_json(
            [
                {"day": day.name, "title": day.title, "flights": flights, "cancelled": cancelled}
                for day, flights, cancelled in found
            ]
        )
        return
    shown = [(day.name, flights, cancelled, day.title) for day, flights, cancelled in found]
    screen.show(Table.of(("day", "flights", "cancelled", "what happened"), shown))
    click.echo(f"Replay one with: flightpulse replay {days.DAYS[0].name}")
