"""Two runs on one diagram."""

from flightpulse.workbench.player import diff
from tests.unit.workbench.histories import HistoryBuilder
from tests.unit.workbench.player import runs


def signs(found):
    return {path: mark.line for path, mark in found.marks().states.items()}


def test_two_runs_that_went_the_same_way_do_not_differ():
    found = diff(runs.MAP, runs.interleaved(), runs.interleaved())
    assert found.divergence is None
    assert found.sentence == "Both runs went the same way."
    assert all(line.startswith("=") for line in signs(found).values())


def test_items_that_took_turns_differently_are_still_the_same():
    in_turn = runs.interleaved()
    again = runs.interleaved()
    swapped = {6: 7, 7: 6}
    for event in again:
        event["id"] = swapped.get(event["id"], event["id"])
        event["previousEventId"] = swapped.get(event["previousEventId"], event["previousEventId"])
    assert diff(runs.MAP, in_turn, again).divergence is None


def test_where_two_runs_part_is_told_by_the_event_of_each():
    found = diff(runs.LINE, runs.straight(), runs.retried_then_caught())
    assert (found.divergence.event_a, found.divergence.event_b) == (5, 5)
    assert found.sentence == (
        "The runs part at event 5 of A and event 5 of B. "
        "A: dynamodb:putItem answers Claim. B: Claim fails on try 1 with DynamoDB.ThrottlingException (it was taken); "
        "it will be tried again."
    )
    assert found.divergence.state == "Claim"


def test_states_that_only_one_run_visited_say_so():
    assert signs(diff(runs.LINE, runs.straight(), runs.retried_then_caught())) == {
        "Claim": "≠ A ✓ done, B ! caught",
        "Choose": "A only: ✓ done",
        "Handled": "B only: ✓ done",
        "Told": "A only: ✓ done",
    }


def test_another_branch_of_a_choice_is_where_they_part():
    builder = HistoryBuilder()
    builder.events = runs.straight()[:8]
    builder.task("Claim")
    found = diff(runs.LINE, runs.straight(), builder.events)
    assert found.divergence.sentence == "A: Told is reached: a good end. B: Claim begins."


def test_a_run_that_ended_earlier_does_not_go_on():
    found = diff(runs.LINE, runs.straight()[:8], runs.straight())
    assert found.sentence == (
        "The runs part at the end of A and event 9 of B. A: it does not go on. B: Told is reached: a good end."
    )


def test_an_item_that_only_one_run_had_is_a_difference():
    found = diff(runs.MAP, runs.chunk_of(2), runs.chunk_of(3))
    assert found.divergence.sentence == (
        "A: Item #1 of Tell: dynamodb:putItem begins to work for Draft. "
        "B: Item #1 of Tell: dynamodb:putItem answers Draft."
    )
    assert signs(found)["Tell/Draft"].startswith("≠")


def test_the_difference_exists_as_picture_and_as_text():
    found = diff(runs.LINE, runs.straight(), runs.retried_then_caught())
    data, metadata = found._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == found.sentence
    assert "Choose: A only: ✓ done" in data["text/plain"]
