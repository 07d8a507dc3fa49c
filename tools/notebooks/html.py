"""Executed notebooks and Markdown pages as HTML that needs no server and loads nothing from anywhere."""

import posixpath
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from nbconvert.exporters import HTMLExporter
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'"
)
_STYLE = Path(__file__).with_name("site.css")
_SCRIPT_OR_LINK = re.compile(
    r"(?P<script><script\b.*?</script>)"
    r"|<a\b(?P<before>[^>]*?)\bhref=\"(?P<target>[^\"]*)\"(?P<after>[^>]*)>(?P<words>.*?)</a>",
    re.DOTALL | re.IGNORECASE,
)
_HEADING_ID = re.compile(r'(<h\d id=")([^"]*)(")')
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


def page(title: str, body: str) -> str:
    """A whole page."""
    return _PAGE.format(policy=_POLICY, title=escape(title), body=body)


def stylesheet() -> str:
    """The style of every page, in a light and a dark form."""
    light = HtmlFormatter(style="xcode").get_style_defs(".highlight")
    dark = HtmlFormatter(style="monokai").get_style_defs(".highlight")
    return (
        f"{_STYLE.read_text('utf-8')}{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
        ".highlight { background: none; }\n"
    )


def cells(notebook: NotebookNode) -> str:
    """The cells of a notebook with their outputs."""
    # The template without a page around it: its picture has the alt text, which the one of JupyterLab leaves out.
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    made, _ = exporter.from_notebook_node(notebook)
    # A heading without words is none, and what may scroll sideways must be within reach of the keyboard.
    named = re.sub(r"<th\b([^>]*)></th>", r"<td\1></td>", str(made))
    return named.replace('<div class="output_area">', '<div class="output_area" tabindex="0">')


def markdown(text: str) -> str:
    """A page of Markdown; its headings have the anchors that GitHub gives them."""
    return _HEADING_ID.sub(lambda found: f"{found[1]}{anchor(found[2])}{found[3]}", str(markdown2html(text)))


def anchor(heading: str) -> str:
    """What GitHub calls a heading in links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links(body: str, *, base: str, pages: Mapping[str, str], repository: str = "") -> str:
    """Links between pages lead to the pages, links to other files of the checkout to the repository.

    ``base`` is the folder of the checkout from which they lead, ``pages`` the page by the path of its source.
    Without a ``repository`` (``https://…/blob/main``) the other links are plain words: the site has no such page.
    """

    def led(found: re.Match[str]) -> str:
        target = found["target"]
        if found["script"] or _ELSEWHERE.match(target):
            return found[0]
        path, mark, part = target.partition("#")
        source = posixpath.normpath(posixpath.join(base, path))
        if source in pages:
            target = f"{pages[source]}{mark}{part}"
        elif repository:
            target = f"{repository.rstrip('/')}/{source}{mark}{part}"
        else:
            return found["words"]
        return f'<a{found["before"]}href="{target}"{found["after"]}>{found["words"]}</a>'

    return _SCRIPT_OR_LINK.sub(led, body)


def inline(markdown_line: str) -> str:
    """A line of Markdown with its code and its emphasis; links lose their targets."""
    text = escape(re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown_line))
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
