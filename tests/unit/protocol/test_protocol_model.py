"""The model of the claims: what it finds kept, and what it finds broken when a protection is taken out."""

import time
from dataclasses import replace

import pytest

from flightpulse.errors import UserError
from flightpulse.protocol import definitions
from flightpulse.protocol.explore import MEMORY, TIME, WORLDS, Explored, explore, promises_kept
from flightpulse.protocol.model import (
    CANCELLATION,
    DELAY,
    GATE,
    LOST,
    OLD,
    REBOOKED,
    SILENT,
    TWICE,
    EventRun,
    Protocol,
    State,
    World,
)

RULES = definitions.load()
ALONE = tuple(world for world in WORLDS if len(world.events) == 1)
MEGABYTES = 100_000


def explored(world: World, faults: int, *without: str) -> Explored:
    rules = definitions.without(RULES, *without)
    return explore(world, rules, faults, megabytes=MEGABYTES, deadline=time.monotonic() + 300)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_without_faults_every_promise_is_kept_in_every_order_of_steps(world: World) -> None:
    result = explored(world, 0)

    assert (result.broken, result.stopped, result.trace) == ("", "", ())


@pytest.mark.parametrize("world", ALONE, ids=lambda world: world.name)
def test_with_one_fault_anywhere_every_promise_about_one_event_is_kept(world: World) -> None:
    result = explored(world, 1)

    assert result.complete, (result.broken, result.trace)
    assert result.states > 200


@pytest.mark.parametrize(
    ("protection", "world", "faults", "broken"),
    [
        ("message-order", World((DELAY, DELAY)), 0, OLD),
        ("message-turn", World((DELAY, DELAY)), 0, OLD),
        ("other-subject-waits", World((GATE, CANCELLATION)), 0, OLD),
        ("cancelled-is-final", World((GATE, CANCELLATION)), 0, OLD),
        ("event-claim", World((CANCELLATION,), deliveries=(2,)), 0, REBOOKED),
        ("refusal-compared", World((DELAY,), flight_missing=True), 0, LOST),
        ("rebooking-once", World((CANCELLATION,)), 1, REBOOKED),
        ("redrive-follows", World((CANCELLATION,), deliveries=(2,)), 1, REBOOKED),
        ("untold-fails", World((DELAY,)), 1, SILENT),
        ("held-until-known", World((DELAY,)), 1, TWICE),
        ("message-once", World((DELAY,)), 1, TWICE),
        ("letter-stays", World((DELAY,)), 2, LOST),
        ("nothing-out", World((DELAY,), channels=2), 2, TWICE),
        ("claimed-again", World((DELAY, DELAY)), 2, OLD),
    ],
)
def test_without_a_protection_a_promise_is_broken_and_the_way_there_is_shown(
    protection: str, world: World, faults: int, broken: str
) -> None:
    result = explored(world, faults, protection)

    assert result.broken == broken
    assert result.trace
    assert explored(world, faults).complete


def test_the_way_to_a_lost_message_is_the_shortest() -> None:
    result = explored(World((DELAY,)), 2, "letter-stays")

    assert sorted(result.trace) == sorted(
        [
            "the delay of 1 o'clock is delivered",
            "execution 1 (delay of 1 o'clock) ClaimEvent",
            "execution 1 (delay of 1 o'clock) ApplyToFlight",
            "execution 1 (delay of 1 o'clock) NotifyChunk: fails for good",
            "execution 1 (delay of 1 o'clock) SetChunkAside",
            "execution 1 (delay of 1 o'clock) RecordOutcome",
            "redrive: a chunk is started from its letter",
            "chunk 1 (delay of 1 o'clock) ComposeMessages: fails for good",
        ]
    )


def test_when_the_time_is_over_it_says_what_was_explored() -> None:
    result = explore(World((DELAY,)), RULES, 2, megabytes=MEGABYTES, deadline=time.monotonic())

    assert (result.stopped, result.states, result.complete) == (TIME, 1, False)


def test_when_the_memory_is_full_it_says_what_was_explored() -> None:
    result = explore(World((DELAY,)), RULES, 2, megabytes=1, deadline=time.monotonic() + 60)

    assert (result.stopped, result.complete) == (MEMORY, False)


def test_an_unknown_protection_is_named_with_those_there_are() -> None:
    with pytest.raises(UserError, match="There is no protection 'luck'") as raised:
        definitions.without(RULES, "luck")
    assert "letter-stays" in str(raised.value.hint)


def test_a_broken_promise_is_not_counted_as_kept() -> None:
    broken = explored(World((DELAY,), flight_missing=True), 0, "refusal-compared")

    kept = promises_kept([broken])

    assert [said for said, holds in kept.items() if not holds] == [
        "When nothing runs and nothing waits, everybody knows the newest news"
    ]


def visited(
    world: World, faults: int, rules: definitions.Rules, *, reduced: bool
) -> tuple[set[State], set[State], set[str]]:
    """All states, those where nothing goes on without another fault, and what is broken on the way."""
    protocol = Protocol(world, rules, reduced=reduced, in_words=False)
    seen = {protocol.start(faults)}
    left, final, broken = list(seen), set(), set()
    while left:
        state = left.pop()
        steps = protocol.steps(state)
        broken |= {step.broken for step in steps} - {""}
        if all(step.state.faults < state.faults for step in steps):
            final.add(state)
        new = {step.state for step in steps} - seen
        seen |= new
        left += new
    return seen, final, broken


@pytest.mark.parametrize("without", [(), ("untold-fails", "redrive-follows", "message-once")])
@pytest.mark.parametrize(
    "world",
    [World((CANCELLATION,), deliveries=(2,)), World((DELAY, GATE)), World((CANCELLATION,), bookings=2, channels=2)],
    ids=lambda world: world.name,
)
def test_taking_unseen_steps_at_once_leads_to_the_same_ends(world: World, without: tuple[str, ...]) -> None:
    rules = definitions.without(RULES, *without)
    states, final, broken = visited(world, 1, rules, reduced=False)

    fewer, *same = visited(world, 1, rules, reduced=True)

    assert same == [final, broken]
    assert len(fewer) < len(states)
    assert bool(broken) == bool(without)


def test_a_flight_that_refuses_for_ever_is_looked_at_a_bounded_number_of_times() -> None:
    never = replace(RULES, texts={**RULES.texts, "departure": "attribute_exists(nothing)"})

    states, *_ = visited(World((DELAY,)), 0, never, reduced=True)

    assert RULES.looks == 3
    assert {run.looks for state in states for run in state.runs if isinstance(run, EventRun)} == {0, 1, 2}
    assert any(state.letters for state in states)


@pytest.mark.parametrize("faults", [1, 2])
def test_a_broken_promise_has_a_way_that_can_be_walked(faults: int) -> None:
    """Each step in the words of a trace is one that the model offers there."""
    result = explored(World((CANCELLATION,), deliveries=(2,)), faults, "redrive-follows")
    protocol = Protocol(result.world, definitions.without(RULES, "redrive-follows"))

    states = [protocol.start(faults)]
    for said in result.trace:
        steps = [step for step in protocol.steps(states[-1]) if step.said == said]
        assert len(steps) == 1
        states.append(steps[0].state)
    assert steps[0].broken == result.broken
