"""Writes a notebook as a deck of slides that opens from a file, loads nothing, and whose players step."""

from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode, v4

from tools.notebooks import head, html
from tools.notebooks.folder import Folder
from tools.notebooks.style import CLOSING

_SCRIPT = Path(__file__).with_name("slides.js")
_UNSEEN = {"setup", "cleanup", "exercise"}


def write(folder: Folder, name: str, target: Path) -> Path:
    """Write the deck of one notebook beside its style, and return its page. Files of its name are written over."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "site.css").write_text(html.stylesheet(), encoding="utf-8")
    notebook = folder.read(name)
    slides = [
        f'<section class="slide" aria-label="Slide {number}">{html.links(html.cells(part), base="notebooks", pages={})}'
        "</section>"
        for number, part in enumerate(_parts(notebook), 1)
    ]
    deck = (
        f'<main class="deck">{"".join(slides)}</main><p class="place" aria-live="polite"></p>'
        f"<script>{_SCRIPT.read_text('utf-8')}</script>"
    )
    page = target / f"{name}.html"
    page.write_text(html.page(head.of(notebook, name).title, deck), encoding="utf-8")
    return page


def _parts(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """What is on each slide: a text, or a cell of code with what it showed. The deck ends where the story does."""
    for cell in notebook.cells:
        if any(cell.source.startswith(f"## {title}") for title in CLOSING):
            return
        if not _UNSEEN & set(cell.metadata.get("tags", [])):
            yield v4.new_notebook(cells=[cell], metadata=notebook.metadata)
