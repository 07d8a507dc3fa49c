"""Where the notebooks, their sources and the lists beside them are."""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from flightpulse import paths
from flightpulse.errors import UserError

_NAME = re.compile(r"\d\d-[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of notebooks. A notebook is called by its file's name without the ending, ``00-start-here``."""

    path: Path = paths.ROOT / "notebooks"

    @property
    def tiers(self) -> Path:
        return self.path / "tiers.toml"

    @property
    def patterns(self) -> Path:
        return self.path / "nbval.cfg"

    @property
    def index(self) -> Path:
        return self.path / "README.md"

    def source(self, name: str) -> Path:
        return self.path / "src" / f"{name}.py"

    def notebook(self, name: str) -> Path:
        return self.path / f"{name}.ipynb"

    def names(self) -> list[str]:
        """Every notebook that has a source, a file, or both, in reading order."""
        found = {file.stem for file in (*self.path.glob("*.ipynb"), *(self.path / "src").glob("*.py"))}
        odd = sorted(name for name in found if not _NAME.fullmatch(name))
        if odd:
            raise UserError(
                f"{odd[0]} is not a name for a notebook.", hint="Call it like 04-watch-a-cancellation: NN-words."
            )
        return sorted(found)

    def select(self, wanted: tuple[str, ...]) -> list[str]:
        """The notebooks that these words name, by number (``04``) or by name; all of them without a word."""
        names = self.names()
        chosen = [name for name in names if not wanted or any(_is_named(name, word) for word in wanted)]
        for word in wanted:
            if not any(_is_named(name, word) for name in names):
                raise UserError(f"There is no notebook {word}.", hint=f"There are: {', '.join(names) or 'none yet'}.")
        return chosen

    def read(self, name: str) -> NotebookNode:
        """The notebook as committed."""
        path = self.notebook(name)
        if not path.exists():
            raise UserError(f"{name} has a source but was never built.", hint=_build(name))
        return nbformat.read(path, as_version=4)

    def committed(self) -> list[str]:
        """Every notebook that was built, in reading order."""
        return [name for name in self.names() if self.notebook(name).exists()]


def _is_named(name: str, word: str) -> bool:
    return word.removesuffix(".ipynb").removesuffix(".py") in (name, name[:2])


def _build(name: str) -> str:
    return f"Build it with: python -m tools.notebooks build {name[:2]}"
