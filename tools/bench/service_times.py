"""Measures what one event takes and how long its parts take, for the notebook that grows past one machine.

python -m tools.bench.service_times     on the local cloud of FLIGHTPULSE_HOME; writes flightpulse/workbench/course
"""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import Any

from flightpulse.chaos import booked_flights
from flightpulse.domain.entities import Flight
from flightpulse.errors import UserError
from flightpulse.workbench import connect
from flightpulse.workbench.bench import Workbench
from flightpulse.workbench.course import capacity
from simulator import events

SIZES = (40, 160)
_FIRST_FLIGHT = 8300
_CHUNK = "FlightPulse-NotifyChunk"


def main() -> int:
    wb = connect("local")
    with redirect_stdout(sys.stderr):
        wb.ready()
    kinds: dict[str, Callable[[Flight, datetime], dict[str, Any]]] = {
        "delay": lambda flight, at: events.delay(flight, 95, "WEATHER", "Thunderstorms", at=at),
        "cancellation": lambda flight, at: events.cancellation(flight, "WEATHER", "Thunderstorms", at=at),
    }
    measured = [_measured(wb, kind, make, size) for kind, make in kinds.items() for size in SIZES]
    capacity.MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print(f"Wrote {capacity.MEASURED.name}.")
    return 0


def _measured(
    wb: Workbench, kind: str, make: Callable[[Flight, datetime], dict[str, Any]], size: int
) -> Mapping[str, Any]:
    """What the second of two firings took: by then every template that it needs is there, and functions are warm."""
    people = booked_flights.invent(size, flights=1, bookings=size, first_flight=_FIRST_FLIGHT + size, everyone=True)
    for _ in range(2):
        people.save(wb.session)
        with redirect_stdout(sys.stderr):
            run = wb.fire(make(people.flights[0], datetime.now(UTC)), timeout=600)
        if not run.ok:
            raise UserError(f"Not everybody of {size} bookings was told.")
    top, usage = run.execution(), run.cost().usage
    people.remove(wb.session)
    nested = list(top.all())
    return {
        "kind": kind,
        "bookings": size,
        "messages": usage.messages,
        "executions": len(nested),
        "transitions": usage.transitions,
        "invocations": usage.invocations,
        "write_units": usage.write_units,
        "events": usage.events,
        "seconds": round(top.seconds or 0, 3),
        "chunk_seconds": sorted(round(found.seconds or 0, 3) for found in nested if found.workflow == _CHUNK),
    }


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
