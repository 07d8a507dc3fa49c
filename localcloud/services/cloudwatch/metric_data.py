"""GetMetricData with expressions, newest values first unless the request says otherwise.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch as emulator

from localcloud.services.cloudwatch import metric_math
from localcloud.services.cloudwatch.metric_math import MathError, Series

_DEFAULT_PERIOD = 60.0

Handler = Callable[..., tuple[int, dict[str, str], bytes]]


class MetricData:
    """Takes the place of the emulator's handler, which still reads the metrics themselves."""

    def __init__(self) -> None:
        self._original: Handler = emulator._get_metric_data

    def install(self) -> None:
        emulator._get_metric_data = self.handle

    def handle(self, params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        if not is_cbor and not is_json:
            return self._original(params, data, is_cbor, is_json)
        ascending = data.get("ScanBy") == "TimestampAscending"
        results = [_ordered(result, ascending) for result in self._results(data)]
        if is_cbor:
            encoded = [emulator._cbor_metric_data_result(result) for result in results]
            return emulator._cbor_ok({"MetricDataResults": encoded})
        return emulator._json_ok({"MetricDataResults": results})

    def _results(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One result for each query that is to return data, in the order of the queries."""
        queries = data.get("MetricDataQueries") or []
        measured = _labelled([{**query, "ReturnData": True} for query in queries if not query.get("Expression")])
        found = {result["Id"]: result for result in self._measured({**data, "MetricDataQueries": measured})}
        series = {query_id: _series(result) for query_id, result in found.items()}
        period = min((float(_period(query)) for query in measured), default=_DEFAULT_PERIOD)
        for query in queries:
            if query.get("Expression"):
                found[query["Id"]] = _evaluated(query, series, period)
        return [found[query["Id"]] for query in queries if query.get("ReturnData", True)]

    def _measured(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        _, _, body = self._original({}, data, False, True)
        results: list[dict[str, Any]] = json.loads(body)["MetricDataResults"]
        return results


def _labelled(queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The queries with labels: one without is named by its metric, and by what else tells it from the others."""
    told_by = [name for name in ("Stat", "Period") if len({query["MetricStat"].get(name) for query in queries}) > 1]

    def label(statistic: Mapping[str, Any]) -> str:
        return " ".join([statistic["Metric"]["MetricName"], *(str(statistic.get(name)) for name in told_by)])

    return [query if query.get("Label") else {**query, "Label": label(query["MetricStat"])} for query in queries]


def _period(query: Mapping[str, Any]) -> float:
    return float((query.get("MetricStat") or {}).get("Period") or _DEFAULT_PERIOD)


def _evaluated(query: Mapping[str, Any], series: dict[str, Series], period: float) -> dict[str, Any]:
    """The result of an expression, which later ones may name."""
    label = query.get("Label") or query["Id"]
    try:
        values = metric_math.evaluate(query["Expression"], series, float(query.get("Period") or period))
    except (MathError, TypeError, IndexError) as error:
        problem = {"Code": "Unsupported", "Value": str(error)}
        empty: dict[str, Any] = {"Timestamps": [], "Values": [], "StatusCode": "InternalError", "Messages": [problem]}
        return {"Id": query["Id"], "Label": label, **empty}
    series[query["Id"]] = values
    moments = sorted(values)
    return {
        "Id": query["Id"],
        "Label": label,
        "Timestamps": [emulator._ts_iso(moment) for moment in moments],
        "Values": [values[moment] for moment in moments],
        "StatusCode": "Complete",
    }


def _series(result: Mapping[str, Any]) -> Series:
    return {
        _seconds(moment): float(value) for moment, value in zip(result["Timestamps"], result["Values"], strict=True)
    }


def _seconds(moment: Any) -> float:
    """A timestamp of the emulator's answer: seconds, or text in UTC."""
    if isinstance(moment, int | float):
        return float(moment)
    return datetime.fromisoformat(str(moment)).astimezone(UTC).timestamp()


def _ordered(result: dict[str, Any], ascending: bool) -> dict[str, Any]:
    pairs = sorted(zip(result["Timestamps"], result["Values"], strict=True), key=lambda pair: _seconds(pair[0]))
    if not ascending:
        pairs.reverse()
    return {**result, "Timestamps": [pair[0] for pair in pairs], "Values": [pair[1] for pair in pairs]}
