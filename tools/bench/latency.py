"""Sends events about small flights one after the other: how long until the last passenger of a flight has been told?

python -m tools.bench.latency                    on the local cloud of FLIGHTPULSE_HOME, started where none runs
python -m tools.bench.latency --events 200
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime

from flightpulse.chaos import booked_flights
from flightpulse.errors import UserError
from flightpulse.workbench import connect
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.fire import sending
from flightpulse.workbench.fire.replaying import percentile
from flightpulse.workbench.messages import inbox
from simulator import events

EVENTS = 100
_BOOKINGS = 10
_LONGEST_SECONDS = 60.0
_POLL_SECONDS = 0.1


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.latency", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=EVENTS)
    options = parser.parse_args()
    wb = connect("local")
    with redirect_stdout(sys.stderr):
        wb.ready()
    print(line(measured(wb, options.events)))
    return 0


def measured(wb: Workbench, number: int) -> list[float]:
    """Seconds from each event to the last message about it; the first, which fetches templates, is not counted."""
    people = booked_flights.invent(7, flights=1, bookings=_BOOKINGS, first_flight=8300, everyone=True)
    people.save(wb.session)
    wanted = len(people.wishes[people.flights[0].flight_id])
    return [_told_within(wb, people, wanted, 95 + turn % 25) for turn in range(number + 1)][1:]


def _told_within(wb: Workbench, people: booked_flights.BookedFlights, wanted: int, minutes: int) -> float:
    began = datetime.now(UTC)
    delay = events.delay(people.flights[0], minutes, "WEATHER", "Thunderstorms slow departures", at=began)
    growing, until = inbox.GrowingInbox(wb.session, began), time.monotonic() + _LONGEST_SECONDS
    sending.send(wb.session, [delay])
    while len(messages := growing.look([str(delay["event_id"])])) < wanted:
        if time.monotonic() > until:
            raise UserError(f"{len(messages)} of {wanted} messages came within {_LONGEST_SECONDS:.0f} s.")
        time.sleep(_POLL_SECONDS)
    return (max(message.at for message in messages) - began).total_seconds()


def line(seconds: Sequence[float]) -> str:
    """The percentiles in words."""
    ordered = sorted(seconds)
    found = ", ".join(f"p{percent} {percentile(ordered, percent):.2f} s" for percent in (50, 95, 99))
    return f"{len(ordered)} events, {2 * _BOOKINGS} messages each, from sending to the last message: {found}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
