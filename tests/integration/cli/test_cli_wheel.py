"""The wheel runs outside of a checkout and without a network: stack, samples and workflows are in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flightpulse import paths

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
_LOOPBACK_UP = """
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))
"""
_RUN = """
set -e
flightpulse() { "$0" -m flightpulse.cli "$@"; }
trap 'flightpulse down' EXIT
flightpulse up --port 0
flightpulse deploy
flightpulse seed
flightpulse scenario minor-delay
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files, made from the checkout; what it needs is taken from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [*_PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, paths.ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("flightpulse-*.whl")
    subprocess.run([*_PIP, "install", "--no-deps", "--no-index", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def _without_a_network() -> list[str]:
    """What a command begins with to run where there is nothing but the loopback; empty where that is not allowed."""
    prefix = ["unshare", "--map-root-user", "--net", sys.executable, "-c"]
    if shutil.which("unshare") is None:
        return []
    tried = subprocess.run([*prefix, _LOOPBACK_UP], capture_output=True, check=False)
    return prefix if tried.returncode == 0 else []


def test_an_installed_wheel_tells_passengers_without_a_network_and_keeps_its_state_in_the_users_home(
    installed: Path, tmp_path: Path
):
    own = ("FLIGHTPULSE_", "AWS_", "PYTEST_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(own)},
        "PYTHONPATH": str(installed),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    shell = ["/bin/sh", "-c", _RUN, sys.executable]
    if alone := _without_a_network():
        shell = [*alone, f"{_LOOPBACK_UP}\nimport os, sys\nos.execv(sys.argv[1], sys.argv[1:])", *shell]

    ran = subprocess.run(shell, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 e-mails, 2 texts" in ran.stdout
    assert (tmp_path / "state" / "flightpulse" / "logs").is_dir()
    assert not (installed / ".flightpulse").exists()
