"""Where the checkout keeps things."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "flightpulse"
WORKFLOWS = PACKAGE / "workflows"
SCHEMAS = PACKAGE / "schemas"
INFRA = ROOT / "infra"
SAMPLE_DATA = ROOT / "sample_data"
LOCAL_CLOUD = "flightpulse.local_cloud"
"""The module that is run as the local cloud's process."""


def home() -> Path:
    """Folder for everything a run leaves behind: ``FLIGHTPULSE_HOME``, or ``.flightpulse`` in the checkout."""
    return Path(os.environ.get("FLIGHTPULSE_HOME") or ROOT / ".flightpulse").resolve()
