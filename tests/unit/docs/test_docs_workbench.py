"""docs/workbench.md and the notebooks name what is there, and call it in a way that it accepts."""

import ast
import inspect
import typing
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import jupytext
import pytest

from flightpulse import workbench
from flightpulse.paths import ROOT
from flightpulse.workbench import Workbench
from flightpulse.workbench.executions.executions import Execution
from flightpulse.workbench.run import Run
from tests.unit.docs.pages import Page

PAGE = Page(ROOT / "docs" / "workbench.md")
NOTEBOOKS = sorted((ROOT / "notebooks" / "src").glob("*.py"))
OWNERS: dict[str, Any] = {"wb": Workbench, "run": Run, "history": Execution}
SUBJECTS = {
    "stack": "deploy.stack.Stack",
    "table": "deploy.items.Items",
    "events": "fire.events.Events",
    "executions": "executions.lookup.Executions",
    "logs": "observe.log_groups.LogGroups",
    "traces": "traces.lookup.Traces",
    "templates": "messages.templates.Templates",
    "metrics": "metrics.watching.Metrics",
    "faults": "faults.faults.Faults",
    "protections": "faults.protection_switch.Protections",
    "dead_letters": "faults.dead_letter_queues.DeadLetterQueues",
}


def subject(name: str) -> Any:
    module, _, kind = SUBJECTS[name].rpartition(".")
    return getattr(import_module(f"flightpulse.workbench.{module}"), kind)


def owner_of(node: ast.expr) -> Any:
    """The class that an expression is an instance of, as far as names and annotations tell; None for others."""
    if isinstance(node, ast.Name):
        return OWNERS.get(node.id)
    if isinstance(node, ast.Attribute) and owner_of(node.value) is Workbench and node.attr in SUBJECTS:
        return subject(node.attr)
    if isinstance(node, ast.Attribute) and owner_of(node.value) is Run and node.attr == "timing":
        return typing.get_type_hints(Run.timing.fget)["return"]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        made = {"run": Run, "fire": Run, "last_run": Run} if owner_of(node.func.value) is Workbench else {}
        return made.get(node.func.attr)
    return None


def pieces() -> Iterator[str]:
    yield from PAGE.blocks("python")
    yield from (span for span in PAGE.spans if span.startswith(("wb.", "run.", "connect(")))


def cells(path: Path) -> list[str]:
    """The code of a notebook, without magics."""
    notebook = jupytext.read(path)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code" and not cell.source.startswith("%")]


def problems(code: str) -> Iterator[str]:
    """What in a piece of code the workbench does not have, or would not take."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and (owner := owner_of(node.value)) is not None:
            known = hasattr(owner, node.attr) or node.attr in getattr(owner, "__annotations__", {})
            if not known and (is_dataclass(owner) or f"self.{node.attr}" not in inspect.getsource(owner.__init__)):
                yield f"there is no {ast.unparse(node)}"
        if isinstance(node, ast.Call):
            yield from refused(node)


def refused(call: ast.Call) -> Iterator[str]:
    function, bound = None, []
    if isinstance(call.func, ast.Name) and call.func.id in workbench.__all__:
        function = getattr(workbench, call.func.id)
    elif isinstance(call.func, ast.Attribute) and (owner := owner_of(call.func.value)) is not None:
        function, bound = getattr(owner, call.func.attr, None), [None]
    if function is None or any(isinstance(given, ast.Starred) for given in call.args):
        return
    named = {str(keyword.arg): keyword.value for keyword in call.keywords if keyword.arg}
    try:
        inspect.signature(function).bind(*bound, *call.args, **named)
    except TypeError as error:
        yield f"{ast.unparse(call)}: {error}"


def test_every_name_and_every_call_of_the_page_is_there():
    assert [problem for code in pieces() for problem in problems(code)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_name_and_every_call_of_a_notebook_is_there(path: Path):
    assert [problem for code in cells(path) for problem in problems(code)] == []


@pytest.mark.parametrize(
    "code",
    [
        *("wb.flies()", "wb.fire()", "run.nothing", 'connect("local", sort=1)', "wb.stack.flies()"),
        *("wb.table.flight()", 'wb.run("minor-delay").nothing()', "run.timing.nothing"),
    ],
)
def test_what_is_not_there_is_seen(code: str):
    assert list(problems(code)) != []


def test_every_public_call_of_a_workbench_is_on_the_page():
    shown = {node.attr for code in pieces() for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
    public = {name for name in vars(Workbench) if not name.startswith("_")}

    assert public - shown - {"session"} == set()


@pytest.mark.parametrize("kind", [Workbench, Run, *map(subject, SUBJECTS)])
def test_a_class_that_readers_hold_has_at_most_twenty_public_members(kind: type):
    assert len([name for name in vars(kind) if not name.startswith("_")]) <= 20
