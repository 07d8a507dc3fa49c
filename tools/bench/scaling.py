"""Fires one event about flights of growing size and fits a line to what that took: is a message dearer in a crowd?

python -m tools.bench.scaling                    on the local cloud of FLIGHTPULSE_HOME, started where none runs
python -m tools.bench.scaling --sizes 20 60 180
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime

from flightpulse.chaos import booked_flights
from flightpulse.errors import UserError
from flightpulse.workbench import connect
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.observe.counts import Counts
from simulator import events

SIZES = (20, 60, 180, 540)
COUNTED = ("state_transitions", "table_writes", "model_calls", "executions")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.scaling", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="bookings of each flight")
    sizes = parser.parse_args().sizes
    if len(set(sizes)) < 2:
        raise UserError("A line needs two sizes at least.")
    wb = connect("local")
    with redirect_stdout(sys.stderr):
        wb.ready()
    print("\n".join(lines(measured(wb, sizes))))
    return 0


def measured(wb: Workbench, sizes: Sequence[int] = SIZES) -> list[Counts]:
    """What a delay of a flight took, for each number of bookings."""
    return [_counts(wb, size, number) for number, size in enumerate(sizes)]


def _counts(wb: Workbench, size: int, number: int) -> Counts:
    """What one delay took. The flight is told twice: by then every template that it needs is there."""
    people = booked_flights.invent(size, flights=1, bookings=size, first_flight=8100 + number, everyone=True)
    for minutes in (95, 100):
        people.save(wb.session)
        at = datetime.now(UTC)
        delay = events.delay(people.flights[0], minutes, "WEATHER", "Thunderstorms slow departures", at=at)
        with redirect_stdout(sys.stderr):
            run = wb.fire(delay, timeout=600)
        if not run.ok:
            raise UserError(f"Not everybody of {size} bookings was told.")
    counts = run.counts()
    people.remove(wb.session)
    return counts


def lines(counted: Sequence[Counts]) -> list[str]:
    """For each thing that is counted, the figures and the line through them."""
    messages = [counts.emails + counts.texts for counts in counted]
    found = [f"messages: {', '.join(f'{number:,}' for number in messages)}"]
    for name in COUNTED:
        values = [counts[name] for counts in counted]
        slope, intercept = statistics.linear_regression(messages, values)
        off = max(abs(value - intercept - slope * number) for number, value in zip(messages, values, strict=True))
        found.append(
            f"{name.replace('_', ' ')}: {', '.join(f'{value:,}' for value in values)}; "
            f"{slope:.3f} for each message and {intercept:.1f} beside, never more than {off:.1f} off that line"
        )
    return found


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
