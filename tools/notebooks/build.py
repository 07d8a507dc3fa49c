"""Builds notebooks from their sources, and says whether the committed ones still are what their sources would give."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from flightpulse.errors import UserError
from tools.notebooks import head, index, outputs, patterns, record, sources, tiers
from tools.notebooks.execute import execute
from tools.notebooks.folder import Folder
from tools.notebooks.sandbox import Sandbox

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a committed notebook and a new build of it: what the cell said, and what it says."""

    name: str
    cell: int
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.name}, cell {self.cell}:\n  committed: {self.before}\n  rebuilt:   {self.now}"


def build(folder: Folder, names: list[str], say: Say, *, anew: bool = False) -> None:
    """Execute the sources and write the notebooks and their index.

    All outputs of a notebook are of one run: one that says nothing new stays as it is, unless it shall be written
    ``anew``, and any other is written whole. One that fails keeps its file, and the others are built all the same.
    Raises UserError at the end when one has failed.
    """
    if (load := os.getloadavg()[0]) > (cores := os.cpu_count() or 1):
        say(f"This machine is busy ({load:.1f} of {cores} cores): the durations in the outputs will show it.")
    cleaning, this_run = patterns.load(folder.patterns), record.new_run()
    failed: list[UserError] = []
    with Sandbox() as sandbox:
        for name in names:
            try:
                made = run(folder, name, sandbox)
            except UserError as error:
                say(f"{name}: {error}")
                failed.append(error)
                continue
            if not anew and _says_nothing_new(folder, name, made, cleaning):
                say(f"{name}: says nothing new, and stays as it is.")
                continue
            record.stamp(made, this_run)
            folder.notebook(name).write_text(text(made), encoding="utf-8")
            say(f"{name}: built in run {this_run}.")
    index.write(folder)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise UserError(f"{len(failed)} of {len(names)} notebooks failed; their words are above.")


def _says_nothing_new(folder: Folder, name: str, made: NotebookNode, cleaning: patterns.Patterns) -> bool:
    if not folder.notebook(name).exists():
        return False
    before = folder.read(name)
    return (
        bool(record.run_of(before))
        and not sources.differences(made, before)
        and all(outputs.same(new, old, cleaning) for new, old in zip(made.cells, before.cells, strict=True))
    )


def run(folder: Folder, name: str, sandbox: Sandbox) -> NotebookNode:
    """A notebook executed from its source and made fit to be committed."""
    tier = tiers.load(folder.tiers).of(name)
    made = sources.read(_source(folder, name))
    head.check_provenance(head.of(made, name), tier.name)
    execute(
        made,
        name=name,
        cwd=folder.path,
        variables=sandbox.variables(tier),
        timeout=tier.cell_timeout,
    )
    outputs.tidy(made)
    made.metadata = NotebookNode(sources.METADATA)
    return made


def text(notebook: NotebookNode) -> str:
    """The file of a notebook, the same for the same cells and outputs."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def stale(folder: Folder, names: list[str]) -> list[str]:
    """What is wrong with the committed notebooks as far as one can see without running them, one sentence each."""
    found = tiers.load(folder.tiers).problems(folder.names())
    for name in names:
        if not folder.source(name).exists():
            found.append(f"{name} has no source")
        elif not folder.notebook(name).exists():
            found.append(f"{name} was never built")
        else:
            wrong = sources.differences(sources.read(folder.source(name)), folder.read(name))
            found += [f"{name}: {problem}" for problem in wrong]
    built = {name: folder.read(name) for name in names if folder.notebook(name).exists()}
    known = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.path.glob("histories/*.json")))
    found += record.problems(built, elsewhere=known)
    if index.is_stale(folder):
        found.append(f"{folder.index.name} is not what the notebooks' heads say")
    return found


def changes(folder: Folder, names: list[str], say: Say) -> list[Change]:
    """Execute the sources again and compare every output with the committed one.

    Pictures are counted, not compared. Notebooks that need an account are left out.
    """
    cleaning = patterns.load(folder.patterns)
    listed = tiers.load(folder.tiers)
    found: list[Change] = []
    with Sandbox() as sandbox:
        for name in names:
            if not listed.of(name).runs_unattended:
                say(f"{name}: left out, it needs an AWS account.")
                continue
            new = _compared(name, folder.read(name), run(folder, name, sandbox), cleaning)
            say(f"{name}: {'as committed' if not new else f'{len(new)} cells differ'}.")
            found += new
    return found


def _compared(name: str, before: NotebookNode, now: NotebookNode, cleaning: patterns.Patterns) -> list[Change]:
    found = []
    for number, (old_cell, other) in enumerate(zip(before.cells, now.cells, strict=False)):
        if old_cell.cell_type == other.cell_type == "code":
            old = outputs.comparable(old_cell, cleaning, pictures=False)
            new = outputs.comparable(other, cleaning, pictures=False)
            if old != new:
                found.append(
                    Change(name, number, json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False))
                )
    return found


def _source(folder: Folder, name: str) -> Path:
    path = folder.source(name)
    if not path.exists():
        raise UserError(f"{name} has no source.", hint=f"Write it as {path.relative_to(folder.path.parent)}.")
    return path
