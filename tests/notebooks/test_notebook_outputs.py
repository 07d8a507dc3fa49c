"""Outputs are made small and steady before they are committed."""

import base64
import io
from tests.notebooks.sample import shown
from typing import Any

from nbformat import NotebookNode, v4
from PIL import Image

from tools.notebooks import outputs
from tools.notebooks.patterns import Patterns

PATTERNS = Patterns((("\\d+ s", "<duration>"),))


def notebook(*outputs: NotebookNode, tags: tuple[str, ...] = (), count: int = 1) -> NotebookNode:
    cell = v4.new_code_cell("run()", id="a", outputs=list(outputs), execution_count=count)
    cell.metadata = NotebookNode(tags=list(tags), execution={"iopub.status.busy": "2026-11-24T00:00:00Z"})
    return v4.new_notebook(cells=[cell])


def said(text: str) -> NotebookNode:
    return v4.new_output("stream", name="stdout", text=text)


def png(*, transparent: bool = False) -> str:
    picture = Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 100).convert("RGBA")
    if transparent:
        picture.putalpha(90)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode()


def test_only_tags_and_alt_texts_remain_of_the_metadata():
    made = notebook(
        shown({"image/png": {"alt": "a run", "needs_background": "light"}}, image_png=png()), tags=("setup",)
    )

    outputs.tidy(made)

    (cell,) = made.cells
    assert cell.metadata == {"tags": ["setup"]}
    assert cell.outputs[0].metadata == {"image/png": {"alt": "a run"}}


def test_a_picture_keeps_its_size_and_gets_smaller():
    before = png()

    after = outputs.quantised(before)

    with Image.open(io.BytesIO(base64.b64decode(after))) as picture:
        assert picture.size == (300, 200)
        assert picture.mode == "P"
    assert len(after) < len(before)
    assert outputs.quantised(before) == after


def test_a_transparent_picture_stays_transparent():
    with Image.open(io.BytesIO(base64.b64decode(outputs.quantised(png(transparent=True))))) as picture:
        assert picture.convert("RGBA").getpixel((10, 10))[3] == 90


def test_what_differs_from_run_to_run_is_nothing_new_and_everything_else_is():
    committed, later, more = (notebook(said(text)).cells[0] for text in ("3 s, 6 told", "4 s, 6 told", "4 s, 7 told"))

    assert outputs.same(later, committed, PATTERNS)
    assert not outputs.same(more, committed, PATTERNS)


def test_a_changed_picture_is_new():
    old, new = (notebook(shown(image_png=png(transparent=t), text_plain="a run")).cells[0] for t in (False, True))

    assert not outputs.same(new, old, PATTERNS)


def test_the_freshness_check_does_not_look_at_pixels_but_at_everything_else():
    one, other = (notebook(shown(image_png=png(transparent=t), text_plain="a run")).cells[0] for t in (True, False))
    without = notebook(shown(text_plain="a run")).cells[0]

    compared = [outputs.comparable(cell, PATTERNS, pictures=False) for cell in (one, other, without)]

    assert compared[0] == compared[1] != compared[2]


def test_a_cell_tagged_as_volatile_is_never_different():
    one, other = (notebook(said(text), tags=("nbval-ignore-output",)).cells[0] for text in ("heads", "tails"))

    assert outputs.same(one, other, PATTERNS)
