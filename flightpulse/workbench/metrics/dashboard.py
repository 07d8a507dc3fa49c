"""The dashboards as they are defined: their widgets, the metrics that each shows, and the values of these now."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.metrics import metrics
from flightpulse.workbench.show.panels import Panel, Series
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.session import Session

OUTPUTS = {"business": "DashboardName", "technical": "TechnicalDashboardName"}
"""Stack outputs with the names of the dashboards."""

_SEARCHED = re.compile(r'MetricName="(?P<metric>\w+)"')


def widgets(session: Session, name: str) -> Table:
    """Every widget in the order of the page: its title, its width of 24, and the metrics in it."""
    return Table.of(("widget", "width", "shows"), map(_row, _definition(session, name)), numbers=(1,))


def panels(session: Session, name: str, *, minutes: int) -> list[Panel]:
    """Every widget with the values of the last so many minutes, as CloudWatch's API gives them."""
    end = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return [_panel(session, widget, end - timedelta(minutes=minutes), end) for widget in _definition(session, name)]


def _definition(session: Session, name: str) -> list[dict[str, Any]]:
    if name not in OUTPUTS:
        raise UserError(f"There is no dashboard {name!r}.", hint=f"There are: {', '.join(OUTPUTS)}.")
    body = session.cloudwatch.get_dashboard(DashboardName=session.output(OUTPUTS[name]))["DashboardBody"]
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def _row(widget: Mapping[str, Any]) -> tuple[str, int, str]:
    properties = widget["properties"]
    if widget["type"] == "text":
        return _heading(widget), widget["width"], "(a heading)"
    if widget["type"] == "alarm":
        return properties["title"], widget["width"], f"the state of {len(properties['alarms'])} alarms"
    shown = ", ".join(dict.fromkeys(metric for line in properties["metrics"] for metric in _metrics(line)))
    return properties["title"], widget["width"], shown


def _heading(widget: Mapping[str, Any]) -> str:
    first: str = widget["properties"]["markdown"].splitlines()[0]
    return first.lstrip("# ")


def _metrics(line: list[Any]) -> Iterator[str]:
    """The metrics of one line: named, the last of a namespace, or searched for by an expression."""
    if isinstance(line[0], str):
        yield line[1]
    else:
        yield from _SEARCHED.findall(line[0]["expression"])


def _panel(session: Session, widget: Mapping[str, Any], start: datetime, end: datetime) -> Panel:
    properties = widget["properties"]
    place = (int(widget["x"]), int(widget["y"]), int(widget["width"]), int(widget["height"]))
    if widget["type"] == "text":
        return Panel(_heading(widget), place)
    if widget["type"] == "alarm":
        return Panel(properties["title"], place, states=_states(session, properties["alarms"]))
    return Panel(
        properties["title"],
        place,
        series=_read(session, properties["metrics"], start, end),
        minutes=round((end - start).total_seconds() / 60),
        began=start,
        totals=properties.get("view") == "singleValue",
        stacked=bool(properties.get("stacked")),
    )


def _states(session: Session, arns: Sequence[str]) -> tuple[tuple[str, str], ...]:
    wanted = [arn.rpartition(":alarm:")[2] for arn in arns]
    pages = session.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNames=wanted, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    known = {
        str(alarm["AlarmName"]): str(alarm["StateValue"])
        for page in pages
        for alarm in [*page["MetricAlarms"], *page.get("CompositeAlarms", [])]
    }
    return tuple((name.removeprefix(names.ALARM_PREFIX), known.get(name, "")) for name in wanted)


def _read(session: Session, lines: Sequence[list[Any]], start: datetime, end: datetime) -> tuple[Series, ...]:
    """The values of a widget's lines. One whose expression the place cannot evaluate has none."""
    queries = [_query(number, line) for number, line in enumerate(lines)]
    return tuple(
        Series(query["Label"], tuple(values), _statistic(query))
        for query, values in zip(queries, metrics.points(session, queries, start, end), strict=True)
        if query["ReturnData"]
    )


def _query(number: int, line: list[Any]) -> Any:
    options = line[-1] if isinstance(line[-1], dict) else {}
    query = {"Id": options.get("id", f"m{number}"), "ReturnData": options.get("visible", True)}
    if "expression" in options:
        label = options.get("label") or options["expression"]
        return {**query, "Label": label, "Expression": options["expression"], "Period": options.get("period", 60)}
    namespace, metric, *rest = [part for part in line if isinstance(part, str)]
    dimensions = [{"Name": rest[at], "Value": rest[at + 1]} for at in range(0, len(rest), 2)]
    stat = {
        "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
        "Period": options.get("period", 300),
        "Stat": options.get("stat", "Average"),
    }
    return {**query, "Label": options.get("label") or metric, "MetricStat": stat}


def _statistic(query: Mapping[str, Any]) -> str:
    """What the values are: the statistic of a metric; expressions of ours add sums up."""
    return str(query["MetricStat"]["Stat"]) if "MetricStat" in query else "Sum"
