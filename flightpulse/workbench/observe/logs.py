"""Reads and follows CloudWatch log groups."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.target.session import Session

# Events reach a log group a moment after their own time, so a follower looks this far back each time.
_LATE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a log group. ``message`` is as it was written."""

    event_id: str
    group: str
    stream: str
    at: datetime
    message: str

    @property
    def fields(self) -> dict[str, Any] | None:
        """The message as an object when it is one in JSON, else None."""
        try:
            value = json.loads(self.message)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


def groups_named(wanted: Sequence[str]) -> list[str]:
    """Full names of log groups: of all of ours, or of those asked for by short or full name. Raises UserError."""
    if not wanted:
        return list(names.LOG_GROUPS.values())
    return [_group_named(name) for name in wanted]


def _group_named(name: str) -> str:
    if name in names.LOG_GROUPS:
        return names.LOG_GROUPS[name]
    if name.startswith("/"):
        return name
    raise UserError(f"There is no log group {name!r}.", hint=f"Choose from: {', '.join(names.LOG_GROUPS)}")


def read(session: Session, groups: Iterable[str], *, since: datetime, pattern: str = "") -> list[LogEvent]:
    """Events of log groups from ``since`` on, oldest first. A group that does not exist (yet) has none.

    ``pattern`` is a CloudWatch Logs filter pattern.
    """
    groups = list(groups)
    with ThreadPoolExecutor(max_workers=min(8, max(1, len(groups)))) as pool:
        found = pool.map(lambda group: list(_read_group(session, group, since, pattern)), groups)
        return sorted((event for events in found for event in events), key=lambda event: event.at)


def follow(
    session: Session,
    groups: Iterable[str],
    *,
    since: datetime,
    pattern: str = "",
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[LogEvent]:
    """Events of log groups from ``since`` on, and then each new one as it comes, without an end."""
    groups, seen, start = list(groups), dict[str, datetime](), since
    interval = 0.3 if session.target == "local" else 2.0
    while True:
        for event in read(session, groups, since=start, pattern=pattern):
            if event.event_id not in seen:
                seen[event.event_id] = event.at
                yield event
        start = max(since, datetime.now(UTC) - _LATE)
        seen = {key: at for key, at in seen.items() if at >= start}
        pause(interval)


def _read_group(session: Session, group: str, since: datetime, pattern: str) -> Iterator[LogEvent]:
    query: dict[str, Any] = {"logGroupName": group, "startTime": int(since.timestamp() * 1000)}
    if pattern:
        query["filterPattern"] = pattern
    try:
        while True:
            page = session.logs.filter_log_events(**query)
            for event in page["events"]:
                yield LogEvent(
                    event_id=event["eventId"],
                    group=group,
                    stream=event["logStreamName"],
                    at=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
                    message=event["message"],
                )
            if not page.get("nextToken"):
                return
            query["nextToken"] = page["nextToken"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidParameterException" and pattern:
            raise UserError(f"CloudWatch Logs does not understand the filter {pattern!r}.") from error
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
