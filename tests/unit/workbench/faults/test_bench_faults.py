"""Faults on demand, as a notebook sets them: only while the block runs, and only where there is such a state."""

from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench import connect
from flightpulse.workbench.faults import faults
from flightpulse.workbench.faults.fault_page import FaultPage
from localcloud.faults import FaultBoard

ENDPOINT = "http://127.0.0.1:4566"


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> FaultBoard:
    """The board of a local cloud, reached without a socket."""
    board = FaultBoard()

    class Page(FaultPage):
        def call(self, method: str, body: Any = None, *, what: str = "faults") -> tuple[int, Any]:
            if method == "PUT":
                board.set(body["faults"])
            return 200, board.left()

    monkeypatch.setattr(faults, "FaultPage", Page)
    return board


def test_a_fault_strikes_until_the_block_ends(board: FaultBoard) -> None:
    with faults.striking(ENDPOINT, {"state": "ApplyToFlight", "error": "DynamoDB.ThrottlingException", "times": 2}):
        struck = [board.strike("FlightPulse-DelayWorkflow", "ApplyToFlight") for _ in range(3)]

    assert [fault.error if fault else None for fault in struck] == [*["DynamoDB.ThrottlingException"] * 2, None]
    assert board.left() == []


def test_an_error_in_the_block_ends_the_fault_too(board: FaultBoard) -> None:
    with pytest.raises(RuntimeError), faults.striking(ENDPOINT, {"state": "ClaimEvent", "error": "Busy"}):
        raise RuntimeError

    assert board.left() == []


def test_blocks_may_be_nested(board: FaultBoard) -> None:
    with faults.striking(ENDPOINT, {"state": "ClaimEvent", "error": "Busy", "times": 3}):
        board.strike("FlightPulse-DelayWorkflow", "ClaimEvent")
        with faults.striking(ENDPOINT, {"state": "ApplyToFlight", "error": "Busy"}):
            assert [fault["state"] for fault in board.left()] == ["ClaimEvent", "ApplyToFlight"]
        assert [(fault["state"], fault["times"]) for fault in board.left()] == [("ClaimEvent", 2)]


def test_what_a_killed_process_left_behind_is_cleared(board: FaultBoard) -> None:
    board.set([{"state": "RecordOutcome", "error": "Busy"}])

    with faults.striking(ENDPOINT, {"state": "ClaimEvent", "error": "Busy"}):
        assert [fault["state"] for fault in board.left()] == ["ClaimEvent"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"state": "Aply"}, "no Task state 'Aply'"),
        ({"state": "ReadEvent"}, "no Task state 'ReadEvent'"),
        ({"state": "ClaimEvent", "machine": "FlightPulse-NotifyChunk"}, "'ClaimEvent' in FlightPulse-NotifyChunk"),
        ({"state": "ClaimEvent", "machine": "NotifyChunk"}, "no workflow 'NotifyChunk'"),
    ],
)
def test_a_state_that_makes_no_call_is_refused_in_one_sentence(
    board: FaultBoard, fault: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said), faults.striking(ENDPOINT, fault):
        pytest.fail("the block must not begin")

    assert board.left() == []


def test_calls_on_aws_do_not_fail_on_demand(tmp_path: Any) -> None:
    with (
        pytest.raises(UserError, match="on AWS"),
        connect("aws", home=tmp_path).faults.task("ClaimEvent", error="Busy"),
    ):
        pytest.fail("the block must not begin")
