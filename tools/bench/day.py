"""Replays a real day as fast as it goes, and says what that took: a few minutes and a few gigabytes for the worst one.

    python -m tools.bench.day                              2013-03-08, every carrier, on a local cloud of its own
    python -m tools.bench.day 2013-03-08 --carrier B6
    python -m tools.bench.day --speed 200                  slower, so that less news is overtaken by newer news

Messages are written from prepared templates, about delays from 30 minutes on (`/flightpulse/notify-from-minutes`),
cancellations and gates. The exit code is 1 when an event was lost or somebody was told twice.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from flightpulse.errors import UserError
from flightpulse.stack.names import NOTIFY_FROM_PARAMETER
from flightpulse.workbench import connect
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.deploy import seeding
from flightpulse.workbench.fire.pace import Pace
from flightpulse.workbench.fire.replaying import Choice, Replayed
from flightpulse.workbench.messages import inbox
from localcloud.process import state as local_state
from simulator.replay import MAX_SPEED, NOTIFY_FROM_MINUTES, ReplayPlan

WORST = "2013-03-08"
_SAMPLED_EVERY = 1.0


@dataclass(slots=True)
class Load:
    """What a process and its children used: seconds of processor time so far, and the most memory in MiB."""

    processor_seconds: float = 0.0
    memory: float = 0.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.day", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("day", nargs="?", default=WORST)
    parser.add_argument("--carrier", action="append", default=[], help="only flights of this carrier")
    parser.add_argument("--speed", type=float, default=MAX_SPEED, help="how many times faster than the day was")
    options = parser.parse_args()
    said, ok = measure(options.day, options.carrier, options.speed)
    print("\n".join(said))
    return 0 if ok else 1


def measure(day: str, carriers: Sequence[str], speed: float) -> tuple[list[str], bool]:
    """Replay it on a local cloud of its own: what is to be said of it, and whether everybody was told, and once."""
    choice = Choice(
        day=day, leaves_on=seeding.tomorrow().isoformat(), carriers=tuple(carriers), all_flights=not carriers
    )
    plan = choice.plan()
    with tempfile.TemporaryDirectory(prefix="flightpulse-bench-") as home:
        wb = connect("local", home=home, port=0)
        try:
            with redirect_stdout(sys.stderr):
                _prepare(wb, plan)
                pid = _pid(wb, Path(home))
                before = measured(pid).processor_seconds
                with _watched(pid) as load:
                    replayed = wb.events.replay(plan, pace=Pace(speed), choice=choice)
        finally:
            with redirect_stdout(sys.stderr):
                wb.down()
    load.processor_seconds -= before
    return lines(plan, replayed, load), replayed.ok and not inbox.repeated(replayed.facts.messages)


def _prepare(wb: Workbench, plan: ReplayPlan) -> None:
    wb.up()
    wb.stack.deploy()
    delays = (f"delay/{severity}/{plan.day.reason}/" for severity in ("MINOR", "MAJOR", "SEVERE"))
    wb.templates.prepare(wb.templates.plan(*delays, f"cancellation/CANCELLED/{plan.day.reason}/", "gate_change/"))

    wb.session.ssm.put_parameter(Name=NOTIFY_FROM_PARAMETER, Value=str(NOTIFY_FROM_MINUTES), Overwrite=True)


def _pid(wb: Workbench, home: Path) -> int:
    cloud = local_state.load(home)
    if cloud is None:
        raise UserError(f"The local cloud of {wb.session.where} is not running.")
    return cloud.pid


def lines(plan: ReplayPlan, replayed: Replayed, load: Load) -> list[str]:
    """What the replay took, and what the same pace means for everything that the day has to tell."""
    facts = replayed.facts
    told = len({(message.event_id, message.booking_id) for message in facts.messages})
    began = min((sent.at for sent in facts.sent), default=replayed.run.began_at)
    seconds = (max((message.at for message in facts.messages), default=began) - began).total_seconds()
    found = [
        f"{plan.day.name}: {len(plan.news):,} events; {plan.totals.flights} flights, {plan.totals.bookings:,} bookings",
        str(replayed.board),
        f"told: {told:,} times a booking, {len(facts.messages):,} messages, in {seconds:.1f} s",
        f"told twice: {len(inbox.repeated(facts.messages))}",
        *(f"{check.expected}: {check.seen}" for check in replayed.run.checks),
        f"most memory: {load.memory:,.0f} MiB, functions included",
    ]
    if told and seconds:
        found += [
            f"told per second: {told / seconds:.1f}, each with "
            f"{1000 * load.processor_seconds / told:.1f} ms of processor time",
            f"at that pace the day's {plan.totals.notifications:,} from 30 minutes on: "
            f"{plan.totals.notifications * seconds / told:.0f} s",
        ]
    return found


@contextmanager
def _watched(pid: int) -> Iterator[Load]:
    """Look at a process now and again; what it used is known at the end."""
    load, over = Load(), threading.Event()

    def watch() -> None:
        while not over.wait(_SAMPLED_EVERY):
            now = measured(pid)
            load.processor_seconds, load.memory = now.processor_seconds, max(load.memory, now.memory)

    thread = threading.Thread(target=watch, name="load", daemon=True)
    thread.start()
    try:
        yield load
    finally:
        over.set()
        thread.join()


def measured(pid: int) -> Load:
    """What a process and those that it started use now."""
    listed = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,ppid=,rss=,time="], capture_output=True, text=True, check=True
    ).stdout
    return used([line.split() for line in listed.splitlines()], pid)


def used(processes: Sequence[Sequence[str]], pid: int) -> Load:
    """Of processes (pid, parent, KiB of memory, processor time), what one and those that it started use."""
    family, load = {str(pid)}, Load()
    before = 0
    while len(family) > before:
        before = len(family)
        family |= {process[0] for process in processes if process[1] in family}
    for number, _parent, memory, spent in processes:
        if number in family:
            load.memory += int(memory) / 1024
            load.processor_seconds += seconds_of(spent)
    return load


def seconds_of(spent: str) -> float:
    """Processor time as ``ps`` writes it: ``[days-][hours:]minutes:seconds``."""
    days, _, clock = spent.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + 86_400 * int(days or 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
