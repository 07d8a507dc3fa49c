"""How functions log and count: JSON lines with ids, and metrics in the embedded metric format."""

import json
import logging
import os
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "FlightPulse"

Dimensions = tuple[tuple[str, str], ...]


def logger(service: str, stream: IO[str] | None = None) -> Logger:
    """A logger that writes one JSON object per line, in UTC, with the service's name.

    Log ids, never names, addresses, numbers or the text of messages. The AWS SDK only speaks when something is wrong.
    """
    logging.getLogger("botocore").setLevel(logging.WARNING)
    # A message is a sentence; the Logger would try to read each as JSON.
    return Logger(service=_service(service), stream=stream, utc=True, use_rfc3339=True, json_deserializer=str)


class Meter:
    """What one invocation counts, summed up and written as one line per combination of dimensions.

    A line costs money and an id as a dimension costs a metric each, so dimensions may only have few values. Each metric
    is counted without dimensions too.
    """

    def __init__(self, service: str) -> None:
        self._service = _service(service)
        self._counts: dict[Dimensions, Counter[str]] = {}
        self._longest: dict[str, float] = {}

    def add(self, metric: str, count: int = 1, *, dimensions: Mapping[str, str] = MappingProxyType({})) -> None:
        """Count something; ``service`` is always a dimension."""
        self._counts.setdefault(tuple(sorted(dimensions.items())), Counter())[metric] += count

    def measure(self, metric: str, milliseconds: float) -> None:
        """Note how long something took or is old; of several values in one invocation the longest is kept."""
        self._longest[metric] = max(milliseconds, self._longest.get(metric, 0.0))

    def flush(self) -> None:
        """Write what was counted to standard output, where CloudWatch finds it, and start again from nothing."""
        counted, self._counts = self._counts, {}
        longest, self._longest = self._longest, {}
        if longest:
            metrics = self._metrics()
            for metric, milliseconds in longest.items():
                metrics.add_metric(name=metric, unit=MetricUnit.Milliseconds, value=milliseconds)
            _write(metrics)
        for dimensions, counts in counted.items():
            metrics = self._metrics()
            for name, value in dimensions:
                metrics.add_dimension(name=name, value=value)
            for metric, count in counts.items():
                metrics.add_metric(name=metric, unit=MetricUnit.Count, value=count)
            _write(metrics)

    def _metrics(self) -> EphemeralMetrics:
        namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE
        return EphemeralMetrics(namespace=namespace, service=self._service)


def _write(metrics: EphemeralMetrics) -> None:
    line = metrics.serialize_metric_set()
    for directive in line["_aws"]["CloudWatchMetrics"]:
        # Once more without dimensions, so that the name alone finds it.
        directive["Dimensions"].append([])
    print(json.dumps(line, separators=(",", ":")))  # noqa: T201 - this is how a function writes metrics


def _service(default: str) -> str:
    return os.environ.get("POWERTOOLS_SERVICE_NAME") or default
