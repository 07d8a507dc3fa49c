"""The wheel runs outside of a checkout: stack, samples and workflows are in it, and its state is in the user's home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flightpulse import paths

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files, made from the checkout; what it needs is taken from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [*_PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, paths.ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("flightpulse-*.whl")
    subprocess.run([*_PIP, "install", "--no-deps", "--no-index", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def test_an_installed_wheel_deploys_tells_passengers_and_keeps_its_state_in_the_users_home(
    installed: Path, tmp_path: Path
):
    own = ("FLIGHTPULSE_", "AWS_", "PYTEST_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(own)},
        "PYTHONPATH": str(installed),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }

    def flightpulse(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "flightpulse.cli", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    try:
        flightpulse("up", "--port", "0")
        flightpulse("deploy")
        flightpulse("seed")
        told = flightpulse("scenario", "minor-delay")
    finally:
        flightpulse("down")

    assert "2 e-mails, 2 texts" in told
    assert (tmp_path / "state" / "flightpulse" / "logs").is_dir()
    assert not (installed / ".flightpulse").exists()
