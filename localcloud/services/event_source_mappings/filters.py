"""Which records a mapping's filter criteria let through: event patterns, as EventBridge has them.

The values of DynamoDB are texts, numbers too, so that ``numeric`` never matches on ``{"N": …}``, here as on AWS.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

import json
import logging
from dataclasses import dataclass
from typing import Any

from awskit.kafka.records import Record
from awskit.languages.event_patterns import EventPattern, InvalidPattern, compiled, parsed
from localcloud.services.event_source_mappings.settings import Settings

_DATA = "value"
_NOT_JSON = object()

log = logging.getLogger(__name__)


def problem(settings: Settings) -> str:
    """Why AWS refuses a mapping's filter criteria; empty when it does not."""
    try:
        Filter.of(settings)
    except (InvalidPattern, TypeError, KeyError):
        return "Invalid filter pattern definition."
    return ""


@dataclass(frozen=True, slots=True)
class Filter:
    """The patterns of a mapping: a record passes when one matches, or when there is none."""

    patterns: tuple[EventPattern, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Filter":
        """Raises InvalidPattern."""
        filters = (settings.get("FilterCriteria") or {}).get("Filters") or []
        return cls(tuple(parsed(entry["Pattern"]) for entry in filters if entry.get("Pattern")))

    def keeps(self, record: dict[str, Any]) -> bool:
        return not self.patterns or any(pattern.matches(record) for pattern in self.patterns)

    def keeps_kafka(self, record: Record) -> bool:
        """Patterns see a Kafka record's value as JSON, or as text when it is none; then it has no fields to ask for."""
        if not self.patterns:
            return True
        value = _read(record.value)
        if value is _NOT_JSON:
            seen = {**record.as_event(), _DATA: (record.value or b"").decode(errors="replace")}
            return any(pattern.matches(seen) for pattern in self.patterns if not _asks_inside(pattern))
        return self.keeps({**record.as_event(), _DATA: value})


def matches_decoded(record: Any, pattern: Any) -> bool:
    """What the emulator asks of the filters of its own pollers, those of SQS and Kinesis."""
    try:
        return compiled(pattern).matches(record)
    except InvalidPattern as reason:
        log.warning("A filter has no valid pattern: %s", reason)
        return False


def _asks_inside(pattern: EventPattern) -> bool:
    return any(path[0] == _DATA and len(path) > 1 for alternative in pattern.alternatives for path in alternative)


def _read(value: bytes | None) -> Any:
    try:
        return json.loads((value or b"").decode())
    except (ValueError, RecursionError):
        return _NOT_JSON
