"""The stack's alarms: what each watches, what state it is in, and a quick copy of one that can be made to go off."""

import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import AlarmHistoryItemTypeDef

_LOOK_AGAIN_SECONDS = 0.2
_NAMED = re.compile(r"ALARM\(\"?([^)\"]+)")
_COMPARISONS = {"GreaterThanOrEqualToThreshold": "≥", "GreaterThanThreshold": ">"}
_GLYPHS = {"OK": "✓ OK", "ALARM": "✗ ALARM"}
_SAME_IN_A_COPY = (
    "Namespace",
    "MetricName",
    "Dimensions",
    "Statistic",
    "ExtendedStatistic",
    "EvaluationPeriods",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an alarm's state, with CloudWatch's reason."""

    at: datetime
    state: str
    reason: str


class QuickAlarm:
    """A copy of an alarm that evaluates every few seconds (see :func:`quick_copy`)."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        self._waited_for = 0

    def changes(self) -> list[Change]:
        """Its changes of state, oldest first, from CloudWatch's history of the alarm."""
        pages = self._session.cloudwatch.get_paginator("describe_alarm_history").paginate(
            AlarmName=self._name, HistoryItemType="StateUpdate"
        )
        # Newest first; turned round, what happened within one second stays in its order.
        items = [item for page in pages for item in page["AlarmHistoryItems"]][::-1]
        found = [_change(item) for item in sorted(items, key=lambda item: item["Timestamp"])]
        return [change for change in found if change is not None]

    def wait_for(self, state: str, *, seconds: float = 60.0) -> str:
        """Wait until it has become OK or ALARM since it was last waited for, and give the reason.

        Raises UserError when that takes longer.
        """
        deadline = time.monotonic() + seconds
        while True:
            changes = self.changes()
            for number, change in enumerate(changes[self._waited_for :], self._waited_for + 1):
                if change.state == state:
                    self._waited_for = number
                    return change.reason
            if time.monotonic() > deadline:
                last = changes[-1] if changes else Change(datetime.now(UTC), "without a state", "nothing")
                raise UserError(
                    f"The alarm is {last.state} and did not become {state} within {seconds:g} s.",
                    hint=f"It says: {last.reason}",
                )
            time.sleep(_LOOK_AGAIN_SECONDS)

    def history(self) -> Table:
        """Its changes of state as a table."""
        rows = [
            (f"{change.at.astimezone(UTC):%H:%M:%S} UTC", _GLYPHS[change.state], change.reason)
            for change in self.changes()
        ]
        return Table.of(("at", "became", "because"), rows)


def _change(item: "AlarmHistoryItemTypeDef") -> Change | None:
    """A change to OK or ALARM; None for what an alarm is before it knows anything."""
    new = json.loads(item["HistoryData"])["newState"]
    if new["stateValue"] not in _GLYPHS:
        return None
    return Change(item["Timestamp"], new["stateValue"], new["stateReason"])


def table(session: Session) -> Table:
    """Every alarm of the stack: its state, what it watches, when it goes off, and what that means."""
    rows = [
        (
            _GLYPHS.get(alarm["StateValue"], f"? {alarm['StateValue']}"),
            alarm["AlarmName"].removeprefix(names.ALARM_PREFIX),
            _watched(alarm),
            _rule(alarm),
            alarm.get("AlarmDescription", ""),
        )
        for alarm in _deployed(session)
    ]
    return Table.of(("", "alarm", "watches", "goes off at", "meaning"), rows)


@contextmanager
def quick_copy(session: Session, name: str, *, period: int) -> Iterator[QuickAlarm]:
    """A copy of an alarm with a short period (seconds), without actions, until the block ends.

    It watches the same metric by the same rule, so that it goes off and calms down within seconds instead of minutes.
    Raises UserError for an alarm that there is not, and for ``aws``, where a metric with values per minute needs
    periods of a minute.
    """
    if session.target == "aws":
        raise UserError("On AWS this alarm needs its full period.", hint='Use connect("local"), or wait five minutes.')
    deployed = {
        alarm["AlarmName"].removeprefix(names.ALARM_PREFIX): alarm
        for alarm in _deployed(session)
        if "AlarmRule" not in alarm
    }
    if name not in deployed:
        raise UserError(f"There is no alarm {name!r}.", hint=f"There are: {', '.join(deployed)}.")
    original: Any = deployed[name]
    # A name that was never used before: CloudWatch keeps the history of deleted alarms.
    copy = f"quick-copy-of-{names.ALARM_PREFIX}{name}-{uuid.uuid4().hex[:8]}"
    session.cloudwatch.put_metric_alarm(
        AlarmName=copy,
        AlarmDescription=original["AlarmDescription"],
        ActionsEnabled=False,
        **_every(period, original),
    )
    try:
        yield QuickAlarm(session, copy)
    finally:
        session.cloudwatch.delete_alarms(AlarmNames=[copy])


def _every(period: int, alarm: Mapping[str, Any]) -> dict[str, Any]:
    """What is the same in a copy that looks every ``period`` seconds."""
    same = {field: alarm[field] for field in _SAME_IN_A_COPY if alarm.get(field) is not None}
    if "ExtendedStatistic" in same:
        same.pop("Statistic", None)
    if "Metrics" not in alarm:
        return {**same, "Period": period}
    queries = [
        {**query, "MetricStat": {**query["MetricStat"], "Period": period}} if "MetricStat" in query else query
        for query in alarm["Metrics"]
    ]
    # A query that returns data needs no period where its metrics have one.
    return {**same, "Metrics": [{name: query[name] for name in query if name != "Period"} for query in queries]}


def _deployed(session: Session) -> list[Any]:
    """The alarms of the stack by name, those made of others first."""
    pages = list(
        session.cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=names.ALARM_PREFIX, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
    )
    made = [alarm for page in pages for alarm in page.get("CompositeAlarms", [])]
    single = [alarm for page in pages for alarm in page["MetricAlarms"]]
    return [alarm for group in (made, single) for alarm in sorted(group, key=lambda alarm: str(alarm["AlarmName"]))]


def _watched(alarm: Mapping[str, Any]) -> str:
    """The metric of an alarm, the metrics of its expression, or how many alarms its rule has."""
    if "AlarmRule" in alarm:
        return f"{len(set(_NAMED.findall(alarm['AlarmRule'])))} alarms"
    queries = alarm.get("Metrics")
    if not queries:
        return f"{alarm['Namespace']} {alarm['MetricName']}"
    metrics = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]
    return f"{metrics[0]['Namespace']} {', '.join(metric['MetricName'] for metric in metrics)}"


def _rule(alarm: Mapping[str, Any]) -> str:
    if "AlarmRule" in alarm:
        return "any of them"
    comparison = _COMPARISONS.get(alarm["ComparisonOperator"], alarm["ComparisonOperator"])
    measured = [query["MetricStat"] for query in alarm.get("Metrics") or () if "MetricStat" in query] or [alarm]
    periods, seconds = alarm["EvaluationPeriods"], measured[0]["Period"]
    lasting = f"{seconds // 60} min" if periods == 1 else f"{periods} × {seconds // 60} min"
    statistic = f"{alarm['ExtendedStatistic']} " if alarm.get("ExtendedStatistic") else ""
    return f"{statistic}{comparison} {alarm['Threshold']:,.0f} in {lasting}"
