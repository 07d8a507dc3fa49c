"""What a committed notebook says of the run that made its outputs: all of them, and nobody's but its own."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping

from nbformat import NotebookNode

KEY = "flightpulse"
"""Where it stands in the notebook's metadata: the id of the run, and the digest of what it printed."""

_MADE_ONCE = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"  # executions, requests, AWS's own ids of events
    r"|\bevt-[0-9a-f]{32}\b|\bntf-[0-9a-f]{24}\b"  # events and notifications of ours
)


def new_run() -> str:
    """An id for a run of the builder."""
    return uuid.uuid4().hex[:12]


def stamp(notebook: NotebookNode, run: str) -> None:
    """Write down that this run made every output of the notebook."""
    notebook.metadata[KEY] = NotebookNode(run=run, outputs=_digest(notebook))


def run_of(notebook: NotebookNode) -> str:
    """The run that made the outputs; empty when the notebook does not say, or an output was changed since."""
    said = notebook.metadata.get(KEY, {})
    return str(said.get("run", "")) if said.get("outputs") == _digest(notebook) else ""


def problems(notebooks: Mapping[str, NotebookNode], *, elsewhere: str = "") -> list[str]:
    """Which notebooks show outputs of more than one run, one sentence each.

    An id that is made once, such as an execution's, belongs into one notebook: in a second one it is left over from the
    first. ``elsewhere`` is text whose ids are known to everybody, that of stored histories.
    """
    found = [
        f"{name} does not hold the outputs of one run, as the builder writes them"
        for name, notebook in notebooks.items()
        if not run_of(notebook)
    ]
    common = set(_MADE_ONCE.findall(elsewhere))
    seen: dict[str, str] = {}
    for name, notebook in notebooks.items():
        for made in sorted(set(_MADE_ONCE.findall(_outputs(notebook))) - common):
            if seen.setdefault(made, name) != name:
                found.append(f"{name} shows {made}, which was made in {seen[made]}")
    return found


def _digest(notebook: NotebookNode) -> str:
    return hashlib.sha256(_outputs(notebook).encode()).hexdigest()


def _outputs(notebook: NotebookNode) -> str:
    return json.dumps([cell.get("outputs", []) for cell in notebook.cells], sort_keys=True, ensure_ascii=False)
