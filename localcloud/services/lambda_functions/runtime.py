"""Python functions run on AWS's own runtime interface client, see only what Lambda provides, and fail as on AWS.

Without it every exception arrives as ``Runtime.HandlerError``, so that no Retry or Catch by class name matches, and a
function imports whatever is installed around the emulator, so that a package left out of the zip goes unnoticed.

What stays different: the interpreter is this one, whatever ``Runtime`` says, and looks for garbage less often; memory
is not limited, the code is not read-only, and of a layer only its Python packages are seen; a call that finds no free
place waits instead of being throttled; lost is the emulator's count of functions that invoke each other in a circle.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime as emulator
from ministack.services import cloudwatch_logs, lambda_svc

from localcloud import faults
from localcloud.behaviours import LocalContext
from localcloud.faults import Fault
from localcloud.process import environment, version
from localcloud.services.lambda_functions import environment as lambda_environment
from localcloud.services.lambda_functions import logs as lambda_logs
from localcloud.services.lambda_functions import metrics as lambda_metrics
from localcloud.services.lambda_functions import runtime_dir as lambda_runtime_dir
from localcloud.services.lambda_functions.output import Line
from localcloud.services.lambda_functions.traces import Invocation
from localcloud.services.lambda_functions.worker import TIMED_OUT, ExecutionEnvironment, Outcome, layer_paths, starting
from localcloud.services.xray import daemon

# Set to 1, functions use the Runtime API client in plain Python, as they do where there is no compiled one.
PLAIN_CLIENT_VARIABLE = "FLIGHTPULSE_PLAIN_RUNTIME_CLIENT"
# More processes than this make every call slow; a call waits for a place, and after a while does without: a function
# that invokes another holds its own place meanwhile.
_PLACES = 4 * (os.cpu_count() or 2)
_LONGEST_WAIT_SECONDS = 2.0
_THROTTLED = "TooManyRequestsException"


class Functions:
    """Everything the emulator is told about Python functions, with what it did before for the others."""

    def __init__(self, context: LocalContext) -> None:
        compiled = os.environ.get(PLAIN_CLIENT_VARIABLE) != "1"
        self._runtime_dir = lambda_runtime_dir.prepare(context.home, compiled_client=compiled)
        self._temporary = environment.temporary_folder(context.home)
        self._endpoints = {
            "AWS_ENDPOINT_URL": context.endpoint_url,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": context.model_url,
        }
        self._places = threading.BoundedSemaphore(_PLACES)
        self._logs: dict[str, tuple[str, list[Line]]] = {}
        self._code_dir = lambda_svc._provided_runtime_code_dir
        self._variables = lambda_svc._provided_worker_env
        self._execute = lambda_svc._execute_function_warm
        self._emit_logs = lambda_svc._emit_lambda_logs
        self._class_for = emulator._worker_class_for

    def install(self) -> None:
        """Put everything in place."""
        emulator._worker_class_for = self.worker_class_for
        lambda_svc._provided_runtime_code_dir = self.code_dir
        lambda_svc._provided_worker_env = self.variables
        lambda_svc._execute_function_warm = self.execute
        lambda_svc._emit_lambda_logs = self.emit_logs

    def worker_class_for(self, config: dict[str, Any]) -> Any:
        """Python functions get our kind of process."""
        return ExecutionEnvironment if _is_python(config) else self._class_for(config)

    def code_dir(self, code_zip: bytes) -> str:
        """The unpacked function, with the program that starts it."""
        folder = str(self._code_dir(code_zip))
        if starting.get() is not None:
            with suppress(FileExistsError):
                (Path(folder) / "bootstrap").symlink_to(self._runtime_dir / lambda_runtime_dir.BOOTSTRAP)
        return folder

    def variables(self, config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
        """The environment of a function's process."""
        worker = starting.get()
        if worker is None:
            others: dict[str, str] = self._variables(config, code_dir, port)
            return others
        own_temporary = self._temporary / "functions" / config.get("FunctionName", "unknown")
        own_temporary.mkdir(parents=True, exist_ok=True)
        place = lambda_environment.Place(
            task_root=code_dir,
            runtime_dir=self._runtime_dir,
            layer_paths=layer_paths(config, self._temporary / "layers", lambda_svc._resolve_layer_zip),
            temporary=own_temporary,
            runtime_api=f"127.0.0.1:{port}",
            region=lambda_svc.get_region(),
            credentials=emulator.execution_credentials(config),
            log_stream=worker.log_stream,
            xray_daemon=daemon.address(),
        )
        own = lambda_svc._runtime_env_vars(config)
        return lambda_environment.variables(config, place, own, self._endpoints)

    def execute(self, func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        """Run one invocation, as the emulator's own function of this place does."""
        config = func.get("config") or func
        if not _is_python(config):
            other: dict[str, Any] = self._execute(func, event, request_id)
            return other
        if not func.get("code_zip"):
            error = {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": "The function has no code"}
            return {"body": error, "error": True, "function_error": "Unhandled", "log": ""}
        received_at, invocation = time.time(), Invocation.begin(config)
        trace_id = invocation.header if invocation else None
        lambda_svc._ensure_reaper_thread()
        fault = faults.BOARD.strike_hop("function", config.get("FunctionName", ""), event)
        if fault is not None and not fault.kill:
            time.sleep(fault.delay_seconds)
            if fault.error is not None and not fault.after:
                return _failed_on_demand(fault, config, request_id, received_at, invocation)
        with self._place(), _leased(config, func["code_zip"]) as worker:
            with worker.killed_after(fault.delay_seconds) if fault and fault.kill else nullcontext():
                outcome = worker.run(event, request_id, trace_id)
            stream = worker.log_stream
        if fault is not None and fault.error is not None:
            return _failed_on_demand(fault, config, request_id, received_at, invocation)
        if invocation is not None:
            invocation.write(config, request_id, received_at, outcome)
        lines = _log_lines(config, request_id, trace_id, outcome)
        self._logs[request_id] = (stream, lines)
        answer = {"body": outcome.payload, "log": "\n".join(line.text for line in lines)}
        return answer | ({"error": True, "function_error": "Unhandled"} if outcome.failed else {})

    def emit_logs(
        self,
        func: dict[str, Any],
        request_id: str,
        log_text: str,
        error: bool,
        duration_ms: int,
        *,
        log_source: str | None = None,
    ) -> None:
        """Write an invocation's log to the stream of the environment that served it."""
        if request_id not in self._logs:
            self._emit_logs(func, request_id, log_text, error, duration_ms, log_source=log_source)
            return
        stream, lines = self._logs.pop(request_id)
        group = lambda_environment.log_group(func.get("config") or func)
        if group not in cloudwatch_logs._log_groups:
            cloudwatch_logs._create_log_group({"logGroupName": group})
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
        events = [{"timestamp": line.timestamp, "message": line.text} for line in lines]
        cloudwatch_logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": events})

    @contextmanager
    def _place(self) -> Iterator[None]:
        taken = self._places.acquire(timeout=_LONGEST_WAIT_SECONDS)
        try:
            yield
        finally:
            if taken:
                self._places.release()


@contextmanager
def _leased(config: dict[str, Any], code_zip: bytes) -> Iterator[ExecutionEnvironment]:
    name, qualifier = config.get("FunctionName", "unknown"), config.get("Version", "$LATEST")
    worker, _ = emulator.acquire_worker(name, config, code_zip, qualifier=qualifier)
    try:
        # An alias and the version it names share their environments and differ in the ARN they are invoked by.
        worker.config = config
        yield worker
    finally:
        emulator.release_worker(worker)


def _failed_on_demand(
    fault: Fault, config: dict[str, Any], request_id: str, received_at: float, invocation: Invocation | None
) -> dict[str, Any]:
    """The answer of an invocation that was told to fail: throttled, out of time, or with an error of its own."""
    error = str(fault.error)
    if error == _THROTTLED:
        if invocation is not None:
            invocation.write_throttle(config, request_id, received_at)
        return {"throttle": True, "body": {"__type": error, "Type": "User", "message": fault.cause}}
    message = fault.cause
    if error == TIMED_OUT:
        message = f"RequestId: {request_id} Error: Task timed out after {float(config.get('Timeout', 3)):.2f} seconds"
    body = {"errorType": error, "errorMessage": message}
    if invocation is not None:
        seen = Outcome(
            payload=body,
            failed=True,
            status="error",
            started_at=int(received_at * 1000),
            duration_ms=(time.time() - received_at) * 1000,
            init_ms=None,
            memory_used_mb=0,
            output=[],
        )
        invocation.write(config, request_id, received_at, seen)
    return {"body": body, "error": True, "function_error": "Unhandled", "log": ""}


def _log_lines(config: dict[str, Any], request_id: str, trace_id: str | None, outcome: Outcome) -> list[Line]:
    report = lambda_logs.Report(
        request_id=request_id,
        version=config.get("Version", "$LATEST"),
        memory_mb=int(config.get("MemorySize", 128)),
        memory_used_mb=outcome.memory_used_mb,
        started_at=outcome.started_at,
        duration_ms=outcome.duration_ms,
        init_ms=outcome.init_ms,
        status=outcome.status,
        error_type=outcome.error_type,
        trace_id=trace_id,
    )
    return lambda_logs.log_lines(report, outcome.output, config.get("LoggingConfig") or {}, _runtime_version())


def _runtime_version() -> str:
    return f"python:{version.python()} (local)"


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def install(context: LocalContext) -> None:
    """Replace how the emulator starts and runs Python functions."""
    Functions(context).install()
    lambda_metrics.install()
