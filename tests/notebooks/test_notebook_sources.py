"""Sources in the percent format become notebooks whose cells keep their ids."""

from tests.notebooks import sample
from tools.notebooks import sources

TWO_CELLS = '# %% [markdown]\n# # Title\n#\n# Words.\n\n# %% tags=["setup"]\nx = 1\n'


def test_text_loses_its_comment_signs_and_code_keeps_its_lines():
    notebook = sources.parse(TWO_CELLS + "\n# %%\n# why\ny = x\n")

    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        ("markdown", "# Title\n\nWords."),
        ("code", "x = 1"),
        ("code", "# why\ny = x"),
    ]


def test_tags_are_all_the_metadata_a_cell_has():
    notebook = sources.parse(TWO_CELLS)

    assert [cell.metadata for cell in notebook.cells] == [{}, {"tags": ["setup"]}]


def test_a_new_cell_changes_no_other_cells_id():
    before = sources.parse(TWO_CELLS)
    after = sources.parse("# %%\nfirst = 0\n\n" + TWO_CELLS)

    assert [cell.id for cell in after.cells][1:] == [cell.id for cell in before.cells]


def test_two_cells_with_the_same_text_have_different_ids():
    notebook = sources.parse("# %%\nx\n\n# %%\nx\n")

    first, second = (cell.id for cell in notebook.cells)
    assert second == f"{first}-2"


def test_a_notebook_from_its_own_source_differs_in_nothing():
    assert sources.differences(sources.parse(sample.source()), sources.parse(sample.source())) == []


def test_a_changed_cell_is_named_with_what_changed():
    changed = sources.parse(TWO_CELLS.replace("x = 1", "x = 2").replace('tags=["setup"]', ""))

    assert sources.differences(sources.parse(TWO_CELLS), changed) == ["cell 1 differs in its text and tags and id"]


def test_a_missing_cell_and_foreign_metadata_are_found():
    shorter = sources.parse("# %% [markdown]\n# # Title\n#\n# Words.\n")
    shorter.metadata["language_info"] = {"name": "python", "version": "3.11.7"}

    assert sources.differences(sources.parse(TWO_CELLS), shorter) == [
        "the source has 2 cells, the notebook 1",
        "the notebook's metadata is not what the builder writes",
    ]
