"""What it takes to tell one message is counted in the histories of chunks."""

import json
from datetime import UTC, datetime

from flightpulse.paths import ROOT
from flightpulse.workbench.costs import per_message
from flightpulse.workbench.costs.per_message import PerMessage
from flightpulse.workbench.executions.executions import Execution

SAVED = ROOT / "notebooks" / "histories" / "notify-chunk-retry-and-catch.json"


def an_execution(*children: Execution) -> Execution:
    events = json.loads(SAVED.read_text(encoding="utf-8"))["events"] if not children else []
    since = datetime(2026, 11, 24, tzinfo=UTC)
    return Execution("arn:e", "FlightPulse-NotifyChunk", "SUCCEEDED", since, since, {}, {}, events, children=children)


def test_claims_sends_and_confirmations_are_counted_with_their_retries_and_nothing_else() -> None:
    """Two bookings: six steps, two tries more of one call, and a claim that was refused, looked into and made again."""
    found = per_message.of([an_execution(an_execution())], messages=3)

    assert found == PerMessage(state_transitions=(6 + 2 + 4) / 3, writes=5 / 3, history_events=54 / 3)


def test_without_a_message_there_is_nothing_to_divide_by() -> None:
    assert per_message.of([an_execution()], messages=0) is None


def test_the_figures_stand_beside_those_of_a_claim_for_each_channel() -> None:
    said = str(PerMessage(1.5, 1, 8.5))

    assert [line.split()[-2:] for line in said.splitlines() if "." in line] == [
        ["1.50", "4"],
        ["1.00", "2"],
        ["8.50", "19"],
    ]
