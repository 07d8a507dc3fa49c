"""The target's log groups by short name: functions, workflows, messages, the audit trail, the API's requests."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from flightpulse.stack import names
from flightpulse.workbench.observe import logs
from flightpulse.workbench.observe.logs import LogEvent
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection

_LOOK_BACK = timedelta(days=1)
_LONGEST_LINE = 160
_ACCESS = {
    "method": "method",
    "route": "route",
    "status": "status",
    "bytes": "bytes",
    "ms": "latencyMs",
    "function ms": "integrationLatencyMs",
    "error": "error",
    "request id": "requestId",
}
"""Columns of the table of requests, and the fields of API Gateway's access log in them."""

NOTHING = "-"
"""What API Gateway writes where it has nothing to say: no function called, no error, no route."""


class LogGroups:
    """``wb.logs``. What looks back looks one day back, or to ``since``; what it gives is oldest first.

    ``groups`` are short names (``consumer``, ``messenger``, ``audit``, …) or full ones; without one, all of ours.
    ``pattern`` is a CloudWatch Logs filter pattern. Raises UserError for a group that does not exist.
    """

    def __init__(self, target: Connection) -> None:
        self._target = target

    def read(self, groups: Sequence[str] = (), *, since: datetime | None = None, pattern: str = "") -> list[LogEvent]:
        """The events of log groups."""
        wanted = logs.groups_named(groups)
        return logs.read(self._target.deployed, wanted, since=since or _a_day_ago(), pattern=pattern)

    def follow(self, groups: Sequence[str] = (), *, since: datetime, pattern: str = "") -> Iterator[LogEvent]:
        """The same, and then each new event as it comes, without an end."""
        wanted = logs.groups_named(groups)
        return logs.follow(self._target.deployed, wanted, since=since, pattern=pattern)

    def table(self, *groups: str, since: datetime | None = None, pattern: str = "", last: int = 20) -> Table:
        """The newest lines: when, which group, and what it says in short."""
        found = self.read(groups, since=since, pattern=pattern)
        short = {full: name for name, full in names.LOG_GROUPS.items()}
        rows = [(event.at, short.get(event.group, event.group), _line(event)) for event in found[-last:]]
        return Table.of(("at", "group", "line"), rows)

    def requests(self, *, last: int = 10, since: datetime | None = None) -> Table:
        """The API's newest requests in API Gateway's access log."""
        found = self.read(["access"], since=since)
        return requests(found[-last:])


def requests(events: Sequence[LogEvent]) -> Table:
    """Lines of the access log, one for each request. ``function ms`` is ``-`` for one that reached no function."""
    lines = [event.fields for event in events]
    rows = [[line.get(field, NOTHING) for field in _ACCESS.values()] for line in lines if line is not None]
    return Table.of(tuple(_ACCESS), rows, numbers=(3, 4, 5))


def _a_day_ago() -> datetime:
    return datetime.now(UTC) - _LOOK_BACK


def _line(event: LogEvent) -> str:
    fields = event.fields or {}
    detail = fields.get("detail") or {}
    said = fields.get("message") or detail.get("summary") or detail.get("subject") or detail.get("text")
    return str(said or event.message)[:_LONGEST_LINE]
