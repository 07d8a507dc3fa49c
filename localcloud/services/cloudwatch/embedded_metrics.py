"""Metrics in log events: the embedded metric format, and metric filters.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.services.cloudwatch import filter_patterns

MOST_DIMENSIONS = 30


@dataclass(frozen=True, slots=True)
class Datum:
    """Values of one metric at one moment (seconds since 1970)."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    timestamp: float
    unit: str
    values: tuple[float, ...]


def embedded(message: str, received_ms: float) -> list[Datum]:
    """The metrics that a log event carries by itself; what does not follow the specification is left out."""
    if '"_aws"' not in message:
        return []
    try:
        content = json.loads(message)
    except ValueError:
        return []
    if not isinstance(content, dict) or not isinstance(content.get("_aws"), dict):
        return []
    metadata = content["_aws"]
    moment = metadata.get("Timestamp", received_ms)
    seconds = (moment if isinstance(moment, int | float) else received_ms) / 1000
    directives = metadata.get("CloudWatchMetrics")
    found = directives if isinstance(directives, list) else []
    return [datum for directive in found if isinstance(directive, dict) for datum in _read(content, directive, seconds)]


def _read(content: Mapping[str, Any], directive: Mapping[str, Any], seconds: float) -> Iterator[Datum]:
    namespace = directive.get("Namespace")
    if not isinstance(namespace, str) or not namespace:
        return
    for metric in directive.get("Metrics") or []:
        values = _values(content.get(metric.get("Name")))
        if not values:
            continue
        for names in directive.get("Dimensions") or [[]]:
            if len(names) > MOST_DIMENSIONS or any(name not in content for name in names):
                continue
            dimensions = {name: str(content[name]) for name in names}
            yield Datum(namespace, metric["Name"], dimensions, seconds, metric.get("Unit", "None"), values)


def _values(value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    numbers = [item for item in values if isinstance(item, int | float) and not isinstance(item, bool)]
    return tuple(float(item) for item in numbers if math.isfinite(item))


def filtered(metric_filter: Mapping[str, Any], message: str, timestamp_ms: float) -> list[Datum]:
    """The metrics that a metric filter makes of a log event."""
    if not filter_patterns.matches(metric_filter.get("filterPattern"), message):
        return []
    content = _content(message)
    data = [_transformed(change, content, timestamp_ms) for change in metric_filter.get("metricTransformations") or []]
    return [datum for datum in data if datum is not None]


def _content(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return None


def _transformed(change: Mapping[str, Any], content: Any, timestamp_ms: float) -> Datum | None:
    """A metric transformation's datum; none when the member it takes the value from is no number."""
    given = str(change.get("metricValue", "1"))
    value = filter_patterns.selected_value(content, given) if given.startswith("$") else given
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    selectors = change.get("dimensions") or {}
    found = {name: filter_patterns.selected_value(content, selector) for name, selector in selectors.items()}
    if any(item is None for item in found.values()):
        return None
    dimensions = {name: str(item) for name, item in found.items()}
    unit = change.get("unit") or "None"
    return Datum(change["metricNamespace"], change["metricName"], dimensions, timestamp_ms / 1000, unit, (number,))
