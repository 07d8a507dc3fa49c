"""Visits every state of a world breadth-first, so that the first broken promise has the shortest way to it."""

import resource
import sys
import time
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from flightpulse.protocol.definitions import Rules
from flightpulse.protocol.model import CANCELLATION, DELAY, GATE, LOST, PROMISES, Protocol, State, World

MEMORY = "the memory that it may use"
TIME = "the time that it may take"
_LOOK_EVERY = 2_000


WORLDS: tuple[World, ...] = (
    World((GATE, CANCELLATION)),
    World((DELAY, CANCELLATION)),
    World((DELAY, DELAY)),
    World((DELAY, GATE)),
    World((DELAY,), bookings=2, channels=2),
    World((GATE, CANCELLATION), bookings=2, fewer_faults=1),
    World((DELAY, DELAY), bookings=2, fewer_faults=1),
    World((CANCELLATION,), deliveries=(2,)),
    World((DELAY,), channels=2, deliveries=(2,)),
    World((DELAY,), flight_missing=True),
)
"""What is explored: each kind of news alone, delivered twice, to two passengers or on two channels, and in pairs.

The largest come first, so that no process is left with one of them at the end.
"""


@dataclass(frozen=True, slots=True)
class Explored:
    """What came of one world. ``stopped`` says why it is incomplete; ``trace`` leads to the broken promise.

    ``seconds`` are of processor time: they are the same beside other work.
    """

    world: World
    faults: int
    states: int
    steps: int
    seconds: float
    stopped: str = ""
    broken: str = ""
    trace: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every state was visited and no promise is broken."""
        return not self.stopped and not self.broken


def explore(
    world: World,
    rules: Rules,
    faults: int,
    *,
    megabytes: int,
    deadline: float,
) -> Explored:
    """Visit every state that ``faults`` faults can lead to, or stop at the first broken promise.

    It also stops when this process holds more than ``megabytes``, or at ``deadline`` (of ``time.monotonic``).
    """
    protocol = Protocol(world, rules, in_words=False)
    began, steps = time.process_time(), 0
    first = protocol.start(faults)
    seen = {hash(first)}
    # For the way back: of every state, the state before it and which of its steps led here.
    before, choices = array("q", [-1]), array("H", [0])
    frontier: list[tuple[int, State]] = [(0, first)]
    result = partial(Explored, world, faults)
    while frontier:
        following: list[tuple[int, State]] = []
        for place, (number, state) in enumerate(frontier):
            if place % _LOOK_EVERY == 0:
                reason = TIME if time.monotonic() > deadline else MEMORY if _megabytes() > megabytes else ""
                if reason:
                    return result(len(seen), steps, time.process_time() - began, stopped=reason)
            found = protocol.steps(state)
            steps += len(found)
            goes_on = False
            for choice, step in enumerate(found):
                goes_on = goes_on or step.state.faults == state.faults
                if step.broken:
                    trace = _trace(Protocol(world, rules), faults, before, choices, number, choice)
                    return result(len(seen), steps, time.process_time() - began, broken=step.broken, trace=trace)
                mark = hash(step.state)
                if mark not in seen:
                    seen.add(mark)
                    before.append(number)
                    choices.append(choice)
                    following.append((len(before) - 1, step.state))
            if not goes_on and protocol.lost(state):
                trace = _trace(Protocol(world, rules), faults, before, choices, number)
                return result(len(seen), steps, time.process_time() - began, broken=LOST, trace=trace)
        frontier = following
    return result(len(seen), steps, time.process_time() - began)


def explore_all(
    rules: Rules,
    faults: int,
    *,
    megabytes: int,
    seconds: float,
    processes: int = 2,
) -> Iterable[Explored]:
    """Explore the worlds side by side, and give each result when it is there."""
    deadline = time.monotonic() + seconds
    work = partial(_explore, rules=rules, faults=faults, megabytes=megabytes // max(processes, 1), deadline=deadline)
    # Rules are texts and flags, which can be given to a fresh process; each world has one, and so its own memory.
    with get_context("spawn").Pool(processes, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(work, WORLDS)


def _explore(world: World, rules: Rules, faults: int, megabytes: int, deadline: float) -> Explored:
    faults = max(faults - world.fewer_faults, 0)
    return explore(world, rules, faults, megabytes=megabytes, deadline=deadline)


def _trace(
    protocol: Protocol, faults: int, before: Sequence[int], choices: Sequence[int], number: int, *last: int
) -> tuple[str, ...]:
    """The steps that lead to a state, in words, and one more that is taken there."""
    way = list(last)
    while number > 0:
        way.append(choices[number])
        number = before[number]
    state, said = protocol.start(faults), []
    for choice in reversed(way):
        step = protocol.steps(state)[choice]
        said.append(step.said)
        state = step.state
    return tuple(said)


def _megabytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak // (1 << 20 if sys.platform == "darwin" else 1 << 10))


def promises_kept(results: Iterable[Explored]) -> dict[str, bool]:
    """Every promise in words, and whether nothing that was explored breaks it."""
    broken = {result.broken for result in results}
    return {said: promise not in broken for promise, said in PROMISES.items()}
