"""The lines that Lambda itself adds to a function's log, as text or as JSON.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.services.lambda_functions.output import Line


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one invocation. Times are in milliseconds, ``init_ms`` is None for a warm start.

    ``started_at`` (since 1970) is when the handler was called, after the initialisation. ``status`` is ``success``,
    ``error``, ``failure`` or ``timeout``; ``failure`` means that the process died.
    """

    request_id: str
    version: str
    memory_mb: int
    memory_used_mb: int
    started_at: int
    duration_ms: float
    init_ms: float | None
    status: str
    error_type: str = ""
    trace_id: str | None = None

    @property
    def billed_ms(self) -> int:
        """Duration and initialisation, rounded up: since August 2025 the initialisation of every function is billed."""
        return math.ceil(self.duration_ms + (self.init_ms or 0.0))

    @property
    def init_started_at(self) -> int:
        return self.started_at - math.ceil(self.init_ms or 0.0)

    @property
    def ended_at(self) -> int:
        return self.started_at + math.ceil(self.duration_ms)


def log_lines(report: Report, output: list[Line], logging_config: Mapping[str, Any], runtime: str) -> list[Line]:
    """One invocation's whole log: what the function wrote between what Lambda says about it."""
    if logging_config.get("LogFormat") != "JSON":
        return _text(report, output, runtime)
    quiet = logging_config.get("SystemLogLevel", "INFO") == "WARN"
    if quiet and report.status == "success":
        return output
    return _json(report, output, runtime)


def last_words(report: Report) -> str:
    """What Lambda writes when it, not the function, ended the invocation; empty when the function answered."""
    if report.status == "timeout":
        return (
            f"{_iso(report.ended_at)} {report.request_id} Task timed out after {report.duration_ms / 1000:.2f} seconds"
        )
    return ""


def _text(report: Report, output: list[Line], runtime: str) -> list[Line]:
    ended = report.ended_at
    lines = []
    if report.init_ms is not None:
        lines.append(Line(report.init_started_at, f"INIT_START Runtime Version: {runtime}"))
    start = Line(report.started_at, f"START RequestId: {report.request_id} Version: {report.version}")
    lines += _around(start, output)
    if last_words(report):
        lines.append(Line(ended, last_words(report)))
    lines.append(Line(ended, f"END RequestId: {report.request_id}"))
    lines.append(Line(ended, _text_report(report)))
    return lines


def _around(start: Line, output: list[Line]) -> list[Line]:
    """The start of the invocation between what a function wrote while it was loaded and what its handler wrote."""
    before = [line for line in output if line.timestamp < start.timestamp]
    return [*before, start, *output[len(before) :]]


def _text_report(report: Report) -> str:
    parts = [
        f"REPORT RequestId: {report.request_id}",
        f"Duration: {report.duration_ms:.2f} ms",
        f"Billed Duration: {report.billed_ms} ms",
        f"Memory Size: {report.memory_mb} MB",
        f"Max Memory Used: {report.memory_used_mb} MB",
    ]
    if report.init_ms is not None:
        parts.append(f"Init Duration: {report.init_ms:.2f} ms")
    if report.status in ("timeout", "failure"):
        parts.append(f"Status: {'timeout' if report.status == 'timeout' else 'error'}")
    if report.status == "failure":
        parts.append(f"Error Type: {report.error_type}")
    if report.trace_id:
        parts.append(f"XRAY TraceId: {report.trace_id.partition('Root=')[2].partition(';')[0]}")
    return "\t".join(parts) + "\t"


def _json(report: Report, output: list[Line], runtime: str) -> list[Line]:
    lines = []
    if report.init_ms is not None:
        record = {"initializationType": "on-demand", "phase": "init", "runtimeVersion": runtime}
        lines.append(_platform(report.init_started_at, "initStart", record))
    start = _platform(report.started_at, "start", {"requestId": report.request_id, "version": report.version})
    lines += _around(start, output)
    metrics = {
        "durationMs": round(report.duration_ms, 3),
        "billedDurationMs": report.billed_ms,
        "memorySizeMB": report.memory_mb,
        "maxMemoryUsedMB": report.memory_used_mb,
        **({} if report.init_ms is None else {"initDurationMs": round(report.init_ms, 3)}),
    }
    outcome = {"status": report.status, **({"errorType": report.error_type} if report.error_type else {})}
    lines.append(_platform(report.ended_at, "report", {"requestId": report.request_id, "metrics": metrics, **outcome}))
    return lines


def _platform(timestamp: int, kind: str, record: dict[str, Any]) -> Line:
    return Line(timestamp, json.dumps({"time": _iso(timestamp), "type": f"platform.{kind}", "record": record}))


def _iso(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
