"""Log events, inputs and metrics are read as what they are; a scenario waits no longer than it must."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.stack import node
from flightpulse.workbench.deploy import cdk
from flightpulse.workbench.executions import executions
from flightpulse.workbench.fire import scenarios
from flightpulse.workbench.fire.expectations import Expectation, Finding
from flightpulse.workbench.messages import inbox
from flightpulse.workbench.metrics import metrics
from flightpulse.workbench.metrics.metrics import Metric
from flightpulse.workbench.observe import logs
from flightpulse.workbench.observe.facts import Facts
from flightpulse.workbench.target import names
from tests.unit.fakes import sample
from tests.unit.workbench.run_facts import NOW, handled, message, sent

CANCELLED = {"detail-type": "flight.cancelled"}


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


@pytest.mark.parametrize(
    ("given", "event_id", "flight_id", "detail_type"),
    [
        (
            {"id": "e", **CANCELLED, "detail": {"event_id": "evt-1", "flight_id": "SW1"}},
            "evt-1",
            "SW1",
            "flight.cancelled",
        ),
        ({"id": "e", **CANCELLED, "detail": {"flight_id": "SW1"}}, "e", "SW1", "flight.cancelled"),
        ({"event": {"event_id": "evt-1", "flight_id": "SW1"}, "order": "x"}, "evt-1", "SW1", ""),
        ("text", "", "", ""),
        (None, "", "", ""),
    ],
)
def test_the_event_behind_an_execution_is_in_its_input(given: Any, event_id: str, flight_id: str, detail_type: str):
    assert executions.bus_event(given) == executions.StartingEvent(detail_type, event_id, flight_id)


def test_a_metric_stored_under_two_sets_of_dimensions_is_counted_once():
    stored = [
        Metric("NotificationsSent", {"service": "messenger"}, 5),
        Metric("NotificationsSent", {"service": "messenger", "severity": "MINOR"}, 3),
        Metric("NotificationsSent", {"service": "messenger", "severity": "MAJOR"}, 2),
        Metric("WorkflowExecutions", {"workflow": "delay"}, 2),
        Metric("WorkflowExecutions", {"workflow": "cancellation"}, 1),
    ]

    assert metrics.by_name(stored) == {"NotificationsSent": 5, "WorkflowExecutions": 3}


def test_log_groups_have_short_names():
    assert logs.groups_named(["consumer", "/my/own"]) == ["/aws/lambda/FlightPulse-KafkaConsumer", "/my/own"]
    assert len(logs.groups_named([])) == len(names.LOG_GROUPS)


def test_an_unknown_log_group_is_named_with_the_known_ones():
    with pytest.raises(UserError, match="There is no log group 'kafka'") as refusal:
        logs.groups_named(["kafka"])

    assert "consumer" in refusal.value.hint


def test_nothing_of_the_users_reaches_the_cdk_on_the_local_cloud():
    users = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "x", "HTTPS_PROXY": "http://proxy", "HOME": "/home/me"}

    made = cdk.environment_for("local", users, {"AWS_ACCESS_KEY_ID": "test"})

    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"} & made.keys()
    assert (made["AWS_ACCESS_KEY_ID"], made["HOME"]) == ("test", "/home/me")


def test_an_account_is_reached_with_everything_the_user_has():
    users = {"AWS_PROFILE": "work", "HTTPS_PROXY": "http://proxy"}

    made = cdk.environment_for("aws", users, {"AWS_REGION": "eu-west-1"})

    assert (made["AWS_PROFILE"], made["HTTPS_PROXY"], made["AWS_REGION"]) == ("work", "http://proxy", "eu-west-1")


def test_the_cdk_runs_on_the_node_of_its_wheel():
    made = cdk.environment_for("local", {"PATH": "/usr/bin"}, {})

    assert made["PATH"].startswith(str(node.find().parent))
    assert made["PATH"].endswith("/usr/bin")


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return False


PATIENCE = scenarios.Patience(deadline=10, interval=1, quiet=3)


def watched(*seen: Facts, deadline: float = 10) -> tuple[float, tuple[scenarios.Check, ...]]:
    """Watch for two messages while the facts change with each look; returns when it ended and with what."""
    clock, facts = Clock(), list(seen)

    def look() -> Facts:
        return facts.pop(0) if len(facts) > 1 else facts[0]

    expectation = Expectation("two messages", lambda f: Finding(str(len(f.messages)), ok=len(f.messages) == 2))
    _, checks = scenarios.watch(look, (expectation,), PATIENCE, deadline=deadline, clock=clock)
    return clock.now, checks


RUNNING = Facts(sent=(sent(),), handled=(handled(status="RUNNING", stopped_at=None),))
ENDED = replace(RUNNING, handled=(handled(),))


def test_waiting_ends_as_soon_as_everything_was_seen():
    done = replace(ENDED, messages=(message("B1"), message("B2")))

    assert watched(RUNNING, RUNNING, done) == (2.0, (scenarios.Check("two messages", "2", ok=True),))


def test_waiting_goes_on_while_something_runs():
    assert watched(RUNNING)[0] > 10


def test_waiting_ends_early_when_nothing_runs_and_nothing_changes():
    assert watched(RUNNING, ENDED)[0] == 4.0


def test_a_change_after_the_end_starts_the_quiet_anew():
    one = replace(ENDED, messages=(message("B1"),))

    assert watched(ENDED, ENDED, ENDED, one)[0] == 6.0


def test_an_event_that_starts_nothing_is_waited_for_to_the_end():
    assert watched(Facts(sent=(sent(),)))[0] > 10


def test_facts_know_when_every_event_has_been_handled():
    assert ENDED.all_ended
    assert not RUNNING.all_ended
    assert not Facts(sent=(sent(), sent("evt-2")), handled=(handled(),)).all_ended
    assert ENDED.handled_of("evt-1")[0].started_at > NOW
