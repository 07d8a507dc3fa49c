"""Shapes that real histories have: Maps in Maps, branches that stop one another, distributed Maps, saved files."""

import json
from pathlib import Path

import pytest

from flightpulse import paths
from flightpulse.workbench import load_history
from flightpulse.workbench.player import Player
from tests.unit.workbench.player import runs
from tests.unit.workbench.player.runs import begun, fail, fared, replayed, task

HISTORIES = paths.ROOT / "notebooks" / "histories"

MAP_IN_MAP = {
    "StartAt": "Waves",
    "States": {
        "Waves": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Chunks",
                "States": {
                    "Chunks": {
                        "Type": "Map",
                        "ItemProcessor": {"StartAt": "Send", "States": {"Send": task(End=True)}},
                        "End": True,
                    }
                },
            },
            "End": True,
        }
    },
}


def map_in_map() -> list[runs.Event]:
    """Two waves at once, each with two chunks at once; chunk 1 of wave 1 needs a second try."""
    builder = begun()
    builder.entered("Map", "Waves")
    waves = builder.add("MapStateStarted", length=2)
    inner = []
    for wave in (0, 1):
        place = builder.add("MapIterationStarted", waves, name="Waves", index=wave)
        builder.entered("Map", "Chunks", place)
        inner.append(builder.add("MapStateStarted", length=2))
    chunks = [
        (wave, chunk, builder.add("MapIterationStarted", inner[wave], name="Chunks", index=chunk))
        for chunk in (0, 1)
        for wave in (1, 0)
    ]
    places = {
        (wave, chunk): builder.add(
            "TaskScheduled",
            builder.entered("Task", "Send", place),
            resource="putItem",
            resourceType="dynamodb",
            parameters="{}",
        )
        for wave, chunk, place in chunks
    }
    failed = builder.add(
        "TaskFailed", places[(1, 1)], resource="putItem", resourceType="dynamodb", error="Busy", cause=""
    )
    places[(1, 1)] = builder.add("TaskScheduled", failed, resource="putItem", resourceType="dynamodb", parameters="{}")
    for wave in (0, 1):
        for chunk in (1, 0):
            builder.add(
                "TaskSucceeded", places[(wave, chunk)], resource="putItem", resourceType="dynamodb", output="{}"
            )
            builder.exited("Task", "Send")
            place = builder.add("MapIterationSucceeded", name="Chunks", index=chunk)
        builder.add("MapStateSucceeded", place)
        builder.exited("Map", "Chunks")
        place = builder.add("MapIterationSucceeded", name="Waves", index=wave)
    builder.add("MapStateSucceeded", place)
    builder.exited("Map", "Waves")
    builder.add("ExecutionSucceeded", output="[]")
    return builder.events


def test_items_of_a_map_in_a_map_keep_their_places_while_all_take_turns():
    replay = replayed(MAP_IN_MAP, map_in_map())
    assert fared(replay) == {
        "Waves": "✓ done",
        "Waves/Chunks": "✓ done ×2",
        "Waves/Chunks/Send": "✓ done ×4, 1 retry",
    }
    [failure] = [frame for frame in replay.frames if frame.failure]
    assert failure.sentence == (
        "Item #1 of Waves, item #1 of Chunks: Send fails on try 1 with Busy; it will be tried again."
    )


def test_a_map_in_a_map_comes_out_the_same_from_pages_and_when_it_is_shuffled():
    history = map_in_map()
    pages = [{"events": history[17:][::-1]}, {"events": history[:20], "nextToken": "x"}]
    assert Player(MAP_IN_MAP, pages).captions() == Player(MAP_IN_MAP, history).captions()


def branch_fails() -> list[runs.Event]:
    """The text of item 0 fails for good; Step Functions stops the mail in the other branch."""
    builder = begun()
    builder.entered("Parallel", "Both")
    started = builder.add("ParallelStateStarted")
    mail = builder.entered("Task", "Mail", started)
    mail = builder.add("TaskScheduled", mail, resource="putItem", resourceType="dynamodb", parameters="{}")
    builder.entered("Map", "Each", started)
    builder.add("MapStateStarted", length=1)
    builder.add("MapIterationStarted", name="Each", index=0)
    builder.entered("Task", "Text")
    failed = fail(builder, "Lambda.Unknown")
    failed = builder.add("MapIterationFailed", failed, name="Each", index=0)
    failed = builder.add("MapStateFailed", failed)
    builder.add("TaskStateAborted", mail)
    failed = builder.add("ParallelStateFailed", failed)
    builder.add("ExecutionFailed", failed, error="Lambda.Unknown", cause="")
    return builder.events


def test_a_branch_that_is_stopped_because_another_failed_is_aborted_and_not_failed():
    replay = replayed(runs.FAN_OUT, branch_fails())
    assert fared(replay) == {
        "Both": "✗ failed",
        "Both/0/Mail": "■ aborted",
        "Both/1/Each": "✗ failed",
        "Both/1/Each/Text": "✗ failed",
    }
    assert "Branch 1 of Both: Mail is stopped." in [frame.sentence for frame in replay.frames]


def test_a_distributed_map_runs_until_its_map_run_ends():
    builder = begun()
    builder.entered("Map", "Tell")
    builder.add("MapStateStarted", length=0)
    builder.add("MapRunStarted", mapRunArn="arn:aws:states:us-east-1:123456789012:mapRun:Tell/x:1")
    running = len(builder.events) - 1
    builder.add("MapRunSucceeded")
    builder.add("MapStateSucceeded")
    builder.exited("Map", "Tell")
    replay = replayed(runs.MAP, builder.events)
    assert fared(replay, running)["Tell"] == "▶ running"
    assert fared(replay)["Tell"] == "✓ done"
    assert replay.frames[running].caption == "Tell starts a map run: its items are executions of their own."
    assert replay.frames[running + 1].caption == "The map run of Tell has succeeded."


def test_an_execution_that_is_stopped_inside_a_nested_map_stops_everything_that_runs():
    builder = begun()
    builder.events = map_in_map()[:13]
    builder.add("ExecutionAborted", error="Operator", cause="stopped by hand")
    replay = replayed(MAP_IN_MAP, builder.events)
    assert set(fared(replay).values()) <= {"■ aborted", "■ aborted ×2", "■ aborted ×4"}
    assert replay.frames[-1].caption == "The execution is stopped after 13.0 s with Operator (stopped by hand)."


@pytest.mark.parametrize("upto", range(1, 36))
def test_a_history_may_end_anywhere(upto: int):
    history = map_in_map()
    captions = Player(MAP_IN_MAP, history[:upto]).captions()
    assert len(captions) == min(upto, len(history))
    assert all(caption.endswith(".") for caption in captions)


def test_the_saved_history_of_our_own_workflow_is_recognised_and_told():
    saved = load_history(HISTORIES / "notify-chunk-retry-and-catch.json")
    player = saved.player()
    assert player.sentence.endswith("26 states visited, 5 tries failed, 2 errors caught.")
    rows = [(row[0].strip(), *row[1:4]) for row in player.table().rows]
    assert ("ComposeMessages", "", "✓ done", "2") in rows
    assert ("ClaimBookings", "#0", "! caught", "1") in rows
    assert ("SendMessage", "#0 #0 #0", "✓ done", "3") in rows
    assert [row[2] for row in rows if row[:2] == ("ClaimBooking", "#0 #1")] == ["! caught", "✓ done"]
    assert ("LetOtherNewsGoFirst", "#0 #1", "✓ done", "") in rows


def test_the_saved_history_of_another_team_s_workflow_is_played_with_its_definition():
    definition = (HISTORIES / "rebook-party.asl.json").read_text(encoding="utf-8")
    player = load_history(HISTORIES / "rebook-party-redriven.json", definition).player(title="RebookParty")
    assert player.sentence == (
        "succeeded after 12 min 49 s; 10 states visited, 4 tries failed, 1 error caught, redriven 1 time."
    )
    failed = next(n for n, frame in enumerate(player.replay.frames) if frame.type == "ExecutionFailed")
    assert fared(player.replay, failed)["Confirm"] == "✗ failed, 1 retry"
    assert fared(player.replay)["Confirm"] == "✓ done, 1 retry"
    assert fared(player.replay)["HoldAndTell/0/HoldSeats/HoldSeat"] == "! 1  ✓ 1"


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def test_a_saved_history_names_nobody_who_could_exist(path: Path):
    text = json.dumps(json.loads(path.read_text(encoding="utf-8")))
    assert "@" not in text.replace("@example.com", "")
    assert not [number for number in text.split("+1")[1:] if number[:10].isdigit() and number[3:8] != "55501"]
