"""Writes the executed notebooks as web pages that need no server and load nothing from anywhere."""

import shutil
from html import escape
from pathlib import Path

from flightpulse import paths
from flightpulse.errors import UserError
from tools.notebooks import html, index, search
from tools.notebooks.folder import Folder
from tools.notebooks.head import Head

_OURS = ".nojekyll"
_DOCUMENTS = {"teaching": "Teach it", "glossary": "Glossary"}
"""Pages of docs/ that belong to the notebooks, and what leads to them."""

_PICTURES = paths.ROOT / "docs" / "pictures"
_MOVING, _STILL, _PARTS = "first-minute.gif", "inbox.png", "architecture.png"
_PROMISE = (
    "An event-driven serverless system, whole and on your laptop, in which every promise can be switched off and "
    "watched failing."
)
_FIRST_PAGE = """\
<main>
<h1>FlightPulse</h1>
<p class="promise"><strong>{promise}</strong></p>
<p>An airline sends a delay; moments later every passenger knows, on the channel they chose, once, and never old news
after new. Kafka, Lambda, EventBridge, Step Functions, DynamoDB, Bedrock, API Gateway and CDK, in Python. No account, no
Docker, no Node.</p>
{picture}
<ul class="doors">
<li><a href="{first}">Learn from it</a> Notebooks that ask, let you predict, act and check. Recorded here; the players
step on these very pages.</li>
{documents}
</ul>
{search}
<p><img class="parts" src="{parts}" alt="What is deployed: Kafka leads to a consumer, the consumer to the bus, the bus to
three workflows, these to the one that notifies passengers, and all of them to one table"></p>
<h2>The notebooks</h2>
<ol class="contents">
{rows}
</ol>
</main>"""
_DOORS = {
    "teaching": "Lesson plans for 30, 60 and 90 minutes, and a script for five minutes in an interview.",
    "glossary": "The field’s word for what you meet, one line each.",
}
_PICTURE = (
    '<picture><source media="(prefers-reduced-motion: reduce)" srcset="{still}">'
    '<img src="{moving}" alt="One event goes through the system, seen from a terminal; then one passenger’s journey hop by '
    "hop; then the text message; then the execution, stepped through on its diagram to a failure"
    '"></picture>'
)
_ROW = """\
<li><a href="{name}.html">{number} {title}</a>
<p>{promise}</p>
<p>You need {need} · {time}</p></li>"""


def write(folder: Folder, target: Path, *, repository: str = "") -> list[Path]:
    """Write the site into a folder that is new, empty or an older site, and return its pages.

    ``repository`` is where this checkout can be browsed (``https://…/blob/main``): links to its files lead there.
    Without it they are plain words, because the site has no such page.
    """
    heads = index.heads(folder)
    _empty(target)
    (target / "site.css").write_text(html.stylesheet(), encoding="utf-8")
    # Tells GitHub Pages to serve the files as they are, and the next run that this folder is ours.
    (target / _OURS).touch()
    sources = {
        "notebooks/README.md": "index.html",
        **{f"notebooks/{head.name}.ipynb": f"{head.name}.html" for head in heads},
        **{f"docs/{name}.md": f"{name}.html" for name in _DOCUMENTS if heads},
    }
    entries: list[search.Entry] = []
    pages = []
    for place, head in enumerate(heads):
        notebook = folder.read(head.name)
        entries += search.of_notebook(f"{head.name}.html", f"{head.number} {head.title}", notebook)
        body = html.links(html.cells(notebook), base="notebooks", pages=sources, repository=repository)
        above, below = (_neighbours(heads, place, label) for label in ("Notebooks", "More notebooks"))
        pages.append(_write(target / f"{head.name}.html", head.title, f"{above}<main>{body}</main>{below}"))
    for name, title in _DOCUMENTS.items() if heads else ():
        text = (paths.ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        entries += search.of_markdown(f"{name}.html", title, text, anchor=html.anchor)
        body = html.links(html.markdown(text), base="docs", pages=sources, repository=repository)
        pages.append(_write(target / f"{name}.html", title, f"{_home()}<main>{body}</main>"))
    return [_write(target / "index.html", "FlightPulse", _first_page(heads, entries, _picture(target))), *pages]


def _empty(target: Path) -> None:
    if target.exists() and any(target.iterdir()):
        if not (target / _OURS).exists():
            raise UserError(f"{target} holds something that is not this site.", hint="Name another folder with --to.")
        shutil.rmtree(target)
    target.mkdir(parents=True, exist_ok=True)


def _write(path: Path, title: str, body: str) -> Path:
    path.write_text(html.page(title, body), encoding="utf-8")
    return path


def _picture(target: Path) -> str:
    for name in (_MOVING, _STILL, _PARTS):
        shutil.copy(_PICTURES / name, target / name)
    return _PICTURE.format(moving=_MOVING, still=_STILL)


def _first_page(heads: list[Head], entries: list[search.Entry], picture: str) -> str:
    return _FIRST_PAGE.format(
        promise=_PROMISE,
        picture=picture,
        parts=_PARTS,
        first=f"{heads[0].name}.html" if heads else "index.html",
        documents="\n".join(
            f'<li><a href="{name}.html">{title}</a> {_DOORS[name]}</li>'
            for name, title in (_DOCUMENTS.items() if heads else ())
        ),
        search=search.box(entries),
        rows="\n".join(
            _ROW.format(
                name=head.name,
                number=head.number,
                title=escape(head.title),
                promise=html.inline(head.promise),
                need=html.inline(head.facts["You need"]),
                time=html.inline(head.facts["Time"]),
            )
            for head in heads
        ),
    )


def _home() -> str:
    return '<nav aria-label="Notebooks"><a href="index.html">All notebooks</a></nav>'


def _neighbours(heads: list[Head], place: int, label: str) -> str:
    before = heads[place - 1] if place else None
    after = heads[place + 1] if place + 1 < len(heads) else None
    links = [
        f'<a href="{before.name}.html" rel="prev">◀ {escape(before.title)}</a>' if before else "<span></span>",
        '<a href="index.html">All notebooks</a>',
        f'<a href="{after.name}.html" rel="next">{escape(after.title)} ▶</a>' if after else "<span></span>",
    ]
    return f'<nav aria-label="{label}">{"".join(links)}</nav>'
