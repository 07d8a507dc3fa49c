"""The surroundings in which notebooks are built and tested: the same variables, and a local cloud of their own."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from flightpulse import paths
from flightpulse.errors import UserError
from localcloud.process import environment
from localcloud import process
from localcloud.process.state import RunningCloud
from flightpulse.workbench.target.session import local_environment
from tools.notebooks.tiers import AWS, LOCAL, Tier

STEADY = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "COLUMNS": "100",
    "LINES": "40",
    "NO_COLOR": "1",
}
"""What would otherwise make the same cell print something else on another machine."""

NOWHERE = "http://127.0.0.1:9"
"""The endpoint of notebooks that need none: whoever calls it by mistake learns so at once, and reaches no account."""

_FOREIGN = (
    "AWS_",
    "FLIGHTPULSE_",
    "KAFKA_",
    "FORCE_COLOR",
    "CLICOLOR",
    "JUPYTER_",
    "IPYTHON",
    "MPLBACKEND",
    "MATPLOTLIBRC",
)


class Sandbox:
    """A home folder and, when a notebook needs it, a local cloud in it on a free port; ``close`` removes it all.

    ``back_off_scale`` shortens the local cloud's waits between retries.
    """

    def __init__(self, back_off_scale: float = 1.0) -> None:
        self._back_off_scale = back_off_scale
        self._folder = Path(tempfile.mkdtemp(prefix="flightpulse-notebooks-")).resolve()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def home(self) -> Path:
        return self._folder / "home"

    def variables(self, tier: Tier) -> dict[str, str]:
        """The environment for a kernel that runs a notebook of this tier; starts the local cloud for the first one."""
        if tier.name == AWS:
            return {**os.environ, **STEADY}
        endpoint = self.cloud().endpoint_url if tier.name == LOCAL else NOWHERE
        return {
            **_ours(os.environ),
            **STEADY,
            **local_environment(endpoint),
            "FLIGHTPULSE_HOME": str(self.home),
            # A notebook that stops the local cloud and starts another one takes nobody's port.
            "FLIGHTPULSE_PORT": "0",
            # Start-up files and settings of whoever builds must not show in what everybody reads.
            "IPYTHONDIR": str(self._folder / "ipython"),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(paths.ROOT), os.environ.get("PYTHONPATH", "")])),
        }

    def cloud(self) -> RunningCloud:
        """The local cloud, started when it does not run: a notebook may have stopped the one before."""
        # A run that is killed must not leave its local cloud behind.
        return process.up(
            self.home,
            program=paths.LOCAL_CLOUD,
            port=0,
            with_parent=True,
            back_off_scale=self._back_off_scale,
        )

    def close(self) -> None:
        """Stop the local cloud, also one that a notebook started, and remove the home. May be called twice."""
        if self.home.exists():
            # Nothing to stop is what one hopes for here.
            with suppress(UserError):
                process.down(self.home)
        shutil.rmtree(self._folder, ignore_errors=True)


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not name.startswith(_FOREIGN)}
