"""One execution environment of a Python function: AWS's runtime interface client in a process of its own.

The emulator brings a server for Lambda's Runtime API, made for custom runtimes; Python's own client talks to it.
"""

import hashlib
import io
import os
import resource
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import IO, Any

from ministack.core import lambda_runtime as emulator

from localcloud.services.lambda_functions import environment as lambda_environment
from localcloud.services.lambda_functions.output import Line, Output
from localcloud.services.lambda_functions.places import as_on_lambda

TIMED_OUT = "Sandbox.Timedout"
EXITED = "Runtime.ExitError"
INVALID_LAYER = "Runtime.InvalidLayer"

# The emulator asks for the code folder and for the environment in the thread that starts a process, and passes neither
# the process nor its log stream along.
starting: ContextVar["ExecutionEnvironment | None"] = ContextVar("starting", default=None)

_PUMP_STARTS_WITHIN_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an invocation.

    ``payload`` is the answer, or the error as Lambda reports it when ``failed``; the other values are those of
    :class:`localcloud.services.lambda_functions.logs.Report`.
    """

    payload: Any
    failed: bool
    status: str
    started_at: int
    duration_ms: float
    init_ms: float | None
    memory_used_mb: int
    output: list[Line]

    @property
    def error_type(self) -> str:
        return str(self.payload.get("errorType", "")) if self.failed else ""


class InitError(RuntimeError):
    """A function could not be started; ``payload`` is the error as Lambda reports it."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__(str(payload.get("errorMessage", "")))
        self.payload = payload


class ExecutionEnvironment(emulator.ProvidedWorker):  # type: ignore[misc]
    """A process with the runtime interface client; it serves one invocation after the other."""

    def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        super().__init__(func_name, config, code_zip)
        self.log_stream = ""
        self._output: Output | None = None
        self._exit_code: int | None = None
        self._init_ms: float | None = None
        self._memory_mb = 0

    def run(self, event: Any, request_id: str, trace_id: str | None) -> Outcome:
        """Invoke the function and say what came of it; nothing that a function does raises."""
        self._init_ms = None
        started = time.monotonic()
        try:
            result = self.invoke(
                event, request_id, trace_id=trace_id, invoked_function_arn=self.config.get("FunctionArn", "")
            )
            payload, failed = self._answer(result, request_id)
        except InitError as error:
            payload, failed = error.payload, True
        except emulator.ProvidedInitTimeout:
            payload, failed = self._time_out(request_id), True
        except emulator.ProvidedRuntimeError as error:
            payload, failed = {"errorType": error.error_type, "errorMessage": str(error)}, True
        duration_ms = (time.monotonic() - started) * 1000 - (self._init_ms or 0.0)
        started_at = int(time.time() * 1000 - duration_ms)
        status = _status(payload) if failed else "success"
        if status == "timeout":
            duration_ms = float(self.config.get("Timeout", 3)) * 1000
        output = [Line(line.timestamp, as_on_lambda(line.text)) for line in self._output.take()] if self._output else []
        if failed:
            payload = as_on_lambda(payload)
        return Outcome(payload, failed, status, started_at, duration_ms, self._init_ms, self._peak_memory(), output)

    @contextmanager
    def killed_after(self, seconds: float) -> Iterator[None]:
        """Kill the process after so many seconds of the block, at the latest at its end: a fault on demand."""
        over = threading.Event()

        def kill() -> None:
            over.wait(seconds)
            if self._proc is None:
                over.wait()
            process = self._proc
            if process is not None:
                process.kill()
                process.wait()

        killer = threading.Thread(target=kill, name="kill-function", daemon=True)
        killer.start()
        try:
            yield
        finally:
            over.set()
            killer.join()

    def _answer(self, result: Mapping[str, Any], request_id: str) -> tuple[Any, bool]:
        if result["status"] == "ok":
            return result.get("result"), False
        payload = result.get("error_payload")
        if not isinstance(payload, dict):
            return {"errorType": "Runtime.Unknown", "errorMessage": str(payload)}, True
        if payload.get("errorType") == TIMED_OUT:
            return self._time_out(request_id), True
        if payload.get("errorType") == EXITED:
            return {"errorType": EXITED, "errorMessage": f"RequestId: {request_id} Error: {self._how_it_ended()}"}, True
        return payload, True

    def _time_out(self, request_id: str) -> dict[str, Any]:
        seconds = float(self.config.get("Timeout", 3))
        message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
        return {"errorType": TIMED_OUT, "errorMessage": message}

    def _how_it_ended(self) -> str:
        code = self._exit_code
        if code is None:
            return "Runtime exited without providing a reason"
        return f"Runtime exited with error: {f'signal: {-code}' if code < 0 else f'exit status {code}'}"

    def _peak_memory(self) -> int:
        process = self._proc
        if process is not None:
            self._memory_mb = peak_memory_mb(process.pid)
        return self._memory_mb

    def _spawn(self, init_timeout: float | None = None) -> None:
        self.log_stream = lambda_environment.new_log_stream(self.config.get("Version", "$LATEST"))
        self._output = None
        started = time.monotonic()
        token = starting.set(self)
        try:
            super()._spawn(init_timeout)
        finally:
            starting.reset(token)
            self._stamp_init_output()
            self._init_ms = (time.monotonic() - started) * 1000

    def _stamp_init_output(self) -> None:
        """Read what the init phase wrote, so that its lines stand before the first invocation on a busy machine too."""
        deadline = time.monotonic() + _PUMP_STARTS_WITHIN_SECONDS
        while self._output is None and self._proc is not None and time.monotonic() < deadline:
            time.sleep(0.001)
        if self._output is not None:
            self._output.read()
            # Lines are told apart by their time, in whole milliseconds.
            time.sleep(0.002)

    def _await_init(self, init_timeout: float | None = None) -> None:
        try:
            super()._await_init(init_timeout)
        except emulator.ProvidedInitTimeout:
            raise
        except RuntimeError as error:
            if isinstance(self._init_error, dict):
                raise InitError(self._init_error) from error
            self._exit_code = self._proc.poll() if self._proc else None
            raise InitError({"errorType": EXITED, "errorMessage": f"Error: {self._how_it_ended()}"}) from error

    def _build_handler_class(self, generation: int, pending: "Queue[Any]") -> Any:
        handler = super()._build_handler_class(generation, pending)
        # Unbuffered small writes wait 40 ms for the acknowledgement of the one before.
        handler.disable_nagle_algorithm = True
        handler.wbufsize = 65536
        return handler

    def _pump_output(self, stream: IO[bytes], log_queue: "Queue[str]") -> None:  # noqa: ARG002
        self._output = Output(stream)
        self._output.pump()

    def _drain_stderr(self) -> str:
        return ""

    def _drain_stderr_bounded(self, *_: Any, **__: Any) -> str:
        return ""

    def _teardown(self) -> None:
        if self._proc is not None:
            self._peak_memory()
            self._exit_code = self._proc.poll()
        super()._teardown()


def layer_paths(config: Mapping[str, Any], folder: Path, zip_of: Any) -> tuple[str, ...]:
    """Search path entries of a function's layers, in Lambda's order; the layers are unpacked below ``folder``.

    ``zip_of`` returns a layer version's zip by its reference, or None when there is no such layer.
    """
    found: list[str] = []
    for reference in config.get("Layers") or []:
        archive = zip_of(reference)
        if not archive:
            arn = reference.get("Arn") if isinstance(reference, dict) else reference
            raise emulator.ProvidedRuntimeError(f"The layer {arn} cannot be resolved", INVALID_LAYER)
        python = _unpacked(archive, folder) / "python"
        places = (python / "lib" / str(config.get("Runtime", "")) / "site-packages", python)
        found += [str(place) for place in places if place.is_dir()]
    return tuple(found)


def peak_memory_mb(pid: int) -> int:
    """The most memory a process has had, in MB; on macOS the most that any process that has ended had."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return int(used / (1024 * 1024 if sys.platform == "darwin" else 1024))


def _unpacked(archive: bytes, folder: Path) -> Path:
    target = folder / hashlib.sha256(archive).hexdigest()
    if not target.is_dir():
        unfinished = target.with_name(f"{target.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            content.extractall(unfinished)
        # Another thread may have been first; its folder has the same content.
        with suppress(OSError):
            unfinished.rename(target)
    return target


def _status(payload: Mapping[str, Any]) -> str:
    return {TIMED_OUT: "timeout", EXITED: "failure"}.get(str(payload.get("errorType")), "error")
