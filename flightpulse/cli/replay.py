"""The verb that replays a real day of flights."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from flightpulse import paths
from flightpulse.cli import options

if TYPE_CHECKING:
    from rich.console import Console

    from flightpulse.workbench.fire.pace import Pace
    from flightpulse.workbench.fire.replaying import Line, Progress, Replayed
    from flightpulse.workbench.target.session import Session
    from simulator.replay import Plan

_FLIGHTS_OF_A_WHOLE_DAY = 12


@click.command(short_help="Replay a real day of flights.")
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
@click.option("--resume", is_flag=True, help="Go on with the replay that was stopped half-way.")
@options.as_json
def replay(
    day: str | None, target: str, kafka: str | None, only_list: bool, resume: bool, as_json: bool, **choice: Any
) -> None:
    """Send what became known on a real day of flights, wait, and sum up what became of it.

    \b
        flightpulse replay 2013-07-23 --tail N192JB
        flightpulse replay 2013-02-08 --carrier B6
        flightpulse replay 2013-04-16 --carrier AA --carrier MQ --speed 7200

    DAY is a date of 2013; --list shows them. Flights, cancellations and delays are real. Passengers, bookings, gates
    and the moments at which cancellations were known are invented: sample_data/replays/README.md says how. Replayed
    flights are stored beside the sample data, under ids that begin with RP, and leave tomorrow.

    Ctrl-C stops a replay after an event; --resume takes it up again, and nobody is told anything twice. The exit code
    is 1 when an event was not handled, or somebody who wishes it was not told a flight's newest news.
    """
    if only_list or (day is None and not resume):
        _list(as_json=as_json)
        return
    from flightpulse.workbench.fire.pace import Pace
    from flightpulse.workbench.fire.replaying import Progress

    resumed = Progress.load(paths.home()) if resume else None
    if resumed is not None:
        choice = {**resumed.choice, "speed": choice["speed"]}
    else:
        choice = {**choice, "day": day, "leaves_on": seeding_day()}
    plan = planned(choice)
    session = options.session(target, kafka=kafka)
    pace = Pace(choice["speed"], passed=timedelta(seconds=resumed.passed_seconds if resumed else 0))
    replayed = _play(session, plan, pace, choice, resumed, quiet=as_json)
    if as_json:
        options.print_json(_described(replayed, plan, choice["speed"], session))
    if not replayed.ok:
        raise click.exceptions.Exit(1)


def seeding_day() -> str:
    """The day on which replayed flights leave: tomorrow where the user is."""
    from flightpulse.workbench.deploy import seeding

    return seeding.tomorrow().isoformat()


def planned(choice: Mapping[str, Any]) -> "Plan":
    """The plan that these options describe. Raises UserError when there is no such day or no such flight."""
    from simulator import days
    from simulator.replay import plan

    day = days.find(choice["day"])
    rows = days.read(day)
    wanted = days.Filter(tuple(choice["carriers"]), tuple(choice["origins"]), tuple(choice["tails"]))
    everything = choice["all_flights"] or (bool(wanted) and choice["flights"] is None)
    return plan(
        day,
        wanted.of(day, rows),
        all_rows=rows,
        flights=None if everything else choice["flights"] or _FLIGHTS_OF_A_WHOLE_DAY,
        bookings=choice["bookings"],
        seed=choice["seed"],
        leaves_on=date.fromisoformat(choice["leaves_on"]),
    )


def _play(
    session: "Session",
    plan: "Plan",
    pace: "Pace",
    choice: Mapping[str, Any],
    resumed: "Progress | None",
    *,
    quiet: bool,
) -> "Replayed":
    from flightpulse.cli import screen
    from flightpulse.workbench.fire import replaying

    console = screen.console(stderr=quiet)
    steps = screen.Steps(console)
    totals = plan.totals
    name = f"replay {plan.day.name}"
    what = f"{len(plan.news)} events about {totals.flights} flights, {totals.bookings} bookings"
    with steps.shown():
        steps.update(name, what)
        replayed = replaying.replay(
            session,
            plan,
            pace=pace,
            choice=choice,
            resumed=resumed,
            on_board=lambda board: steps.update(name, str(board), board.sent - board.backlog, board.of),
        )
        steps.finish(name, what, ok=replayed.ok)
    if not quiet:
        _show(console, session, plan, replayed)
    return replayed


def _show(console: "Console", session: "Session", plan: "Plan", replayed: "Replayed") -> None:
    from flightpulse.cli import screen

    table = screen.table("kind", "events", "handled", "superseded", "e-mails", "texts", "half told within", "95 %")
    for line in replayed.lines:
        table.add_row(*_cells(line))
    console.print(table)
    for check in replayed.run.checks:
        console.print(f"{screen.YES if check.ok else screen.NO} {check.expected}: {check.seen}", markup=False)
    for hint in replayed.run.hints:
        console.print(f"  → {hint}", markup=False)
    if plan.left_out:
        console.print(f"{plan.left_out} flights of the day were left out: their airports are not known here.")
    if plan.totals.diverted:
        console.print(f"{plan.totals.diverted} flights were diverted or came back to the gate; no event says so here.")
    console.print("Flights are real, passengers and gates invented: sample_data/replays/README.md", markup=False)
    console.print(session.model, markup=False)


def _cells(line: "Line") -> list[str]:
    from flightpulse.cli import screen

    counts = (line.events, line.handled, line.superseded, line.emails, line.texts)
    waits = ("–" if wait is None else screen.seconds(wait) for wait in (line.p50, line.p95))
    return [line.kind, *map(str, counts), *waits]


def _described(replayed: "Replayed", plan: "Plan", speed: float, session: "Session") -> dict[str, Any]:
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
        "checks": [{"expected": one.expected, "seen": one.seen, "ok": one.ok} for one in replayed.run.checks],
        "hints": list(replayed.run.hints),
        "model": session.model,
    }


def _list(*, as_json: bool) -> None:
    from simulator import days

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
    from flightpulse.cli import screen

    table = screen.table("day", "flights", "cancelled", "what happened")
    for day, flights, cancelled in found:
        table.add_row(day.name, str(flights), str(cancelled), day.title)
    screen.console().print(table)
    click.echo(f"Replay one with: flightpulse replay {days.DAYS[0].name}")
