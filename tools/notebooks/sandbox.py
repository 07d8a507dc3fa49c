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
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.05


class Sandbox:
    """A home folder and, when a notebook needs it, a local cloud in it on a free port; ``close`` removes it all.

    ``back_off_scale`` shortens the local cloud's waits between retries.
    """

    def __init__(self, back_off_scale: float = 1.0) -> None:
        self._back_off_scale = back_off_scale
        self._folder = Path(tempfile.mkdtemp(prefix="flightpulse-notebooks-")).resolve()
        self._server: subprocess.Popen[bytes] | None = None

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
        running = process.status(self.home)
        if running is not None:
            return running
        self._end_server()
        self.home.mkdir(exist_ok=True)
        options = ["--home", self.home, "--port", "0", "--back-off-scale", str(self._back_off_scale)]
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                # A run that is killed must not leave its local cloud behind.
                [sys.executable, "-m", "flightpulse.local_cloud", *options, "--with-parent"],
                cwd=paths.ROOT,
                env=environment.inherited(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self._wait()

    def close(self) -> None:
        """Stop the local cloud, also one that a notebook started, and remove the home. May be called twice."""
        self._end_server()
        if self.home.exists():
            # Nothing to stop is what one hopes for here.
            with suppress(UserError):
                process.down(self.home)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _log(self) -> Path:
        return self._folder / "local-cloud.log"

    def _wait(self) -> RunningCloud:
        assert self._server is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            # It writes down where it is a moment before it answers.
            with suppress(UserError):
                running = process.status(self.home)
                if running is not None:
                    return running
            time.sleep(_POLL_SECONDS)
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
        self._end_server()
        raise UserError(f"The local cloud for the notebooks did not start: {' | '.join(said) or 'it said nothing'}")

    def _end_server(self) -> None:
        if self._server is None:
            return
        self._server.terminate()
        try:
            self._server.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not name.startswith(_FOREIGN)}
