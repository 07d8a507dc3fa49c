"""What Lambda tells CloudWatch of every invocation, whoever makes it.

The emulator leaves it to those who invoke: API Gateway and most others tell nothing, and who is throttled counts as an
error or twice.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from localcloud.services import handlers

Dispatch = Callable[[Any, Any, Any, str, float], dict[str, Any]]
Slot = tuple[str | None, str | None]

_NAMESPACE = "AWS/Lambda"


def install() -> None:
    """Count where invocations get their place and run, and nowhere else."""
    dispatch: Dispatch = lambda_svc._execute_function_dispatch
    acquire: Callable[[Any, Any], Slot] = lambda_svc._acquire_execution_slot

    def counted(func: Any, config: Any, event: Any, request_id: str, started: float) -> dict[str, Any]:
        at_once = lambda_svc._inflight.get(lambda_svc._inflight_key(config), 1)
        _record(config, "ConcurrentExecutions", at_once)
        began = time.monotonic()
        result = dispatch(func, config, event, request_id, started)
        if result.get("throttle"):
            _record(config, "Throttles", 1)
            return result
        _record(config, "Invocations", 1)
        _record(config, "Throttles", 0)
        _record(config, "Errors", 1 if result.get("error") else 0)
        _record(config, "Duration", (time.monotonic() - began) * 1000, "Milliseconds")
        return result

    def acquired(func: Any, config: Any) -> Slot:
        slot, limit = acquire(func, config)
        if slot is None:
            _record(config, "Throttles", 1)
        return slot, limit

    lambda_svc._execute_function_dispatch = counted
    lambda_svc._acquire_execution_slot = acquired
    handlers.replace(lambda_svc, {"_emit_lambda_metrics": _told_elsewhere})


def _told_elsewhere(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:
    """What one of the emulator's services would tell of a call it has made."""


def _record(config: Mapping[str, Any], metric: str, value: float, unit: str = "Count") -> None:
    cloudwatch.record_metric(_NAMESPACE, metric, value, unit, {"FunctionName": config.get("FunctionName", "unknown")})
