"""A scenario waits no longer than it must."""

from dataclasses import replace

from flightpulse.workbench.fire import scenarios
from flightpulse.workbench.fire.expectations import Expectation, Finding
from flightpulse.workbench.observe.facts import Facts
from tests.unit.workbench.clock import Clock
from tests.unit.workbench.run_facts import NOW, handled, message, sent

PATIENCE = scenarios.Patience(deadline=10, interval=1, quiet=3)


def watched(*seen: Facts, deadline: float = 10) -> tuple[float, tuple[scenarios.Check, ...]]:
    """Watch for two messages while the facts change with each look; returns when it ended and with what."""
    clock, facts = Clock(), list(seen)

    def look() -> Facts:
        return facts.pop(0) if len(facts) > 1 else facts[0]

    expectation = Expectation("two messages", lambda f: Finding(str(len(f.messages)), ok=len(f.messages) == 2))
    _, checks = scenarios.watch(look, (expectation,), PATIENCE, deadline=deadline, clock=clock)
    return clock.now, checks


RUNNING = Facts(sent=(sent(),), handled=(handled(status="RUNNING", stopped_at=None),))
ENDED = replace(RUNNING, handled=(handled(),))


def test_waiting_ends_as_soon_as_everything_was_seen():
    done = replace(ENDED, messages=(message("B1"), message("B2")))

    assert watched(RUNNING, RUNNING, done) == (2.0, (scenarios.Check("two messages", "2", ok=True),))


def test_waiting_goes_on_while_something_runs():
    assert watched(RUNNING)[0] > 10


def test_waiting_ends_early_when_nothing_runs_and_nothing_changes():
    assert watched(RUNNING, ENDED)[0] == 4.0


def test_a_change_after_the_end_starts_the_quiet_anew():
    one = replace(ENDED, messages=(message("B1"),))

    assert watched(ENDED, ENDED, ENDED, one)[0] == 6.0


def test_an_event_that_starts_nothing_is_waited_for_to_the_end():
    assert watched(Facts(sent=(sent(),)))[0] > 10


def test_facts_know_when_every_event_has_been_handled():
    assert ENDED.all_ended
    assert not RUNNING.all_ended
    assert not Facts(sent=(sent(), sent("evt-2")), handled=(handled(),)).all_ended
    assert ENDED.handled_of("evt-1")[0].started_at > NOW
