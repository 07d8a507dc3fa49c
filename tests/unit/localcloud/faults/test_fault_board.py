from typing import Any

import pytest

from localcloud.faults import FaultBoard, page


def a_board(*faults: dict[str, Any]) -> FaultBoard:
    board = FaultBoard()
    board.set(list(faults))
    return board


def test_a_fault_strikes_the_state_it_names_and_no_other() -> None:
    board = a_board({"state": "ClaimEvent", "error": "States.Timeout"})
    assert board.strike("Delay", "ApplyToFlight") is None
    struck = board.strike("Delay", "ClaimEvent")
    assert struck is not None
    assert struck.error == "States.Timeout"


def test_a_fault_of_one_machine_leaves_the_others_alone() -> None:
    board = a_board({"state": "ClaimEvent", "machine": "Gate"})
    assert board.strike("Delay", "ClaimEvent") is None
    assert board.strike("Gate", "ClaimEvent") is not None


def test_a_fault_about_one_flight_leaves_the_calls_about_others_alone() -> None:
    board = a_board({"state": "ClaimEvent", "about": "SW1234"})
    assert board.strike("Delay", "ClaimEvent", {"Key": {"S": "FLIGHT#SW5678"}}) is None
    assert board.strike("Delay", "ClaimEvent", {"Key": {"S": "FLIGHT#SW1234"}}) is not None


def test_a_fault_strikes_as_often_as_it_says_after_what_it_lets_pass() -> None:
    board = a_board({"state": "ClaimEvent", "times": 2, "skip": 1})
    assert [board.strike("Delay", "ClaimEvent") is not None for _ in range(5)] == [False, True, True, False, False]


def test_calls_that_hang_can_be_let_go_and_later_ones_hang_no_longer() -> None:
    board = a_board(
        {"state": "SendMessages", "delay_seconds": 600.0, "times": 3}, {"state": "ConfirmTold", "delay_seconds": 600.0}
    )
    first, second, other = (board.strike("Chunk", state) for state in ("SendMessages", "SendMessages", "ConfirmTold"))
    assert first is not None
    assert second is not None
    assert other is not None
    hanging, _ = board.delay(first)
    elsewhere, _ = board.delay(other)

    board.let_go("SendMessages")

    assert (hanging.is_set(), elsewhere.is_set()) == (True, False)
    assert (board.delay(second)[1], board.delay(other)[1]) == (0.0, 600.0)
    board.set([{"state": "SendMessages", "delay_seconds": 600.0}])
    again = board.strike("Chunk", "SendMessages")
    assert again is not None
    event, seconds = board.delay(again)
    assert (event.is_set(), seconds) == (False, 600.0)


def test_setting_faults_replaces_those_there_were() -> None:
    board = a_board({"state": "ClaimEvent"})
    board.set([])
    assert board.left() == []


@pytest.mark.parametrize(
    ("fault", "named"), [({"error": "X"}, "names a state"), ({"state": "A", "colour": "red"}, "colour")]
)
def test_a_fault_that_cannot_be_understood_is_refused_and_changes_nothing(fault: dict[str, Any], named: str) -> None:
    board = a_board({"state": "ClaimEvent"})
    with pytest.raises(ValueError, match=named):
        board.set([fault])
    assert [left["state"] for left in board.left()] == ["ClaimEvent"]


def test_faults_that_are_no_json_are_answered_with_400() -> None:
    assert page("PUT", b"nonsense")[0] == 400


@pytest.mark.parametrize(("body", "status"), [(b'{"let_go": "SendMessages"}', 200), (b'{"let": 1}', 400), (b"[]", 400)])
def test_calls_are_let_go_by_the_name_of_their_state(body: bytes, status: int) -> None:
    assert page("POST", body)[0] == status
