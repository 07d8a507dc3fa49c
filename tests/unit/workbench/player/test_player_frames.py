"""Frames say after each event how every state fares."""

import pytest

from tests.unit.workbench.histories import HistoryBuilder
from tests.unit.workbench.player import runs
from tests.unit.workbench.player.runs import begun, fail, fared, inside, replayed


def frame_of(replay, kind, nth=0):
    return [n for n, frame in enumerate(replay.frames) if frame.type == kind][nth]


def test_there_is_one_frame_per_event():
    replay = replayed(runs.MAP, runs.interleaved())
    assert [frame.event_id for frame in replay.frames] == [event["id"] for event in runs.interleaved()]


def test_a_state_runs_from_its_entry_to_its_exit():
    replay = replayed(runs.LINE, runs.straight())
    assert fared(replay, 0) == {}
    assert fared(replay, 1) == {"Claim": "▶ running"}
    assert fared(replay) == {"Claim": "✓ done", "Choose": "✓ done", "Told": "✓ done"}


def test_the_ways_taken_are_known():
    replay = replayed(runs.LINE, runs.straight())
    assert replay.marks().taken == {("next", "Claim", "Choose"), ("default", "Choose", "Told")}


def test_a_failed_try_shows_trying_again_then_running_then_caught():
    replay = replayed(runs.LINE, runs.retried_then_caught())
    failures = [n for n, frame in enumerate(replay.frames) if frame.failure]

    assert [fared(replay, n)["Claim"] for n in failures] == [
        "↻ trying again, 1 retry",
        "↻ trying again, 2 retries",
        "! caught, 2 retries",
    ]
    assert fared(replay, failures[0] + 1)["Claim"] == "▶ running, 1 retry"
    assert ("catch", "Claim", "Handled") in replay.marks().taken


def test_a_state_that_succeeds_after_a_failed_try_is_done_and_not_caught():
    builder = begun()
    builder.entered("Task", "Claim")
    fail(builder)
    builder.add("TaskScheduled", resource="putItem", resourceType="dynamodb", parameters="{}")
    builder.add("TaskSucceeded", resource="putItem", resourceType="dynamodb", output="{}")
    builder.exited("Task", "Claim")
    assert fared(replayed(runs.LINE, builder.events))["Claim"] == "✓ done, 1 retry"


def test_interleaved_items_of_a_map_are_told_apart():
    replay = replayed(runs.MAP, runs.interleaved())
    assert fared(replay)["Tell/Draft"] == "! 1  ✓ 1, 1 retry"
    assert inside(replay, 0) == {"Draft": "done", "Send": "done"}
    assert inside(replay, 1) == {"Draft": "caught", "Template": "done"}


def test_each_frame_knows_the_item_it_belongs_to():
    replay = replayed(runs.MAP, runs.interleaved())
    second_failure = replay.frames[frame_of(replay, "TaskFailed", 1)]
    assert second_failure.where == "Item #1 of Tell: "


def test_a_map_inside_a_parallel_branch_keeps_its_place():
    replay = replayed(runs.FAN_OUT, runs.parallel())
    assert fared(replay) == {
        "Both": "✓ done",
        "Both/0/Mail": "✓ done",
        "Both/1/Each": "✓ done",
        "Both/1/Each/Text": "✓ done ×2",
    }
    texts = [frame for frame in replay.frames if frame.caption == "Text begins."]
    assert [frame.where for frame in texts] == [
        "Branch 2 of Both, item #0 of Each: ",
        "Branch 2 of Both, item #1 of Each: ",
    ]


def test_when_an_item_fails_the_others_are_aborted():
    builder = HistoryBuilder()
    builder.events = runs.item_fails()
    builder.add("ExecutionFailed", error="Lambda.Unknown", cause="")
    replay = replayed(runs.MAP, builder.events)
    assert inside(replay, 1)["Send"] == "failed"
    assert inside(replay, 0)["Draft"] == "aborted"
    assert fared(replay)["Tell"] == "✗ failed"


def test_a_map_that_failed_and_was_caught_is_caught():
    builder = HistoryBuilder()
    builder.events = runs.item_fails()
    builder.exited("Map", "Tell")
    builder.entered("Fail", "Bad")
    builder.add("ExecutionFailed", error="NobodyTold", cause="")
    replay = replayed(runs.MAP, builder.events)
    assert (fared(replay)["Tell"], fared(replay)["Bad"]) == ("! caught", "✗ failed")
    assert ("catch", "Tell", "Bad") in replay.marks().taken


def test_a_map_that_is_tried_again_as_a_whole_runs_again():
    builder = HistoryBuilder()
    builder.events = runs.item_fails()
    failed = len(builder.events)
    started = builder.add("MapStateStarted", failed, length=3)
    replay = replayed(runs.MAP, builder.events)
    assert fared(replay, failed - 1)["Tell"] == "↻ trying again, 1 retry"
    assert fared(replay, started - 1)["Tell"] == "▶ running, 1 retry"


def test_a_time_out_stops_whatever_runs():
    builder = HistoryBuilder()
    builder.events = runs.interleaved()[:9]
    builder.add("ExecutionTimedOut")
    replay = replayed(runs.MAP, builder.events)
    assert fared(replay) == {"Tell": "◷ timed out", "Tell/Draft": "◷ timed out ×2"}


def test_an_abort_in_the_middle_of_a_map_stops_whatever_runs():
    builder = HistoryBuilder()
    builder.events = runs.interleaved()[:9]
    builder.add("ExecutionAborted", error="Stopped", cause="by hand")
    assert fared(replayed(runs.MAP, builder.events)) == {"Tell": "■ aborted", "Tell/Draft": "■ aborted ×2"}


def test_a_history_that_is_still_growing_ends_with_what_runs():
    replay = replayed(runs.MAP, runs.interleaved()[:10])
    assert replay.trace.history.status == "RUNNING"
    assert fared(replay) == {"Tell": "▶ running", "Tell/Draft": "▶ running ×2"}
    assert replay.frames[-1].caption.endswith("what comes next is not in the history yet.")


def test_a_redrive_takes_up_the_failed_state_again():
    builder = begun()
    builder.entered("Task", "Claim")
    fail(builder)
    builder.add("ExecutionFailed", error=runs.CONDITION_FAILED, cause="")
    redriven = builder.add("ExecutionRedriven", redriveCount=1)
    builder.add("TaskScheduled", redriven, resource="putItem", resourceType="dynamodb", parameters="{}")
    builder.add("TaskSucceeded", resource="putItem", resourceType="dynamodb", output="{}")
    builder.exited("Task", "Claim")
    replay = replayed(runs.LINE, builder.events)

    assert fared(replay, redriven - 2)["Claim"] == "✗ failed"
    assert fared(replay, redriven)["Claim"] == "▶ running"
    assert fared(replay)["Claim"] == "✓ done"
    assert replay.trace.history.redrives == 1


def test_a_redrive_of_a_map_runs_only_the_item_that_had_failed():
    builder = HistoryBuilder()
    builder.events = runs.item_fails()
    builder.add("ExecutionFailed", error="Lambda.Unknown", cause="")
    redriven = builder.add("ExecutionRedriven", redriveCount=1)
    builder.add("MapIterationStarted", redriven, name="Tell", index=1)
    builder.task("Send")
    replay = replayed(runs.MAP, builder.events)
    assert fared(replay)["Tell"] == "▶ running"
    assert fared(replay)["Tell/Send"] == "✗ 1  ✓ 1"


def test_a_redrive_takes_up_the_map_around_the_state_that_it_begins_again_in():
    builder = HistoryBuilder()
    builder.events = runs.item_fails()
    builder.add("ExecutionFailed", error="Lambda.Unknown", cause="")
    send = next(event["id"] for event in builder.events if runs.name_of(event) == "Send")
    redriven = builder.add("ExecutionRedriven", redriveCount=1)
    builder.add("TaskScheduled", send, resource="putItem", resourceType="dynamodb", parameters="{}")
    replay = replayed(runs.MAP, builder.events)
    assert fared(replay, redriven - 2)["Tell"] == "✗ failed"
    assert fared(replay)["Tell"] == "▶ running"
    assert fared(replay)["Tell/Send"] == "▶ running"


def test_lambda_function_events_count_as_tries():
    arn = "arn:aws:lambda:us-east-1:123456789012:function:Messenger"
    builder = begun()
    builder.entered("Task", "Claim")
    builder.add("LambdaFunctionScheduled", resource=arn, input='{"a": 1}')
    builder.add("LambdaFunctionStarted")
    builder.add("LambdaFunctionTimedOut", error="States.Timeout")
    builder.add("LambdaFunctionScheduled", resource=arn, input='{"a": 1}')
    builder.add("LambdaFunctionSucceeded", output='{"b": 2}')
    builder.exited("Task", "Claim")
    replay = replayed(runs.LINE, builder.events)
    assert [frame.caption for frame in replay.frames][2:7] == [
        "Claim calls lambda Messenger.",
        "lambda Messenger begins to work for Claim.",
        "Claim times out on try 1 with States.Timeout; it will be tried again.",
        "Claim tries again (try 2): calls lambda Messenger.",
        "lambda Messenger answers Claim on try 2.",
    ]
    assert [payload.label for payload in replay.frames[2].payloads] == ["arguments"]


def test_an_expression_that_cannot_be_evaluated_fails_its_state():
    builder = begun()
    builder.entered("Task", "Claim")
    builder.add(
        "EvaluationFailed",
        error="States.QueryEvaluationError",
        cause="The JSONata expression '$x' returned nothing",
        location="/Arguments/Item",
        state="Claim",
    )
    builder.add("ExecutionFailed", error="States.QueryEvaluationError", cause="")
    replay = replayed(runs.LINE, builder.events)
    assert fared(replay)["Claim"] == "✗ failed"
    assert "(/Arguments/Item) cannot be worked out" in replay.frames[2].caption


def test_a_history_cut_off_at_its_start_shows_what_it_tells():
    replay = replayed(runs.LINE, runs.straight()[4:])
    assert fared(replay)["Told"] == "✓ done"


def test_a_state_that_the_definition_lacks_is_told_but_not_drawn():
    builder = begun()
    builder.task("Renamed")
    replay = replayed(runs.LINE, builder.events)
    assert fared(replay) == {}
    assert replay.frames[1].caption == "Renamed begins."


def test_events_nobody_told_us_about_do_no_harm():
    builder = begun()
    builder.entered("Task", "Claim")
    builder.add("QuantumTaskEntangled", name="Claim")
    replay = replayed(runs.LINE, builder.events)
    assert replay.frames[-1].caption == "Claim: Quantum task entangled."


def test_what_step_functions_cut_off_is_marked():
    builder = begun()
    number = builder.entered("Task", "Claim")
    builder.events[number - 1]["stateEnteredEventDetails"].update(input="", inputDetails={"truncated": True})
    [payload] = replayed(runs.LINE, builder.events).frames[1].payloads
    assert (payload.label, payload.cut) == ("input", True)


@pytest.mark.parametrize("upto", [0, 5, 12, 20])
def test_statuses_of_a_moment_do_not_depend_on_what_comes_later_except_for_how_a_failure_ends(upto):
    whole = replayed(runs.FAN_OUT, runs.parallel())
    part = replayed(runs.FAN_OUT, runs.parallel()[: upto + 1])
    assert whole.statuses(upto) == part.statuses()
