"""Log events as they come in: what they say of metrics is recorded; and filter patterns of requests are read right."""

import logging
import time
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch_logs as emulator

from localcloud.services import handlers
from localcloud.services.cloudwatch import embedded_metrics, filter_patterns
from localcloud.services.cloudwatch.store import MetricStore
from localcloud.services.handlers import Handler, Request, Response
from localcloud.services.refusals import Refused

log = logging.getLogger(__name__)


class LogEvents:
    """Takes part in what the emulator does with every log event, whoever wrote it."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._forward = emulator._fanout_to_subscription_filters

    def install(self) -> None:
        emulator._fanout_to_subscription_filters = self.received
        reading = {
            "_subscription_pattern_matches": filter_patterns.matches,
            "_compile_filter_pattern": lambda pattern: filter_patterns.compiled(pattern or ""),
        }
        handlers.replace(emulator, reading)
        with_patterns = ("_filter_log_events", "_put_metric_filter", "_put_subscription_filter")
        handlers.install(emulator, dict.fromkeys(with_patterns, _check_pattern))
        handlers.install(emulator, {"_put_metric_filter": _check_transformation})

    def received(self, group_name: str, stream_name: str, events: list[dict[str, Any]]) -> None:
        known = emulator._metric_filters.items_scoped(responses.get_account_id(), responses.get_region())
        filters = [metric_filter for (group, _), metric_filter in known if group == group_name]
        now = time.time() * 1000
        for event in events:
            message, moment = event.get("message") or "", float(event.get("timestamp") or now)
            try:
                self._store.add(embedded_metrics.embedded(message, moment))
                for metric_filter in filters:
                    self._store.add(embedded_metrics.filtered(metric_filter, message, moment))
            except Exception:
                # Whoever writes a line is not to suffer from what it says.
                log.exception("The metrics of a log event of %s", group_name)
        self._forward(group_name, stream_name, events)


def _check_pattern(original: Handler, request: Request) -> Response:
    try:
        filter_patterns.compiled(request.get("filterPattern") or "")
    except filter_patterns.PatternError as error:
        raise Refused("InvalidParameterException", f"Invalid filter pattern: {error}") from error
    return original(request)


def _check_transformation(original: Handler, request: Request) -> Response:
    problem = embedded_metrics.transformation_problem(request)
    if problem:
        raise Refused("InvalidParameterException", problem)
    return original(request)
