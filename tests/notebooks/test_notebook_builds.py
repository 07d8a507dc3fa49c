"""The builder executes a source and writes the same notebook every time."""

import json

import pytest

from flightpulse.errors import UserError
from tests.notebooks import sample
from tools.notebooks import build, record, tiers
from tools.notebooks.folder import Folder

ENVIRONMENT = """
# %% [markdown]
# The surroundings.

# %%
import os, sys
names = ["PYTHONHASHSEED", "TZ", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "MPLBACKEND"]
print({name: os.environ.get(name) for name in names}, hash("flight"), sys.executable)
"""


def quiet(_: str) -> None:
    """The builder's words are not what these tests are about."""


def said(folder: Folder, cell: int) -> str:
    return str(folder.read(sample.NAME).cells[cell].outputs[0].text)


def test_a_built_notebook_has_its_outputs_and_nothing_of_this_machine(built: Folder):
    notebook = built.read(sample.NAME)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert {key for cell in notebook.cells for key in cell.metadata} == {"tags"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert said(built, 6) == "✓ passengers: 10\n"


def test_building_again_changes_no_byte(built: Folder):
    before = built.notebook(sample.NAME).read_bytes()

    build.build(built, [sample.NAME], quiet)

    assert built.notebook(sample.NAME).read_bytes() == before


def test_building_anew_changes_the_run_and_nothing_else(built: Folder):
    before = built.read(sample.NAME)

    build.build(built, [sample.NAME], quiet, anew=True)

    after = built.read(sample.NAME)
    assert record.run_of(before) != record.run_of(after) != ""
    record.stamp(after, record.run_of(before))
    assert after == before


def test_one_notebook_that_fails_keeps_no_other_from_being_built(tmp_path, capsys: pytest.CaptureFixture[str]):
    broken = "00-count-nobody"
    texts = {broken: sample.source(setup="no_such_name"), sample.NAME: sample.source()}
    folder = sample.folder(tmp_path, texts)
    lines: list[str] = []

    with pytest.raises(UserError, match=f"A cell of {broken} failed"):
        build.build(folder, sorted(texts), lines.append)

    assert record.run_of(folder.read(sample.NAME))
    assert not folder.notebook(broken).exists()
    assert "NameError" in capsys.readouterr().err


def test_a_fresh_notebook_is_found_fresh(built: Folder):
    assert build.stale(built, [sample.NAME]) == []
    assert build.changes(built, [sample.NAME], quiet) == []


def test_the_index_is_written_with_what_the_head_says(built: Folder):
    row = f"| 01 | [Count the passengers]({sample.NAME}.ipynb) | count passengers | nothing but this checkout |"
    assert f"{row} 1 minute |" in built.index.read_text().splitlines()


def test_the_index_of_no_notebooks_has_no_table(empty: Folder):
    build.build(empty, [], quiet)

    assert build.stale(empty, []) == []
    assert "| Notebook |" not in empty.index.read_text()


def test_a_source_that_changed_makes_the_notebook_stale(empty: Folder, built: Folder):
    empty.tiers.write_text(built.tiers.read_text())
    empty.index.write_text(built.index.read_text())
    empty.notebook(sample.NAME).write_text(built.notebook(sample.NAME).read_text())
    empty.source(sample.NAME).write_text(built.source(sample.NAME).read_text().replace("number = 20", "number = 21"))

    assert build.stale(empty, [sample.NAME]) == [f"{sample.NAME}: cell 13 differs in its text and id"]


def test_an_output_that_the_source_no_longer_gives_is_told_with_both_values(empty: Folder, built: Folder):
    empty.tiers.write_text(built.tiers.read_text())
    empty.source(sample.NAME).write_text(built.source(sample.NAME).read_text())
    stored = built.notebook(sample.NAME).read_text().replace("passengers: 30", "passengers: 31")
    empty.notebook(sample.NAME).write_text(stored)

    (change,) = build.changes(empty, [sample.NAME], quiet)

    assert "31" in change.before
    assert "30" in change.now
    assert str(change).startswith(f"{sample.NAME}, cell 20")


def test_a_kernel_has_steady_surroundings_and_no_way_to_an_account(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    folder = sample.folder(tmp_path, {sample.NAME: sample.source(extra=ENVIRONMENT)})

    build.build(folder, [sample.NAME], quiet)

    shown = said(folder, 9)
    assert "'PYTHONHASHSEED': '0', 'TZ': 'UTC', 'AWS_ENDPOINT_URL': 'http://127.0.0.1:9'" in shown
    assert "'AWS_ACCESS_KEY_ID': 'test', 'AWS_PROFILE': None" in shown
    assert "'MPLBACKEND': 'Agg'" not in shown


def test_a_cell_that_fails_ends_the_build_and_writes_nothing(tmp_path, capsys: pytest.CaptureFixture[str]):
    folder = sample.folder(tmp_path, {sample.NAME: sample.source(setup="no_such_name")})

    with pytest.raises(UserError, match=f"A cell of {sample.NAME} failed"):
        build.build(folder, [sample.NAME], quiet)

    assert "NameError" in capsys.readouterr().err
    assert not folder.notebook(sample.NAME).exists()


def test_a_cell_that_takes_too_long_ends_the_build(tmp_path):
    folder = sample.folder(tmp_path, {sample.NAME: sample.source(setup="import threading; threading.Event().wait()")})
    folder.tiers.write_text(folder.tiers.read_text().replace("cell_timeout = 60", "cell_timeout = 1"))

    with pytest.raises(UserError, match=f"A cell of {sample.NAME} took longer than 1 s"):
        build.build(folder, [sample.NAME], quiet)


def test_a_notebook_that_does_not_say_who_wrote_its_messages_is_not_built(tmp_path):
    folder = sample.folder(tmp_path, {sample.NAME: sample.source(tier="replay")}, local=[sample.NAME])

    with pytest.raises(UserError, match="not by Amazon Bedrock"):
        build.build(folder, [sample.NAME], quiet)


def test_a_notebook_is_written_as_github_and_jupyterlab_write_it(built: Folder):
    text = built.notebook(sample.NAME).read_text(encoding="utf-8")

    assert json.loads(text)["nbformat_minor"] >= 5
    assert text.startswith('{\n "cells": [')
    assert text.endswith("}\n")
    assert tiers.load(built.tiers).of(sample.NAME).name == "replay"
