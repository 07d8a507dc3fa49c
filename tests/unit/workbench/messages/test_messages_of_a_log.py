"""Log events of the delivery services are read as the messages that they are."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from flightpulse.stack import names
from flightpulse.workbench.messages import inbox
from flightpulse.workbench.observe import logs
from tests.unit.fakes import sample


def log_event(content: object, group: str = names.EMAIL_LOG) -> logs.LogEvent:
    text = content if isinstance(content, str) else json.dumps(content)
    return logs.LogEvent("1", group, "stream", datetime(2026, 11, 23, 13, 0, tzinfo=UTC), text)


def bus_log(detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {"detail-type": detail_type, "source": "flightpulse.workflow", "detail": detail}


def test_an_email_is_read_with_its_subject_and_its_text():
    detail = sample("notification_email")

    read = inbox.from_log_event(log_event(bus_log("notification.email", detail)))

    assert read is not None
    assert (read.channel, read.subject, read.text) == ("email", detail["subject"], detail["body"])
    assert (read.booking_id, read.tier, read.flight_id) == (
        detail["booking_id"],
        detail["tier"],
        detail["flight_id"],
    )
    assert read.written_by == detail["template"]["origin"]
    assert read.event_at == datetime.fromisoformat(detail["event_timestamp"])


def test_a_text_message_has_no_subject():
    detail = sample("notification_sms")

    read = inbox.from_log_event(log_event(bus_log("notification.sms", detail), names.SMS_LOG))

    assert read is not None
    assert (read.subject, read.text) == ("", detail["text"])


@pytest.mark.parametrize("content", ["plain text", [1], {}, {"detail-type": "booking.status_changed", "detail": {}}])
def test_anything_else_is_no_message(content: object):
    assert inbox.from_log_event(log_event(content)) is None


def test_a_message_without_a_readable_time_of_its_news_takes_its_own():
    detail = {**sample("notification_sms"), "event_timestamp": "noon"}
    event = log_event(bus_log("notification.sms", detail))

    read = inbox.from_log_event(event)

    assert read is not None
    assert read.event_at == event.at
