"""Reads a notebook's source, a Python file in the percent format, as a notebook without outputs.

The format is the one that Jupytext, VS Code, PyCharm and Spyder share: ``# %%`` begins a cell of code,
``# %% [markdown]`` a cell of text whose lines are comments, and ``tags=["…"]`` behind either gives it tags.
"""

import hashlib
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode, v4

from tools.notebooks import record

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""All that a committed notebook says about its kernel: what GitHub and JupyterLab need, and no version."""


def read(path: Path) -> NotebookNode:
    """The notebook that a source describes, with cell ids that only change with their cells."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> NotebookNode:
    """The same from text."""
    seen: Counter[str] = Counter()
    cells = []
    for found in jupytext.reads(text, fmt="py:percent").cells:
        make = v4.new_code_cell if found.cell_type == "code" else v4.new_markdown_cell
        tags = list(found.metadata.get("tags", []))
        made = make(found.source, metadata={"tags": tags} if tags else {})
        digest = hashlib.sha256(f"{found.cell_type}\n{found.source}".encode()).hexdigest()[:8]
        seen[digest] += 1
        made.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cells.append(made)
    notebook = v4.new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(notebook)
    return notebook


def differences(source: NotebookNode, notebook: NotebookNode) -> list[str]:
    """Where a committed notebook does not come from its source: cells, tags and metadata, but not outputs."""
    found = []
    wanted, got = [_described(cell) for cell in source.cells], [_described(cell) for cell in notebook.cells]
    if len(wanted) != len(got):
        found.append(f"the source has {len(wanted)} cells, the notebook {len(got)}")
    for number, (wanted_cell, other) in enumerate(zip(wanted, got, strict=False)):
        changed = [key for key in wanted_cell if wanted_cell[key] != other[key]]
        if changed:
            found.append(f"cell {number} differs in its {' and '.join(changed)}")
            # One cell more or less changes all behind it: the first difference says enough.
            break
    if source.metadata != {key: value for key, value in notebook.metadata.items() if key != record.KEY}:
        found.append("the notebook's metadata is not what the builder writes")
    return found


def _described(cell: NotebookNode) -> dict[str, object]:
    return {"kind": cell.cell_type, "text": cell.source, "tags": cell.metadata, "id": cell.id}
