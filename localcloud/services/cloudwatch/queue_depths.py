"""How many messages wait in each queue, as SQS reports it to CloudWatch; here within a second instead of a minute.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

import logging
import threading
import time
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch, sqs

_TICK_SECONDS = 1.0
_REPEAT_SECONDS = 60.0
_METRIC = "ApproximateNumberOfMessagesVisible"

log = logging.getLogger(__name__)


class QueueDepths:
    """Reports a queue when its number of visible messages changes, and every minute while any are there."""

    def __init__(self) -> None:
        self._reported: dict[tuple[str, str, str], tuple[int, float]] = {}

    def install(self) -> None:
        threading.Thread(target=self._work, name="cloudwatch-queues", daemon=True).start()

    def report(self, now: float) -> None:
        """Look at every queue once; ``now`` is in seconds since 1970."""
        for place, queue in list(sqs._queues._data.items()):
            account, region, _ = place
            depth = sum(message["visible_at"] <= now for message in list(queue["messages"]))
            last, at = self._reported.get(place, (0, now))
            if depth != last or (depth and now - at >= _REPEAT_SECONDS):
                self._reported[place] = (depth, now)
                with responses.request_scope(account, region):
                    _record(queue, depth)

    def _work(self) -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            try:
                self.report(time.time())
            except Exception:
                log.exception("The metrics of the queues")


def _record(queue: dict[str, Any], depth: int) -> None:
    cloudwatch.record_metric("AWS/SQS", _METRIC, depth, "Count", {"QueueName": queue["name"]})
