"""FlightPulse's own metrics, read through CloudWatch's API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flightpulse.stack import names
from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

_QUERIES_PER_CALL = 500

_Listed = tuple[str, dict[str, str]]


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


def totals(session: Session, *, since: datetime, namespace: str = names.METRICS) -> MetricSums:
    """The sum of every metric of a namespace since a moment, sorted by name and dimensions.

    CloudWatch keeps whole minutes, so the minute in which ``since`` lies counts as a whole.
    """
    known = _listed(session, namespace)
    start = since.replace(second=0, microsecond=0)
    end = datetime.now(UTC) + timedelta(minutes=1)
    found = []
    for batch in _batches(known, _QUERIES_PER_CALL):
        queries: list[MetricDataQueryTypeDef] = [
            {"Id": f"m{number}", "MetricStat": _statistic(namespace, name, dimensions, start, end)}  # type: ignore[typeddict-item]
            for number, (name, dimensions) in enumerate(batch)
        ]
        sums: dict[str, float] = {}
        for page in session.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end
        ):
            for result in page["MetricDataResults"]:
                sums[result["Id"]] = sums.get(result["Id"], 0.0) + sum(result["Values"])
        found += [
            Metric(name, dimensions, sums.get(f"m{number}", 0.0)) for number, (name, dimensions) in enumerate(batch)
        ]
    return MetricSums(sorted(found, key=lambda metric: (metric.name, sorted(metric.dimensions.items()))))


def by_name(metrics: Sequence[Metric]) -> dict[str, float]:
    """One sum per metric name.

    A metric may be stored under several sets of dimensions (service; service and severity): each set counts the same
    facts again, so only the smallest set of each name is summed.
    """
    fewest: dict[str, int] = {}
    for metric in metrics:
        fewest[metric.name] = min(len(metric.dimensions), fewest.get(metric.name, len(metric.dimensions)))
    sums: dict[str, float] = {}
    for metric in metrics:
        if len(metric.dimensions) == fewest[metric.name]:
            sums[metric.name] = sums.get(metric.name, 0.0) + metric.total
    return sums


def _listed(session: Session, namespace: str) -> list[_Listed]:
    pages = session.cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace)
    return [
        (metric["MetricName"], {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])})
        for page in pages
        for metric in page["Metrics"]
    ]


def _statistic(
    namespace: str, name: str, dimensions: Mapping[str, str], start: datetime, end: datetime
) -> dict[str, object]:
    # At most 1,440 points a metric; CloudWatch refuses a period that is not a whole number of minutes.
    minutes = max(1, -(-int((end - start).total_seconds()) // 60 // 1440))
    return {
        "Metric": {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        },
        "Period": 60 * minutes,
        "Stat": "Sum",
    }


def _batches(items: Sequence[_Listed], size: int) -> Sequence[Sequence[_Listed]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
