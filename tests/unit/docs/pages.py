"""The project's documentation as tests read it: pages, their links, tables, code spans and code blocks."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flightpulse.paths import ROOT

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_NESTED_COMMAND = re.compile(r"\$\((flightpulse [^)]*)\)")
_CELL_BORDER = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without its code blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """The code blocks in a language."""
        return [found["text"] for found in _FENCE.finditer(self.text) if found["language"] == language]

    @property
    def spans(self) -> list[str]:
        """Every piece of code within a sentence or a table."""
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        return [found["target"] for found in _LINK.finditer(_SPAN.sub("", self.prose))]

    @property
    def anchors(self) -> set[str]:
        """The names under which GitHub lets one link to the headings."""
        found: set[str] = set()
        for heading in _HEADING.findall(self.prose):
            name = anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            number = 0
            while anchor in found:
                number += 1
                anchor = f"{name}-{number}"
            found.add(anchor)
        return found

    def section(self, heading: str) -> "Section":
        """The part below a heading, up to the next one of its level or above."""
        start = re.search(rf"^(?P<level>#+) +{re.escape(heading)} *$", self.text, re.MULTILINE)
        assert start, f"{self} has no heading {heading!r}"
        rest = self.text[start.end() :]
        end = re.search(rf"^#{{1,{len(start['level'])}}} ", rest, re.MULTILINE)
        return Section(rest[: end.start()] if end else rest)

    @property
    def tables(self) -> list[list[list[str]]]:
        return Section(self.prose).tables

    def commands(self) -> Iterator[list[str]]:
        """Every `flightpulse` command line, in code blocks and in sentences, as words."""
        for line in [*self.shell_lines(), *self.spans]:
            for text in [line, *_NESTED_COMMAND.findall(line)]:
                if text.startswith("flightpulse "):
                    yield shlex.split(text, comments=True)

    def shell_lines(self) -> Iterator[str]:
        """The lines of all shell blocks, continued ones joined."""
        for block in self.blocks("sh"):
            yield from block.replace("\\\n", " ").splitlines()


@dataclass(frozen=True)
class Section:
    """A part of a page."""

    text: str

    @property
    def spans(self) -> list[str]:
        return _SPAN.findall(self.text)

    @property
    def tables(self) -> list[list[list[str]]]:
        """Every table as rows of cells; the first row is the heading, the line below it is left out."""
        found: list[list[list[str]]] = []
        inside = False
        for line in self.text.splitlines():
            if not line.startswith("|"):
                inside = False
                continue
            cells = [cell.strip() for cell in _CELL_BORDER.split(line)[1:-1]]
            if not inside:
                found.append([])
                inside = True
            if set("".join(cells)) != {"-"}:
                found[-1].append(cells)
        return found

    def column(self, heading: str) -> list[str]:
        """The cells below a heading, of every table of the section that has it."""
        found = [row[table[0].index(heading)] for table in self.tables if heading in table[0] for row in table[1:]]
        assert found, f"there is no table with a column {heading!r}"
        return found

    def named(self, heading: str) -> list[str]:
        """The code spans in the cells below a heading."""
        return [span for cell in self.column(heading) for span in _SPAN.findall(cell)]


README = Page(ROOT / "README.md")
SPEC = Page(ROOT / "docs" / "flightpulse-spec.md")
LOCAL_CLOUD = Page(ROOT / "docs" / "local-cloud.md")
PAGES = [README, *map(Page, sorted((ROOT / "docs").rglob("*.md")))]
