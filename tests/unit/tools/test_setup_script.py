"""The script behind make finds a Python that can run the project, whatever stands on PATH."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import run

_HERE = f"python3.{sys.version_info[1]}"


def dead_shim(folder: Path, name: str) -> None:
    """What pyenv leaves on PATH when the Python behind it was removed."""
    shim = folder / name
    shim.write_text(f'#!/bin/sh\necho "pyenv: {name}: command not found" >&2\nexit 127\n', encoding="ascii")
    shim.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; the interpreter that runs the script is too old."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    return tmp_path


def test_a_shim_whose_python_is_gone_is_passed_over(path: Path) -> None:
    for name in ("python3.11", "python3.12", "python3.13"):
        if name != _HERE:
            dead_shim(path, name)
    (path / _HERE).symlink_to(sys.executable)

    assert run.pythons() == [str(path / _HERE)]


def test_a_python_that_lies_about_its_version_is_passed_over(path: Path) -> None:
    other = next(name for name in ("python3.11", "python3.12") if name != _HERE)
    (path / other).symlink_to(sys.executable)

    assert run.pythons() == []


def test_no_supported_python_is_one_sentence(path: Path) -> None:
    dead_shim(path, "python3.13")

    with pytest.raises(SystemExit, match=r"Python 3\.8 is not supported\. Install Python 3\.11, 3\.12 or 3\.13"):
        run.find_python()


def test_the_script_is_written_so_that_an_old_python_can_say_so() -> None:
    """Down to Python 3.6: what it defines must not need a newer one before it has looked for one."""
    source = Path(run.__file__).read_text(encoding="utf-8")

    assert "from __future__" not in source
    for line in source.splitlines():
        if line.startswith("def "):
            annotations = line.replace('"', "\0").split("\0")[::2]
            assert not any("[" in part or "|" in part for part in annotations), line


@pytest.mark.parametrize("old", ["python3.6", "python3.7", "python3.8", "python3.9", "python3.10"])
def test_old_pythons_of_this_machine_begin_again_on_a_supported_one(old: str, tmp_path: Path) -> None:
    installed = sorted(Path.home().glob(f".pyenv/versions/{old.removeprefix('python')}.*/bin/python"))
    if not installed:
        pytest.skip(f"there is no {old} here")
    (tmp_path / _HERE).symlink_to(sys.executable)

    ran = subprocess.run(
        [str(installed[0]), run.__file__], capture_output=True, text=True, check=False, env={"PATH": str(tmp_path)}
    )

    assert (ran.returncode, ran.stderr) == (2, "")
    assert ran.stdout.startswith("Set up the virtual environment")


@pytest.fixture
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of the environment are those of the Python that runs the tests."""
    monkeypatch.setattr(run, "in_venv", lambda _program: sys.executable)


@pytest.mark.usefixtures("anywhere")
def test_what_runs_beside_the_tests_runs_to_its_end_and_says_afterwards_what_it_found(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "TESTS", ["python", "-c", "print('3 passed')"])
    beside = {
        "types": "print('no issues')",
        "notebooks": "raise SystemExit('a cell differs')",
        "style": "print('kept')",
    }
    monkeypatch.setattr(run, "BESIDE_THE_TESTS", [(name, ["python", "-c", code]) for name, code in beside.items()])

    failed = run.run_beside_each_other()

    said = capfd.readouterr().out
    assert failed == ["notebooks"]
    assert said.index("3 passed") < said.index("no issues") < said.index("a cell differs") < said.index("kept")


@pytest.mark.usefixtures("anywhere")
def test_the_proofs_run_after_a_protocol_that_fails_and_the_failure_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "ensure", lambda _lock: None)
    monkeypatch.setattr(run, "PROTOCOL", ["python", "-c", "raise SystemExit(2)"])
    monkeypatch.setattr(run, "PROOFS", ["python", "-c", "import os; print('proved', os.environ['FLIGHTPULSE_PROVE'])"])

    assert run.prove([]) == 1

    said = capfd.readouterr()
    assert "proved 1" in said.out
    assert said.err.strip() == "failed: protocol"


def test_binder_installs_what_make_lab_installs_for_a_python_that_is_supported() -> None:
    # Given what Binder builds its image from
    steps = (run.ROOT / ".binder" / "postBuild").read_text(encoding="utf-8")
    python = (run.ROOT / ".binder" / "runtime.txt").read_text(encoding="ascii").strip()

    # Then it is a program, it installs from the lock of the notebooks and nothing else, and runs on a Python of ours
    assert os.access(run.ROOT / ".binder" / "postBuild", os.X_OK)
    subprocess.run(["bash", "-n", ".binder/postBuild"], cwd=run.ROOT, check=True)
    assert [line.split(" install ")[1] for line in steps.splitlines() if " pip install " in line] == [
        "--no-cache-dir --no-deps --require-hashes -r requirements/notebooks.txt",
        "--no-cache-dir --no-deps --no-build-isolation -e .",
    ]
    assert "hatchling==" in (run.REQUIREMENTS / "notebooks.txt").read_text(encoding="utf-8")
    assert python in {f"python-{major}.{minor}" for major, minor in run.SUPPORTED}
