"""Makes the outputs of a run fit to be committed: small, and the same next time where nothing has changed."""

import base64
import io
import json
from typing import Any

from nbformat import NotebookNode
from PIL import Image

from tools.notebooks.patterns import Patterns

_COLOURS = 64
_KEPT = {"image/png": ("alt", "height", "width")}
_VOLATILE = "nbval-ignore-output"


def tidy(notebook: NotebookNode) -> None:
    """Bring every output into the form in which it is committed."""
    for cell in _code(notebook):
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        cell.outputs = [_tidied(output) for output in cell.outputs]


def same(cell: NotebookNode, old: NotebookNode, patterns: Patterns) -> bool:
    """Whether two runs of a cell say the same, pictures included."""
    return comparable(cell, patterns) == comparable(old, patterns)


def comparable(cell: NotebookNode, patterns: Patterns, *, pictures: bool = True) -> list[Any]:
    """The outputs of a cell as plain data without what differs from run to run.

    Without ``pictures`` it only counts that there is one: nbval does not compare them either. A cell that is tagged as
    volatile says nothing that could be compared.
    """
    if _VOLATILE in cell.metadata.get("tags", []):
        return []
    return [_plain(output, patterns, pictures) for output in cell.get("outputs", [])]


def _plain(output: NotebookNode, patterns: Patterns, pictures: bool) -> Any:
    if output.output_type == "stream":
        return {output.name: patterns.apply(output.text)}
    if output.output_type == "error":
        return {"error": output.ename, "text": patterns.apply(output.evalue)}
    return {
        kind: _content(kind, content, patterns, pictures) for kind, content in sorted(output.get("data", {}).items())
    }


def _content(kind: str, content: Any, patterns: Patterns, pictures: bool) -> str:
    text = content if isinstance(content, str) else json.dumps(content, sort_keys=True)
    if kind.startswith("image/"):
        return text if pictures else "a picture"
    return patterns.apply(text)


def _tidied(output: NotebookNode) -> NotebookNode:
    if "data" not in output:
        return output
    data = output.data
    if "image/png" in data:
        data["image/png"] = quantised(data["image/png"])
    kept = {}
    for kind, names in _KEPT.items():
        said = output.metadata.get(kind, {})
        chosen = {name: said[name] for name in names if name in said}
        if kind in data and chosen:
            kept[kind] = chosen
    output.metadata = NotebookNode(kept)
    return output


def quantised(encoded: str) -> str:
    """A PNG with at most 64 colours, when that makes it smaller: a drawing of ours shrinks to a quarter."""
    original = base64.b64decode(encoded)
    with Image.open(io.BytesIO(original)) as picture:
        opaque = picture.convert("RGBA").getextrema()[3] == (255, 255)
        # Only this method knows transparency; the default gives better colours to opaque pictures.
        reduced = (
            picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
            if opaque
            else picture.convert("RGBA").quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        )
        written = io.BytesIO()
        reduced.save(written, "PNG", optimize=True)
    smaller = min(original, written.getvalue(), key=len)
    return base64.b64encode(smaller).decode("ascii")


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
