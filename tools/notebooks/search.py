"""The search of the site: an index of what notebooks and pages say, heading by heading, inside the first page."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat import NotebookNode

_SCRIPT = Path(__file__).with_name("search.js")
_HEADING = re.compile(r"^## +(?P<words>.+?)\s*$", re.MULTILINE)
_TAGS = re.compile(r"<[^>]+>")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_MARKS = re.compile(r"[*`#>|]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One section: its page with the anchor, where it is, and its words."""

    url: str
    title: str
    text: str


def of_notebook(page: str, title: str, notebook: NotebookNode) -> list[Entry]:
    """The sections of a notebook, from its text; outputs are not searched."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return of_markdown(page, title, text, anchor=lambda heading: heading.replace(" ", "-"))


def of_markdown(page: str, title: str, text: str, *, anchor: Callable[[str], str]) -> list[Entry]:
    """The sections of a page; what stands above the first heading belongs to the page itself."""
    first, *rest = _HEADING.split(text)
    found = [Entry(page, title, _plain(first))]
    for heading, body in zip(rest[::2], rest[1::2], strict=True):
        found.append(Entry(f"{page}#{anchor(heading)}", f"{title} › {_plain(heading)}", _plain(body)))
    return found


def box(entries: list[Entry]) -> str:
    """The search field with its index; without a script there is the list below it."""
    index = json.dumps([asdict(entry) for entry in entries], ensure_ascii=False).replace("</", "<\\/")
    return (
        '<form class="search" role="search"><label for="words">Search</label>'
        '<input id="words" type="search" autocomplete="off"></form>'
        '<div id="found" aria-live="polite"></div>'
        f'<script type="application/json" id="sections">{index}</script>'
        f"<script>{_SCRIPT.read_text('utf-8')}</script>"
    )


def _plain(markdown: str) -> str:
    text = _LINK.sub(r"\1", _TAGS.sub(" ", markdown))
    return " ".join(_MARKS.sub(" ", text).split())
