"""docs/workbench.md names what is there, and calls it in a way that it accepts."""

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from flightpulse import workbench
from flightpulse.paths import ROOT
from flightpulse.workbench import Workbench
from flightpulse.workbench.executions.saved_history import SavedHistory
from flightpulse.workbench.run import Run
from tests.unit.docs.pages import Page

PAGE = Page(ROOT / "docs" / "workbench.md")
OWNERS: dict[str, Any] = {"wb": Workbench, "run": Run, "history": SavedHistory}


def pieces() -> Iterator[str]:
    yield from PAGE.blocks("python")
    yield from (span for span in PAGE.spans if span.startswith(("wb.", "run.", "connect(")))


def problems(code: str) -> Iterator[str]:
    """What in a piece of code the workbench does not have, or would not take."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in OWNERS:
            owner = OWNERS[node.value.id]
            if not hasattr(owner, node.attr) and node.attr not in inspect.getsource(owner.__init__):
                yield f"there is no {ast.unparse(node)}"
        if isinstance(node, ast.Call):
            yield from refused(node)


def refused(call: ast.Call) -> Iterator[str]:
    function, bound = None, []
    if isinstance(call.func, ast.Name) and call.func.id in workbench.__all__:
        function = getattr(workbench, call.func.id)
    elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        function, bound = getattr(OWNERS.get(call.func.value.id), call.func.attr, None), [None]
    if function is None:
        return
    try:
        given = [*bound, *call.args]
        inspect.signature(function).bind(*given, **{str(one.arg): one.value for one in call.keywords})
    except TypeError as error:
        yield f"{ast.unparse(call)}: {error}"


def test_every_name_and_every_call_of_the_page_is_there():
    assert [problem for code in pieces() for problem in problems(code)] == []


@pytest.mark.parametrize("code", ["wb.flies()", "wb.fire()", "run.nothing", 'connect("local", sort=1)'])
def test_what_is_not_there_is_seen(code: str):
    assert list(problems(code)) != []


def test_every_public_call_of_a_workbench_is_on_the_page():
    shown = {node.attr for code in pieces() for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
    public = {name for name in vars(Workbench) if not name.startswith("_")}

    assert public - shown - {"session", "explore"} == set()
