"""notebooks/conftest.py under nbval: one failure is one failure, each worker has a local cloud, nothing is left."""

import importlib.util
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from nbformat import v4

from flightpulse import paths
from localcloud.process import processes
from tests.notebooks import sample
from tests.waiting import COMMAND_SECONDS, until
from tools.notebooks import build, sources
from tools.notebooks.folder import Folder

NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-sanitize-with=notebooks/nbval.cfg")
RIGHT, BROKEN, STALE, CHECKED, ACCOUNT = "01-right", "02-broken", "03-stale", "04-checked", "05-account"
TIERS = {"replay": [BROKEN, STALE], "local": [RIGHT, CHECKED], "aws": [ACCOUNT]}
CLOUD = """\
from flightpulse.workbench.target.session import Session
session = Session.connect("local")
record = open("{log}", "a")
_ = record.write(f"{{session.home}} {{session.endpoint_url}}\\n"); record.close()"""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of notebooks: its exit code, what it said, and how the cells of each notebook ended."""

    code: int
    said: str
    cells: Mapping[str, Counter[str]]


def nbval(folder: Folder, *options: str, compare: Sequence[str] = NBVAL) -> Ran:
    """Run the notebooks of a folder as the project's own are run."""
    # A worker of pytest-xdist tells its children that they are one too, and of which coverage and which options.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    root, results = folder.path.parent, folder.path.parent / "results.xml"
    (root / "pytest.ini").write_text(f"[pytest]\npythonpath = {paths.ROOT}\n")
    command = [sys.executable, "-m", "pytest", "notebooks", "-p", "no:cacheprovider", f"--junitxml={results}"]
    ran = subprocess.run(
        [*command, *compare, *options],
        cwd=root,
        env=inherited | {"PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )
    cells: dict[str, Counter[str]] = {}
    for case in ElementTree.parse(results).iter("testcase") if results.exists() else ():
        ended = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
        name = re.sub(r"\.ipynb$", "", case.get("classname", "")).rpartition(".")[2]
        cells.setdefault(name, Counter())[ended] += 1
    return Ran(ran.returncode, ran.stdout + ran.stderr, cells)


def stored(*changes: tuple[str, str], outputs: Mapping[str, str] | None = None) -> str:
    """The sample as a run leaves it. ``changes`` replace words of its source, ``outputs`` what it has printed."""
    text = sample.source()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    printed = {f"passengers: {number}": f"passengers: {number}" for number in (10, 20, 30)}
    printed |= {"nothing is left": "nothing is left", **(outputs or {})}
    lines = iter(printed.values())
    notebook = sources.parse(text)
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        cell.execution_count = count
        if "print(" in cell.source:
            mark = "✓ " if "passengers" in cell.source else ""
            cell.outputs = [v4.new_output("stream", name="stdout", text=f"{mark}{next(lines)}\n")]
    return build.text(notebook)


SHOWN_OTHERWISE = stored(outputs={"nothing is left": "nothing is here"})
CHECKED_OTHERWISE = stored(outputs={"passengers: 30": "passengers: 31"})


def folder_of(root: Path, notebooks: Mapping[str, str], **tiers: list[str]) -> Folder:
    """A folder with these notebooks in it, as if they had been built."""
    folder = sample.folder(root, dict.fromkeys(notebooks, ""), **tiers)
    for name, text in notebooks.items():
        folder.notebook(name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run of five notebooks, each with something else about it."""
    notebooks = {
        # What a run shows differs from run to run; what a check prints does not.
        RIGHT: SHOWN_OTHERWISE,
        BROKEN: stored(("number = 20", "number = 1 / 0")),
        STALE: SHOWN_OTHERWISE,
        CHECKED: CHECKED_OTHERWISE,
        ACCOUNT: stored(),
    }
    return nbval(folder_of(tmp_path_factory.mktemp("project"), notebooks, **TIERS))


def test_a_right_notebook_passes_and_its_time_is_told(project_run: Ran):
    assert project_run.cells[RIGHT] == {"passed": 8}
    assert re.search(rf"{RIGHT} +\d+\.\d s  ok", project_run.said)


def test_after_a_failure_the_rest_of_the_notebook_is_skipped_and_the_run_fails(project_run: Ran):
    assert project_run.cells[BROKEN] == {"passed": 3, "failure": 1, "skipped": 4}
    assert "ZeroDivisionError" in project_run.said
    assert project_run.code == 1


def test_a_stale_output_fails_in_the_tier_that_compares_everything(project_run: Ran):
    assert project_run.cells[STALE] == {"passed": 7, "failure": 1}
    assert "Cell outputs differ" in project_run.said


def test_on_the_local_cloud_only_checks_are_compared(project_run: Ran):
    assert project_run.cells[RIGHT] == {"passed": 8}
    assert project_run.cells[CHECKED] == {"passed": 6, "failure": 1, "skipped": 1}
    assert "passengers: 31" in project_run.said


def test_a_notebook_for_an_account_does_not_run(project_run: Ran):
    assert project_run.cells[ACCOUNT] == {"skipped": 8}


@pytest.mark.parametrize("way", ["--nbval", "--nbval-lax"])
def test_whoever_knows_only_nbval_gets_the_same_as_the_project_itself(tmp_path: Path, way: str):
    folder = folder_of(tmp_path, {RIGHT: SHOWN_OTHERWISE, CHECKED: CHECKED_OTHERWISE}, local=[RIGHT, CHECKED])

    ran = nbval(folder, compare=[way])

    assert ran.cells == {RIGHT: {"passed": 8}, CHECKED: {"passed": 6, "failure": 1, "skipped": 1}}
    assert "passengers: 31" in ran.said


def test_a_notebook_over_its_budget_fails_the_run(tmp_path: Path):
    folder = folder_of(tmp_path, {RIGHT: stored()})
    folder.tiers.write_text(folder.tiers.read_text().replace("budget = 300", "budget = 0.01"))

    ran = nbval(folder)

    assert ran.code == 1
    assert "OVER its budget of 0.01 s" in ran.said
    assert ran.cells == {RIGHT: {"passed": 8}}


def test_a_notebook_that_no_tier_names_stops_the_run(tmp_path: Path):
    ran = nbval(folder_of(tmp_path, {RIGHT: stored()}, replay=[]))

    assert ran.code != 0
    assert f"{RIGHT} is in no tier" in ran.said


@pytest.mark.parametrize("way", ["load", "loadgroup", "worksteal", "each", "loadscope", "no"])
def test_a_way_of_distributing_that_tears_notebooks_apart_is_refused(way: str):
    place = paths.ROOT / "notebooks" / "conftest.py"
    spec = importlib.util.spec_from_file_location("conftest_of_notebooks", place)
    assert spec is not None
    assert spec.loader is not None
    conftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conftest)
    options = {"dist": way, "nbval_lax": True}
    config = SimpleNamespace(
        stash=pytest.Stash(),
        option=SimpleNamespace(),
        getoption=lambda name, default=None: options.get(name, default),
    )

    try:
        if way in ("loadscope", "no"):
            conftest.pytest_configure(config)
        else:
            with pytest.raises(pytest.UsageError, match="use --dist loadscope"):
                conftest.pytest_configure(config)
    finally:
        conftest.pytest_unconfigure(config)


def test_two_workers_have_a_local_cloud_each_and_nothing_of_them_is_left(tmp_path: Path):
    log = tmp_path / "seen.txt"
    text = sample.source(tier="local", setup=CLOUD.format(log=log))
    names = ["01-count-the-passengers", "02-count-again"]
    # Never run before: nbval does not compare what was never recorded.
    folder = folder_of(tmp_path, dict.fromkeys(names, build.text(sources.parse(text))), local=names)

    ran = nbval(folder, "-n", "2", "--dist", "loadscope")

    assert ran.code == 0, ran.said
    seen = [line.split() for line in log.read_text().splitlines()]
    homes, endpoints = {home for home, _ in seen}, {endpoint for _, endpoint in seen}
    assert (len(homes), len(endpoints)) == (2, 2)
    # The processes of functions see that their cloud is gone, and end by themselves.
    until(lambda: not any(home in line for line in processes.command_lines().values() for home in homes), "their end")
    assert not any(Path(home).exists() for home in homes)
