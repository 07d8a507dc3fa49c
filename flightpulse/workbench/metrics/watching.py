"""CloudWatch's numbers, where they come from, and what is watched."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from flightpulse.workbench.metrics import alarms, dashboard, metric_sources, metrics
from flightpulse.workbench.metrics.alarms import QuickAlarm
from flightpulse.workbench.metrics.metric_sources import EmbeddedLine
from flightpulse.workbench.metrics.metrics import MetricSums
from flightpulse.workbench.show import charts, panels
from flightpulse.workbench.show.picture import Picture
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection

_HOUR = timedelta(hours=1)


class Metrics:
    """``wb.metrics``. What looks back looks one hour back, or to ``since``."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def totals(self, *, since: datetime | None = None) -> MetricSums:
        """The sum of each metric of the namespace FlightPulse for each set of dimensions."""
        return metrics.totals(self._target.deployed, since=since or datetime.now(UTC) - _HOUR)

    def by_name(self, *, since: datetime | None = None) -> dict[str, float]:
        """One sum for each name."""
        return metrics.by_name(self.totals(since=since))

    def table(self, *, since: datetime | None = None) -> Table:
        """One sum for each name, as a table."""
        return Table.of(("metric", "sum"), sorted(self.by_name(since=since).items()), numbers=(1,))

    def sum(self, name: str, *, since: datetime | None = None) -> float:
        """The sum of one metric; 0 for one that was never counted."""
        return self.by_name(since=since).get(name, 0.0)

    def chart(self, *metric_names: str, minutes: int = 30, title: str | None = None) -> Picture:
        """Metrics of the namespace FlightPulse minute by minute. Raises UserError without a value."""
        series = metrics.by_minute(self._target.deployed, metric_names, minutes=minutes)
        return charts.metric(series, title=title or f"CloudWatch, namespace FlightPulse, last {minutes} minutes")

    def embedded(self, *groups: str, since: datetime | None = None) -> list[EmbeddedLine]:
        """The log lines from which CloudWatch makes metrics, oldest first.

        ``groups`` are short names of functions' log groups (``consumer``, ``messenger``); without one, all of them.
        """
        return metric_sources.embedded(self._target.deployed, groups, since=since or datetime.now(UTC) - _HOUR)

    def filters(self) -> Table:
        """Which log lines CloudWatch counts as which metric, by the stack's metric filters."""
        return metric_sources.filters(self._target.deployed)

    def dashboard(self, name: str = "business") -> Table:
        """A dashboard's definition (``business`` or ``technical``): its widgets, and the metrics that each shows."""
        return dashboard.widgets(self._target.deployed, name)

    def draw(self, name: str = "business", *, minutes: int = 30) -> Picture:
        """The same dashboard drawn from its definition, with the values of the last so many minutes."""
        return panels.dashboard(dashboard.panels(self._target.deployed, name, minutes=minutes))

    def alarms(self) -> Table:
        """The stack's alarms: the state of each, what it watches, when it goes off, and what that means."""
        return alarms.table(self._target.deployed)

    def quick_alarm(self, name: str, *, period: int = 10) -> AbstractContextManager[QuickAlarm]:
        """A copy of an alarm (by its name in :meth:`alarms`) that evaluates every ``period`` seconds in the block.

        It has no actions, so it tells nobody. Raises UserError for another name, and for ``aws``.
        """
        return alarms.quick_copy(self._target.deployed, name, period=period)
