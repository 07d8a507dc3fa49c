"""notebooks/conftest.py under nbval: one failure is one failure, each worker has a local cloud, nothing is left."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from flightpulse import paths
from localcloud.process import processes
from tests.notebooks import sample
from tests.waiting import until
from tools.notebooks import build
from tools.notebooks.folder import Folder

NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-sanitize-with=notebooks/nbval.cfg")
CLOUD = """\
from flightpulse.workbench.target.session import Session
session = Session.connect("local")
record = open("{log}", "a")
_ = record.write(f"{{session.home}} {{session.endpoint_url}}\\\\n"); record.close()"""


def nbval(folder: Folder, *options: str, compare: Sequence[str] = NBVAL) -> subprocess.CompletedProcess[str]:
    """Run the notebooks of a folder as the project's own are run."""
    # A worker of pytest-xdist tells its children that they are one too, and of which coverage and which options.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    (folder.path.parent / "pytest.ini").write_text(f"[pytest]\npythonpath = {paths.ROOT}\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "notebooks", "-p", "no:cacheprovider", *compare, *options],
        cwd=folder.path.parent,
        env=inherited | {"PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def copied(built: Folder, root: Path, old: str, new: str, **tiers: list[str]) -> Folder:
    """A folder with the built sample in it, one thing in the stored notebook changed."""
    folder = sample.folder(root, {sample.NAME: ""}, **tiers)
    stored = built.notebook(sample.NAME).read_text()
    assert old in stored
    folder.notebook(sample.NAME).write_text(stored.replace(old, new))
    return folder


def outcome(ran: subprocess.CompletedProcess[str]) -> str:
    return re.sub(r" in [\d.:() ]+s.*", "", ran.stdout.strip().splitlines()[-1].strip("= "))


def test_a_right_notebook_passes_and_its_time_is_told(built: Folder):
    ran = nbval(built)

    assert ran.returncode == 0, ran.stdout
    assert outcome(ran) == "10 passed"
    assert re.search(rf"{sample.NAME} +\d+\.\d s  ok", ran.stdout)


@pytest.mark.parametrize("way", ["--nbval", "--nbval-lax"])
def test_whoever_knows_only_nbval_gets_the_same_as_the_project_itself(built: Folder, tmp_path: Path, way: str):
    folder = copied(built, tmp_path, "nothing is left", "nothing is here", local=[sample.NAME])
    stored = folder.notebook(sample.NAME)
    # What a run shows differs from run to run; what a check prints does not.
    stored.write_text(stored.read_text().replace('print(\\"nothing is here\\")', 'print(\\"nothing is left\\")'))

    right = nbval(folder, compare=[way])
    stored.write_text(stored.read_text().replace("passengers: 30", "passengers: 31"))
    wrong = nbval(folder, compare=[way])

    assert right.returncode == 0, right.stdout
    assert wrong.returncode == 1
    assert "passengers: 31" in wrong.stdout


def test_after_a_failure_the_rest_of_the_notebook_is_skipped(built: Folder, tmp_path: Path):
    folder = copied(built, tmp_path, "number = 20", "number = 1 / 0")

    ran = nbval(folder)

    assert ran.returncode == 1
    assert outcome(ran) == "1 failed, 5 passed, 4 skipped"
    assert "ZeroDivisionError" in ran.stdout


def test_a_stale_output_fails_in_the_tier_that_compares_everything(built: Folder, tmp_path: Path):
    folder = copied(built, tmp_path, "nothing is left", "nothing is here", replay=[sample.NAME])
    stored = folder.notebook(sample.NAME)
    stored.write_text(stored.read_text().replace('print(\\"nothing is here\\")', 'print(\\"nothing is left\\")'))

    ran = nbval(folder)

    assert outcome(ran) == "1 failed, 9 passed"
    assert "Cell outputs differ" in ran.stdout


def test_on_the_local_cloud_only_checks_are_compared(built: Folder, tmp_path: Path):
    folder = copied(built, tmp_path, "passengers: 30", "passengers: 31", local=[sample.NAME])
    notebook = folder.read(sample.NAME)
    (picture,) = (cell for cell in notebook.cells if "savefig" in cell.source)
    picture.outputs[-1].text = "said before\n"
    folder.notebook(sample.NAME).write_text(build.text(notebook))

    ran = nbval(folder)

    # The changed words under the picture pass; the changed check does not.
    assert outcome(ran) == "1 failed, 8 passed, 1 skipped"
    assert "passengers: 31" in ran.stdout


def test_a_notebook_for_an_account_does_not_run(built: Folder, tmp_path: Path):
    folder = copied(built, tmp_path, "number = 20", "number = 20", aws=[sample.NAME])

    assert outcome(nbval(folder)) == "10 skipped"


def test_a_notebook_over_its_budget_fails_the_run(built: Folder, tmp_path: Path):
    folder = copied(built, tmp_path, "number = 20", "number = 20")
    folder.tiers.write_text(folder.tiers.read_text().replace("budget = 300", "budget = 0.01"))

    ran = nbval(folder)

    assert ran.returncode == 1
    assert "OVER its budget of 0.01 s" in ran.stdout
    assert outcome(ran) == "10 passed"


def test_a_notebook_that_no_tier_names_stops_the_run(built: Folder, tmp_path: Path):
    folder = copied(built, tmp_path, "number = 20", "number = 20", replay=[])

    ran = nbval(folder)

    assert ran.returncode != 0
    assert f"{sample.NAME} is in no tier" in ran.stdout + ran.stderr


@pytest.mark.parametrize("way", ["load", "loadgroup"])
def test_a_way_of_distributing_that_tears_notebooks_apart_is_refused(built: Folder, way: str):
    ran = nbval(built, "-n", "2", "--dist", way)

    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "use --dist loadscope" in ran.stderr


def test_two_workers_have_a_local_cloud_each_and_nothing_of_them_is_left(tmp_path: Path):
    log = tmp_path / "seen.txt"
    text = sample.source(tier="local", setup=CLOUD.format(log=log).replace("\\\\n", "\\n"))
    names = ["01-count-the-passengers", "02-count-again"]
    folder = sample.folder(tmp_path, dict.fromkeys(names, text), local=names)
    for name in names:
        # Never run before: nbval does not compare what was never recorded.
        folder.notebook(name).write_text(build.text(build.sources.parse(text)))

    ran = nbval(folder, "-n", "2", "--dist", "loadscope")

    assert ran.returncode == 0, ran.stdout
    seen = [line.split() for line in log.read_text().splitlines()]
    homes, endpoints = {home for home, _ in seen}, {endpoint for _, endpoint in seen}
    assert (len(homes), len(endpoints)) == (2, 2)
    # The processes of functions see that their cloud is gone, and end by themselves.
    until(lambda: not any(home in line for line in processes.command_lines().values() for home in homes), "their end")
    assert not any(Path(home).exists() for home in homes)
