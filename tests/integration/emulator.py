"""A local cloud of its own for a test: started in a process on a free port, gone when the test is over."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

from localcloud import behaviours
from localcloud.process import environment, state
from tests.waiting import PATIENCE_SECONDS

ALL_NAMES = behaviours.NAMES
ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "000000000000"


class Emulator:
    """The emulator with the named behaviours (none: as it comes), as a context manager.

    ``env`` is added to the process's environment, ``options`` to its command line. Waits between retries are shortened
    by ``back_off_scale``.
    """

    def __init__(
        self,
        behaviours: tuple[str, ...] = ALL_NAMES,
        env: Mapping[str, str] | None = None,
        options: tuple[str, ...] = (),
        back_off_scale: float = 1.0,
    ) -> None:
        self._behaviours = behaviours
        self._env = dict(env or {})
        # A test run that is killed must not leave its emulators behind.
        self._options = (*options, "--back-off-scale", str(back_off_scale), "--with-parent")
        self._folder = tempfile.TemporaryDirectory(prefix="flightpulse-test-", ignore_cleanup_errors=True)
        self.home = Path(self._folder.name).resolve()
        self.log = self.home / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.endpoint_url = ""

    def __enter__(self) -> "Emulator":
        command = [sys.executable, "-m", "flightpulse.local_cloud", "--home", str(self.home), "--port", "0"]
        command += ["--behaviours", ",".join(self._behaviours), *self._options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment.inherited(os.environ) | self._env, stdout=log, stderr=log
            )
        try:
            self.endpoint_url = self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(f"Log of the emulator:\n{self.log_text()[-4000:]}")  # noqa: T201
        self.stop()

    def stop(self) -> None:
        """End the process as `down` does, and remove its home."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._folder.cleanup()

    def log_text(self) -> str:
        """What the process has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def client(self, service: str, *, account: str = "test", **config: Any) -> Any:
        """A boto3 client of this emulator; ``account`` may be another one than the local account."""
        return client(service, self.endpoint_url, account=account, **config)

    @property
    def state(self) -> state.RunningCloud:
        """What the process wrote down about itself."""
        running = state.load(self.home)
        assert running is not None
        return running

    def _wait_until_healthy(self) -> str:
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            running = state.load(self.home)
            if running is not None:
                with urllib.request.urlopen(f"{running.endpoint_url}/_flightpulse/health", timeout=PATIENCE_SECONDS):
                    return running.endpoint_url
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"The emulator did not start:\n{self.log_text()}")


def client(service: str, endpoint_url: str, *, account: str = "test", **config: Any) -> Any:
    """A boto3 client of any local endpoint, with the local account's credentials or another account's."""
    settings = {"retries": {"max_attempts": 1}, "region_name": REGION, **config}
    return _session().client(
        service,
        endpoint_url=endpoint_url,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=Config(**settings),
    )


@cache
def _session() -> Any:
    return boto3.session.Session(region_name=REGION)
