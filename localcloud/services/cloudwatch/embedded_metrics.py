"""Metrics in log events: the embedded metric format, and metric filters.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.services import refusals
from localcloud.services.cloudwatch import filter_patterns

MOST_DIMENSIONS = 30
MOST_METRICS = 100
MOST_VALUES = 100
LONGEST_NAME = 1024
_LARGEST = 2.0**360
OLDEST_MS = 14 * 86_400_000
NEWEST_MS = 2 * 3_600_000
"""How far from the time at which it arrives a log event's metrics may be: two weeks before, two hours after."""

UNITS = tuple(refusals.model("cloudwatch").shape_for("StandardUnit").enum)


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
    """The metrics that a log event carries by itself.

    What does not follow the specification, or goes beyond its limits, gives none: the event is a log line all the same.
    """
    if '"_aws"' not in message:
        return []
    try:
        content = json.loads(message)
    except (ValueError, RecursionError):
        return []
    metadata = content.get("_aws") if isinstance(content, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("CloudWatchMetrics"), list):
        return []
    moment = metadata.get("Timestamp", received_ms)
    if not _is_number(moment) or not received_ms - OLDEST_MS <= moment <= received_ms + NEWEST_MS:
        return []
    return [datum for directive in metadata["CloudWatchMetrics"] for datum in _read(content, directive, moment / 1000)]


def _read(content: Mapping[str, Any], directive: Any, seconds: float) -> list[Datum]:
    """The metrics of one directive; none at all when any part of it has another form than the specification says."""
    if not isinstance(directive, dict) or not _is_name(directive.get("Namespace")):
        return []
    metrics, dimension_sets = directive.get("Metrics"), directive.get("Dimensions", [[]])
    if not isinstance(metrics, list) or len(metrics) > MOST_METRICS or not all(map(_is_definition, metrics)):
        return []
    if not isinstance(dimension_sets, list) or not all(map(_is_dimension_set, dimension_sets)):
        return []
    return list(_data(content, directive["Namespace"], metrics, dimension_sets or [[]], seconds))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_NAME


def _is_definition(metric: Any) -> bool:
    return isinstance(metric, dict) and _is_name(metric.get("Name")) and metric.get("Unit", "None") in UNITS


def _is_dimension_set(names: Any) -> bool:
    return isinstance(names, list) and len(names) <= MOST_DIMENSIONS and all(map(_is_name, names))


def _data(
    content: Mapping[str, Any],
    namespace: str,
    metrics: Iterable[Mapping[str, Any]],
    dimension_sets: Iterable[Sequence[str]],
    seconds: float,
) -> Iterator[Datum]:
    sets = [dimensions for names in dimension_sets if (dimensions := _dimensions(content, names)) is not None]
    for metric in metrics:
        values = _values(content.get(metric["Name"]))
        for dimensions in sets if values else ():
            yield Datum(namespace, metric["Name"], dimensions, seconds, metric.get("Unit", "None"), values)


def _dimensions(content: Mapping[str, Any], names: Sequence[str]) -> dict[str, str] | None:
    """The values of a dimension set; none when one is missing, or no text and no number."""
    found = {name: content.get(name) for name in names}
    if any(not (isinstance(value, str) and value) and not _is_number(value) for value in found.values()):
        return None
    return {name: str(value)[:LONGEST_NAME] for name, value in found.items()}


def _values(value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES or not all(map(_is_number, values)):
        return ()
    return tuple(float(item) for item in values)


def _is_number(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return -_LARGEST <= value <= _LARGEST


def transformation_problem(request: Mapping[str, Any]) -> str:
    """Why CloudWatch Logs refuses what a metric filter makes of its events; empty when it does not."""
    changes = request.get("metricTransformations") or []
    if len(changes) != 1:
        must = "less than or equal to 1" if changes else "greater than or equal to 1"
        return (
            f"1 validation error detected: Value '{changes}' at 'metricTransformations' failed to satisfy constraint: "
            f"Member must have length {must}"
        )
    if not changes[0].get("dimensions"):
        return ""
    if changes[0].get("defaultValue") is not None:
        return "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
    if not str(request.get("filterPattern") or "").strip().startswith(("{", "[")):
        return "The specified filter pattern does not support dimensions"
    return ""


def filtered(metric_filter: Mapping[str, Any], message: str, timestamp_ms: float) -> list[Datum]:
    """The metrics that a metric filter makes of a log event."""
    if not filter_patterns.matches(metric_filter.get("filterPattern"), message):
        return []
    content = filter_patterns.content_of(message)
    data = [_transformed(change, content, timestamp_ms) for change in metric_filter.get("metricTransformations") or []]
    return [datum for datum in data if datum is not None]


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
