"""The values of one metric in one period, with statistics that are kept up as values come.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

import bisect
import math
from collections.abc import Iterable, Iterator
from typing import Any

from ministack.services import cloudwatch as emulator

Point = dict[str, Any]
"""A value, or a statistic set, as the emulator stores it."""


class Period:
    """Adds values up; for percentiles it keeps them in order, once a percentile has been asked for."""

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._count = self._sum = 0.0
        self._lowest, self._highest = math.inf, -math.inf
        self._only_values = True
        self._ordered: list[float] = []

    @classmethod
    def of(cls, points: Iterable[Point]) -> "Period":
        period = cls()
        for point in points:
            period.add(point)
        return period

    def __iter__(self) -> Iterator[Point]:
        return iter(self._points)

    def add(self, point: Point) -> None:
        self._points.append(point)
        count, total, low, high = emulator._point_stats(point)
        if count > 0:
            self._count += count
            self._sum += total
            self._lowest, self._highest = min(self._lowest, low), max(self._highest, high)
        # A statistic set, a value that was seen several times and one below zero are for the emulator to rank.
        self._only_values = self._only_values and count == 1 and "_stat" not in point and low >= 0

    def statistic(self, name: str) -> float | None:
        """``Sum``, ``p99`` and the like; None where CloudWatch has none of these values."""
        if self._only_values and self._points and emulator._is_percentile_stat(name):
            return self._percentile(float(name[1:]))
        value = emulator._stat_value(self._statistics(), name, self._points)
        return None if value is None else float(value)

    def _statistics(self) -> dict[str, float]:
        if not self._count:
            return {}
        return {
            "SampleCount": self._count,
            "Sum": self._sum,
            "Average": self._sum / self._count,
            "Minimum": self._lowest,
            "Maximum": self._highest,
        }

    def _percentile(self, percent: float) -> float:
        """Between the two nearest ranks."""
        new = [float(point["Value"]) for point in self._points[len(self._ordered) :]]
        if self._ordered:
            for value in new:
                bisect.insort(self._ordered, value)
        else:
            self._ordered = sorted(new)
        rank = percent / 100 * (len(self._ordered) - 1)
        lower = int(rank)
        low, part = self._ordered[lower], rank - lower
        return low + part * (self._ordered[lower + 1] - low) if part else low
