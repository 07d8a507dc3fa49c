"""Metrics minute by minute, read through CloudWatch's API."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.target.session import Session

Point = tuple[datetime, float]


def read(
    session: Session, wanted: Sequence[str], *, minutes: int, namespace: str = names.METRICS
) -> dict[str, list[Point]]:
    """The sums of each minute, oldest first, by metric. A metric that CloudWatch does not have gets no points.

    A metric may be stored under several sets of dimensions that count the same facts; only the smallest set is summed.
    """
    end = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    start = end - timedelta(minutes=minutes)
    return {name: _sums(session, namespace, name, start, end) for name in wanted}


def _sums(session: Session, namespace: str, name: str, start: datetime, end: datetime) -> list[Point]:
    queries = _queries(session, namespace, name)
    if not queries:
        return []
    found: dict[datetime, float] = {}
    for page in session.cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=start, EndTime=end
    ):
        for result in page["MetricDataResults"]:
            for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                found[at] = found.get(at, 0.0) + value
    return sorted(found.items())


def _queries(session: Session, namespace: str, name: str) -> list[Any]:
    pages = session.cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace, MetricName=name)
    sets: list[list[Any]] = [list(metric.get("Dimensions", [])) for page in pages for metric in page["Metrics"]]
    fewest = min((len(dimensions) for dimensions in sets), default=0)
    return [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions},
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for number, dimensions in enumerate(item for item in sets if len(item) == fewest)
    ]
