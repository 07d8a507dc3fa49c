"""Which records a mapping's filter criteria let through."""

import json
from dataclasses import dataclass
from typing import Any

from ministack.services import lambda_svc

from flightpulse.kafka.records import Record
from localcloud.services.event_source_mappings.settings import Settings


@dataclass(frozen=True, slots=True)
class Filter:
    """The patterns of a mapping: a record passes when one matches, or when there is none."""

    patterns: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, settings: Settings) -> "Filter":
        filters = (settings.get("FilterCriteria") or {}).get("Filters") or []
        return cls(tuple(json.loads(entry["Pattern"]) for entry in filters if entry.get("Pattern")))

    def keeps(self, record: dict[str, Any]) -> bool:
        return not self.patterns or any(lambda_svc._match_esm_filter(record, pattern) for pattern in self.patterns)

    def keeps_kafka(self, record: Record) -> bool:
        """Patterns see a Kafka record's value as JSON, or as text when it is none."""
        return not self.patterns or self.keeps({**record.as_event(), "value": _read(record.value)})


def _read(value: bytes | None) -> Any:
    text = (value or b"").decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
