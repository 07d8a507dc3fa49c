"""Writes the notebooks' index, ``notebooks/README.md``, from the heads of the notebooks."""

from flightpulse.errors import UserError
from tools.notebooks import head
from tools.notebooks.folder import Folder
from tools.notebooks.head import Head

_BEGINNING = """\
# Notebooks

<!-- Written by `python -m tools.notebooks index` from the notebooks' first cells. -->

One idea each, in reading order. Every notebook is here with its outputs, so reading needs nothing; running needs this
checkout and nothing else:

```sh
make lab
```

opens JupyterLab on this page. The local cloud on which the notebooks run costs nothing and needs no account.
"""

_END = """\
Each notebook asks, lets you predict, acts, looks and checks; its exercises are at the end, and its last cell cleans up.
Once the set-up cell has run you can go on from any section. One notebook runs at a time on a local cloud: a second one
waits, and says for which. To teach with them: [docs/teaching.md](../docs/teaching.md); words: [glossary](../docs/glossary.md). JupyterLab does not save by itself here: to keep what you
did, use *Save Notebook As* and give it a name of your own.

## How they are made and tested

A notebook is written as a Python file, `src/NN-name.py`, in the percent format that Jupytext, VS Code and PyCharm know.
It is executed and committed with its outputs. In the virtual environment:

```sh
python -m tools.notebooks build 04      # execute one, write it, and write this page
python -m tools.notebooks style         # the house rules: sizes, headings, checks, words beside pictures
python -m tools.notebooks test          # run all with nbval and compare what their checks print
python -m tools.notebooks check --run   # run all again and compare every output
python -m tools.notebooks site          # the same as web pages that need no server
python -m tools.notebooks slides 00     # one as a deck of slides
```

[tiers.toml](tiers.toml) says what each needs to run, [nbval.cfg](nbval.cfg) what may differ from run to run.
"""


_COLUMNS = ("You will", "You need", "Time")


def text(heads: list[Head]) -> str:
    """The page."""
    return "\n".join([_BEGINNING, *_table(heads), _END])


def heads(folder: Folder) -> list[Head]:
    """The heads of the notebooks that are built, in reading order."""
    return [head.of(folder.read(name), name) for name in folder.committed()]


def write(folder: Folder) -> None:
    """Write the page anew."""
    folder.index.write_text(text(heads(folder)), encoding="utf-8")


def is_stale(folder: Folder) -> bool:
    """Whether the page is not what the notebooks' heads say."""
    try:
        return folder.index.read_text(encoding="utf-8") != text(heads(folder))
    except OSError as error:
        raise UserError(f"{folder.index.name} cannot be read: {error.strerror}.") from error


def _table(heads: list[Head]) -> list[str]:
    if not heads:
        return []
    rows = [[head.number, f"[{head.title}]({head.name}.ipynb)", *(head.facts[name] for name in _COLUMNS)] for head in heads]
    table = [["", "Notebook", *_COLUMNS], ["---"] * (2 + len(_COLUMNS)), *rows]
    return [*(f"| {' | '.join(row)} |" for row in table), ""]
