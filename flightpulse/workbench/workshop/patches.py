"""Reads unified diffs and applies them by what the lines say, not by their numbers.

A copy is made of code that goes on changing. A hunk is therefore put where its old lines stand, wherever that is, and
only when they stand there exactly once.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flightpulse.errors import UserError

_NOWHERE = "/dev/null"


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand together: as they are, and as they shall be."""

    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The changes of one file; a new file has one hunk without old lines."""

    path: str
    hunks: tuple[Hunk, ...]
    is_new: bool
    text: str


@dataclass(frozen=True, slots=True)
class Patch:
    """A named step: its title, the first line of its file, and what it changes."""

    name: str
    title: str
    files: tuple[FilePatch, ...]


def read(path: Path) -> Patch:
    """A step from a file ``01-name.patch``. Raises UserError when it is no unified diff."""
    title, _, diff = path.read_text(encoding="utf-8").partition("\n")
    files = tuple(_file(path.name, lines) for lines in by_file(diff.splitlines()))
    if not files:
        raise UserError(f"{path.name} holds no change.", hint="It must be a unified diff below one line of title.")
    return Patch(path.stem.partition("-")[2], title.strip(), files)


def apply(patch: Patch, folder: Path) -> None:
    """Change the files of a folder. Raises UserError, and changes nothing, when one does not fit."""
    changed = {file.path: _changed(file, folder) for file in patch.files}
    for path, text in changed.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def replaced(text: str, old: str, new: str, *, where: str) -> str:
    """The text with one passage replaced. Raises UserError when the passage is not there exactly once."""
    found = text.count(old)
    if found != 1:
        shown = max((line.strip() for line in old.splitlines()), key=len, default="")
        raise UserError(
            f"{where} has {'no passage' if not found else f'{found} passages'} {shown!r}.",
            hint="Copy the passage from the file, with its spaces, and enough of it to be the only one.",
        )
    return text.replace(old, new)


def differences(before: Mapping[str, str], after: Mapping[str, str], *, context: int = 2) -> str:
    """What changed between two sets of files, as one unified diff in the order of the paths."""
    return "".join(
        _difference(path, before.get(path), after.get(path), context)
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    )


def _difference(path: str, old: str | None, new: str | None, context: int) -> str:
    lines = difflib.unified_diff(
        (old or "").splitlines(keepends=True),
        (new or "").splitlines(keepends=True),
        _NOWHERE if old is None else f"a/{path}",
        _NOWHERE if new is None else f"b/{path}",
        n=context,
    )
    return "".join(lines)


def by_file(lines: Sequence[str]) -> Iterable[list[str]]:
    """The lines of a unified diff, file by file; the first two of each name the file."""
    starts = [
        number
        for number, line in enumerate(lines)
        if line.startswith("--- ") and number + 1 < len(lines) and lines[number + 1].startswith("+++ ")
    ]
    for number, start in enumerate(starts):
        yield list(lines[start : starts[number + 1] if number + 1 < len(starts) else len(lines)])


def named(line: str) -> str:
    """The file that one of the first two lines of its diff names, as the diff writes it."""
    return line[4:].split("\t")[0]


def _file(source: str, lines: list[str]) -> FilePatch:
    before, after = map(named, lines[:2])
    if after == _NOWHERE:
        raise UserError(f"{source} deletes {before}, which a step must not.")
    hunks: list[tuple[list[str], list[str]]] = []
    for line in lines[2:]:
        if line.startswith("@@"):
            hunks.append(([], []))
        elif hunks:
            old, new = hunks[-1]
            if line[:1] in ("", " ", "-"):
                old.append(line[1:])
            if line[:1] in ("", " ", "+"):
                new.append(line[1:])
    made = tuple(Hunk(tuple(old), tuple(new)) for old, new in hunks)
    return FilePatch(after.removeprefix("b/"), made, before == _NOWHERE, "\n".join(lines))


def _changed(patch: FilePatch, folder: Path) -> str:
    path = folder / patch.path
    if patch.is_new:
        if path.exists():
            raise UserError(f"{patch.path} is there already.", hint="Begin anew with: shop.begin_anew()")
        return "\n".join(patch.hunks[0].new) + "\n"
    if not path.exists():
        raise UserError(f"There is no file {patch.path} in the copy.", hint="Begin anew with: shop.begin_anew()")
    text = path.read_text(encoding="utf-8")
    for hunk in patch.hunks:
        text = replaced(text, "\n".join(hunk.old) + "\n", "\n".join(hunk.new) + "\n", where=patch.path)
    return text
