"""What a run asks of the services when it is asked for it."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from awskit.kafka.record_positions import Place
from flightpulse.workbench import run as runs
from flightpulse.workbench.fire.scenarios import ScenarioRun
from flightpulse.workbench.observe.facts import Facts
from flightpulse.workbench.observe.hops import ConsumerLine
from tests.unit.workbench.bench_builders import EVENT, flight_change, seconds
from tests.unit.workbench.run_facts import recipient, sent

PLACE = Place("evt-1", 3, 7, "flight-operations")
LINE = ConsumerLine(seconds(0), seconds(-1), "request-1", "evt-1", "Flight SW1234 leaves late.")
KEPT = ScenarioRun("minor-delay", "a delay", seconds(0), 10.0, ("SW1234",), (EVENT,), (PLACE,), ())


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> runs.Run:
    """A run of one event, which took ten seconds and whose record is at offset 7 of partition 3."""
    session: Any = SimpleNamespace(target="local", broker="127.0.0.1:9")
    monkeypatch.setattr(runs.consumer_log, "read", lambda *_, **__: {(3, 7): LINE, (7, 3): None, (3, 8): None})
    monkeypatch.setattr(runs.record_positions, "read", lambda *_: [])
    monkeypatch.setattr(runs.logs, "read", lambda *_, **__: [])
    return runs.Run(session, KEPT, Facts())


def test_an_events_journey_has_the_consumers_line_of_its_own_record(
    run: runs.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.item_changes, "read", lambda *_, **__: [])

    found = run.journey()

    assert dict(run.consumer_lines) == {(3, 7): LINE}
    assert [hop.kind for hop in found.hops][:1] == ["consumer"]


def test_changes_of_a_later_run_are_no_changes_of_this_one(run: runs.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    change = replace(flight_change(), pk="EVENT#evt-1", sk="CLAIM", at=seconds(9))
    much_later = replace(change, at=change.at + timedelta(hours=1))
    monkeypatch.setattr(runs.item_changes, "read", lambda *_, **__: [change, much_later])

    assert list(run.item_changes) == [change]


def test_a_booking_that_nobody_has_told_yet_is_followed_from_the_newest_event_about_its_flight(
    run: runs.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.item_changes, "read", lambda *_, **__: [])
    later, elsewhere = {**EVENT, "event_id": "evt-2"}, {**EVENT, "event_id": "evt-3"}
    known = (sent("evt-1"), sent("evt-2", seconds=60), sent("evt-3", "SW5678", seconds=120))
    facts = Facts(sent=known, recipients={"SW1234": (recipient("BKG-0001"),)})
    several = runs.Run(run.session, replace(KEPT, events=(EVENT, later, elsewhere)), facts)

    found = several.journey("BKG-0001")

    assert (found.event_id, found.booking_id) == ("evt-2", "BKG-0001")
