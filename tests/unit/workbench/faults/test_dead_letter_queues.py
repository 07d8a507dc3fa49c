"""Purging: the letters about some flights go, those about others stay."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench import connect
from flightpulse.workbench.faults.dead_letter_queues import DeadLetterQueues
from flightpulse.workbench.target.connection import Connection
from tests.unit.workbench.cloud_fakes import FakeTarget


@pytest.fixture
def target() -> FakeTarget:
    found = FakeTarget()
    for kind, flight in (("notifications", "SW1234"), ("notifications", "SW9012"), ("stream", "")):
        found.sqs.put(f"https://sqs/{kind}", {"event_id": f"evt-{flight}", "flight_id": flight})
    return found


@pytest.fixture
def letters(target: FakeTarget) -> DeadLetterQueues:
    def agreed(*_: Any) -> None: ...

    return DeadLetterQueues(cast("Connection", SimpleNamespace(deployed=target.session, agreed=agreed)))


def test_the_letters_about_some_flights_are_purged_and_the_others_stay(letters: DeadLetterQueues):
    assert letters.purge("SW1234", "SW3456") == 1
    assert [letter.flight_id for letter in letters.waiting()] == ["SW9012", ""]
    assert letters.purge("SW1234", "SW3456") == 0


def test_the_table_shows_the_letters_about_some_flights_or_all(letters: DeadLetterQueues):
    assert len(letters.table("SW1234").column("what")) == 1
    assert len(letters.table().column("what")) == 3


def test_without_a_flight_all_are_purged(letters: DeadLetterQueues):
    assert letters.purge() == 3
    assert letters.waiting() == []


def test_in_an_account_nothing_is_purged_before_somebody_agrees(tmp_path: Path):
    with pytest.raises(UserError, match="deletes dead letters for good"):
        connect("aws", home=tmp_path).dead_letters.purge("SW1234")
