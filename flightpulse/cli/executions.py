"""Verbs about workflow executions: executions, show."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from rich.tree import Tree

from flightpulse.cli import options, screen
from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.executions import story
from flightpulse.workbench.executions.executions import STATUSES, Execution, region_of
from flightpulse.workbench.executions.history import Visit
from flightpulse.workbench.executions.saved_history import load_definition, load_history
from flightpulse.workbench.player import Player
from flightpulse.workbench.show.progress import seconds
from flightpulse.workbench.show.tables import Table

_Part = tuple[str, str]
"""A text and its style."""

_MARKS = {
    "SUCCEEDED": ("✓", "green"),
    "FAILED": ("✗", "red"),
    "TIMED_OUT": ("✗", "red"),
    "ABORTED": ("■", "yellow"),
    "CAUGHT": ("!", "yellow"),
    "RUNNING": ("…", "cyan"),
}
_LONGEST_LINE = 400


@click.command()
@options.target
@click.option(
    "--workflow",
    "-w",
    "workflows",
    multiple=True,
    type=click.Choice(list(names.WORKFLOWS)),
    help="Only this workflow. May be repeated.",
)
@click.option(
    "--status",
    type=click.Choice(STATUSES, case_sensitive=False),
    help="Only executions in this state.",
)
@click.option("--since", type=options.Moment(), help="Only those begun since: 15m, 2h, or an ISO 8601 time.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@options.as_json
def executions(
    target: str, workflows: tuple[str, ...], status: str | None, since: datetime | None, limit: int, as_json: bool
) -> None:
    """List workflow executions, the newest first."""
    wb = options.bench(target)
    found = wb.executions.recent(workflows, status=status, since=since, limit=limit)
    if as_json:
        options.print_json([_summary(item) for item in found])
    elif found:
        _print_list(found)
        click.echo(f"Look at one with: {wb.session.command('show NAME')} (or latest)")
    else:
        click.echo("There is no execution yet." if not (workflows or status or since) else "No execution fits.")


def _print_list(found: list[Execution]) -> None:
    rows = [
        (
            f"{_MARKS[item.status][0]} {item.status.lower().replace('_', ' ')}",
            item.workflow.removeprefix("FlightPulse-"),
            item.name,
            f"{item.started_at.astimezone():%H:%M:%S}",
            seconds(item.seconds),
        )
        for item in found
    ]
    screen.show(Table.of(("", "workflow", "name", "started", "took"), rows))


@click.command()
@click.argument("execution", required=False)
@options.target
@click.option(
    "--history",
    "saved",
    type=click.Path(path_type=Path),
    help="A saved history instead of EXECUTION, of any state machine: what get-execution-history printed.",
)
@click.option(
    "--definition",
    type=click.Path(path_type=Path),
    help="With --history: the state machine's definition; without it the part that the run went through is drawn.",
)
@click.option("--full", is_flag=True, help="Inputs and outputs whole, not shortened.")
@click.option("--alone", is_flag=True, help="Without the executions it started.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page that steps through it on its diagram; it works offline.",
)
@options.as_json
def show(
    execution: str | None,
    target: str,
    saved: Path | None,
    definition: Path | None,
    full: bool,
    alone: bool,
    page: Path | None,
    as_json: bool,
) -> None:
    """Step through one execution, state by state.

    EXECUTION is an ARN, the name of an execution, the name of a workflow (its latest execution: delay, cancellation,
    departure, gate-change, notify-passengers, notify-chunk) or `latest`. Map iterations and the executions it started
    are indented below their states; retries and caught errors are told in words.

    With --target aws an ARN may be of any state machine in your account. A history that somebody saved needs neither
    an account nor a cloud: --history FILE.
    """
    if saved:
        if execution:
            raise click.UsageError("Give either an execution or --history, not both.")
        _show_saved(saved, definition, full=full, page=page, as_json=as_json)
        return
    if definition:
        raise click.UsageError("--definition goes with --history; an execution brings its own.")
    reference = execution or "latest"
    found = options.bench(target, region=region_of(reference)).executions.find(reference)
    if page:
        _write_page(found.player(), page)
    elif as_json:
        options.print_json(_as_json(found, alone=alone))
    else:
        screen.console().print(_Drawer(full=full, nested=not alone).draw(found))


def _show_saved(file: Path, definition: Path | None, *, full: bool, page: Path | None, as_json: bool) -> None:
    saved = load_history(file, load_definition(definition) if definition else None)
    if page:
        _write_page(saved.player(), page)
        if saved.definition is None:
            click.echo("It shows the states the run went through. For the whole machine, add --definition FILE.")
    elif as_json:
        options.print_json({"file": str(file), "history": asdict(saved.history)})
    else:
        screen.console().print(_Drawer(full=full, nested=False).draw(saved))


def _write_page(player: Player, page: Path) -> None:
    try:
        page.write_text(player.page(), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{page} cannot be written: {error.strerror}.", hint="Name another file.") from error
    click.echo(f"{player.sentence} Open {page} in a browser to step through it.")


class _Drawer:
    """Draws an execution as a tree of lines.

    Short (the default), a line holds what fits on it, and of the data only inputs and results of tasks are shown.
    """

    def __init__(self, *, full: bool, nested: bool) -> None:
        self._full = full
        self._nested = nested

    def draw(self, execution: Execution) -> Tree:
        tree = Tree(self._line(*self._heading(execution)), guide_style="dim")
        self._fill(tree, execution)
        return tree

    def _fill(self, tree: Tree, execution: Execution) -> None:
        self._data(tree, "input", json.dumps(execution.input))
        self._visits(tree, execution, execution.history.visits)
        if execution.history.problem:
            tree.add(self._line((f"✗ {story.in_words(execution.history.problem)}", "red")))
        else:
            self._data(tree, "output", json.dumps(execution.output))

    def _heading(self, execution: Execution) -> list[_Part]:
        event = execution.event
        mark, colour = _MARKS[execution.status]
        again = f", redriven {execution.history.redrives}×" if execution.history.redrives else ""
        about = f"  {event.detail_type} {event.flight_id} {event.event_id}" if event.event_id else ""
        return [
            (execution.workflow, "bold"),
            (f" {mark} {execution.status}", colour),
            (f" in {seconds(execution.seconds)}{again}", ""),
            (about.replace("  ", " ").rstrip(), "dim"),
            (f" {execution.arn if self._full else execution.name}", "dim"),
        ]

    def _visits(self, parent: Tree, execution: Execution, visits: Sequence[Visit]) -> None:
        for visit, after in zip(visits, [*visits[1:], None], strict=False):
            self._visit(parent, execution, visit, after)

    def _visit(self, parent: Tree, execution: Execution, visit: Visit, after: Visit | None) -> None:
        mark, colour = _MARKS[visit.status]
        deed = story.deed(visit) + (f", goes on at {after.name}" if visit.kind == "Choice" and after else "")
        about = f" {visit.kind}{': ' + deed if deed else ''}, {seconds(visit.seconds)}"
        node = parent.add(self._line((f"{mark} ", colour), (visit.name, "bold"), (about, "dim")))
        for sentence in story.trouble(visit):
            node.add(self._line((f"! {sentence}", "yellow")))
        self._inside(node, execution, visit)

    def _inside(self, node: Tree, execution: Execution, visit: Visit) -> None:
        children = visit.children if self._nested else ()
        shows_data = self._full or (visit.kind in {"Task", "Wait", "Fail"} and not children)
        if shows_data:
            self._data(node, "in", visit.attempts[-1].arguments if visit.attempts else visit.input)
        for branch in visit.branches:
            mark, colour = _MARKS[branch.status]
            again = f", try {branch.attempt}" if branch.attempt > 1 else ""
            inside = node.add(self._line((f"{mark} ", colour), (f"{branch.kind} {branch.index}{again}", "")))
            self._visits(inside, execution, branch.visits)
        for arn in children:
            self._child(node, execution.child(arn), arn)
        if shows_data:
            self._data(node, "out", visit.output)

    def _child(self, node: Tree, execution: Execution | None, arn: str) -> None:
        if execution is None:
            node.add(self._line((f"started {arn}, whose history cannot be read", "yellow")))
        else:
            self._fill(node.add(self._line(*self._heading(execution))), execution)

    def _data(self, parent: Tree, label: str, text: str | None) -> None:
        if not text or text in {"{}", "null"}:
            return
        shown = story.pretty_json(text) if self._full else story.short_json(text, _LONGEST_LINE)
        parent.add(self._line((f"{label} ", "cyan"), (shown, "dim")))

    def _line(self, *parts: _Part) -> Text:
        short = not self._full
        return Text.assemble(*parts, no_wrap=short, overflow="ellipsis" if short else "fold")


def _as_json(execution: Execution, *, alone: bool) -> dict[str, Any]:
    return {
        **_summary(execution),
        "input": execution.input,
        "output": execution.output,
        "history": asdict(execution.history),
        "started_executions": [] if alone else [_as_json(child, alone=alone) for child in execution.children],
    }


def _summary(execution: Execution) -> dict[str, Any]:
    return {
        name: getattr(execution, name) for name in ("arn", "name", "workflow", "status", "started_at", "stopped_at")
    }
