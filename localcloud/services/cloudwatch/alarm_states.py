"""What state an alarm is in: its datapoints against its threshold, M out of N, and missing data.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alarm goes off: ``needed`` datapoints out of ``periods`` beyond the threshold."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    missing: str

    def breached_by(self, value: float) -> bool:
        compare = _COMPARISONS.get(self.comparison)
        return compare is not None and bool(compare[0](value, self.threshold))


@dataclass(frozen=True, slots=True)
class Datapoint:
    """The statistic of one period that starts at ``start`` (seconds since 1970)."""

    start: float
    value: float


def next_state(rule: Rule, datapoints: Sequence[Datapoint], current: str) -> str:
    """The state after an evaluation of the rule's periods; periods without a datapoint are missing.

    With ``missing``, what is there decides alone; with ``ignore``, too, but the state stays when that is not enough.
    """
    breaching = sum(rule.breached_by(point.value) for point in datapoints)
    absent = max(0, rule.periods - len(datapoints))
    if breaching >= rule.needed:
        return "ALARM"
    if rule.missing == "breaching":
        return "ALARM" if breaching + absent >= rule.needed else "OK"
    if rule.missing == "notBreaching":
        return "OK"
    if len(datapoints) > breaching:
        return "OK"
    if rule.missing == "ignore":
        return current
    return "ALARM" if breaching else "INSUFFICIENT_DATA"


def reason(rule: Rule, datapoints: Sequence[Datapoint], state: str) -> str:
    """The sentence that explains a state, as CloudWatch words it."""
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_count(rule.periods, 'datapoint')} {_was(rule.periods)} unknown."
    if not datapoints:
        treated = "Breaching" if rule.missing == "breaching" else "NonBreaching"
        return (
            f"Threshold Crossed: no datapoints were received for {_count(rule.periods, 'period')} and "
            f"{_count(rule.periods, 'missing datapoint')} {_was(rule.periods)} treated as [{treated}]."
        )
    breaching = state == "ALARM"
    shown = [point for point in datapoints if rule.breached_by(point.value) == breaching] or list(datapoints)
    written = ", ".join(f"{point.value} ({_moment(point.start)})" for point in shown)
    words = _COMPARISONS.get(rule.comparison, (None, rule.comparison))[1]
    needed = rule.needed if breaching else rule.periods - rule.needed + 1
    transition = "OK -> ALARM" if breaching else "ALARM -> OK"
    return (
        f"Threshold Crossed: {len(shown)} out of the last {_count(rule.periods, 'datapoint')} [{written}] "
        f"{_was(len(shown))} {'' if breaching else 'not '}{words} the threshold ({rule.threshold}) "
        f"(minimum {_count(needed, 'datapoint')} for {transition} transition)."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d/%m/%y %H:%M:%S")
