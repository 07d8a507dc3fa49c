"""The house rules for notebooks, as far as a program can see them. Each rule yields one sentence per breach."""

import ast
import base64
import re
import statistics
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from flightpulse import paths
from flightpulse.errors import UserError
from tools.notebooks import head
from tools.notebooks.folder import Folder
from tools.notebooks.tiers import REPLAY

MAX_CELLS = 40
MAX_CODE_LINES = 15
MAX_CODE_WIDTH = 98
"""What JupyterLab shows of a line of code in a window of 1280 pixels without scrolling."""
MAX_MEDIAN_CODE_LINES = 5
MAX_SETUP_LINES = 5
MAX_CODE_IN_A_ROW = 2
MAX_WORDS = 120
MAX_FUNCTION_LINES = 10
MAX_FILE_BYTES = 500_000
MAX_PNG_BYTES = 60_000
MAX_FIGURE_WIDTH, MAX_FIGURE_HEIGHT = 1600, 2600
SECTIONS = range(3, 9)

CLOSING = ("What we simplified", "Exercises", "Clean up", "Where the code lives")
"""The last second-level headings of every notebook, in this order; the ones before are its sections."""

MARKERS = ("**Predict:**", "**Takeaway:**")
"""How two paragraphs of every section begin: the question before the act, and what to remember after the check."""

CHECKED, VOLATILE, SKIPPED, FAILS = "nbval-check-output", "nbval-ignore-output", "nbval-skip", "raises-exception"
SETUP, CLEANUP, EXERCISE, PARAMETERS = "setup", "cleanup", "exercise", "parameters"
TAGS = {CHECKED, VOLATILE, SKIPPED, FAILS, SETUP, CLEANUP, EXERCISE, PARAMETERS}

_FORBIDDEN_CODE = {
    r"\bmatplotlib\.use\(|%matplotlib": "touches matplotlib's backend, which removes the reader's figures",
    r"\bpyplot\b": "uses pyplot's global state; draw on matplotlib.figure.Figure",
    r"\bclear_output\(|\bupdate_display\(": "replaces an output, which nbval cannot follow; print once at the end",
    r"\btime\.sleep\(": "sleeps; wait for the event in a function",
    r"^\s*assert\b": "asserts, which shows a reader nothing; use check(…)",
    r"^\s*[!%]": "is a magic or a shell command; call a function",
}
_FORBIDDEN_OUTPUT = {
    "application/javascript": "is JavaScript",
    "image/svg+xml": "is an SVG, which GitHub garbles and JupyterLab hides when untrusted",
    "application/vnd.jupyter.widget-view+json": "is a widget, which is blank everywhere but in a running JupyterLab",
}
_SECRETS = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bsk-[A-Za-z0-9]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|BEGIN [A-Z ]*PRIVATE KEY"
)
_HOMES = re.compile(r"(?:/home/|/Users/|/root/|\b[A-Z]:\\\\?Users)")
_REMOTE = re.compile(
    r"(?:\bsrc|<link\b[^>]*\bhref)\s*=\s*[\"'](?:https?:)?//|@import\b|url\(\s*[\"']?(?:https?:)?//", re.IGNORECASE
)
_LINK = re.compile(r"(?<!!)\[(?P<words>[^\]]+)\]\((?P<target>[^)\s]+)\)")
_EMPTY_WORDS = {"here", "link", "this", "this page", "click here"}
_DOLLARS = re.compile(r"(?<!\\)\$")
_CODE_IN_TEXT = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """One notebook as the rules see it; ``folder`` is where its links begin."""

    name: str
    tier: str
    notebook: NotebookNode
    size: int
    folder: Path

    @property
    def cells(self) -> list[NotebookNode]:
        return list(self.notebook.cells)

    def of_kind(self, kind: str) -> Iterator[tuple[int, NotebookNode]]:
        """The cells of a kind with their numbers; the first cell of the notebook is 0."""
        return ((number, cell) for number, cell in enumerate(self.cells) if cell.cell_type == kind)


def page(folder: Folder, name: str, tier: str) -> Page:
    """A committed notebook, ready for the rules."""
    return Page(name, tier, folder.read(name), folder.notebook(name).stat().st_size, folder.path)


def problems(page: Page) -> list[str]:
    """Every breach of a rule in this notebook."""
    return [f"{page.name}: {found}" for rule in RULES for found in rule(page)]


def _head(page: Page) -> Iterator[str]:
    try:
        said = head.of(page.notebook, page.name)
        head.check_provenance(said, page.tier)
    except UserError as error:
        yield str(error)
        return
    if said.title.split()[0].lower() in ("a", "an", "the", "this", "how", "notebook"):
        yield f"its title, {said.title!r}, does not begin with a verb"


def _headings(page: Page) -> Iterator[str]:
    found = [(number, len(level), words) for number, level, words in _all_headings(page)]
    for (_, before, _), (number, level, words) in pairwise(found):
        if level > before + 1:
            yield f"cell {number}: the heading {words!r} skips a level"
        if level == 1:
            yield f"cell {number}: {words!r} is a second title"
    titles = tuple(words for _, level, words in found if level == 2)
    if titles[-len(CLOSING) :] != CLOSING:
        yield f"its last headings are not {', '.join(CLOSING)}"
    if len(titles) - len(CLOSING) not in SECTIONS:
        yield f"it has {max(0, len(titles) - len(CLOSING))} sections, not {SECTIONS[0]} to {SECTIONS[-1]}"


def _all_headings(page: Page) -> Iterator[tuple[int, str, str]]:
    for number, cell in page.of_kind("markdown"):
        text = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
        for level, words in re.findall(r"^(#{1,6}) +(.+?)\s*$", text, flags=re.MULTILINE):
            yield number, level, words


def _sections(page: Page) -> Iterator[str]:
    for title, cells in _cells_by_section(page):
        if not any(CHECKED in _tags(cell) for cell in cells):
            yield f"the section {title!r} has no cell tagged {CHECKED}"
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        for marker in MARKERS:
            if not re.search(rf"^{re.escape(marker)} ", text, flags=re.MULTILINE):
                yield f"the section {title!r} has no paragraph that begins with {marker}"


def _cells_by_section(page: Page) -> list[tuple[str, list[NotebookNode]]]:
    found: list[tuple[str, list[NotebookNode]]] = []
    for cell in page.cells:
        title = _second_level(cell)
        if title:
            found.append((title, []))
        if found:
            found[-1][1].append(cell)
    return [(title, cells) for title, cells in found if title not in CLOSING]


def _second_level(cell: NotebookNode) -> str:
    if cell.cell_type != "markdown":
        return ""
    found = re.findall(r"^## +(.+?)\s*$", cell.source, flags=re.MULTILINE)
    return str(found[-1]) if found else ""


def _sizes(page: Page) -> Iterator[str]:
    if len(page.cells) > MAX_CELLS:
        yield f"it has {len(page.cells)} cells; {MAX_CELLS} are enough"
    if page.size > MAX_FILE_BYTES:
        yield f"its file has {page.size:,} bytes; {MAX_FILE_BYTES:,} are enough"
    code = [_lines(cell) for _, cell in page.of_kind("code")]
    words = sum(1 for _ in page.of_kind("markdown"))
    if len(code) > words:
        yield f"it has {len(code)} cells of code and {words} of text: at least one of text for each"
    if code and statistics.median(code) > MAX_MEDIAN_CODE_LINES:
        yield f"half of its code cells have more than {MAX_MEDIAN_CODE_LINES} lines"
    for number, cell in page.of_kind("code"):
        if _lines(cell) > MAX_CODE_LINES:
            yield f"cell {number} has {_lines(cell)} lines of code; {MAX_CODE_LINES} are enough: import a function"
        widest = max((len(line) for line in cell.source.splitlines()), default=0)
        if widest > MAX_CODE_WIDTH:
            yield f"cell {number} has a line of {widest} characters; {MAX_CODE_WIDTH} are enough"
    for number, cell in page.of_kind("markdown"):
        count = len(_CODE_IN_TEXT.sub(" ", cell.source).split())
        if count > MAX_WORDS and number:
            yield f"cell {number} has {count} words; {MAX_WORDS} are enough"


def _rhythm(page: Page) -> Iterator[str]:
    row = 0
    for number, cell in enumerate(page.cells):
        row = row + 1 if cell.cell_type == "code" else 0
        if row == MAX_CODE_IN_A_ROW + 1:
            yield f"cell {number} is the third cell of code in a row"


def _setup(page: Page) -> Iterator[str]:
    code = [cell for _, cell in page.of_kind("code")]
    if not code or SETUP not in _tags(code[0]):
        yield f"its first cell of code is not tagged {SETUP}"
    elif _lines(code[0]) > MAX_SETUP_LINES:
        yield f"its set-up has {_lines(code[0])} lines; {MAX_SETUP_LINES} are enough"
    if sum(SETUP in _tags(cell) for cell in code) > 1:
        yield f"more than one cell is tagged {SETUP}"
    if page.tier != REPLAY and not any(CLEANUP in _tags(cell) for cell in code):
        yield f"no cell is tagged {CLEANUP}"


def _tagging(page: Page) -> Iterator[str]:
    for number, cell in enumerate(page.cells):
        for tag in sorted(_tags(cell) - TAGS):
            yield f"cell {number} has an unknown tag {tag!r}"
        if {CHECKED, VOLATILE} <= _tags(cell):
            yield f"cell {number} is tagged {CHECKED} and {VOLATILE}"
        if cell.cell_type == "code" and _calls(cell, "check") and not _tags(cell) & {CHECKED, EXERCISE, SKIPPED, FAILS}:
            yield f"cell {number} calls check(…) without the tag {CHECKED}"
        if CHECKED in _tags(cell) and cell.cell_type == "code" and not cell.outputs:
            yield f"cell {number} is tagged {CHECKED} but says nothing"


def _code(page: Page) -> Iterator[str]:
    for number, cell in page.of_kind("code"):
        for expression, reason in _FORBIDDEN_CODE.items():
            if re.search(expression, cell.source, flags=re.MULTILINE):
                yield f"cell {number} {reason}"
        tree = _parsed(cell)
        if tree is None:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION_LINES:
                yield f"cell {number} defines {node.name}, of more than {MAX_FUNCTION_LINES} lines: import it"


def _execution(page: Page) -> Iterator[str]:
    counts = [cell.execution_count for _, cell in page.of_kind("code") if SKIPPED not in _tags(cell)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"its cells were not run once each, from top to bottom: {counts}"


def _outputs(page: Page) -> Iterator[str]:
    for number, cell in page.of_kind("code"):
        for output in cell.outputs:
            yield from (f"cell {number} {said}" for said in _output(cell, output))
        yield from (f"cell {number} {said}" for said in _pictures(cell))


def _output(cell: NotebookNode, output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream" and output.name == "stderr":
        yield f"wrote to stderr: {output.text.strip().splitlines()[-1][:80]!r}"
    if output.output_type == "error" and FAILS not in _tags(cell):
        yield f"failed with {output.ename} and is not tagged {FAILS}"
    data: dict[str, Any] = output.get("data", {})
    for kind, reason in _FORBIDDEN_OUTPUT.items():
        if kind in data:
            yield f"has an output that {reason}"
    if "text/html" in data and data.get("text/plain", "<").startswith("<"):
        yield "has HTML with no text beside it for those who see no HTML"
    for text in _texts(output):
        yield from _leaks(text)


def _pictures(cell: NotebookNode) -> Iterator[str]:
    for place, output in enumerate(cell.outputs):
        picture = output.get("data", {}).get("image/png")
        if picture is None:
            continue
        raw = base64.b64decode(picture)
        if len(raw) > MAX_PNG_BYTES:
            yield f"has a picture of {len(raw):,} bytes; {MAX_PNG_BYTES:,} are enough"
        width, height = struct.unpack(">II", raw[16:24])
        if width > MAX_FIGURE_WIDTH or height > MAX_FIGURE_HEIGHT:
            yield f"has a picture of more than {MAX_FIGURE_WIDTH} by {MAX_FIGURE_HEIGHT} pixels"
        if not output.metadata.get("image/png", {}).get("alt", "").strip():
            yield "has a picture without alt text in its metadata"
        if not any(_is_words(other) for other in cell.outputs[place + 1 :]):
            yield "has a picture with no words after it: GitHub shows neither its alt text nor its text form"


def _is_words(output: NotebookNode) -> bool:
    data = output.get("data", {})
    return output.output_type == "stream" or ("image/png" not in data and ("text/plain" in data or "text/html" in data))


def _texts(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        yield output.text
    for kind, content in output.get("data", {}).items():
        if kind.startswith("text/") and isinstance(content, str):
            yield content


def _leaks(text: str) -> Iterator[str]:
    if _HOMES.search(text) or str(paths.ROOT) in text:
        yield "prints a path that only this machine has"
    if _SECRETS.search(text):
        yield "prints something like a secret key"
    if _REMOTE.search(text):
        yield "loads something from the network"


def _text(page: Page) -> Iterator[str]:
    for number, cell in page.of_kind("markdown"):
        prose = _CODE_IN_TEXT.sub("", cell.source)
        for paragraph in re.split(r"\n\s*\n", prose):
            if len(_DOLLARS.findall(paragraph)) > 1:
                yield f"cell {number} has two dollar signs in a paragraph, which reads as a formula: write USD, or \\$"
        if "```mermaid" in cell.source:
            yield f"cell {number} has a Mermaid diagram, which GitHub does not draw in notebooks"
        if re.search(r"!\[[^\]]*\]\(|<img\b", prose):
            yield f"cell {number} embeds a picture; pictures are outputs of cells"
        yield from (f"cell {number} {said}" for said in _links(page, prose))
        yield from (f"cell {number} {said}" for said in _leaks(prose))


def _links(page: Page, prose: str) -> Iterator[str]:
    for found in _LINK.finditer(prose):
        target = found["target"]
        if found["words"].strip().lower() in _EMPTY_WORDS:
            yield f"has a link with the words {found['words']!r}: say where it goes"
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        if not (page.folder / target.partition("#")[0]).resolve().exists():
            yield f"links to {target}, which does not exist"


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _lines(cell: NotebookNode) -> int:
    return sum(1 for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#"))


def _parsed(cell: NotebookNode) -> ast.Module | None:
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None


def _calls(cell: NotebookNode, function: str) -> bool:
    tree = _parsed(cell)
    return tree is not None and any(
        isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) == function or getattr(node.func, "attr", None) == function)
        for node in ast.walk(tree)
    )


RULES: tuple[Callable[[Page], Iterator[str]], ...] = (
    _head,
    _headings,
    _sections,
    _sizes,
    _rhythm,
    _setup,
    _tagging,
    _code,
    _execution,
    _outputs,
    _text,
)
