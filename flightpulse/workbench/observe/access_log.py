"""Reads the REST API's access log: one line for each request, also for those that reached no function."""

from collections.abc import Sequence
from datetime import datetime

from flightpulse.stack import names
from flightpulse.workbench.observe import logs
from flightpulse.workbench.observe.logs import LogEvent
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

NOTHING = "-"
"""What API Gateway writes where it has nothing to say: no function called, no error, no route."""

_FIELDS = ("method", "route", "status", "bytes", "latencyMs", "integrationLatencyMs", "error", "requestId")
HEADINGS = ("method", "route", "status", "bytes", "ms", "function ms", "error", "request id")


def read(session: Session, *, since: datetime, last: int) -> Table:
    """The newest requests, oldest first. ``function ms`` is ``-`` for a request that reached no function."""
    found = logs.read(session, [names.LOG_GROUPS["access"]], since=since)
    return table(found[-last:])


def table(events: Sequence[LogEvent]) -> Table:
    """Lines of the access log as a table."""
    lines = [event.fields for event in events]
    rows = [[line.get(field, NOTHING) for field in _FIELDS] for line in lines if line is not None]
    return Table.of(HEADINGS, rows, numbers=(3, 4, 5))
