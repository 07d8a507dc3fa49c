"""Measures FlightPulse against one model call per booking: same events, same local cloud, same model, in turns.

    python -m tools.bench                    three deployments, three pairs of runs on each; writes docs/performance.md
    python -m tools.bench --deployments 1 --runs 1 --seats 40 --events 5 --sizes 5 10 --carrier WN --print

Beside it: how the work grows with a flight, how soon the last passenger is told, and a whole day as fast as it goes.

Every deployment is a local cloud of its own in a temporary folder. The model takes a second for each answer.
"""

import argparse
import json
import os
import platform
import statistics
import string
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flightpulse.chaos import booked_flights
from flightpulse.errors import UserError
from flightpulse.messages.facts import read_news
from flightpulse.workbench import connect
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.costs import run_cost
from flightpulse.workbench.deploy import seeding
from flightpulse.workbench.faults.fault_page import FaultPage
from flightpulse.workbench.fire import sending
from flightpulse.workbench.messages import inbox
from localcloud.process import state as local_state
from simulator import days, events
from simulator.replay import MAX_SPEED
from simulator.replay import plan as make_plan
from simulator.sample_data import SampleData
from tools.bench import day as whole_day
from tools.bench import latency, scaling
from tools.bench.baseline import Baseline

PAGE = Path(__file__).with_name("performance.md")
REPORT = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
MODEL_SECONDS = 1.0
LARGER_MODEL = "us.anthropic.claude-haiku-4-5"
BLIZZARD, CARRIER, HOUR = "2013-02-08", "B6", 17
_NEW_YORK_UTC = timedelta(hours=-5)
_LONGEST_SECONDS = 900.0
_POLL_SECONDS = 0.5

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of events: bookings told, messages, seconds from sending to the last message, calls of the model."""

    bookings: int
    messages: int
    bytes: int
    seconds: float
    model_calls: int

    @property
    def per_second(self) -> float:
        return self.bookings / self.seconds


@dataclass(frozen=True, slots=True)
class Costs:
    """US dollars at list prices for 1,000 passengers; ``larger``: the other design with a larger model."""

    ours: Decimal
    other: Decimal
    larger: Decimal


@dataclass(slots=True)
class Results:
    """Pairs of runs (ours, the other) by what was measured, costs per 1,000 passengers, and what is said beside."""

    pairs: dict[str, list[tuple[Measured, Measured]]] = field(default_factory=dict)
    unprepared: list[Measured] = field(default_factory=list)
    costs: list[Costs] = field(default_factory=list)
    latency: str = ""
    scaling: list[str] = field(default_factory=list)
    day: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--deployments", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3, help="warm pairs on each deployment")
    parser.add_argument("--seats", type=int, default=180)
    parser.add_argument("--events", type=int, default=latency.EVENTS, help="events whose latency is measured")
    parser.add_argument("--sizes", type=int, nargs="+", default=scaling.SIZES, help="bookings of growing flights")
    parser.add_argument("--carrier", action="append", default=[], help="of the whole day, only this carrier's flights")
    parser.add_argument("--print", action="store_true", help="print the page and leave docs/performance.md as it is")
    options = parser.parse_args()
    results = Results()
    for number in range(options.deployments):
        with tempfile.TemporaryDirectory(prefix="flightpulse-bench-") as home:
            wb = connect("local", home=home, port=0)
            try:
                _measure_one_deployment(wb, number, options.runs, options.seats, results)
                if number == options.deployments - 1:
                    results.latency = latency.line(latency.measured(wb, options.events))
                    results.scaling = scaling.lines(scaling.measured(wb, options.sizes))
            finally:
                with redirect_stdout(sys.stderr):
                    wb.down()
    results.day, told = whole_day.measure(whole_day.WORST, options.carrier, MAX_SPEED)
    page = report(results, options.seats, " ".join(["python -m tools.bench", *sys.argv[1:]]))
    if options.print:
        print(page)
    else:
        REPORT.write_text(page, encoding="utf-8")
        print(f"Wrote {REPORT.name}.")
    return 0 if told else 1


def _measure_one_deployment(wb: Workbench, number: int, runs: int, seats: int, results: Results) -> None:
    with redirect_stdout(sys.stderr):
        wb.up()
        wb.stack.deploy()
    people = booked_flights.invent(seats, flights=1, bookings=seats, first_flight=8000, everyone=True)
    data = SampleData(people.flights, people.passengers, people.bookings)
    people.save(wb.session)
    delay = _news_of(_delay(data), data)
    if number == 0:
        results.unprepared.append(_unprepared(wb, data))
    blizzard, cancellations = _blizzard_hour()
    seeding.store(wb.session, blizzard)
    with redirect_stdout(sys.stderr):
        wb.templates.prepare(wb.templates.plan(delay, _news_of(cancellations(datetime.now(UTC))[0], blizzard)))
    baseline = Baseline(wb.session, f"{delay}MEMBER/-/en-US")
    with wb.faults.model("slow", seconds=MODEL_SECONDS):
        _pair(wb, baseline, "just deployed and prepared", lambda: [_delay(data)], data, results, turn=number)
        for run in range(runs):
            pair = _pair(wb, baseline, "warm", lambda: [_delay(data)], data, results, turn=run)
            if run == 0:
                results.costs.append(_costs(wb, baseline, data, pair))
        _pair(wb, baseline, f"blizzard, {HOUR}:00", lambda: cancellations(datetime.now(UTC)), blizzard, results, turn=0)


def _unprepared(wb: Workbench, data: SampleData) -> Measured:
    """The first flight of a system where nobody prepared anything: the model is asked while passengers wait."""
    with wb.faults.model("slow", seconds=MODEL_SECONDS):
        found = _ours(wb, [_delay(data)], data)
    wb.templates.forget()
    return found


def _pair(
    wb: Workbench,
    baseline: Baseline,
    what: str,
    make: Callable[[], list[Event]],
    data: SampleData,
    results: Results,
    *,
    turn: int,
) -> tuple[Measured, Measured]:
    """Both designs, one after the other; who begins changes from pair to pair."""
    if turn % 2:
        other = _other(wb, baseline, make(), data)
        ours = _ours(wb, make(), data)
    else:
        ours = _ours(wb, make(), data)
        other = _other(wb, baseline, make(), data)
    print(f"{what}: {ours.per_second:.1f} and {other.per_second:.1f} told per second", file=sys.stderr, flush=True)
    results.pairs.setdefault(what, []).append((ours, other))
    return ours, other


def _ours(wb: Workbench, some: Sequence[Event], data: SampleData) -> Measured:
    seeding.store(wb.session, data)
    return _timed(wb, some, data, lambda: sending.send(wb.session, some))


def _other(wb: Workbench, baseline: Baseline, some: Sequence[Event], data: SampleData) -> Measured:
    seeding.store(wb.session, data)
    return _timed(wb, some, data, lambda: baseline.tell(some))


def _timed(wb: Workbench, some: Sequence[Event], data: SampleData, start: Callable[[], object]) -> Measured:
    """Start and wait for every message. The clock stops at the time of the last message, not when it was seen."""
    ids = {str(event["event_id"]) for event in some}
    expected = _expected(some, data)
    asked, began = _asked(wb), datetime.now(UTC)
    growing, until = inbox.GrowingInbox(wb.session, began), time.monotonic() + _LONGEST_SECONDS
    start()
    while len(messages := growing.look(ids)) < expected and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    if len(messages) != expected:
        raise UserError(f"{len(messages)} of {expected} messages came: this cannot be compared.")
    return Measured(
        bookings=len({(message.event_id, message.booking_id) for message in messages}),
        messages=len(messages),
        bytes=sum(len(message.subject) + len(message.text) for message in messages),
        seconds=(max(message.at for message in messages) - began).total_seconds(),
        model_calls=_asked(wb) - asked,
    )


def _asked(wb: Workbench) -> int:
    cloud = local_state.load(wb.session.home)
    if cloud is None:
        raise UserError("The local cloud is not running.")
    return int(FaultPage(cloud.model_url).call("GET", what="calls")[1]["total"])


def _expected(some: Sequence[Event], data: SampleData) -> int:
    wishes = {person.passenger_id: person.notification_preferences for person in data.passengers}
    flights = [str(event["payload"]["flight_id"]) for event in some]
    wanted = [(booking.flight_id, wishes[booking.passenger_id]) for booking in data.bookings]
    return sum(flights.count(flight) * (wish.email + wish.sms) for flight, wish in wanted)


def _delay(data: SampleData) -> Event:
    return events.delay(data.flights[0], 95, "WEATHER", "Thunderstorms slow departures", at=datetime.now(UTC))


def _news_of(event: Event, data: SampleData) -> str:
    """The beginning of the keys of every segment that an event can need."""
    flight = next(flight for flight in data.flights if flight.flight_id == event["payload"]["flight_id"])
    news = read_news({**event, **event["payload"]}, flight.to_fields())
    return f"{news.kind}/{news.severity}/{news.reason or '-'}/"


def _blizzard_hour() -> tuple[SampleData, Callable[[datetime], list[Event]]]:
    """The carrier's flights of that hour with everybody on board, and their cancellations, all known at one moment."""
    day = days.find(BLIZZARD)
    rows = days.read(day)
    wanted = [row for row in rows if row.carrier == CARRIER and (row.leaves_at + _NEW_YORK_UTC).hour == HOUR]
    plan = make_plan(day, wanted, all_rows=rows, seed=1, leaves_on=seeding.tomorrow())

    def cancellations(at: datetime) -> list[Event]:
        return [
            events.cancellation(flight, day.reason, day.detail, at=at + timedelta(milliseconds=number))
            for number, flight in enumerate(plan.data.flights)
        ]

    return plan.data, cancellations


def _costs(wb: Workbench, baseline: Baseline, data: SampleData, pair: tuple[Measured, Measured]) -> Costs:
    """List prices of one more run each, for 1,000 passengers."""
    seeding.store(wb.session, data)
    with redirect_stdout(sys.stderr):
        ours = wb.fire(_delay(data), timeout=_LONGEST_SECONDS).cost()
    seeding.store(wb.session, data)
    since = datetime.now(UTC)
    other = baseline.usage(baseline.tell([_delay(data)]), since, pair[1].messages, pair[1].bytes)
    larger = replace(other, models=tuple(replace(asked, model_id=LARGER_MODEL) for asked in other.models))
    found = (ours, run_cost.priced(other), run_cost.priced(larger))
    return Costs(*(cost.per_thousand or Decimal(0) for cost in found))


def report(results: Results, seats: int, command: str) -> str:
    """The page docs/performance.md."""
    speeds, calls = [], []
    for what, pairs in results.pairs.items():
        ours, other = ([pair[side].per_second for pair in pairs] for side in (0, 1))
        ratios = [mine / theirs for mine, theirs in zip(ours, other, strict=True)]
        speeds.append(f"| {what} ({pairs[0][0].bookings}) | {_spread(ours)} | {_spread(other)} | {_spread(ratios)} |")
        asked = (_spread([pair[side].model_calls for pair in pairs]) for side in (0, 1))
        calls.append(f"| {what} | {' | '.join(asked)} |")
    for told in results.unprepared:
        calls.append(f"| nothing prepared, {told.bookings} told in {told.seconds:.1f} s | {told.model_calls} | – |")
    ours_cost, other_cost, larger_cost = (
        statistics.median(getattr(costs, name) for costs in results.costs) for name in ("ours", "other", "larger")
    )
    return string.Template(PAGE.read_text(encoding="utf-8")).substitute(
        command=command,
        model_seconds=f"{MODEL_SECONDS:.0f}",
        machine=f"{platform.system()} {platform.machine()}",
        processors=os.cpu_count(),
        python=platform.python_version(),
        speeds="\n".join(speeds),
        latency=results.latency,
        scaling="\n".join(f"- {line}" for line in results.scaling),
        day="\n".join(f"- {line}" for line in results.day),
        calls="\n".join(calls),
        seats=seats,
        ours=f"{ours_cost:.4f}",
        other=f"{other_cost:.4f}",
        ratio=f"{other_cost / ours_cost:.1f}",
        larger=f"{larger_cost:.4f}",
        larger_ratio=f"{larger_cost / ours_cost:.1f}",
        larger_model=LARGER_MODEL,
    )


def _spread(values: Sequence[float]) -> str:
    if min(values) == max(values):
        return _number(values[0])
    return f"{_number(statistics.median(values))} [{_number(min(values))}–{_number(max(values))}]"


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        print(json.dumps(str(error))[1:-1], file=sys.stderr)
        sys.exit(error.exit_code)
