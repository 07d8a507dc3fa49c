"""A copy of what runs: made from the checkout, run by Python as if it were installed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flightpulse import paths
from flightpulse.errors import UserError
from localcloud import process

_PARTS = (
    "flightpulse",
    "localcloud",
    "awskit",
    "infra",
    "simulator",
    "sample_data",
    "requirements",
    "tests",
    "pyproject.toml",
)
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "cdk.out", ".*_cache", "replays")
_START_SECONDS = 90.0
_TEXTS = (".py", ".json", ".toml", ".txt")


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: ``code`` is its checkout, ``home`` what running it leaves behind."""

    folder: Path

    @property
    def code(self) -> Path:
        return self.folder / "code"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def _original(self) -> Path:
        return self.folder / "original.json"

    @property
    def exists(self) -> bool:
        return self._original.is_file()

    def make(self) -> None:
        """Copy the checkout anew; what was changed in an earlier copy is gone. Raises UserError where there is none."""
        if not paths.IS_CHECKOUT:
            raise UserError("The workshop copies a checkout of FlightPulse.", hint="Clone it, and run: make lab")
        self._original.unlink(missing_ok=True)
        shutil.rmtree(self.code, ignore_errors=True)
        self.code.mkdir(parents=True)
        for name in _PARTS:
            source = paths.ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.code / name, ignore=_LEFT_OUT)
            else:
                shutil.copy2(source, self.code / name)
        self._original.write_text(json.dumps(self.texts()), encoding="utf-8")

    def remove(self) -> None:
        """Delete the copy and everything it left."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, relative: str) -> Path:
        """A file of the copy. Raises UserError for one outside of it."""
        path = (self.code / relative).resolve()
        if not path.is_relative_to(self.code.resolve()):
            raise UserError(f"{relative} is outside of the copy.", hint="Name a file by its path in the checkout.")
        return path

    def read(self, relative: str) -> str:
        """The text of a file. Raises UserError when there is none."""
        path = self.path(relative)
        if not path.is_file():
            raise UserError(
                f"There is no file {relative} in the copy.", hint="Paths begin like flightpulse/domain/events.py."
            )
        return path.read_text(encoding="utf-8")

    def texts(self) -> dict[str, str]:
        """Every file that a learner may change, by its path."""
        found = {}
        for path in sorted(self.code.rglob("*")):
            parts = path.relative_to(self.code).parts
            made = any(part.startswith(".") or part in ("__pycache__", "cdk.out") for part in parts)
            if path.is_file() and path.suffix in _TEXTS and not made:
                found["/".join(parts)] = path.read_text(encoding="utf-8")
        return found

    def originals(self) -> dict[str, str]:
        """The same files as they were when they were copied; the checkout may have changed since."""
        found: dict[str, str] = json.loads(self._original.read_text(encoding="utf-8"))
        return found

    def fingerprint(self) -> str:
        """The same as long as no file changes."""
        digest = hashlib.sha256()
        for path, text in sorted(self.texts().items()):
            digest.update(f"{path}\0{text}\0".encode())
        return digest.hexdigest()[:16]

    def environment(self) -> dict[str, str]:
        """The variables of a program that shall run the copy's code."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FLIGHTPULSE_")}
        return {
            **kept,
            "PYTHONPATH": str(self.code),
            "PYTHONDONTWRITEBYTECODE": "1",
            "FLIGHTPULSE_HOME": str(self.home),
        }

    def run(self, arguments: Sequence[str], *, said: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run Python with the copy's code; ``said`` goes to its standard input, ``variables`` to its environment."""
        return subprocess.run(  # noqa: S603
            [sys.executable, "-P", *arguments],
            cwd=self.code,
            env={**self.environment(), **variables},
            input=said,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def runs(self) -> bool:
        """Whether its local cloud runs and answers."""
        return process.status(self.home) is not None

    def start(self) -> None:
        """Start its local cloud on a free port. Raises UserError when its code does not let it start."""
        try:
            process.up(
                self.home,
                program=paths.LOCAL_CLOUD,
                port=0,
                with_parent=True,
                variables=self.environment(),
                timeout=_START_SECONDS,
            )
        except UserError as error:
            said = f"The copy's local cloud did not start: {error.message}"
            raise UserError(said, hint="shop.grade() names the step that needs mending.") from None

    def stop(self) -> None:
        """Stop its local cloud; nothing happens when it does not run."""
        if self.home.exists():
            # Nothing to stop is what one hopes for.
            with suppress(UserError):
                process.down(self.home)
