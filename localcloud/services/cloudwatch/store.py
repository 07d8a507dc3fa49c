"""The emulator's metrics, written from many threads, and read by exactly the dimensions they were written with."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from ministack.services import cloudwatch as emulator

from localcloud.services import handlers
from localcloud.services.cloudwatch.embedded_metrics import Datum

_EVICTION_SECONDS = 60.0


class ExactDimensions(dict[str, str]):
    """Dimensions of a request. None at all mean the metric that has none: to the emulator they mean any metric."""

    def __bool__(self) -> bool:
        return True


class MetricStore:
    """Keeps values in the emulator's own store; ``changed`` is called after each one."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._record = emulator.record_metric
        self._dimensions = emulator._dims_from_list
        self._eviction = threading.Lock()
        self._evicted_at = 0.0

    def install(self) -> None:
        handlers.replace(emulator, {"_metric_bucket": self.bucket, "_evict_old_metrics": self.evict})
        emulator._dims_from_list = lambda dimensions: ExactDimensions(self._dimensions(dimensions))
        emulator.record_metric = self.record

    def bucket(self, key: tuple[str, str, str]) -> list[dict[str, Any]]:
        """The values of a metric; one list, whoever asks first."""
        points: list[dict[str, Any]] = emulator._metrics.setdefault(key, [])
        return points

    def record(
        self,
        namespace: str,
        metric_name: str,
        value: float,
        unit: str = "None",
        dimensions: dict[str, str] | None = None,
    ) -> None:
        """What services of the emulator call for their own metrics."""
        self._record(namespace, metric_name, value, unit, dimensions)
        self._changed()

    def add(self, data: Iterable[Datum]) -> None:
        for datum in data:
            emulator._store_datum(
                datum.namespace,
                datum.name,
                dict(datum.dimensions),
                datum.timestamp,
                datum.unit,
                None,
                list(datum.values),
                None,
                None,
            )
            self._changed()

    def evict(self) -> None:
        """Forget values of more than two weeks, in place: another thread may be adding one this moment."""
        now = time.time()
        with self._eviction:
            if now - self._evicted_at < _EVICTION_SECONDS:
                return
            self._evicted_at = now
        for points in emulator._metrics.values():
            old = 0
            while old < len(points) and points[old]["Timestamp"] < now - emulator.TWO_WEEKS_SECONDS:
                old += 1
            del points[:old]
