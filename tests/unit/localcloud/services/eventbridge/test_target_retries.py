"""A target that fails is tried again, within its retry policy; then the event is set aside with the reason."""

import queue
from typing import Any

import pytest

from localcloud.services.eventbridge import retries
from localcloud.services.eventbridge.delivery import Undeliverable
from localcloud.services.eventbridge.retries import Retries, delay_seconds
from tests.waiting import PATIENCE_SECONDS

TARGET = {
    "Arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
    "DeadLetterConfig": {"Arn": "arn:aws:sqs:r:0:dead"},
}
RULE = {"Name": "rule", "Arn": "arn:aws:events:us-east-1:000000000000:rule/bus/rule", "EventBusName": "bus"}


class View:
    def event_with_detail(self) -> dict[str, Any]:
        return {"detail": {"n": 1}}


class FailingDelivery:
    """Refuses an event as often as it is told to; says when it has taken it."""

    def __init__(self, *problems: Undeliverable | Exception) -> None:
        self.problems = list(problems)
        self.attempts = 0
        self.taken: queue.Queue[int] = queue.Queue()

    def deliver(self, _target: Any, _event: Any, _rule: Any, _view: Any) -> None:
        self.attempts += 1
        if self.problems:
            raise self.problems.pop(0)
        self.taken.put(self.attempts)


class Recorder:
    """What would have been sent to the dead-letter queue, and what would have been counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.counted: list[str] = []
        monkeypatch.setattr(retries.sqs, "_act_send_message", lambda message, _url: self.messages.put(message))
        monkeypatch.setattr(retries.cloudwatch, "record_metric", self._count)

    def _count(self, _namespace: str, name: str, _value: float, _unit: str, dimensions: dict[str, str]) -> None:
        assert dimensions == {"EventBusName": "bus", "RuleName": "rule"}
        self.counted.append(name)

    def attributes(self) -> dict[str, str]:
        message = self.messages.get(timeout=PATIENCE_SECONDS)
        return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


def test_a_target_that_recovers_gets_the_event(recorder: Recorder) -> None:
    delivery = FailingDelivery(Undeliverable("THROTTLING", "busy", retry=True), OSError("broken"))

    Retries(delivery, 0.001).deliver(TARGET, {}, RULE, View())  # type: ignore[arg-type]

    assert delivery.taken.get(timeout=PATIENCE_SECONDS) == 3
    assert recorder.messages.empty()


def test_an_event_whose_retries_are_used_up_is_set_aside(recorder: Recorder) -> None:
    delivery = FailingDelivery(*(Undeliverable("THROTTLING", "busy", retry=True) for _ in range(9)))
    target = {**TARGET, "RetryPolicy": {"MaximumRetryAttempts": 2}}

    Retries(delivery, 0.001).deliver(target, {}, RULE, View())  # type: ignore[arg-type]

    attributes = recorder.attributes()
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert attributes["RETRY_ATTEMPTS"] == "2"
    assert attributes["ERROR_CODE"] == "THROTTLING"
    assert attributes["TARGET_ARN"] == TARGET["Arn"]
    assert recorder.counted.count("RetryInvocationAttempts") == 2
    assert {"Invocations", "FailedInvocations"} <= set(recorder.counted)


def test_an_event_that_has_become_too_old_is_set_aside(recorder: Recorder) -> None:
    delivery = FailingDelivery(*(Undeliverable("THROTTLING", "busy", retry=True) for _ in range(9)))
    target = {**TARGET, "RetryPolicy": {"MaximumEventAgeInSeconds": 0}}

    Retries(delivery, 1.0).deliver(target, {}, RULE, View())  # type: ignore[arg-type]

    assert recorder.attributes()["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"


def test_what_will_not_mend_is_set_aside_at_once(recorder: Recorder) -> None:
    delivery = FailingDelivery(Undeliverable("NO_RESOURCE", "gone"))

    Retries(delivery, 0.001).deliver(TARGET, {}, RULE, View())  # type: ignore[arg-type]

    attributes = recorder.attributes()
    assert (attributes["ERROR_CODE"], attributes["ERROR_MESSAGE"]) == ("NO_RESOURCE", "gone")
    assert attributes["RETRY_ATTEMPTS"] == "0"
    assert delivery.attempts == 1


def test_waits_grow_to_ten_minutes() -> None:
    longest = [delay_seconds(retries_given, lambda _low, high: high) for retries_given in (0, 1, 2, 20)]

    assert longest == [1, 2, 4, 600]
    assert delay_seconds(3, lambda low, _high: low) == 4
