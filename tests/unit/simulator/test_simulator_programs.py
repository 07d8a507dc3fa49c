"""The simulator's two programs, run by a Python that has nothing installed."""

import subprocess
import sys

import pytest

from flightpulse import paths


@pytest.mark.parametrize("program", ["simulator/producer.py", "simulator/scenarios.py"])
def test_a_bare_python_is_told_in_one_sentence_what_to_run(program: str) -> None:
    found = subprocess.run(
        [sys.executable, "-I", "-S", program], cwd=paths.ROOT, capture_output=True, text=True, check=False
    )

    (said,) = found.stderr.splitlines()
    assert (found.returncode, found.stdout) == (1, "")
    assert f".venv/bin/python {program}" in said
