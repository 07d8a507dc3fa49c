"""The verb lab: JupyterLab, opened on the notebooks' index."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from flightpulse import paths
from flightpulse.errors import UserError

_SETTINGS = Path(__file__).with_name("lab_settings")
_INDEX = "notebooks/README.md"
_AS_ROOT = "--allow-root"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of JupyterLab (default: 8888, or the next free one).")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENTS]")
def lab(port: int | None, no_browser: bool, arguments: tuple[str, ...]) -> None:
    """Open JupyterLab on the notebooks.

    It listens on this machine only, until ctrl-c. What follows -- is for JupyterLab itself: flightpulse lab --
    --debug. The notebooks of this checkout are trusted, so that their players work before a cell has run. Your
    own JupyterLab settings hold where you have any; otherwise news, update checks and autosave are off, so that
    looking at a notebook does not change it.
    """
    index = paths.ROOT / _INDEX
    if not index.is_file():
        raise UserError("There are no notebooks here.", hint="Clone FlightPulse, and run: make lab")
    if find_spec("jupyterlab") is None:
        raise UserError("JupyterLab is not installed here.", hint="Install it with: make lab")
    state = paths.home() / "lab"
    state.mkdir(parents=True, exist_ok=True)
    _trust(index.parent, state)
    command = [sys.executable, "-m", "jupyterlab", *_options(paths.ROOT, state)]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port else []
    command += ["--no-browser"] if no_browser else []
    if os.geteuid() == 0 and _AS_ROOT not in arguments:
        click.echo("You are root, as in a container: JupyterLab gets --allow-root. It listens on this machine only.")
        command.append(_AS_ROOT)
    command += arguments
    # From here on this process is JupyterLab: signals, the terminal and the exit code are its own.
    os.execv(sys.executable, command)  # noqa: S606


def _options(root: Path, state: Path) -> list[str]:
    return [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{_INDEX}",
        f"--LabApp.app_settings_dir={_SETTINGS}",
        "--ServerApp.contents_manager_class=flightpulse.cli.lab_contents.Contents",
        *(f"--NotebookNotary.{name}={value}" for name, value in _notary(state).items()),
        "--log-level=ERROR",
    ]


def _notary(state: Path) -> dict[str, str]:
    """Signatures of our own, in the home of the local cloud: the user's list of trusted notebooks is not touched."""
    return {"db_file": str(state / "signatures.db"), "secret_file": str(state / "signatures.secret")}


def _trust(notebooks: Path, state: Path) -> None:
    """Sign the notebooks of this checkout: whoever runs its commands trusts it already."""
    # nbformat's functions have no types.
    nbformat: Any = import_module("nbformat")
    notary = import_module("nbformat.sign").NotebookNotary(**_notary(state))
    try:
        for path in sorted(notebooks.glob("*.ipynb")):
            notary.sign(nbformat.read(path, as_version=4))
    finally:
        notary.store.close()
