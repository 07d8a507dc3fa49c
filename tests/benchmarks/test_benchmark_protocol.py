"""What telling a passenger costs, and how long a flight of 180 takes, with the claim protocol of today and with the one
before it: ``pytest -s -m prove tests/benchmarks/test_benchmark_protocol.py``.

Counted in the histories of executions of the local cloud. The definitions before are read from this repository's past.
The figures are printed; docs/protocol.md has them.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from statistics import median

import pytest

from tests.integration.emulator import ROOT, Emulator
from tests.integration.workflows.test_workflow_paths import CHUNK, DELAY, PASSENGERS, delay
from tests.integration.workflows.workflow_world import World

pytestmark = pytest.mark.prove

BEFORE = "1348a51^"
PASSENGERS_OF_A_FLIGHT, ROUNDS = 180, 3
GROUP = 5
COUNTED = ("state transitions", "writes", "write units", "calls of PutEvents", "history events")
TRANSITIONS, WRITES, UNITS, CALLS, EVENTS = COUNTED


def definition_before(file: str) -> str:
    """A workflow as it was before one claim covered all channels of a booking."""
    path = f"{BEFORE}:flightpulse/workflows/{file}.asl.json"
    shown = subprocess.run(["git", "show", path], cwd=ROOT, capture_output=True, text=True, check=False)
    if shown.returncode:
        pytest.skip(f"this copy of the repository does not have the commit {BEFORE}")
    return shown.stdout


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[str, World]]:
    definition_before("delay")
    with Emulator() as first, Emulator() as second:
        yield {"before": World(first, definition_before), "after": World(second)}


def counted(world: World, machines: tuple[str, ...]) -> Counter[str]:
    """What all executions of these machines took."""
    found: Counter[str] = Counter()
    for event in (event for machine in machines for arn in world.executions(machine) for event in world.history(arn)):
        found[EVENTS] += 1
        found[TRANSITIONS] += "stateEnteredEventDetails" in event
        call = event.get("taskScheduledEventDetails", {})
        found.update(taken(f"{call.get('resourceType')}:{call.get('resource')}", call.get("parameters", "{}")))
    return found


def taken(resource: str, parameters: str) -> dict[str, int]:
    """What one call takes of the table and the bus; a write of a transaction costs two units."""
    if resource == "aws-sdk:dynamodb:transactWriteItems":
        items = len(json.loads(parameters)["TransactItems"])
        return {WRITES: items, UNITS: 2 * items}
    if resource in ("dynamodb:putItem", "dynamodb:updateItem"):
        return {WRITES: 1, UNITS: 1}
    return {CALLS: 1} if resource == "events:putEvents" else {}


def five_passengers(world: World, name: str) -> Counter[str]:
    """What five passengers with two channels add: the difference between a flight of ten and a flight of five."""
    totals = []
    for bookings in (GROUP, 2 * GROUP):
        before = counted(world, (CHUNK,))
        flight = world.flight(0)
        for number in range(bookings):
            world.booking(flight, number, priority=3, sms=True)
        world.run(DELAY, delay(flight, f"{name}-{bookings}"))
        totals.append(counted(world, (CHUNK,)) - before)
    return totals[1] - totals[0]


def test_five_passengers_on_two_channels(worlds: dict[str, World]) -> None:
    cost = {name: five_passengers(world, name) for name, world in worlds.items()}

    for what in COUNTED:
        each = {name: found[what] / GROUP for name, found in cost.items()}
        sys.stdout.write(f"\neach passenger, {what}: {each['before']:g} before, {each['after']:g} after")
    assert [cost["after"][what] for what in COUNTED] == [3, 10, 20, 1, 17]


def test_a_flight_of_180(worlds: dict[str, World]) -> None:
    took: dict[str, list[float]] = {name: [] for name in worlds}
    machines = (DELAY, PASSENGERS, CHUNK)
    before = {name: (world.messages().total(), counted(world, machines)) for name, world in worlds.items()}
    for number in range(ROUNDS):
        for name, world in worlds.items():
            flight = world.flight(PASSENGERS_OF_A_FLIGHT, priorities=(1, 2, 3))
            since = time.monotonic()
            ended = world.run(DELAY, delay(flight, f"{name}-full-{number}"))
            took[name].append(time.monotonic() - since)
            assert ended.output["told"]["recipients"] == PASSENGERS_OF_A_FLIGHT

    for name, world in worlds.items():
        messages, each = world.messages().total() - before[name][0], counted(world, machines) - before[name][1]
        per_message = ", ".join(f"{each[what] / messages:.2f} {what}" for what in (TRANSITIONS, WRITES, UNITS, EVENTS))
        low, high = min(took[name]), max(took[name])
        sys.stdout.write(f"\n{name}: {median(took[name]):.2f} s ({low:.2f} to {high:.2f}); per message {per_message}")
    faster = [old / new for old, new in zip(took["before"], took["after"], strict=True)]
    sys.stdout.write(f"\nfaster by {median(faster):.1f} ({min(faster):.1f} to {max(faster):.1f}) in paired runs\n")
