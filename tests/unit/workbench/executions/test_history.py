"""Execution histories become trees."""

import json

import pytest

from flightpulse.workbench.executions import history, story
from tests.unit.workbench.histories import HistoryBuilder


def started() -> HistoryBuilder:
    builder = HistoryBuilder()
    builder.add("ExecutionStarted", 0, input='{"n": 1}')
    return builder


def test_states_follow_one_another_in_the_order_they_were_entered():
    builder = started()
    builder.task("ClaimEvent")
    builder.task("ApplyToFlight")
    builder.add("ExecutionSucceeded", output='{"outcome": "DONE"}')

    read = history.read(builder.events)

    assert [visit.name for visit in read.visits] == ["ClaimEvent", "ApplyToFlight"]
    assert (read.status, read.input, read.output) == ("SUCCEEDED", '{"n": 1}', '{"outcome": "DONE"}')
    assert read.visits[0].seconds == 4
    assert read.visits[0].problem is None


def test_interleaved_map_iterations_are_told_apart_by_what_they_follow():
    builder = started()
    builder.entered("Map", "PerPassenger")
    begun = builder.add("MapStateStarted", length=2)
    first = builder.add("MapIterationStarted", begun, name="PerPassenger", index=0)
    second = builder.add("MapIterationStarted", begun, name="PerPassenger", index=1)
    in_first = builder.entered("Pass", "Claim", first)
    in_second = builder.entered("Pass", "Claim", second)
    out_second = builder.exited("Pass", "Claim", in_second, '"second"')
    out_first = builder.exited("Pass", "Claim", in_first, '"first"')
    builder.add("MapIterationSucceeded", out_first, name="PerPassenger", index=0)
    last = builder.add("MapIterationSucceeded", out_second, name="PerPassenger", index=1)
    builder.add("MapStateSucceeded", last)
    builder.exited("Map", "PerPassenger")
    builder.task("After")

    read = history.read(builder.events)

    assert [visit.name for visit in read.visits] == ["PerPassenger", "After"]
    branches = read.visits[0].branches
    assert [(branch.index, branch.status) for branch in branches] == [(0, "SUCCEEDED"), (1, "SUCCEEDED")]
    assert [branch.visits[0].output for branch in branches] == ['"first"', '"second"']


def test_a_map_inside_a_map_keeps_its_iterations_to_itself():
    builder = started()
    builder.entered("Map", "Waves")
    outer_begun = builder.add("MapStateStarted", length=1)
    builder.add("MapIterationStarted", outer_begun, name="Waves", index=0)
    builder.entered("Map", "Chunks")
    inner_begun = builder.add("MapStateStarted", length=1)
    builder.add("MapIterationStarted", inner_begun, name="Chunks", index=0)
    builder.task("NotifyChunk")
    builder.add("MapIterationSucceeded", name="Chunks", index=0)
    builder.add("MapStateSucceeded")
    builder.exited("Map", "Chunks")
    builder.add("MapIterationSucceeded", name="Waves", index=0)
    builder.add("MapStateSucceeded")
    builder.exited("Map", "Waves")

    (waves,) = history.read(builder.events).visits

    (wave,) = waves.branches
    (chunks,) = wave.visits
    assert wave.status == "SUCCEEDED"
    assert [visit.name for visit in chunks.branches[0].visits] == ["NotifyChunk"]


def test_parallel_branches_are_separate_even_when_their_states_have_one_name():
    builder = started()
    builder.entered("Parallel", "Both")
    begun = builder.add("ParallelStateStarted")
    left = builder.entered("Pass", "Send", begun, '"left"')
    right = builder.entered("Pass", "Send", begun, '"right"')
    builder.exited("Pass", "Send", right)
    out = builder.exited("Pass", "Send", left)
    builder.add("ParallelStateSucceeded", out)
    builder.exited("Parallel", "Both")
    builder.task("After")

    both, after = history.read(builder.events).visits

    assert [branch.visits[0].input for branch in both.branches] == ['"left"', '"right"']
    assert both.left_at is not None
    assert after.name == "After"


def test_a_retried_task_shows_every_try():
    builder = started()
    builder.entered("Task", "Compose")
    for _ in range(2):
        builder.add("TaskScheduled", resource="invoke", resourceType="lambda", parameters="{}")
        builder.add("TaskFailed", resource="invoke", resourceType="lambda", error="TooBusy", cause="later")
    builder.add("TaskScheduled", resource="invoke", resourceType="lambda", parameters="{}")
    builder.add("TaskSucceeded", resource="invoke", resourceType="lambda", output="{}")
    builder.exited("Task", "Compose")

    (visit,) = history.read(builder.events).visits

    assert [attempt.problem and attempt.problem.error for attempt in visit.attempts] == ["TooBusy", "TooBusy", None]
    assert visit.problem is None
    assert story.trouble(visit) == ["try 1: TooBusy (later), tried again", "try 2: TooBusy (later), tried again"]


def test_a_caught_error_names_the_state_that_took_over():
    builder = started()
    builder.entered("Task", "ApplyToFlight")
    builder.add("TaskScheduled", resource="updateItem", resourceType="dynamodb", parameters="{}")
    builder.add("TaskFailed", error="DynamoDB.ConditionalCheckFailedException", cause="The conditional request failed")
    builder.exited("Task", "ApplyToFlight")
    builder.entered("Succeed", "Superseded")
    builder.exited("Succeed", "Superseded")
    builder.add("ExecutionSucceeded", output="{}")

    refused, superseded = history.read(builder.events).visits

    assert refused.problem is not None
    assert refused.problem.caught_by == "Superseded"
    assert "caught, goes on at Superseded" in story.trouble(refused)[0]
    assert superseded.problem is None


def test_an_error_that_nobody_caught_ends_the_execution():
    builder = started()
    builder.entered("Task", "Compose")
    builder.add("TaskScheduled", resource="invoke", resourceType="lambda", parameters="{}")
    builder.add("TaskTimedOut", resource="invoke", resourceType="lambda", error="States.Timeout")
    builder.add("ExecutionFailed", error="States.Timeout", cause="")

    read = history.read(builder.events)

    assert read.status == "FAILED"
    assert read.problem == history.Problem("States.Timeout", "")
    assert read.visits[0].problem == history.Problem("States.Timeout", "", None)
    assert read.visits[0].left_at is None


def test_a_failed_iteration_fails_its_map_and_not_the_others():
    builder = started()
    builder.entered("Map", "All")
    begun = builder.add("MapStateStarted", length=2)
    first = builder.add("MapIterationStarted", begun, name="All", index=0)
    second = builder.add("MapIterationStarted", begun, name="All", index=1)
    builder.task("Tell", first)
    builder.add("MapIterationSucceeded", name="All", index=0)
    builder.entered("Fail", "Stop", second)
    failed = builder.add("MapIterationFailed", name="All", index=1)
    builder.add("MapStateFailed", failed, error="Stop", cause="on purpose")
    builder.entered("Pass", "Mend")

    whole, mend = history.read(builder.events).visits

    assert [branch.status for branch in whole.branches] == ["SUCCEEDED", "FAILED"]
    assert whole.problem == history.Problem("Stop", "on purpose", "Mend")
    assert mend.name == "Mend"


def test_an_expression_that_fails_belongs_to_the_state_it_names():
    """Step Functions links the failure to the event before the state was entered."""
    builder = started()
    done = builder.task("Before")
    builder.entered("Task", "Ask", done)
    failed = builder.add(
        "EvaluationFailed", done, state="Ask", location="Arguments", error="States.QueryEvaluationError"
    )
    builder.exited("Task", "Ask", failed)
    builder.entered("Succeed", "Handled")
    builder.exited("Succeed", "Handled")
    builder.add("ExecutionSucceeded", output="{}")

    before, ask, handled = history.read(builder.events).visits

    assert [visit.status for visit in (before, ask, handled)] == ["SUCCEEDED", "CAUGHT", "SUCCEEDED"]
    assert before.problem is None
    assert ask.problem == history.Problem("States.QueryEvaluationError", "", "Handled")


def test_an_execution_that_fails_between_two_states_blames_neither():
    builder = started()
    builder.task("Before")
    builder.add("ExecutionFailed", error="States.Runtime")

    (before,) = history.read(builder.events).visits

    assert (before.status, before.problem) == ("SUCCEEDED", None)


def test_an_expression_that_fails_around_an_item_belongs_to_the_state_it_names():
    builder = started()
    builder.entered("Map", "All")
    begun = builder.add("MapStateStarted", length=1)
    item = builder.add("MapIterationStarted", begun, name="All", index=0)
    builder.entered("Pass", "Word", item)
    failed = builder.add("EvaluationFailed", item, state="All", error="States.QueryEvaluationError")
    builder.add("ExecutionFailed", failed, error="States.QueryEvaluationError")

    (whole,) = history.read(builder.events).visits

    assert whole.problem == history.Problem("States.QueryEvaluationError", "")
    assert whole.branches[0].visits[0].problem is None


def test_an_expression_that_fails_in_one_of_two_items_belongs_to_that_item():
    builder = started()
    builder.entered("Map", "All")
    begun = builder.add("MapStateStarted", length=2)
    items = [builder.add("MapIterationStarted", begun, name="All", index=index) for index in (0, 1)]
    for item in items:
        builder.entered("Pass", "Word", item)
    failed = builder.add("EvaluationFailed", items[0], state="Word", error="States.QueryEvaluationError")
    builder.add("MapIterationFailed", failed, name="All", index=0)
    builder.add("MapIterationAborted", failed, name="All", index=1)
    failed = builder.add("MapStateFailed", failed)
    builder.add("ExecutionFailed", failed, error="States.QueryEvaluationError")

    (whole,) = history.read(builder.events).visits

    assert [branch.visits[0].status for branch in whole.branches] == ["FAILED", "ABORTED"]
    assert whole.problem == history.Problem("States.QueryEvaluationError", "")


def test_a_map_tried_again_goes_through_its_items_again():
    """The second start follows the event that failed inside the first try."""
    builder = started()
    builder.entered("Map", "All")
    builder.add("MapStateStarted", length=1)
    builder.add("MapIterationStarted", name="All", index=0)
    failing = builder.entered("Fail", "Stop")
    builder.add("MapIterationFailed", failing, name="All", index=0)
    builder.add("MapStateStarted", failing, length=1)
    builder.add("MapIterationStarted", name="All", index=0)
    done = builder.task("Tell")
    builder.add("MapIterationSucceeded", name="All", index=0)
    builder.add("MapStateSucceeded", done)
    builder.exited("Map", "All")
    builder.add("ExecutionSucceeded", output="[]")

    (whole,) = history.read(builder.events).visits

    assert [(branch.attempt, branch.index, branch.status) for branch in whole.branches] == [
        (1, 0, "FAILED"),
        (2, 0, "SUCCEEDED"),
    ]
    assert [[visit.name for visit in branch.visits] for branch in whole.branches] == [["Stop"], ["Tell"]]
    assert (whole.status, whole.problem) == ("SUCCEEDED", None)


def test_the_outer_map_is_tried_again_when_the_inner_one_has_failed():
    builder = started()
    builder.entered("Map", "Outer")
    builder.add("MapStateStarted", length=1)
    builder.add("MapIterationStarted", name="Outer", index=0)
    builder.entered("Map", "Inner")
    builder.add("MapStateStarted", length=1)
    builder.add("MapIterationStarted", name="Inner", index=0)
    failing = builder.entered("Fail", "Stop")
    builder.add("MapIterationFailed", failing, name="Inner", index=0)
    failed = builder.add("MapStateFailed", failing)
    builder.add("MapIterationFailed", failed, name="Outer", index=0)
    builder.add("MapStateStarted", failed, length=1)
    builder.add("MapIterationStarted", name="Outer", index=0)
    builder.entered("Map", "Inner")

    (outer,) = history.read(builder.events).visits

    assert [(branch.attempt, branch.status) for branch in outer.branches] == [(1, "FAILED"), (2, "RUNNING")]
    assert [branch.visits[0].status for branch in outer.branches] == ["FAILED", "RUNNING"]
    assert outer.status == "RUNNING"


def test_a_parallel_state_tried_again_counts_its_branches_anew():
    builder = started()
    builder.entered("Parallel", "Both")
    begun = builder.add("ParallelStateStarted")
    failing = builder.entered("Fail", "Left", begun)
    builder.entered("Wait", "Right", begun)
    builder.add("WaitStateAborted", failing)
    begun = builder.add("ParallelStateStarted", failing)
    builder.task("Left", begun)
    done = builder.task("Right", begun)
    builder.add("ParallelStateSucceeded", done)
    builder.exited("Parallel", "Both")
    builder.add("ExecutionSucceeded", output="[]")

    (both,) = history.read(builder.events).visits

    assert [(branch.attempt, branch.index, branch.status) for branch in both.branches] == [
        (1, 0, "FAILED"),
        (1, 1, "ABORTED"),
        (2, 0, "SUCCEEDED"),
        (2, 1, "SUCCEEDED"),
    ]


def test_each_item_that_is_stopped_is_the_one_the_event_names():
    """Step Functions links all of them to the failure of the first, and says of each task only that it stopped."""
    builder = started()
    builder.entered("Map", "All")
    begun = builder.add("MapStateStarted", length=3)
    items = [builder.add("MapIterationStarted", begun, name="All", index=index) for index in range(3)]
    tasks = [builder.entered("Task", "Call", item) for item in items]
    tasks = [builder.add("TaskScheduled", task, resource="invoke", resourceType="lambda") for task in tasks]
    failed = builder.add("TaskTimedOut", tasks[1], resource="invoke", resourceType="lambda", error="States.Timeout")
    builder.add("MapIterationFailed", failed, name="All", index=1)
    builder.add("TaskStateAborted", failed)
    for index in (0, 2):
        builder.add("MapIterationAborted", failed, name="All", index=index)
        builder.add("TaskStateAborted", failed)
    failed = builder.add("MapStateFailed", failed)
    builder.add("ExecutionFailed", failed, error="States.Timeout", cause="")

    (whole,) = history.read(builder.events).visits

    assert [branch.status for branch in whole.branches] == ["ABORTED", "FAILED", "ABORTED"]
    assert [branch.visits[0].status for branch in whole.branches] == ["ABORTED", "FAILED", "ABORTED"]


@pytest.mark.parametrize(
    ("end", "status"),
    [("ExecutionAborted", "ABORTED"), ("ExecutionTimedOut", "TIMED_OUT"), ("ExecutionFailed", "FAILED")],
)
def test_nothing_runs_once_its_execution_has_ended(end: str, status: str):
    builder = started()
    builder.entered("Map", "All")
    begun = builder.add("MapStateStarted", length=2)
    for index in (0, 1):
        builder.add("MapIterationStarted", begun, name="All", index=index)
    waiting = builder.entered("Wait", "Pause")
    builder.add(end, waiting, error="Halt", cause="")

    (whole,) = history.read(builder.events).visits
    begun_only, with_a_state = whole.branches

    assert whole.status == status
    assert begun_only.status == "ABORTED"
    assert (with_a_state.status, with_a_state.visits[0].status) == (status, status)


def test_a_state_that_was_running_in_another_branch_is_aborted_and_not_blamed():
    builder = started()
    builder.entered("Parallel", "Both")
    begun = builder.add("ParallelStateStarted")
    builder.entered("Wait", "Slow", begun)
    failing = builder.entered("Pass", "Wrong", begun)
    failed = builder.add("ParallelStateFailed", failing, error="States.Runtime", cause="no such path")
    builder.add("ExecutionFailed", failed, error="States.Runtime", cause="no such path")

    (both,) = history.read(builder.events).visits

    assert [branch.visits[0].status for branch in both.branches] == ["ABORTED", "FAILED"]
    assert both.status == "FAILED"


def test_a_started_execution_is_found_in_the_answer_and_in_the_failure():
    arn = "arn:aws:states:us-east-1:000000000000:execution:FlightPulse-NotifyChunk:one"
    builder = started()
    for kind, details in (
        ("TaskSucceeded", {"output": json.dumps({"ExecutionArn": arn})}),
        ("TaskFailed", {"error": "States.TaskFailed", "cause": json.dumps({"ExecutionArn": arn})}),
    ):
        builder.entered("Task", "NotifyChunk")
        builder.add("TaskScheduled", resource="startExecution.sync:2", resourceType="states", parameters="{}")
        builder.add(kind, **details)
        builder.exited("Task", "NotifyChunk")

    assert [visit.children for visit in history.read(builder.events).visits] == [(arn,), (arn,)]


def test_an_execution_that_still_runs_has_a_state_it_has_not_left():
    builder = started()
    builder.task("ClaimEvent")
    builder.entered("Wait", "LetOlderNewsArrive")

    read = history.read(builder.events)

    assert read.status == "RUNNING"
    assert read.visits[-1].left_at is None


def test_a_redriven_execution_runs_again_after_its_end():
    builder = started()
    builder.entered("Task", "Compose")
    builder.add("TaskScheduled", resource="invoke", resourceType="lambda", parameters="{}")
    failed = builder.add("TaskFailed", error="Lambda.Unknown", cause="")
    builder.add("ExecutionFailed", failed, error="Lambda.Unknown", cause="")
    builder.add("ExecutionRedriven", redriveCount=1)
    builder.add("TaskScheduled", failed, resource="invoke", resourceType="lambda", parameters="{}")
    builder.add("TaskSucceeded", output="{}")
    builder.exited("Task", "Compose")
    builder.add("ExecutionSucceeded", output="{}")

    read = history.read(builder.events)

    assert (read.status, read.redrives, read.problem) == ("SUCCEEDED", 1, None)
    assert len(read.visits[0].attempts) == 2


def test_a_history_without_links_is_read_in_its_order():
    builder = started()
    builder.task("One")
    builder.task("Two")
    for event in builder.events:
        del event["previousEventId"]

    assert [visit.name for visit in history.read(builder.events).visits] == ["One", "Two"]


def test_walking_visits_parents_before_children():
    builder = started()
    builder.entered("Map", "All")
    begun = builder.add("MapStateStarted", length=1)
    builder.add("MapIterationStarted", begun, name="All", index=0)
    builder.task("Tell")
    builder.add("MapIterationSucceeded", name="All", index=0)
    builder.add("MapStateSucceeded")
    builder.exited("Map", "All")

    assert [visit.name for visit in history.walk(history.read(builder.events).visits)] == ["All", "Tell"]


def test_the_cause_of_a_function_error_is_told_by_its_message():
    problem = history.Problem("Unreachable", json.dumps({"errorMessage": "no\n route", "stackTrace": ["x"]}))

    assert story.in_words(problem) == "Unreachable (no route)"
