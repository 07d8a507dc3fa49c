"""The verb that shows and follows log groups."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from flightpulse.cli import options, screen
from flightpulse.stack import names
from flightpulse.workbench.executions import story
from flightpulse.workbench.observe.logs import LogEvent

_COLOURS = {"ERROR": "red", "CRITICAL": "red", "WARNING": "yellow", "INFO": "green", "DEBUG": "dim"}
_LIFECYCLE = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
# What every line of a function carries and nobody reads while following a story.
_USUAL = frozenset(
    {
        *("level", "location", "message", "timestamp", "service", "cold_start", "requestId", "xray_trace_id", "_aws"),
        *("function_name", "function_memory_size", "function_arn", "function_request_id"),
    }
)


@click.command()
@options.target
@click.option(
    "--group",
    "-g",
    "groups",
    multiple=True,
    metavar="GROUP",
    help=f"Only this group: {', '.join(names.LOG_GROUPS)}, or a full name. May be repeated.",
)
@options.since("15m")
@click.option("--filter", "pattern", default="", metavar="PATTERN", help="A CloudWatch Logs filter pattern.")
@click.option("--follow", "-f", is_flag=True, help="Go on and show new events as they come, until Ctrl-C.")
@click.option("--raw", is_flag=True, help="Messages as they were written, with the lines Lambda adds.")
@options.as_json
def logs(
    target: str,
    groups: tuple[str, ...],
    since: datetime,
    pattern: str,
    follow: bool,
    raw: bool,
    as_json: bool,
) -> None:
    """Show or follow the log groups of functions, workflows, messages and the audit trail."""
    groups_of = options.bench(target).logs
    console = screen.console()
    read = groups_of.follow if follow else groups_of.read
    events: Iterable[LogEvent] = read(groups, since=since, pattern=pattern)
    shown = 0
    for event in events:
        shown += 1
        if as_json:
            options.print_json(_as_json(event), indent=None)
        else:
            _print(console, event, raw=raw)
    if not shown and not as_json:
        click.echo("No log event fits. Look further back with --since, for example --since 2h.")


def _as_json(event: LogEvent) -> dict[str, Any]:
    return {
        "group": event.group,
        "stream": event.stream,
        "at": event.at.isoformat(),
        "message": event.fields or event.message,
    }


def _print(console: Console, event: LogEvent, *, raw: bool) -> None:
    text = escape(event.message.rstrip()) if raw else _readable(event)
    if text:
        short = next((name for name, group in names.LOG_GROUPS.items() if group == event.group), event.group)
        at = f"{event.at.astimezone():%H:%M:%S.%f}"[:-3]
        console.print(f"[dim]{at}[/dim] [cyan]{short:<17}[/cyan] {text}")


def _readable(event: LogEvent) -> str:
    """An event on one line, as what it is; empty for those that only Lambda and its libraries need."""
    fields = event.fields
    if fields is None:
        return "" if event.message.startswith(_LIFECYCLE) else escape(event.message.rstrip())
    if "detail-type" in fields:
        return _bus_event(fields)
    if "execution_arn" in fields:
        name = (fields.get("details") or {}).get("name", "")
        return f"[bold]{escape(str(fields.get('type')))}[/bold] {escape(str(name))}"
    if "route" in fields and "status" in fields:
        return f"[bold]{escape(str(fields['status']))}[/bold] {escape(_route(fields))}"
    return "" if _is_machinery(fields) else _log_line(fields)


def _route(fields: dict[str, Any]) -> str:
    return f"{fields.get('method')} {fields['route']}"


def _is_machinery(fields: dict[str, Any]) -> bool:
    platform = str(fields.get("type", "")).startswith("platform.")
    library = str(fields.get("logger", "")).startswith(("botocore", "boto3", "urllib3"))
    metric = "_aws" in fields and "message" not in fields
    return platform or metric or (library and fields.get("level") in {"INFO", "DEBUG"})


def _bus_event(fields: dict[str, Any]) -> str:
    detail = fields.get("detail") or {}
    ids = [str(detail[name]) for name in ("flight_id", "booking_id") if detail.get(name)]
    said = detail.get("summary") or detail.get("subject") or detail.get("text") or ""
    return f"[bold]{escape(str(fields['detail-type']))}[/bold] {escape(' '.join(ids))} {escape(str(said))}"


def _log_line(fields: dict[str, Any]) -> str:
    level = str(fields.get("level", ""))
    said = [name for name, value in fields.items() if name not in _USUAL and value not in (None, "")]
    # The line is cut at its end: what happened comes before the ids it happened to.
    rest = {name: fields[name] for name in sorted(said, key=lambda name: name.endswith("_id"))}
    tail = f" [dim]{escape(story.short_json(json.dumps(rest), 160))}[/dim]" if rest else ""
    return f"[{_COLOURS.get(level, 'default')}]{level}[/] {escape(str(fields.get('message', '')))}{tail}"
