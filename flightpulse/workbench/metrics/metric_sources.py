"""Where FlightPulse's metrics come from: log lines in the embedded metric format, and metric filters on log groups.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.observe import logs
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

# A list or an object that holds no other reads best on one line.
_INNERMOST = re.compile(r"[\[{][^\[\]{}]*[\]}]")
_FUNCTIONS = ("consumer", "messenger", "api", "stream")


@dataclass(frozen=True, slots=True)
class EmbeddedLine:
    """One log line from which CloudWatch makes metrics; ``fields`` is the line as it was written."""

    group: str
    at: datetime
    fields: Mapping[str, Any] = field(repr=False)

    @property
    def directives(self) -> list[Mapping[str, Any]]:
        """What the line says of its metrics: namespace, names, units and sets of dimensions."""
        return list(self.fields["_aws"]["CloudWatchMetrics"])

    @property
    def values(self) -> dict[str, float]:
        """The sum of each metric in this line."""
        wanted = [metric["Name"] for directive in self.directives for metric in directive["Metrics"]]
        return {name: _sum(self.fields[name]) for name in wanted}

    @property
    def dimensions(self) -> dict[str, str]:
        """Every dimension with its value."""
        wanted = [name for directive in self.directives for some in directive["Dimensions"] for name in some]
        return {name: str(self.fields[name]) for name in dict.fromkeys(wanted)}

    def __repr__(self) -> str:
        return _INNERMOST.sub(lambda found: " ".join(found[0].split()), json.dumps(self.fields, indent=2))


def embedded(session: Session, groups: Sequence[str], *, since: datetime) -> list[EmbeddedLine]:
    """The lines that carry metrics in log groups (short names; of all functions without one), oldest first."""
    found = logs.read(session, logs.groups_named(groups or _FUNCTIONS), since=since, pattern='"CloudWatchMetrics"')
    return [
        EmbeddedLine(event.group, event.at, event.fields) for event in found if event.fields and "_aws" in event.fields
    ]


def filters(session: Session) -> Table:
    """The metric filters of the stack: which lines of which log group are counted as which metric."""
    short = {full: name for name, full in names.LOG_GROUPS.items()}
    pages = session.logs.get_paginator("describe_metric_filters").paginate()
    found = [
        metric_filter
        for page in pages
        for metric_filter in page["metricFilters"]
        if metric_filter["logGroupName"] in short
    ]
    rows = [
        (
            change["metricName"],
            short[item["logGroupName"]],
            item["filterPattern"],
            ", ".join(change.get("dimensions", {})),
        )
        for item in found
        for change in item["metricTransformations"]
        if change["metricNamespace"] == names.METRICS
    ]
    return Table.of(("metric", "log group", "counts lines with", "dimensions"), sorted(rows))


def _sum(value: Any) -> float:
    return float(sum(value) if isinstance(value, list) else value)
