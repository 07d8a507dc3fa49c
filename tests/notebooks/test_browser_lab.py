"""JupyterLab in a real browser, as ``flightpulse lab`` opens it: a notebook is read, run and stepped through."""

import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from flightpulse import paths
from tests.notebooks import browser
from tools.notebooks import patterns, tiers
from tools.notebooks.folder import Folder
from tools.notebooks.sandbox import Sandbox

NAME = "08-step-through-an-execution"
_FOLDER = Folder()
_START_SECONDS = 180.0
_RUN_SECONDS = 600.0
_CHECKED = "nbval-check-output"


class Lab:
    """JupyterLab, started by the verb, with a home and a local cloud of its own and no settings of anybody's."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._log = folder / "lab.log"
        self._port = _free_port()
        self._token = secrets.token_hex(16)
        own = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
        arguments = ["--port", str(self._port), "--no-browser", "--", "--allow-root"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flightpulse.cli", "lab", *arguments],
                cwd=paths.ROOT,
                env={
                    **variables,
                    **own,
                    "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                    "JUPYTER_TOKEN": self._token,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def address(self, page: str = "") -> str:
        return f"http://127.0.0.1:{self._port}/{page}?token={self._token}"

    def wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(self.address("api/status"), timeout=5).close()
                return
            time.sleep(0.2)
        pytest.fail(f"JupyterLab did not start: {self._log.read_text()[-2000:]}", pytrace=False)

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    browser.required()
    with Sandbox() as sandbox:
        variables = sandbox.variables(tiers.load(_FOLDER.tiers).of(NAME))
        started = Lab(tmp_path_factory.mktemp("lab"), variables)
        try:
            started.wait()
            yield started
        finally:
            started.end()


@pytest.fixture(scope="module")
def window(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser.opened(tmp_path_factory.mktemp("profile")) as context:
        page = context.new_page()
        page.goto(lab.address())
        yield page


@pytest.fixture
def notebook(window: Page, lab: Lab) -> Page:
    window.goto(lab.address(f"lab/tree/notebooks/{NAME}.ipynb"))
    expect(window.locator(".jp-Notebook .jp-CodeCell").first).to_be_visible()
    return window


def test_it_opens_on_the_index_of_the_notebooks(window: Page, tmp_path: Path):
    heading = window.locator(".jp-MarkdownViewer h1", has_text="Notebooks")

    expect(heading).to_be_visible()
    window.screenshot(path=tmp_path / "index.png")


def test_opening_a_notebook_does_not_mark_it_as_changed(notebook: Page):
    expect(notebook.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")).to_be_visible()

    expect(notebook.locator(".jp-mod-dirty")).to_have_count(0)


def test_the_players_of_the_committed_notebook_step_before_anything_has_run(notebook: Page, tmp_path: Path):
    for number, player in enumerate(_players(notebook)):
        player.start()
        first = player.caption
        player.step()

        assert player.caption != first
        player.screenshot(tmp_path / f"stored-{number}.png")


@pytest.mark.prove
def test_all_cells_run_and_every_check_says_what_the_committed_notebook_says(notebook: Page, tmp_path: Path):
    before = _FOLDER.notebook(NAME).read_bytes()
    code = notebook.locator(".jp-Notebook .jp-CodeCell")
    count = sum(cell.cell_type == "code" for cell in _FOLDER.read(NAME).cells)
    expect(code).to_have_count(count)

    notebook.get_by_role("menuitem", name="Run", exact=True).click()
    notebook.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # The committed counts stand there until the first cell begins.
    expect(code.first.locator(".jp-InputPrompt")).to_have_text("[*]:")
    expect(code.last.locator(".jp-InputPrompt")).to_have_text(f"[{count}]:", timeout=_RUN_SECONDS * 1000)

    assert notebook.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    said = _steady("\n".join(notebook.locator(".jp-OutputArea-output pre").all_text_contents()))
    assert [line for line in _checks() if line not in said] == []
    notebook.screenshot(path=tmp_path / "run.png")
    players = _players(notebook)
    for number, player in enumerate(players):
        _work(player)
        player.screenshot(tmp_path / f"run-{number}.png")
    # The first one shows a run in which all went well, another one a run that was made to fail.
    assert [player.has_failures for player in players][:2] == [False, True]
    assert _FOLDER.notebook(NAME).read_bytes() == before


def _players(notebook: Page) -> list[browser.Player]:
    """The players of the notebook. JupyterLab renders outputs when it finds time, the ones in view first."""
    expect(notebook.locator(".fp-player[data-ready]")).to_have_count(browser.stored_players(_FOLDER.read(NAME)))
    return browser.players(notebook)


def _work(player: browser.Player) -> None:
    """Step from the first event to the last, pull the slider, play, and go from failure to failure."""
    player.start()
    captions, failures = [player.caption], []
    for place in range(1, player.last + 1):
        player.step()
        captions.append(player.caption)
        failures += [place] if player.shows_a_failure else []
    assert all(captions)
    assert len(set(captions)) > len(captions) // 2

    player.scrub(player.last // 2)
    assert player.caption == captions[player.last // 2]

    player.pull_and_press("ArrowRight")
    after = player.event
    player.pull_and_press("ArrowLeft")
    # A click on the thumb itself moves nothing: the key alone then counts.
    assert player.event in (after - 1, after - 2)

    player.start()
    player.play()
    player.wait_until_it_stops()
    assert player.caption == captions[-1]

    player.start()
    for place in failures:
        player.next_failure()
        assert player.caption == captions[place]
    assert player.has_failures == bool(failures)


def _checks() -> list[str]:
    """The lines that the checks of the committed notebook print."""
    checked = [cell for cell in _FOLDER.read(NAME).cells if _CHECKED in cell.metadata.get("tags", [])]
    said = [output.get("text", "") for cell in checked for output in cell.outputs]
    return [line for line in _steady("\n".join(said)) if line.startswith("✓")]


def _steady(text: str) -> list[str]:
    """The lines of a text without what differs from run to run."""
    return patterns.load(_FOLDER.patterns).apply(text).splitlines()
