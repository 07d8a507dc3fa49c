"""Where things are kept: in a checkout beside the packages, in an installed wheel inside of one."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IS_CHECKOUT = (PACKAGE.parent / "pyproject.toml").is_file()
ROOT = PACKAGE.parent if IS_CHECKOUT else PACKAGE / "files"
WORKFLOWS = PACKAGE / "workflows"
INFRA = ROOT / "infra"
SAMPLE_DATA = ROOT / "sample_data"
LOCAL_CLOUD = "flightpulse.local_cloud"
"""The module that is run as the local cloud's process."""


def home() -> Path:
    """Folder for everything a run leaves behind.

    ``FLIGHTPULSE_HOME``, or ``.flightpulse`` in the checkout; of an installed wheel the user's folder for the state of
    programs, ``$XDG_STATE_HOME/flightpulse`` or ``~/.local/state/flightpulse``.
    """
    if chosen := os.environ.get("FLIGHTPULSE_HOME"):
        return Path(chosen).resolve()
    if IS_CHECKOUT:
        return ROOT / ".flightpulse"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "flightpulse"
