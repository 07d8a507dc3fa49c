"""Starts, finds and stops the detached local cloud of a home."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from awskit.errors import UserError
from localcloud.process import environment, home, lock, own_pages, ports, processes, state, version
from localcloud.process.state import RunningCloud

Progress = Callable[[str], object]

DEFAULT_PORT = 4566
REFUSAL = "The local cloud does not start. "
"""How the last line of the log begins when the user can put right what is wrong; the rest is for the user."""

_ROOT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 0.05
_STOP_SECONDS = 8.0
_LOCK_SECONDS = 5.0


def up(
    folder: Path,
    *,
    program: str = "localcloud.server",
    port: int | None = None,
    kafka: str | None = None,
    llm_url: str | None = None,
    llm_model: str | None = None,
    with_parent: bool = False,
    back_off_scale: float = 1.0,
    variables: Mapping[str, str] | None = None,
    progress: Progress = lambda _: None,
    timeout: float = 60.0,
) -> RunningCloud:
    """Start the local cloud of a home and wait until it answers; one that already runs is returned as it is.

    ``program`` is the module to run, which calls :func:`localcloud.server.main`. ``port`` is 4566 unless given; 0
    takes a free one. ``with_parent`` stops it when this process ends; ``back_off_scale`` shortens its waits between
    retries. ``variables`` are its environment, else this process's with this very code first on Python's path.
    ``progress`` gets one sentence per step. Raises UserError, naming the way out, when the port is
    taken, when the one that runs was started by other code or with other options, when the disk is full, and when it
    does not start.
    """
    folder = home.prepare(folder)
    running = status(folder) or _wait_for_other(folder, progress, timeout)
    if running is not None:
        _check_same(running, port=port, kafka=kafka, llm_url=llm_url)
        progress(f"The local cloud is already running at {running.endpoint_url} (process {running.pid}).")
        return running
    given = {"--kafka": kafka, "--llm-url": llm_url, "--llm-model": llm_model}
    options = [word for option, value in given.items() if value for word in (option, value)]
    options += ["--back-off-scale", str(back_off_scale), *(["--with-parent"] if with_parent else [])]
    with home.space_needed(folder):
        _clear(folder, progress)
        port = DEFAULT_PORT if port is None else port
        ports.check_free(port)
        progress(f"Starting the local cloud on {f'port {port}' if port else 'a free port'} of 127.0.0.1.")
        started = _start(program, folder, port, options, _with_this_code() if variables is None else variables)
        cloud = _wait(folder, started, timeout)
    progress(f"The local cloud answers at {cloud.endpoint_url} (process {cloud.pid}).")
    return cloud


def down(folder: Path, *, progress: Progress = lambda _: None) -> bool:
    """Stop the local cloud of a home; nothing of it is left running, and no temporary file.

    Also clears what a killed one left behind. False when there was neither.
    """
    folder = home.prepare(folder)
    holder = lock.holder(folder)
    if holder:
        progress(f"Stopping the local cloud (process {next(iter(holder))}).")
        processes.end(holder, grace=_STOP_SECONDS)
    with home.space_needed(folder):
        cleared = _clear(folder, progress, quiet=bool(holder))
    if holder:
        progress("The local cloud is stopped.")
    return bool(holder or cleared)


def status(folder: Path) -> RunningCloud | None:
    """The local cloud that runs in a home, or None. Raises UserError when it runs but does not answer."""
    cloud = state.load(folder.expanduser().resolve())
    if cloud is None or not processes.is_running(cloud.pid, cloud.start_token):
        return None
    if not _answers(cloud):
        raise UserError(
            f"The local cloud (process {cloud.pid}) runs but does not answer at {cloud.endpoint_url}.",
            hint="Stop it with: flightpulse down",
        )
    return cloud


def _answers(cloud: RunningCloud) -> bool:
    page = own_pages.read(cloud.port)
    return page is not None and page.get("start_token") == cloud.start_token


def _check_same(running: RunningCloud, *, port: int | None, kafka: str | None, llm_url: str | None) -> None:
    way_out = "Stop it with `flightpulse down` and start it again."
    if running.version != version.current():
        raise UserError(
            f"The local cloud that runs (process {running.pid}) is of version {running.version}, "
            f"this is {version.current()}.",
            hint=way_out,
        )
    if port and port != running.port:
        raise UserError(f"The local cloud already runs on port {running.port}, not on {port}.", hint=way_out)
    if kafka is not None and kafka != running.kafka_bootstrap:
        seen = f"the {running.kafka_kind} broker {running.kafka_bootstrap}"
        raise UserError(f"The local cloud already runs with {seen}, not with {kafka}.", hint=way_out)
    if llm_url is not None and llm_url != running.llm_url:
        seen = running.llm_url or f"its {running.model_kind} model"
        raise UserError(f"The local cloud already runs with {seen}, not with {llm_url}.", hint=way_out)


def _clear(folder: Path, progress: Progress, *, quiet: bool = False) -> list[str]:
    with lock.HomeLock(folder, patience=_LOCK_SECONDS):
        cleared = home.clear_remains(folder)
    if cleared and not quiet:
        progress(f"A local cloud was killed here: cleared {_listed(cleared)}.")
    return cleared


def _listed(things: list[str]) -> str:
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


def _with_this_code() -> dict[str, str]:
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *([known] if known else [])])}


def _start(
    program: str, folder: Path, port: int, options: Sequence[str], variables: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-m", program, "--home", str(folder), "--port", str(port), *options]
    with home.log_file(folder).open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=environment.inherited(variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-c in the terminal is for the program that started it.
            start_new_session=True,
        )


def _wait_for_other(folder: Path, progress: Progress, timeout: float) -> RunningCloud | None:
    """The cloud that somebody else is just starting; None when there is none, or when it was just stopping."""
    holder = lock.holder(folder)
    if holder:
        progress("A local cloud is just starting or stopping here: waiting for it.")
    deadline = time.monotonic() + timeout
    while holder and time.monotonic() < deadline:
        cloud = state.load(folder)
        if cloud is not None and cloud.pid in holder and _answers(cloud):
            return cloud
        time.sleep(_POLL_SECONDS)
        holder = lock.holder(folder)
    if holder:
        raise _no_answer(folder, timeout)
    return None


def _wait(folder: Path, started: "subprocess.Popen[bytes]", timeout: float) -> RunningCloud:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        cloud = state.load(folder)
        if cloud is not None and cloud.pid == started.pid and _answers(cloud):
            return cloud
        if started.poll() is not None:
            raise _did_not_start(folder)
        time.sleep(_POLL_SECONDS)
    processes.end(processes.with_tokens([started.pid]))
    raise _no_answer(folder, timeout)


def _no_answer(folder: Path, timeout: float) -> UserError:
    return UserError(
        f"The local cloud did not answer within {timeout:.0f} s.", hint=f"Its log is {home.log_file(folder)}"
    )


def _did_not_start(folder: Path) -> UserError:
    if home.is_full(folder):
        # What it said about that found no room either.
        return home.no_space(folder)
    lines = home.log_file(folder).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = lines[-1] if lines else "it wrote nothing"
    if last.startswith(REFUSAL):
        return UserError(last.removeprefix(REFUSAL))
    return UserError(f"The local cloud ended while it started: {last}", hint=f"Its log is {home.log_file(folder)}")
