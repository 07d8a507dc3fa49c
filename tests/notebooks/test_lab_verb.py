"""flightpulse lab: what JupyterLab is started with."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat.sign import NotebookNotary

from flightpulse import paths
from flightpulse.cli import lab as verb
from flightpulse.errors import UserError
from tests.notebooks import sample
from tools.notebooks import sources


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Runs the verb in a checkout with one notebook, and returns the command that would have become this process."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "README.md").touch()
    nbformat.write(sources.parse(sample.source()), tmp_path / "notebooks" / f"{sample.NAME}.ipynb")
    commands: list[list[str]] = []
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setenv("FLIGHTPULSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(os, "execv", lambda program, command: commands.append(command))

    def run(*words: str) -> list[str]:
        result: Result = CliRunner().invoke(verb.lab, words)
        if result.exception is not None:
            raise result.exception
        return commands[0]

    return run


def test_it_opens_the_index_with_the_links_of_the_notebooks_inside_its_root(started: Callable[..., list[str]]):
    command = started()

    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={paths.ROOT}" in command
    assert "--LabApp.default_url=/lab/tree/notebooks/README.md" in command


def test_its_settings_are_valid_and_do_not_save_what_a_reader_only_looks_at(started: Callable[..., list[str]]):
    import json

    (folder,) = (word.partition("=")[2] for word in started() if word.startswith("--LabApp.app_settings_dir="))

    settings = json.loads((Path(folder) / "overrides.json").read_text())
    assert settings["@jupyterlab/docmanager-extension:plugin"]["autosave"] is False


def test_the_notebooks_of_the_checkout_are_trusted_there_and_nowhere_else(started: Callable[..., list[str]]):
    started()

    notebook = nbformat.read(paths.ROOT / "notebooks" / f"{sample.NAME}.ipynb", as_version=4)
    files = {"db_file": "signatures.db", "secret_file": "signatures.secret"}
    ours = NotebookNotary(**{name: str(paths.home() / "lab" / file) for name, file in files.items()})
    assert ours.check_signature(notebook)
    assert not NotebookNotary(db_file=":memory:", secret=b"another").check_signature(notebook)


def test_port_browser_and_jupyterlabs_own_arguments_are_passed_on(started: Callable[..., list[str]]):
    command = started("--port", "9999", "--no-browser", "--", "--allow-root")

    assert command.count("--allow-root") == 1
    assert command[-4:] == ["--ServerApp.port=9999", "--ServerApp.port_retries=0", "--no-browser", "--allow-root"]


@pytest.mark.parametrize(("user", "wanted"), [(0, True), (1000, False)])
def test_root_in_a_container_needs_no_option(
    started: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, user: int, *, wanted: bool
):
    monkeypatch.setattr(os, "geteuid", lambda: user)

    assert ("--allow-root" in started()) == wanted


def test_a_notebook_says_of_its_kernel_what_jupyterlab_would_note(started: Callable[..., list[str]]):
    """Otherwise JupyterLab notes it, and the notebook counts as changed before anybody has touched it."""
    import asyncio
    import platform

    from flightpulse.cli.lab_contents import Contents

    assert "--ServerApp.contents_manager_class=flightpulse.cli.lab_contents.Contents" in started()
    contents = Contents(root_dir=str(paths.ROOT / "notebooks"))

    opened = asyncio.run(contents.get(f"{sample.NAME}.ipynb"))
    listed = asyncio.run(contents.get(""))

    metadata = opened["content"]["metadata"]
    assert metadata["language_info"]["version"] == platform.python_version()
    assert metadata["kernelspec"]["name"] == "python3"
    stored = nbformat.read(paths.ROOT / "notebooks" / f"{sample.NAME}.ipynb", 4)
    assert "version" not in stored.metadata.get("language_info", {})
    assert [entry["name"] for entry in listed["content"] if entry["type"] == "notebook"] == [f"{sample.NAME}.ipynb"]


def test_without_jupyterlab_it_says_how_to_get_it(started: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verb, "find_spec", lambda name: None)

    with pytest.raises(UserError, match=r"JupyterLab is not installed here\. Install it with: make lab"):
        started()


def test_outside_of_a_checkout_it_says_so(started: Callable[..., list[str]]):
    (paths.ROOT / "notebooks" / "README.md").unlink()

    with pytest.raises(UserError, match="There are no notebooks here"):
        started()
