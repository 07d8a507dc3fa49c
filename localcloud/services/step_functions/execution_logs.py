"""Execution logs: history events in the log group that a state machine's LoggingConfiguration names.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import atexit
import json
import logging
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch_logs

from localcloud.services.step_functions.history import Event

_ERRORS = re.compile("Failed|TimedOut|Aborted|^FailStateEntered$")
_LEVELS = {
    "ALL": re.compile(""),
    "ERROR": _ERRORS,
    "FATAL": re.compile("^Execution(Failed|TimedOut|Aborted)$"),
}
_EXECUTION_DATA = frozenset(
    {
        "assignedVariables",
        "assignedVariablesDetails",
        "input",
        "inputDetails",
        "output",
        "outputDetails",
        "parameters",
    }
)
_COLLECTING_SECONDS = 0.05
_CLOSING_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A history event on its way to a log stream."""

    account: str
    region: str
    group: str
    machine: str
    execution_arn: str
    redrive_count: int
    with_data: bool
    event: Event

    def record(self) -> dict[str, Any]:
        """The log event: the history event as the service logs it, at the time it happened."""
        moment = round(datetime.fromisoformat(self.event["timestamp"]).timestamp() * 1000)
        details: dict[str, Any] = next(
            (value for name, value in self.event.items() if name.endswith("EventDetails")), {}
        )
        if not self.with_data:
            details = {name: value for name, value in details.items() if name not in _EXECUTION_DATA}
        message = {
            "id": str(self.event["id"]),
            "type": self.event["type"],
            "details": details,
            "previous_event_id": str(self.event["previousEventId"]),
            "event_timestamp": str(moment),
            "execution_arn": self.execution_arn,
            "redrive_count": str(self.redrive_count),
        }
        return {"timestamp": moment, "message": json.dumps(message, ensure_ascii=False, separators=(",", ":"))}


class ExecutionLogs:
    """Writes log events in batches from a thread of its own; what is waiting at the end of the process is written."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[LogEntry | None] = queue.SimpleQueue()
        self._suffix = uuid.uuid4().hex[:8]
        self._writer = threading.Thread(target=self._write, name="step-functions-logs", daemon=True)
        self._writer.start()
        atexit.register(self.close)

    def publisher(self, record: Mapping[str, Any], machine: Mapping[str, Any]) -> Callable[[Event], None]:
        """What logs the events of one execution, as its state machine is configured to."""
        configuration = machine.get("loggingConfiguration") or {}
        level = _LEVELS.get(configuration.get("level", "OFF"))
        groups = [_group_name(destination) for destination in configuration.get("destinations", [])]
        if level is None or not groups:
            return lambda _event: None
        account, region = responses.get_account_id(), responses.get_region()
        with_data = bool(configuration.get("includeExecutionData"))

        def publish(event: Event) -> None:
            if level.search(event["type"]):
                redrives, arn = record.get("redriveCount", 0), record["executionArn"]
                for group in groups:
                    self._waiting.put(
                        LogEntry(account, region, group, machine["name"], arn, redrives, with_data, event)
                    )

        return publish

    def close(self) -> None:
        """Write what is waiting and end."""
        self._waiting.put(None)
        self._writer.join(_CLOSING_SECONDS)

    def _write(self) -> None:
        going_on = True
        while going_on:
            entries = [self._waiting.get()]
            if entries[0] is not None:
                time.sleep(_COLLECTING_SECONDS)
            while not self._waiting.empty():
                entries.append(self._waiting.get())
            going_on = None not in entries
            self._store([entry for entry in entries if entry is not None])

    def _store(self, entries: list[LogEntry]) -> None:
        streams: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
        for entry in entries:
            key = (entry.account, entry.region, entry.group, self._stream(entry))
            streams.setdefault(key, []).append(entry.record())
        for (account, region, group, stream), records in streams.items():
            try:
                with responses.request_scope(account, region):
                    _put(group, stream, records)
            except Exception:
                log.exception("The execution log of %s", group)

    def _stream(self, entry: LogEntry) -> str:
        # The timestamp is UTC: 2026-11-30T08:15:00.000Z.
        minute = entry.event["timestamp"][:16].replace("T", "-").replace(":", "-")
        return f"states/{entry.machine}/{minute}/{self._suffix}"


def _group_name(destination: Mapping[str, Any]) -> str:
    arn = str(destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", ""))
    return arn.partition(":log-group:")[2].removesuffix(":*")


def _put(group: str, stream: str, records: list[dict[str, Any]]) -> None:
    """A log group that does not exist loses its logs, as on AWS."""
    if group not in cloudwatch_logs._log_groups:
        return
    if stream not in cloudwatch_logs._log_groups[group]["streams"]:
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    cloudwatch_logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": records})
