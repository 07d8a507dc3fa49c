"""Writes the executed notebooks as web pages that need no server and load nothing from anywhere."""

import re
import shutil
from html import escape
from pathlib import Path

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from flightpulse.errors import UserError
from tools.notebooks import index
from tools.notebooks.folder import Folder
from tools.notebooks.head import Head

_POLICY = "default-src 'none'; img-src data:; style-src 'self' 'unsafe-inline'; script-src 'unsafe-inline'"
_OURS = ".nojekyll"
_STYLE = Path(__file__).with_name("site.css")
_SCRIPT_OR_LINK = re.compile(
    r"(?P<script><script\b.*?</script>)"
    r"|<a\b(?P<before>[^>]*?)\bhref=\"(?P<target>[^\"]*)\"(?P<after>[^>]*)>(?P<words>.*?)</a>",
    re.DOTALL | re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//", re.IGNORECASE)


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<link rel="stylesheet" href="site.css">
</head>
<body>
{body}
</body>
</html>
"""
_CONTENTS = """\
<main>
<h1>FlightPulse notebooks</h1>
<p>Recorded runs of an event-driven serverless system, from a Kafka record to passengers’ messages. The players step
through executions right here; nothing runs behind these pages.</p>
<ol class="contents">
{rows}
</ol>
</main>"""
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
    (target / "site.css").write_text(_STYLE.read_text("utf-8") + _highlighting(), encoding="utf-8")
    # Tells GitHub Pages to serve the files as they are, and the next run that this folder is ours.
    (target / _OURS).touch()
    pages = [_write(target / "index.html", "FlightPulse notebooks", _contents(heads))]
    for place, head in enumerate(heads):
        body = _links(_body(folder.read(head.name)), repository)
        around = _neighbours(heads, place)
        pages.append(_write(target / f"{head.name}.html", head.title, f"{around}<main>{body}</main>{around}"))
    return pages


def _empty(target: Path) -> None:
    if target.exists() and any(target.iterdir()):
        if not (target / _OURS).exists():
            raise UserError(f"{target} holds something that is not this site.", hint="Name another folder with --to.")
        shutil.rmtree(target)
    target.mkdir(parents=True, exist_ok=True)


def _write(path: Path, title: str, body: str) -> Path:
    path.write_text(_PAGE.format(policy=_POLICY, title=escape(title), body=body), encoding="utf-8")
    return path


def _body(notebook: NotebookNode) -> str:
    # The template without a page around it: its picture has the alt text, which the one of JupyterLab leaves out.
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    return str(body)


def _contents(heads: list[Head]) -> str:
    return _CONTENTS.format(
        rows="\n".join(
            _ROW.format(
                name=head.name,
                number=head.number,
                title=escape(head.title),
                promise=_inline(head.promise),
                need=_inline(head.facts["You need"]),
                time=_inline(head.facts["Time"]),
            )
            for head in heads
        )
    )


def _inline(markdown: str) -> str:
    """A line of Markdown with its code and its emphasis; links lose their targets."""
    text = escape(re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown))
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)


def _neighbours(heads: list[Head], place: int) -> str:
    before = heads[place - 1] if place else None
    after = heads[place + 1] if place + 1 < len(heads) else None
    links = [
        f'<a href="{before.name}.html" rel="prev">◀ {escape(before.title)}</a>' if before else "<span></span>",
        '<a href="index.html">All notebooks</a>',
        f'<a href="{after.name}.html" rel="next">{escape(after.title)} ▶</a>' if after else "<span></span>",
    ]
    return f'<nav aria-label="Notebooks">{"".join(links)}</nav>'


def _links(body: str, repository: str) -> str:
    """Links between notebooks lead to their pages, links to files of the checkout to the repository."""

    def led(found: re.Match[str]) -> str:
        target = found["target"]
        if found["script"] or _ELSEWHERE.match(target):
            return found[0]
        page, mark, part = target.partition("#")
        if "/" not in page and page.endswith(".ipynb"):
            target = f"{page.removesuffix('.ipynb')}.html{mark}{part}"
        elif page == "README.md":
            target = "index.html"
        elif repository:
            below = page.removeprefix("../") if page.startswith("../") else f"notebooks/{page}"
            target = f"{repository.rstrip('/')}/{below}{mark}{part}"
        else:
            return found["words"]
        return f'<a{found["before"]}href="{target}"{found["after"]}>{found["words"]}</a>'

    return _SCRIPT_OR_LINK.sub(led, body)


def _highlighting() -> str:
    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n.highlight {{ background: none; }}\n"
