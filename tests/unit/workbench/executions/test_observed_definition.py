"""A history alone tells what it went through."""

import pytest

from flightpulse.workbench import diagram
from flightpulse.workbench.executions import history
from flightpulse.workbench.executions.observed_definition import observed_definition
from flightpulse.workbench.player import Player
from tests.unit.workbench.histories import HistoryBuilder
from tests.unit.workbench.player import runs


def observed(events):
    definition = observed_definition(history.read(events))
    assert definition is not None
    return definition


@pytest.mark.parametrize(
    ("definition", "events"),
    [
        (runs.LINE, runs.straight()),
        (runs.LINE, runs.retried_then_caught()),
        (runs.MAP, runs.interleaved()),
        (runs.MAP, runs.item_fails()),
        (runs.FAN_OUT, runs.parallel()),
    ],
)
def test_every_state_fares_as_on_the_real_definition(definition, events):
    told, known = Player(observed(events), events), Player(definition, events)

    assert runs.fared(told.replay) == runs.fared(known.replay)
    assert told.captions() == known.captions()
    assert told.replay.marks().taken.issubset(known.replay.marks().taken | {("choice", "Choose", "Told")})


def test_the_ways_that_were_taken_are_drawn_with_their_errors():
    states = diagram.of(observed(runs.retried_then_caught())).states
    assert [(edge.kind, edge.target) for edge in states["Claim"].edges] == [("catch", "Handled")]
    assert set(states) == {"Claim", "Handled"}


def test_all_items_of_a_map_draw_one_machine():
    states = diagram.of(observed(runs.interleaved())).states
    assert {edge.target for edge in states["Tell/Draft"].edges} == {"Tell/Send", "Tell/Template"}


def test_a_map_whose_items_ran_elsewhere_says_so():
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", 0, input="{}")
    builder.entered("Map", "Far")
    builder.add("MapStateStarted", length=2)
    builder.add("MapRunStarted", mapRunArn="arn:aws:states:us-east-1:123456789012:mapRun:Far/x:1")
    assert "items not in this history" in Player(observed(builder.events), builder.events).diagram.text()


def test_a_history_in_which_nothing_was_entered_draws_nothing():
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", 0, input="{}")
    assert observed_definition(history.read(builder.events)) is None
