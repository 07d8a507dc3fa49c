"""The dashboard as it is defined: its widgets, and the metrics that each shows."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

_SEARCHED = re.compile(r'MetricName="(?P<metric>\w+)"')


def widgets(session: Session) -> Table:
    """Every widget in the order of the page: its title, its width of 24, and the metrics in it."""
    body = json.loads(session.cloudwatch.get_dashboard(DashboardName=session.output("DashboardName"))["DashboardBody"])
    return Table.of(("widget", "width", "shows"), map(_row, body["widgets"]), numbers=(1,))


def _row(widget: Mapping[str, Any]) -> tuple[str, int, str]:
    properties = widget["properties"]
    if widget["type"] == "text":
        return properties["markdown"].splitlines()[0].lstrip("# "), widget["width"], "(a heading)"
    if widget["type"] == "alarm":
        return properties["title"], widget["width"], f"the state of {len(properties['alarms'])} alarms"
    shown = ", ".join(dict.fromkeys(metric for line in properties["metrics"] for metric in _metrics(line)))
    return properties["title"], widget["width"], shown


def _metrics(line: list[Any]) -> Iterator[str]:
    """The metrics of one line: named, the last of a namespace, or searched for by an expression."""
    if isinstance(line[0], str):
        yield line[1]
    else:
        yield from _SEARCHED.findall(line[0]["expression"])
