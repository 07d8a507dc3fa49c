"""The five scenarios: the events that each sends.

``python simulator/scenarios.py 1`` is ``flightpulse scenario 1``, with the same options.
"""

import sys

try:
    import runpy
    from collections.abc import Callable, Mapping
    from dataclasses import dataclass
    from datetime import datetime, timedelta

    from flightpulse.domain.entities import Flight
    from flightpulse.errors import UserError
    from simulator import events
    from simulator.events import Event
except ImportError:
    if __name__ != "__main__":
        raise
    sys.exit("This Python does not have FlightPulse. Run make setup, then .venv/bin/python simulator/scenarios.py 1")

Build = Callable[[datetime, Mapping[str, Flight]], list[Event]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. ``sends`` says in words what goes to Kafka, ``flights`` are those it changes."""

    number: int
    name: str
    title: str
    sends: str
    flights: tuple[str, ...]
    build: Build

    def events(self, flights: Mapping[str, Flight], began_at: datetime) -> list[Event]:
        """The events of one run, in the order in which they are sent."""
        return self.build(began_at, flights)


def _known_at(began_at: datetime, number: int) -> datetime:
    """When operations knew of the run's n-th event: a moment before the run began, each later than the one before.

    Event times have milliseconds, and of two events about one flight the later one counts.
    """
    return began_at - timedelta(seconds=1) + timedelta(milliseconds=100 * number)


def _minor_delay(began_at: datetime, flights: Mapping[str, Flight]) -> list[Event]:
    return [
        events.delay(
            flights["SW1234"], 25, "WEATHER", "Thunderstorms over Dallas slow departures", at=_known_at(began_at, 0)
        )
    ]


def _major_delay(began_at: datetime, flights: Mapping[str, Flight]) -> list[Event]:
    detail = "A hydraulic pump is being replaced"
    return [events.delay(flights["SW5678"], 90, "MECHANICAL", detail, at=_known_at(began_at, 0))]


def _cancellation(began_at: datetime, flights: Mapping[str, Flight]) -> list[Event]:
    detail = "Dense fog in the Bay Area closes the runways"
    return [
        events.cancellation(flights["SW9012"], "WEATHER", detail, rebooking_priority="HIGH", at=_known_at(began_at, 0))
    ]


def _gate_change(began_at: datetime, flights: Mapping[str, Flight]) -> list[Event]:
    return [events.gate_change(flights["SW3456"], "D15", terminal_change=True, at=_known_at(began_at, 0))]


def _rapid_sequence(began_at: datetime, flights: Mapping[str, Flight]) -> list[Event]:
    first = events.delay(flights["SW1234"], 25, "WEATHER", "Thunderstorms over Dallas", at=_known_at(began_at, 0))
    return [
        first,
        events.gate_change(flights["SW3456"], "A9", terminal_change=False, at=_known_at(began_at, 1)),
        events.delay(flights["SW7890"], 150, "CREW", "The crew has reached its duty limit", at=_known_at(began_at, 2)),
        events.delay(flights["SW1234"], 95, "WEATHER", "The storm stays over Dallas", at=_known_at(began_at, 3)),
        events.delay(flights["SW5678"], 45, "ATC", "Flow control into Denver", at=_known_at(began_at, 4)),
        # Kafka delivers at least once: the first event comes again, after newer news about its flight.
        first,
    ]


SCENARIOS = (
    Scenario(
        number=1,
        name="minor-delay",
        title="SW1234 leaves 25 minutes late because of the weather",
        sends="SW1234 25 min WEATHER",
        flights=("SW1234",),
        build=_minor_delay,
    ),
    Scenario(
        number=2,
        name="major-delay",
        title="SW5678 leaves 90 minutes late because of a mechanical problem",
        sends="SW5678 90 min MECHANICAL",
        flights=("SW5678",),
        build=_major_delay,
    ),
    Scenario(
        number=3,
        name="cancellation",
        title="SW9012 is cancelled because of the weather",
        sends="SW9012 cancelled WEATHER",
        flights=("SW9012",),
        build=_cancellation,
    ),
    Scenario(
        number=4,
        name="gate-change",
        title="SW3456 moves from gate A5 to D15 in another terminal",
        sends="SW3456 A5 to D15, terminal change",
        flights=("SW3456",),
        build=_gate_change,
    ),
    Scenario(
        number=5,
        name="rapid-sequence",
        title="six events within a second, three of them about SW1234",
        sends="SW1234 25 min, SW3456 gate A9, SW7890 150 min, SW1234 95 min, SW5678 45 min, the first one again",
        flights=("SW1234", "SW3456", "SW5678", "SW7890"),
        build=_rapid_sequence,
    ),
)


def find(reference: str) -> Scenario:
    """A scenario by number or name. Raises UserError."""
    for scenario in SCENARIOS:
        if reference.lower() in {str(scenario.number), scenario.name}:
            return scenario
    known = ", ".join(f"{scenario.number} {scenario.name}" for scenario in SCENARIOS)
    raise UserError(f"There is no scenario {reference!r}.", hint=f"Choose from: {known}")


def main() -> None:
    """Run ``flightpulse scenario`` with this program's arguments."""
    sys.argv[1:1] = ["scenario"]
    runpy.run_module("flightpulse.cli", run_name="__main__")


if __name__ == "__main__":
    main()
