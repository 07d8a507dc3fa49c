"""Where log events are kept: late ones find their place without a copy of the stream, and old ones make room.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import bisect
import functools
import itertools
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch_logs as emulator

from localcloud.services import handlers

Stream = dict[str, Any]
Handler = Callable[[dict[str, Any]], Any]

KEPT_EVENTS = 200_000
"""Log events that a group keeps; beyond, it forgets a tenth of them, the oldest of each stream."""
KEPT_RECORDS = 50_000
"""Log events that GetLogRecord finds; CloudWatch Logs Insights finds all that there are."""
PAGE_EVENTS = 10_000
"""What one answer of FilterLogEvents holds at most (CloudWatch Logs quota)."""

_CHECK_EVERY = 1_000
_OF_EACH_EVENT = b'"eventId": '


def install() -> None:
    """Put our parts in the place of the emulator's."""
    ours = {"_append_log_events": append, "_format_insights_timestamp": timestamp_text}
    handlers.replace(emulator, {"_log_events_lock": threading.RLock(), **ours})
    emulator._put_log_events = _bounded(emulator._put_log_events)
    emulator._get_log_events = _undisturbed(emulator._get_log_events)
    emulator._filter_log_events = in_pages(_undisturbed(emulator._filter_log_events))


def timestamp_text(milliseconds: int) -> str:
    """A moment as CloudWatch Logs Insights shows it: ``2026-11-30 08:15:00.123``."""
    return f"{_second_text(milliseconds // 1000)}.{milliseconds % 1000:03d}"


@functools.lru_cache(maxsize=64)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def append(stream: Stream, events: list[dict[str, Any]]) -> None:
    """Add events where their time wants them: after those of the same millisecond."""
    if not events:
        return
    ordered = sorted(events, key=_timestamp)
    first, last = _timestamp(ordered[0]), _timestamp(ordered[-1])
    with emulator._log_events_lock:
        history = stream["events"]
        if history and _timestamp(history[-1]) > first:
            for event in ordered:
                bisect.insort_right(history, event, key=_timestamp)
        else:
            history.extend(ordered)
        known = stream["firstEventTimestamp"], stream["lastEventTimestamp"]
        stream["firstEventTimestamp"] = first if known[0] is None else min(known[0], first)
        stream["lastEventTimestamp"] = last if known[1] is None else max(known[1], last)
        stream["lastIngestionTime"] = events[-1]["ingestionTime"]


def _timestamp(event: dict[str, Any]) -> int:
    return int(event["timestamp"])


def _undisturbed(read: Handler) -> Handler:
    """While somebody reads by place in a stream, nothing changes its place."""

    def handler(data: dict[str, Any]) -> Any:
        with emulator._log_events_lock:
            return read(data)

    return handler


def _bounded(put: Handler) -> Handler:
    """PutLogEvents, which looks now and then whether something has to make room."""
    lock = threading.Lock()
    count = 0

    def handler(data: dict[str, Any]) -> Any:
        nonlocal count
        answer = put(data)
        with lock:
            count += len(data.get("logEvents") or ())
            if count >= _CHECK_EVERY:
                count = 0
                make_room(data.get("logGroupName"))
        return answer

    return handler


def make_room(group_name: Any) -> None:
    """Forget the oldest events of a group that has too many, and of the records the oldest."""
    records = emulator._log_records._data
    if len(records) > KEPT_RECORDS:
        for key in list(itertools.islice(records, len(records) - KEPT_RECORDS)):
            records.pop(key, None)
    group = emulator._log_groups.get(group_name)
    if group is None:
        return
    with emulator._log_events_lock:
        streams = [stream["events"] for stream in group["streams"].values()]
        if sum(map(len, streams)) > KEPT_EVENTS:
            for events in streams:
                del events[: -(-len(events) // 10)]


def in_pages(original: Handler) -> Handler:
    """FilterLogEvents with a token where the emulator's answer is full: the moment it ends at, and how many are there.

    The token leads to the next page as long as no event of that very millisecond comes in meanwhile.
    """

    def handler(data: dict[str, Any]) -> Any:
        token = str(data.get("nextToken") or "")
        moment, _, passed = token.partition("/")
        if token and not (moment.isdigit() and passed.isdigit()):
            return responses.error_response_json(
                "InvalidParameterException", "The specified nextToken is invalid.", 400
            )
        wanted = min(int(data.get("limit") or PAGE_EVENTS), PAGE_EVENTS)
        skip = int(passed) if token else 0
        start = {"startTime": int(moment)} if token else {}
        status, headers, body = original({**data, **start, "limit": PAGE_EVENTS})
        # Quotation marks in messages are escaped: this counts events, without reading megabytes.
        if status >= 400 or (not token and body.count(_OF_EACH_EVENT) < wanted):
            return status, headers, body
        answer = json.loads(body)
        events, there = answer["events"][skip : skip + wanted], len(answer["events"])
        if events and (there > skip + wanted or there == PAGE_EVENTS):
            last = events[-1]["timestamp"]
            same = sum(event["timestamp"] == last for event in answer["events"][: skip + len(events)])
            answer["nextToken"] = f"{last}/{same}"
        return responses.json_response({**answer, "events": events})

    return handler
