"""FlightPulse's own metrics, read through CloudWatch's API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.adapters.chunks import chunked
from flightpulse.stack import names
from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

_QUERIES_PER_CALL = 500

Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """The sum of one metric and one set of dimensions over a period."""

    name: str
    dimensions: Mapping[str, str]
    total: float


class MetricSums(Records[Metric]):
    """Sums of metrics, sorted by name and dimensions."""

    columns = ("name", "dimensions", "total")
    categories = ("name", "dimensions")

    def row(self, item: Metric) -> Mapping[str, Any]:
        dimensions = ", ".join(f"{name}={value}" for name, value in sorted(item.dimensions.items()))
        return {"name": item.name, "dimensions": dimensions, "total": item.total}

    def table(self) -> Table:
        """One sum for each metric and set of dimensions."""
        rows = [tuple(row.values()) for row in map(self.row, self)]
        return Table.of(("metric", "dimensions", "sum"), rows, numbers=(2,))


def totals(session: Session, *, since: datetime) -> MetricSums:
    """The sum of every metric of the namespace FlightPulse since a moment, sorted by name and dimensions.

    CloudWatch keeps whole minutes, so the minute in which ``since`` lies counts as a whole.
    """
    start, end = since.replace(second=0, microsecond=0), datetime.now(UTC) + timedelta(minutes=1)
    # At most 1,440 points a metric; CloudWatch refuses a period that is not a whole number of minutes.
    minutes = max(1, -(-int((end - start).total_seconds()) // 60 // 1440))
    known = _known(session)
    found = points(session, [_sum(metric, 60 * minutes) for metric in known], start, end)
    sums = [
        Metric(str(metric["MetricName"]), _named(metric), sum(value for _, value in read))
        for metric, read in zip(known, found, strict=True)
    ]
    return MetricSums(sorted(sums, key=lambda metric: (metric.name, sorted(metric.dimensions.items()))))


def by_minute(session: Session, wanted: Sequence[str], *, minutes: int) -> dict[str, list[Point]]:
    """The sums of each minute, oldest first, by metric. A metric that CloudWatch does not have gets no points.

    A metric may be stored under several sets of dimensions that count the same facts; only the smallest set is summed.
    """
    end = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    sums: dict[str, dict[datetime, float]] = {name: {} for name in wanted}
    for name in wanted:
        known = _known(session, MetricName=name)
        fewest = min((len(_named(metric)) for metric in known), default=0)
        queries = [_sum(metric, 60) for metric in known if len(_named(metric)) == fewest]
        for read in points(session, queries, end - timedelta(minutes=minutes), end):
            for at, value in read:
                sums[name][at] = sums[name].get(at, 0.0) + value
    return {name: sorted(found.items()) for name, found in sums.items()}


def by_name(metrics: Sequence[Metric]) -> dict[str, float]:
    """One sum per metric name, of the smallest set of dimensions: each set counts the same facts again."""
    fewest: dict[str, int] = {}
    for metric in metrics:
        fewest[metric.name] = min(len(metric.dimensions), fewest.get(metric.name, len(metric.dimensions)))
    sums: dict[str, float] = {}
    for metric in metrics:
        if len(metric.dimensions) == fewest[metric.name]:
            sums[metric.name] = sums.get(metric.name, 0.0) + metric.total
    return sums


def points(session: Session, queries: Sequence[Any], start: datetime, end: datetime) -> list[list[Point]]:
    """What GetMetricData answers to each query between two moments, oldest first."""
    numbered: list[Any] = [{"Id": f"m{number}", **query} for number, query in enumerate(queries)]
    found: dict[str, list[Point]] = {}
    for batch in chunked(numbered, count=_QUERIES_PER_CALL):
        pages = session.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=batch, StartTime=start, EndTime=end
        )
        for result in (result for page in pages for result in page["MetricDataResults"]):
            found.setdefault(result["Id"], []).extend(zip(result["Timestamps"], result["Values"], strict=True))
    return [sorted(found.get(query["Id"], [])) for query in numbered]


def _known(session: Session, **wanted: Any) -> list[Mapping[str, Any]]:
    pages = session.cloudwatch.get_paginator("list_metrics").paginate(Namespace=names.METRICS, **wanted)
    return [metric for page in pages for metric in page["Metrics"]]


def _named(metric: Mapping[str, Any]) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions", [])}


def _sum(metric: Mapping[str, Any], period: int) -> dict[str, Any]:
    return {"MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}}
