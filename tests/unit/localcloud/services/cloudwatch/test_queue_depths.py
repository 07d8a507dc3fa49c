"""How many messages wait in a queue is reported when it changes, and now and again while any are there."""

from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.services.cloudwatch import queue_depths
from localcloud.services.cloudwatch.queue_depths import QueueDepths


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    depths: list[int] = []
    monkeypatch.setattr(queue_depths.cloudwatch, "record_metric", lambda _space, _name, depth, *_: depths.append(depth))
    return depths


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages of the only queue."""
    waiting: list[dict[str, Any]] = []
    data = {("000000000000", "us-east-1", "letters"): {"name": "letters", "messages": waiting}}
    monkeypatch.setattr(queue_depths.sqs, "_queues", SimpleNamespace(_data=data))
    return waiting


def test_a_depth_is_told_when_it_changes_and_every_minute_while_it_is_not_zero(
    reported: list[int], messages: list[dict[str, Any]]
) -> None:
    depths = QueueDepths()
    depths.report(1000)
    messages += [{"visible_at": 900}, {"visible_at": 1100}]
    for now in (1001, 1002, 1050, 1061):
        depths.report(now)
    messages.clear()
    for now in (1062, 1063, 1200):
        depths.report(now)

    assert reported == [1, 1, 0]
