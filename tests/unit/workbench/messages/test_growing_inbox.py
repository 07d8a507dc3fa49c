"""The messages of a run are read as they come: none is missed, none is taken twice."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.messages import inbox


class Logs:
    """A log group of e-mails. ``asked`` are the moments from which on it was read."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.asked: list[int] = []

    def put(self, name: str, at: datetime) -> None:
        detail = {"event_id": "evt-1", "channel": "email", "body": name, "event_timestamp": at.isoformat()}
        message = json.dumps({"detail-type": "notification.email", "detail": detail})
        moment = int(at.timestamp() * 1000)
        self.events.append({"eventId": name, "logStreamName": "s", "timestamp": moment, "message": message})

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        if request["logGroupName"] != names.EMAIL_LOG:
            return {"events": []}
        self.asked.append(request["startTime"])
        return {"events": [event for event in self.events if event["timestamp"] >= request["startTime"]]}


def test_a_second_look_asks_only_for_what_may_be_new_and_finds_everything_once():
    # Given a message that has been seen
    began = datetime.now(UTC) - timedelta(minutes=5)
    logs = Logs()
    growing = inbox.GrowingInbox(SimpleNamespace(target="local", logs=logs), began)
    logs.put("first", began + timedelta(seconds=1))
    assert [message.text for message in growing.look(["evt-1"])] == ["first"]

    # When two more come, one of them a little late
    now = datetime.now(UTC)
    logs.put("third", now)
    logs.put("second", now - timedelta(seconds=1))

    # Then a look finds all three in their order, and did not read the first one again
    assert [message.text for message in growing.look(["evt-1"])] == ["first", "second", "third"]
    assert [message.text for message in growing.look(["evt-1"])] == ["first", "second", "third"]
    assert logs.asked[1] > int((began + timedelta(seconds=1)).timestamp() * 1000)


def test_messages_about_other_events_are_left_out():
    began = datetime.now(UTC)
    logs = Logs()
    logs.put("first", began)
    assert inbox.GrowingInbox(SimpleNamespace(target="local", logs=logs), began).look(["evt-2"]) == []
