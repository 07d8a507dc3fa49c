"""Failures inside items and branches are told of what they end, and of the try they belong to."""

from flightpulse.workbench.explore import explain_choices
from flightpulse.workbench.player import Player
from tests.unit.workbench.histories import HistoryBuilder
from tests.unit.workbench.player import runs
from tests.unit.workbench.player.runs import begun, fared, inside, replayed

PICKY = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Odd",
                "States": {
                    "Odd": {
                        "Type": "Choice",
                        "Choices": [{"Condition": "{% $states.input %}", "Next": "Wrong"}],
                        "Default": "Right",
                    },
                    "Right": {"Type": "Succeed"},
                    "Wrong": {"Type": "Fail", "Error": "Odd"},
                },
            },
            "Retry": [{"ErrorEquals": ["Odd"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Mend"}],
            "End": True,
        },
        "Mend": {"Type": "Pass", "End": True},
    },
}


def fails_twice_then_caught() -> HistoryBuilder:
    builder = begun()
    failing = builder.entered("Map", "Each")
    for _ in range(2):
        builder.add("MapStateStarted", failing, length=1)
        builder.add("MapIterationStarted", name="Each", index=0)
        builder.entered("Choice", "Odd", data="true")
        builder.exited("Choice", "Odd", data="true")
        failing = builder.entered("Fail", "Wrong")
        builder.add("MapIterationFailed", failing, name="Each", index=0)
    builder.add("MapStateFailed", failing)
    builder.exited("Map", "Each")
    builder.entered("Pass", "Mend")
    builder.exited("Pass", "Mend")
    builder.add("ExecutionSucceeded", output="{}")
    return builder


def test_a_fail_state_in_an_item_ends_the_item_and_not_the_execution():
    replay = replayed(PICKY, fails_twice_then_caught().events)
    said = [frame.sentence for frame in replay.frames if frame.type == "FailStateEntered"]
    assert said == [
        "Item #0 of Each: Wrong is reached: it ends the item with Odd.",
        "Item #0 of Each on try 2: Wrong is reached: it ends the item with Odd.",
    ]


def test_a_fail_state_in_a_branch_ends_the_branch():
    builder = begun()
    builder.entered("Parallel", "Both")
    started = builder.add("ParallelStateStarted")
    builder.entered("Fail", "Mail", started)
    replay = replayed(runs.FAN_OUT, builder.events)
    assert replay.frames[-1].sentence == "Branch 1 of Both: Mail is reached: it ends the branch."


def test_a_map_tried_again_has_its_items_side_by_side_and_not_inside_one_another():
    replay = replayed(PICKY, fails_twice_then_caught().events)
    wrongs = [stay for stay in replay.trace.stays if stay.visit.name == "Wrong"]
    assert [len(stay.items) for stay in wrongs] == [1, 1]
    assert [replay.trace.items[stay.items[0]].attempt for stay in wrongs] == [1, 2]
    assert fared(replay) == {"Each": "! caught", "Each/Odd": "✓ done ×2", "Each/Wrong": "✗ failed ×2", "Mend": "✓ done"}
    assert [frame.caption for frame in replay.frames if frame.type == "MapStateStarted"] == [
        "Each has 1 item.",
        "Each has 1 item on try 2.",
    ]


def test_the_table_tells_the_tries_of_a_map_apart():
    shown = Player(PICKY, fails_twice_then_caught().events).table()
    assert [row[1] for row in shown.rows if row[0].strip() == "Wrong"] == ["#0", "#0 (try 2)"]


def test_items_stopped_with_another_are_told_by_their_own_number():
    builder = begun()
    builder.entered("Map", "Tell")
    started = builder.add("MapStateStarted", length=3)
    items = [builder.add("MapIterationStarted", started, name="Tell", index=index) for index in range(3)]
    tasks = [builder.entered("Task", "Draft", item) for item in items]
    tasks = [builder.add("TaskScheduled", task, resource="putItem", resourceType="dynamodb") for task in tasks]
    failed = builder.add("TaskTimedOut", tasks[1], error="States.Timeout")
    builder.add("MapIterationFailed", failed, name="Tell", index=1)
    builder.add("TaskStateAborted", failed)
    for index in (0, 2):
        builder.add("MapIterationAborted", failed, name="Tell", index=index)
        builder.add("TaskStateAborted", failed)
    builder.add("MapStateFailed", failed)

    replay = replayed(runs.MAP, builder.events)

    after_the_failure = [frame.sentence for frame in replay.frames if frame.event_id >= failed]
    assert after_the_failure[:7] == [
        "Item #1 of Tell: Draft times out on try 1 with States.Timeout; the item fails with it.",
        "Item #1 of Tell fails.",
        "Item #1 of Tell: Draft, which has failed, is closed.",
        "Item #0 of Tell is stopped.",
        "Item #0 of Tell: Draft is stopped.",
        "Item #2 of Tell is stopped.",
        "Item #2 of Tell: Draft is stopped.",
    ]
    assert [inside(replay, item)["Draft"] for item in range(3)] == ["aborted", "failed", "aborted"]


def test_an_expression_that_fails_is_told_of_its_state_and_leaves_the_one_before_done():
    builder = begun()
    done = builder.task("Claim")
    builder.entered("Choice", "Choose", done)
    failed = builder.add(
        "EvaluationFailed", done, state="Choose", location="Condition", error="States.QueryEvaluationError"
    )
    builder.add("ExecutionFailed", failed, error="States.QueryEvaluationError")

    replay = replayed(runs.LINE, builder.events)

    assert fared(replay) == {"Claim": "✓ done", "Choose": "✗ failed"}
    assert replay.frames[-2].caption.startswith("An expression of Choose (Condition) cannot be worked out")


def test_a_map_whose_items_cannot_be_worked_out_does_not_blame_an_item():
    builder = begun()
    builder.entered("Map", "Tell")
    failed = builder.add("EvaluationFailed", 0, state="Tell", location="Items", error="States.QueryEvaluationError")
    builder.add("MapStateFailed", failed)
    replay = replayed(runs.MAP, builder.events)
    assert replay.frames[-1].caption.startswith("Tell fails because its expression could not be worked out;")


def test_choices_are_explained_at_every_moment_of_a_growing_history():
    """An execution that has only begun, and an item that has, hold no state yet."""
    events = fails_twice_then_caught().events
    for length in range(1, len(events) + 1):
        report = explain_choices(PICKY, events[:length])
        entered = sum(event["type"] == "ChoiceStateEntered" for event in events[:length])
        assert len(report.visits) == entered
