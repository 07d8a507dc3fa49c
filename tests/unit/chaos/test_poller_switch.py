"""Kafka is taken from the mapping for a block, and given back."""

from types import SimpleNamespace
from typing import Any

import pytest

from flightpulse.chaos import poller_switch
from flightpulse.errors import UserError


class Mapping:
    """The stack's mapping, which takes some time to change its state, as in AWS, or never does."""

    def __init__(self) -> None:
        self.states = ["Enabled"]
        self.stuck = False

    def list_event_source_mappings(self, **_: Any) -> Any:
        kafka = {"ConsumerGroupId": "group"}
        known = {"UUID": "1", "State": self.states[0], "SelfManagedKafkaEventSourceConfig": kafka}
        return {"EventSourceMappings": [known]}

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> None:  # noqa: N803 - boto3's spelling
        assert UUID == "1"
        between, then = ("Enabling", "Enabled") if Enabled else ("Disabling", "Disabled")
        self.states = [between] if self.stuck else [between, between, then]

    def get_event_source_mapping(self, **_: Any) -> dict[str, str]:
        seen = self.states[0]
        self.states = self.states[1:] or self.states
        return {"State": seen}


@pytest.fixture
def mapping() -> Mapping:
    return Mapping()


@pytest.fixture
def session(mapping: Mapping, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session whose clock goes on by a second with each look."""
    seconds = iter(range(1000))
    clock = SimpleNamespace(monotonic=lambda: next(seconds), sleep=lambda _: None)
    monkeypatch.setattr(poller_switch, "time", clock)
    return SimpleNamespace(functions=mapping, output=lambda name: name)


def test_the_block_begins_when_the_mapping_is_off_and_ends_when_it_is_on_again(mapping: Mapping, session: Any) -> None:
    with poller_switch.without_mapping(session) as group:
        assert (group, mapping.states) == ("group", ["Disabled"])

    assert mapping.states == ["Enabled"]


def test_a_mapping_that_was_left_off_is_switched_on_again(mapping: Mapping, session: Any) -> None:
    mapping.states = ["Disabled"]

    poller_switch.restore(session)

    assert mapping.states == ["Enabled"]


def test_a_mapping_that_does_not_go_off_is_named(mapping: Mapping, session: Any) -> None:
    mapping.stuck = True

    with pytest.raises(UserError, match="did not become disabled"), poller_switch.without_mapping(session):
        pass
