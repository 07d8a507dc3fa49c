"""The house rules: the project's notebooks keep them, and each breach is seen."""

import base64
import struct
from tests.notebooks.sample import shown
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode, v4

from tests.notebooks import sample
from tools.notebooks import build, head, style, tiers
from tools.notebooks.folder import Folder
from tools.notebooks.style import Page

PROJECT = Folder()


def found(notebook: NotebookNode, folder: Path, *, tier: str = "replay", size: int = 9000) -> list[str]:
    page = Page(sample.NAME, tier, notebook, size, folder)
    return [problem.removeprefix(f"{sample.NAME}: ") for problem in style.problems(page)]


@pytest.mark.parametrize("name", PROJECT.committed())
def test_the_notebooks_of_the_project_keep_the_house_rules(name: str):
    tier = tiers.load(PROJECT.tiers).of(name)

    assert style.problems(style.page(PROJECT, name, tier.name)) == []


def test_the_notebooks_and_the_index_of_the_project_come_from_their_sources():
    assert build.stale(PROJECT, PROJECT.names()) == []


def test_a_notebook_as_the_builder_makes_it_keeps_the_house_rules(built: Folder):
    assert style.problems(style.page(built, sample.NAME, "replay")) == []


@pytest.fixture
def place(empty: Folder) -> Path:
    """Where the links of the sample lead somewhere."""
    empty.notebook(sample.NAME).touch()
    return empty.path


MARKDOWN = "\n# %% [markdown]\n# {}\n"
CODE = "\n# %% [markdown]\n# Look.\n\n# %%\n{}\n"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (MARKDOWN.format("#### Deep"), "the heading 'Deep' skips a level"),
        (MARKDOWN.format("# Another"), "'Another' is a second title"),
        (MARKDOWN.format("## Nothing checked"), "the section 'Nothing checked' has no cell tagged nbval-check-output"),
        (MARKDOWN.format("## No question"), "the section 'No question' has no paragraph that begins with **Predict:**"),
        (MARKDOWN.format("word " * 121), "has 121 words; 120 are enough"),
        (MARKDOWN.format("It costs $25 there and $135 here."), "two dollar signs in a paragraph"),
        (MARKDOWN.format("Read [here](tiers.toml)."), "a link with the words 'here'"),
        (MARKDOWN.format("Read [the page](gone.md)."), "links to gone.md, which does not exist"),
        (MARKDOWN.format("![a picture](x.png)"), "embeds a picture"),
        (MARKDOWN.format("```mermaid\n# a-->b\n# ```"), "has a Mermaid diagram"),
        (MARKDOWN.format("Mine is /home/me/x."), "prints a path that only this machine has"),
        (CODE.format("\n".join(f"x{n} = {n}" for n in range(16))), "has 16 lines of code; 15 are enough"),
        (CODE.format(f"x = '{'y' * 93}'"), "has a line of 99 characters; 98 are enough"),
        (CODE.format("def f():\n" + "    x = 1\n" * 11), "defines f, of more than 10 lines"),
        (CODE.format("assert 1 == 1"), "asserts, which shows a reader nothing"),
        (CODE.format("import time; time.sleep(1)"), "sleeps"),
        (CODE.format("from matplotlib import pyplot"), "uses pyplot's global state"),
        (CODE.format("import matplotlib; matplotlib.use('Agg')"), "touches matplotlib's backend"),
        (CODE.format("!ls"), "is a magic or a shell command"),
        (CODE.format("from IPython.display import clear_output; clear_output()"), "replaces an output"),
        (CODE.format("check('told', 6, 6)"), "calls check(…) without the tag nbval-check-output"),
        ('\n# %% tags=["chek"]\nx = 1\n', "has an unknown tag 'chek'"),
        ('\n# %% tags=["setup"]\nx = 1\n', "more than one cell is tagged setup"),
        ("\n# %%\nx = 1\n\n# %%\nx = 2\n\n# %%\nx = 3\n", "is the third cell of code in a row"),
        (MARKDOWN.format("Words.") * 20, "cells; 40 are enough"),
    ],
)  # fmt: skip
def test_a_breach_in_the_source_is_seen(as_if_run: Callable[[str], NotebookNode], place: Path, extra: str, said: str):
    problems = found(as_if_run(sample.source(extra=extra)), place)

    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# Count the", "# The count of", "does not begin with a verb"),
        ("- **Cost:** 0", "", "does not say 'Cost'"),
        (head.PROVENANCE["replay"], "Recorded today.", "does not say where its outputs come from"),
        ("## Clean up", "## The end", "its last headings are not"),
        ('tags=["setup"]', "", "its first cell of code is not tagged setup"),
        ("import json", "import json\na = 1\nb = 2\nc = 3\nd = 4\ne = 5", "its set-up has 6 lines"),
        ("# %% [markdown]\n# # Count", "# %%\n# # Count", "does not begin with a head"),
    ],
)
def test_a_breach_in_the_frame_is_seen(
    as_if_run: Callable[[str], NotebookNode], place: Path, old: str, new: str, said: str
):
    text = sample.source()
    assert old in text

    problems = found(as_if_run(text.replace(old, new)), place)

    assert any(said in problem for problem in problems), problems


def test_too_few_sections_and_too_large_a_file_are_seen(as_if_run: Callable[[str], NotebookNode], place: Path):
    problems = found(as_if_run(sample.source(sections=2)), place, size=600_000)

    assert problems == ["it has 2 sections, not 3 to 8", "its file has 600,000 bytes; 500,000 are enough"]


def test_a_notebook_that_was_not_run_from_top_to_bottom_is_seen(as_if_run: Callable[[str], NotebookNode], place: Path):
    notebook = as_if_run(sample.source())
    notebook.cells[4].execution_count = 9

    assert found(notebook, place) == ["its cells were not run once each, from top to bottom: [1, 9, 3, 4, 5, 6, 7, 8]"]


def test_a_local_notebook_that_does_not_clean_up_is_seen(as_if_run: Callable[[str], NotebookNode], place: Path):
    notebook = as_if_run(sample.source(tier="local").replace('tags=["cleanup"]', ""))

    assert found(notebook, place, tier="local") == ["no cell is tagged cleanup"]


def png(size: int = 100, width: int = 300) -> str:
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, 100)
    return base64.b64encode(header + bytes(size)).decode()


ALT = {"image/png": {"alt": "One bar."}}
WORDS = v4.new_output("stream", name="stdout", text="One bar.\n")


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ([v4.new_output("stream", name="stderr", text="Warning: old\n")], "wrote to stderr: 'Warning: old'"),
        ([v4.new_output("error", ename="KeyError", evalue="x", traceback=[])], "failed with KeyError"),
        ([shown(image_png=png()), WORDS], "has a picture without alt text"),
        ([shown(ALT, image_png=png(), text_plain="One bar.")], "has a picture with no words after it"),
        ([shown(ALT, image_png=png(70_000)), WORDS], "has a picture of 70,024 bytes; 60,000 are enough"),
        ([shown(ALT, image_png=png(width=2000)), WORDS], "has a picture of more than 1600 by 2600 pixels"),
        ([shown(**{"image_svg+xml": "<svg/>"})], "has an output that is an SVG"),
        ([shown(application_javascript="alert()")], "has an output that is JavaScript"),
        ([shown(text_html="<b>6</b>", text_plain="<Table object>")], "has HTML with no text beside it"),
        ([shown(text_html='<img src="//cdn.example/x">', text_plain="6")], "loads something from the network"),
        ([v4.new_output("stream", name="stdout", text="/Users/me/x\n")], "prints a path that only this machine has"),
        ([v4.new_output("stream", name="stdout", text="AKIA" + "A" * 16)], "prints something like a secret key"),
    ],
)  # fmt: skip
def test_a_breach_in_an_output_is_seen(
    as_if_run: Callable[[str], NotebookNode], place: Path, outputs: list[NotebookNode], said: str
):
    notebook = as_if_run(sample.source())
    notebook.cells[4].outputs = outputs

    problems = found(notebook, place)

    assert any(said in problem for problem in problems), problems


def test_a_picture_with_alt_text_and_words_after_it_is_right(as_if_run: Callable[[str], NotebookNode], place: Path):
    notebook = as_if_run(sample.source())
    notebook.cells[4].outputs = [shown(ALT, image_png=png(), text_plain="One bar."), WORDS]

    assert found(notebook, place) == []
