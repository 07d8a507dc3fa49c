"""Execution logs: history events in the log group that a state machine's LoggingConfiguration names.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

import atexit
import logging
import re
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch_logs

from localcloud.services.step_functions.history import Event, details_key, milliseconds
from localcloud.services.step_functions.payload import to_json

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
class ExecutionLog:
    """Where the events of one execution are logged, and how much of them."""

    account: str
    region: str
    groups: tuple[str, ...]
    machine: str
    execution_arn: str
    with_data: bool

    def record(self, event: Event, redrive_count: int) -> dict[str, Any]:
        """The log event: the history event as the service logs it, at the time it happened."""
        moment = milliseconds(event["timestamp"])
        details: Mapping[str, Any] = event.get(details_key(event["type"]), {})
        if not self.with_data:
            details = {name: value for name, value in details.items() if name not in _EXECUTION_DATA}
        message = (
            f'{{"id":"{event["id"]}","type":"{event["type"]}","details":{to_json(details)},'
            f'"previous_event_id":"{event["previousEventId"]}","event_timestamp":"{moment}",'
            f'"execution_arn":"{self.execution_arn}","redrive_count":"{redrive_count}"}}'
        )
        return {"timestamp": moment, "message": message}


class ExecutionLogs:
    """Writes log events in batches from a thread of its own; what is waiting at the end of the process is written."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[ExecutionLog, Event, int]] = deque()
        self._something_waits = threading.Event()
        self._closing = False
        self._suffix = uuid.uuid4().hex[:8]
        self._writer = threading.Thread(target=self._write, name="step-functions-logs", daemon=True)
        self._writer.start()
        atexit.register(self.close)

    def publisher(self, record: Mapping[str, Any], machine: Mapping[str, Any]) -> Callable[[Event], None]:
        """What logs the events of one execution, as its state machine is configured to."""
        configuration = machine.get("loggingConfiguration") or {}
        level = _LEVELS.get(configuration.get("level", "OFF"))
        groups = tuple(_group_name(destination) for destination in configuration.get("destinations", []))
        if level is None or not groups:
            return lambda _event: None
        destination = ExecutionLog(
            account=responses.get_account_id(),
            region=responses.get_region(),
            groups=groups,
            machine=machine["name"],
            execution_arn=record["executionArn"],
            with_data=bool(configuration.get("includeExecutionData")),
        )

        def publish(event: Event) -> None:
            if level.search(event["type"]):
                self._waiting.append((destination, event, record.get("redriveCount", 0)))
                if not self._something_waits.is_set():
                    self._something_waits.set()

        return publish

    def close(self) -> None:
        """Write what is waiting and end."""
        self._closing = True
        self._something_waits.set()
        self._writer.join(_CLOSING_SECONDS)

    def _write(self) -> None:
        closing = False
        while not closing:
            self._something_waits.wait()
            self._something_waits.clear()
            closing = self._closing
            if not closing:
                time.sleep(_COLLECTING_SECONDS)
            self._store([self._waiting.popleft() for _ in range(len(self._waiting))])

    def _store(self, entries: list[tuple[ExecutionLog, Event, int]]) -> None:
        streams: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
        for destination, event, redrive_count in entries:
            record, stream = destination.record(event, redrive_count), self._stream(destination.machine, event)
            for group in destination.groups:
                key = (destination.account, destination.region, group, stream)
                streams.setdefault(key, []).append(record)
        for (account, region, group, stream), records in streams.items():
            try:
                with responses.request_scope(account, region):
                    _put(group, stream, records)
            except Exception:
                log.exception("The execution log of %s", group)

    def _stream(self, machine: str, event: Event) -> str:
        # The timestamp is UTC: 2026-11-30T08:15:00.000Z.
        minute = event["timestamp"][:16].replace("T", "-").replace(":", "-")
        return f"states/{machine}/{minute}/{self._suffix}"


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
