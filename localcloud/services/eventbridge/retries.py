"""Trying again when a target fails, and the dead-letter queue when that does not help.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

import contextvars
import heapq
import itertools
import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import cloudwatch, sqs

from localcloud.services.eventbridge.delivery import Delivery, Undeliverable

_NAMESPACE = "AWS/Events"
_MOST_ATTEMPTS = 185
_LONGEST_AGE_SECONDS = 86_400.0
_FIRST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 600.0

log = logging.getLogger(__name__)


def delay_seconds(retries: int, jitter: Callable[[float, float], float]) -> float:
    """The wait before a retry that follows ``retries`` others: exponential, capped, with jitter."""
    longest = min(_FIRST_DELAY_SECONDS * 2.0**retries, _LONGEST_DELAY_SECONDS)
    return jitter(longest / 2, longest)


@dataclass(slots=True)
class Attempt:
    """An event on its way to a target, with what has been tried so far."""

    target: Mapping[str, Any]
    event: Mapping[str, Any]
    rule: Mapping[str, Any]
    view: Any
    started: float
    context: contextvars.Context
    retries: int = 0

    @property
    def most_retries(self) -> int:
        return int((self.target.get("RetryPolicy") or {}).get("MaximumRetryAttempts", _MOST_ATTEMPTS))

    @property
    def longest_age(self) -> float:
        return float((self.target.get("RetryPolicy") or {}).get("MaximumEventAgeInSeconds", _LONGEST_AGE_SECONDS))


class Retries:
    """Delivers events, again if need be. Waiting times are multiplied by ``scale``."""

    def __init__(self, delivery: Delivery, scale: float) -> None:
        self._delivery = delivery
        self._scale = scale
        self._waiting: list[tuple[float, int, Attempt]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._work, name="eventbridge-retries", daemon=True).start()

    def deliver(self, target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, Any], view: Any) -> None:
        self._try(Attempt(target, event, rule, view, time.monotonic(), contextvars.copy_context()))

    def _try(self, attempt: Attempt) -> None:
        try:
            self._delivery.deliver(attempt.target, attempt.event, attempt.rule, attempt.view)
        except Undeliverable as problem:
            self._failed(attempt, problem)
        except Exception as error:
            log.exception("The target %s", attempt.target.get("Arn"))
            self._failed(attempt, Undeliverable("INTERNAL_ERROR", str(error), retry=True))
        else:
            _count("Invocations", attempt.rule)

    def _failed(self, attempt: Attempt, problem: Undeliverable) -> None:
        exhausted = self._exhausted(attempt) if problem.retry else None
        if problem.retry and exhausted is None:
            self._later(attempt)
            return
        _count("Invocations", attempt.rule)
        _count("FailedInvocations", attempt.rule)
        _set_aside(attempt, problem, exhausted)

    def _exhausted(self, attempt: Attempt) -> str | None:
        """Which limit of the retry policy has been reached, if any."""
        if attempt.retries >= attempt.most_retries:
            return "MaximumRetryAttempts"
        if time.monotonic() - attempt.started >= attempt.longest_age * self._scale:
            return "MaximumEventAgeInSeconds"
        return None

    def _later(self, attempt: Attempt) -> None:
        due = time.monotonic() + delay_seconds(attempt.retries, random.uniform) * self._scale
        attempt.retries += 1
        with self._changed:
            heapq.heappush(self._waiting, (due, next(self._numbers), attempt))
            self._changed.notify()

    def _work(self) -> None:
        while True:
            attempt = self._next_due()
            try:
                attempt.context.run(self._retry, attempt)
            except Exception:
                log.exception("The target %s", attempt.target.get("Arn"))

    def _retry(self, attempt: Attempt) -> None:
        _count("RetryInvocationAttempts", attempt.rule)
        self._try(attempt)

    def _next_due(self) -> Attempt:
        with self._changed:
            while True:
                if not self._waiting:
                    self._changed.wait()
                    continue
                rest = self._waiting[0][0] - time.monotonic()
                if rest <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(rest)


def _set_aside(attempt: Attempt, problem: Undeliverable, exhausted: str | None) -> None:
    """To the dead-letter queue, if the target has one; otherwise the event is lost, as on AWS."""
    arn = str(attempt.target.get("Arn"))
    queue_arn = (attempt.target.get("DeadLetterConfig") or {}).get("Arn")
    log.warning("The target %s of %s: %s: %s", arn, attempt.rule.get("Name"), problem.code, problem.message)
    if not queue_arn:
        return
    attributes = {
        "ERROR_CODE": problem.code,
        "ERROR_MESSAGE": problem.message,
        "RETRY_ATTEMPTS": str(attempt.retries),
        "RULE_ARN": str(attempt.rule.get("Arn")),
        "TARGET_ARN": arn,
    }
    if exhausted is not None:
        attributes["EXHAUSTED_RETRY_CONDITION"] = exhausted
    message = {
        "MessageBody": json.dumps(attempt.view.event_with_detail()),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in sorted(attributes.items())
        },
    }
    try:
        sqs._act_send_message(message, sqs._queue_url(parse_arn(queue_arn).resource))
    except (sqs._Err, ArnParseError) as error:
        log.warning("The dead-letter queue %s: %s", queue_arn, error)
        _count("InvocationsFailedToBeSentToDlq", attempt.rule)
        return
    _count("InvocationsSentToDlq", attempt.rule)


def _count(metric: str, rule: Mapping[str, Any]) -> None:
    """Rules of the default bus have their name as their only dimension."""
    dimensions = {"RuleName": str(rule.get("Name", ""))}
    bus = rule.get("EventBusName", "default")
    if bus != "default":
        dimensions["EventBusName"] = bus
    cloudwatch.record_metric(_NAMESPACE, metric, 1, "Count", dimensions)
