"""``flightpulse prove protocol``: what it prints and how it ends."""

import pytest
from click.testing import CliRunner

from flightpulse.cli.prove import prove
from flightpulse.protocol import explore
from flightpulse.protocol.explore import TIME, Explored
from flightpulse.protocol.model import DELAY, GATE, PROMISES, World


def test_a_broken_promise_is_shown_with_the_way_to_it_and_the_others_are_only_kept_so_far() -> None:
    done = CliRunner().invoke(prove, ["protocol", "--faults", "1", "--without", "untold-fails", "--processes", "1"])

    assert done.exit_code == 1
    assert "a success that left somebody untold, by these steps:" in done.output
    assert "RecordOutcome" in done.output
    assert "✗ A workflow that leaves somebody untold fails: broken" in done.output
    assert "… Nobody is told twice: kept so far" in done.output


def test_when_the_time_is_over_it_says_what_was_explored_and_what_was_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half = Explored(World((DELAY,)), 6, states=1200, steps=3400, seconds=2.0, stopped=TIME)
    none = Explored(World((GATE,)), 6, states=1, steps=0, seconds=0.0, stopped=TIME)
    monkeypatch.setattr(explore, "explore_all", lambda *_, **__: [half, none])

    done = CliRunner().invoke(prove, ["protocol", "--faults", "6"])

    assert done.exit_code == 2
    assert "… delay: 1,200 states, 3,400 steps, 2 s\n  stopped for the time that it may take" in done.output
    assert "… gate: not begun, for the time that it may take was over" in done.output
    assert "1,201 states in 2 worlds with at most 6 faults" in done.output
    assert done.output.count("kept so far") == len(PROMISES)


def test_a_protection_that_there_is_not_is_one_line_with_those_there_are() -> None:
    done = CliRunner().invoke(prove, ["protocol", "--without", "luck"])

    assert done.exit_code == 1
    assert "There is no protection 'luck'." in str(done.exception)
