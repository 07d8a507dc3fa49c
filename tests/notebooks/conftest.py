"""Fixtures of the tests about notebooks: one that was really built, and one that only looks so."""

from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode, v4

from tests.notebooks import sample
from tools.notebooks import build, sources
from tools.notebooks.folder import Folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder with one notebook in it, executed by the builder: do not change it."""
    text = sample.source(extra=sample.PICTURE + sample.PLAYER)
    folder = sample.folder(tmp_path_factory.mktemp("built"), {sample.NAME: text})
    build.build(folder, [sample.NAME], lambda _: None)
    return folder


@pytest.fixture
def as_if_run() -> Callable[[str], NotebookNode]:
    """Makes a notebook from a source and fills in what a run would: counts, and a line where a check prints one."""

    def make(text: str) -> NotebookNode:
        notebook = sources.parse(text)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for count, cell in enumerate(code, start=1):
            cell.execution_count = count
            if "nbval-check-output" in cell.metadata.get("tags", []):
                cell.outputs = [v4.new_output("stream", name="stdout", text="✓ passengers: 10\n")]
        return notebook

    return make


@pytest.fixture
def empty(tmp_path: Path) -> Folder:
    """A folder without any notebook, as the project's own was in the beginning."""
    return sample.folder(tmp_path, {})
