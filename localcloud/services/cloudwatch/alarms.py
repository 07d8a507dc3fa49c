"""Alarms are evaluated when metrics change and as time passes, and tell their actions when their state changes.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import logging
import math
import threading
import time
from collections.abc import Mapping
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch as emulator
from ministack.services.cloudformation import provisioners

from localcloud.services import handlers
from localcloud.services.cloudwatch import alarm_states, metric_math
from localcloud.services.cloudwatch.alarm_states import Datapoint, Rule
from localcloud.services.cloudwatch.metric_math import Series
from localcloud.services.cloudwatch.period import Period

_TICK_SECONDS = 1.0
_COLLECTING_SECONDS = 0.05
_PAUSE_FOR_WORK = 99.0
_LONGEST_PAUSE_SECONDS = 10.0
_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")
"""What an alarm on an expression does not have: its queries say it."""

log = logging.getLogger(__name__)


class Alarms:
    """Evaluates all alarms in a thread of its own."""

    def __init__(self) -> None:
        self._changed = threading.Event()
        self._evaluating = threading.RLock()
        self._put = emulator._put_metric_alarm
        self._record = provisioners._cw_metric_alarm_record

    def install(self) -> None:
        emulator._put_metric_alarm = self.put
        provisioners._cw_metric_alarm_record = self.record
        handlers.replace(emulator, {"_evaluate_alarm": self.evaluate, "_evaluate_all_alarms": self.changed})
        threading.Thread(target=self._work, name="cloudwatch-alarms", daemon=True).start()

    def changed(self) -> None:
        """A metric has a new value."""
        self._changed.set()

    def put(self, params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        """PutMetricAlarm, also for an alarm on an expression, whose queries the emulator would drop."""
        answer = self._put(params, data, is_cbor, is_json)
        if data.get("Metrics") and answer[0] < 400:
            _watch_expression(emulator._alarms[data["AlarmName"]], data["Metrics"])
            self.changed()
        return answer

    def record(self, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The alarm of a template, also one on an expression, which the emulator refuses."""
        queries = properties.get("Metrics")
        if not queries:
            return dict(self._record(name, properties))
        alarm = dict(self._record(name, {**properties, "Metrics": None, "MetricName": name, "Namespace": name}))
        _watch_expression(alarm, queries)
        return alarm

    def evaluate(self, alarm: dict[str, Any]) -> None:
        """Bring one alarm's state up to date, in the account and region of this request."""
        if not alarm.get("Metrics") and not (alarm.get("Namespace") and alarm.get("MetricName")):
            return
        rule = _rule(alarm)
        with self._evaluating:
            datapoints = _datapoints(alarm, rule.periods)
            old = alarm["StateValue"]
            new = alarm_states.next_state(rule, datapoints, old)
            if new != old:
                _change(alarm, old, new, alarm_states.reason(rule, datapoints, new))

    def _work(self) -> None:
        collecting = _COLLECTING_SECONDS
        while True:
            if self._changed.wait(_TICK_SECONDS):
                # Several values mostly come together: one evaluation is enough for them.
                time.sleep(collecting)
                self._changed.clear()
            began = time.thread_time()
            for account, region, name in list(emulator._alarms._data):
                with responses.request_scope(account, region):
                    self._evaluate_named(name)
            # The more values there are, the longer it takes: not more than a hundredth of a processor.
            busy = time.thread_time() - began
            collecting = min(max(_COLLECTING_SECONDS, busy * _PAUSE_FOR_WORK), _LONGEST_PAUSE_SECONDS)

    def _evaluate_named(self, name: str) -> None:
        alarm = emulator._alarms.get(name)
        if alarm is None:
            return
        try:
            self.evaluate(alarm)
        except Exception:
            log.exception("The alarm %s", name)


def _rule(alarm: Mapping[str, Any]) -> Rule:
    periods = int(alarm.get("EvaluationPeriods") or 1)
    return Rule(
        str(alarm.get("ComparisonOperator")),
        float(alarm.get("Threshold") or 0.0),
        periods,
        int(alarm.get("DatapointsToAlarm") or periods),
        str(alarm.get("TreatMissingData") or "missing"),
    )


def _watch_expression(alarm: dict[str, Any], queries: list[dict[str, Any]]) -> None:
    for member in _OF_ONE_METRIC:
        alarm.pop(member, None)
    alarm["Metrics"] = queries


def _datapoints(alarm: Mapping[str, Any], periods: int) -> list[Datapoint]:
    """The latest periods that have values, newest first.

    The period that has just begun counts as soon as it has a value: without one it says nothing yet.
    """
    length = _period(alarm)
    current = math.floor(time.time() / length) * length
    values = _watched(alarm, current - periods * length, current, length)
    newest = current if current in values else current - length
    starts = [newest - index * length for index in range(periods)]
    return [Datapoint(start, values[start]) for start in starts if start in values]


def _period(alarm: Mapping[str, Any]) -> float:
    measured = [query["MetricStat"] for query in alarm.get("Metrics") or () if query.get("MetricStat")]
    return float(max((float(stat["Period"]) for stat in measured), default=0.0) or alarm.get("Period") or 60)


def _watched(alarm: Mapping[str, Any], start: float, current: float, length: float) -> Series:
    """What an alarm compares with its threshold, by the start of each period: a statistic, or an expression over some.

    Raises :class:`localcloud.services.cloudwatch.metric_math.MathError`.
    """
    queries = alarm.get("Metrics")
    if not queries:
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
        return _statistics(alarm, str(statistic), start, current, length)
    series: dict[str, Series] = {}
    for query in queries:
        stat = query.get("MetricStat")
        if stat:
            metric = {**stat["Metric"], "Unit": stat.get("Unit")}
            series[query["Id"]] = _statistics(metric, stat["Stat"], start, current, length)
    for query in queries:
        if query.get("Expression"):
            series[query["Id"]] = metric_math.evaluate(query["Expression"], series, length)
    return next(series[query["Id"]] for query in queries if query.get("ReturnData", True) in (True, "true"))


def _statistics(metric: Mapping[str, Any], statistic: str, start: float, current: float, length: float) -> Series:
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions") or []}
    key = (metric["Namespace"], metric["MetricName"], emulator._dims_key(dimensions))
    points, unit = emulator._metrics.get(key), metric.get("Unit")
    if points is None:
        return {}
    # Alarms that look further back keep more.
    looked_for = (*key, unit, length, current - start)
    known = _KNOWN.get(looked_for)
    if known is None or known.points is not points or known.read > len(points):
        known = _KNOWN[looked_for] = Periods(points, unit, length)
    return known.since(start, current, statistic)


class Periods:
    """The values of a metric by the start of their period; each look reads only those that are new.

    On a full day a metric gets hundreds of values in a second, and a look at all of them took longer than the pause
    between two looks.
    """

    def __init__(self, points: list[dict[str, Any]], unit: str | None, length: float) -> None:
        self.points = points
        self.read = 0
        self._unit = unit
        self._length = length
        self._periods: dict[float, Period] = {}

    def since(self, start: float, current: float, statistic: str) -> Series:
        """A statistic of each period that has values. What is of later than now counts as of now."""
        new = self.points[self.read :]
        self.read += len(new)
        for value in new:
            if not self._unit or value.get("Unit") == self._unit:
                begins = math.floor(value["Timestamp"] / self._length) * self._length
                self._periods.setdefault(begins, Period()).add(value)
        for begun in [begun for begun in self._periods if begun < start]:
            del self._periods[begun]
        later = [period for begun, period in self._periods.items() if begun > current]
        periods = {begun: period for begun, period in self._periods.items() if begun <= current}
        if later:
            periods[current] = Period.of(value for period in (periods.get(current), *later) for value in period or ())
        found = {begun: period.statistic(statistic) for begun, period in periods.items()}
        return {begun: value for begun, value in found.items() if value is not None}


_KNOWN: dict[tuple[Any, ...], Periods] = {}


def _change(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    emulator._record_history(alarm["AlarmName"], old, new, reason)
    emulator._evaluate_parent_alarms(alarm)
    emulator._dispatch_alarm_actions(alarm, old, new, reason)
