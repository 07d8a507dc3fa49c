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

from localcloud.services.cloudwatch import alarm_states
from localcloud.services.cloudwatch.alarm_states import Datapoint, Rule

_TICK_SECONDS = 1.0
_COLLECTING_SECONDS = 0.05
_PAUSE_FOR_WORK = 9.0
_LATE_SECONDS = 600.0
"""How much earlier than its neighbours a value may have been written: log events arrive late."""

log = logging.getLogger(__name__)


class Alarms:
    """Evaluates all alarms in a thread of its own."""

    def __init__(self) -> None:
        self._changed = threading.Event()
        self._evaluating = threading.RLock()

    def install(self) -> None:
        emulator._evaluate_alarm = self.evaluate
        emulator._evaluate_all_alarms = self.changed
        threading.Thread(target=self._work, name="cloudwatch-alarms", daemon=True).start()

    def changed(self) -> None:
        """A metric has a new value."""
        self._changed.set()

    def evaluate(self, alarm: dict[str, Any]) -> None:
        """Bring one alarm's state up to date, in the account and region of this request."""
        if not alarm.get("Namespace") or not alarm.get("MetricName"):
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
            # The more values there are, the longer it takes: not more than a tenth of a processor.
            busy = time.thread_time() - began
            collecting = min(max(_COLLECTING_SECONDS, busy * _PAUSE_FOR_WORK), _TICK_SECONDS)

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


def _datapoints(alarm: Mapping[str, Any], periods: int) -> list[Datapoint]:
    """The latest periods that have values, newest first.

    The period that has just begun counts as soon as it has a value: without one it says nothing yet.
    """
    length = float(alarm.get("Period") or 60)
    current = math.floor(time.time() / length) * length
    values = _values_since(alarm, current - periods * length)
    by_period: dict[float, list[dict[str, Any]]] = {}
    for value in values:
        by_period.setdefault(min(math.floor(value["Timestamp"] / length) * length, current), []).append(value)
    newest = current if current in by_period else current - length
    starts = [newest - index * length for index in range(periods)]
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    measured = [(start, _statistic(by_period[start], statistic)) for start in starts if start in by_period]
    return [Datapoint(start, value) for start, value in measured if value is not None]


def _values_since(alarm: Mapping[str, Any], start: float) -> list[dict[str, Any]]:
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []}
    key = (alarm["Namespace"], alarm["MetricName"], emulator._dims_key(dimensions))
    unit = alarm.get("Unit")
    found = []
    for value in reversed(list(emulator._metrics.get(key) or [])):
        if value["Timestamp"] < start - _LATE_SECONDS:
            break
        if value["Timestamp"] >= start and (not unit or value.get("Unit") == unit):
            found.append(value)
    return found


def _statistic(values: list[dict[str, Any]], statistic: str) -> float | None:
    value = emulator._stat_value(emulator._calc_stats(values), statistic, values)
    return None if value is None else float(value)


def _change(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    emulator._record_history(alarm["AlarmName"], old, new, reason)
    emulator._evaluate_parent_alarms(alarm)
    emulator._dispatch_alarm_actions(alarm, old, new, reason)
