"""Every kind of news in one place: its words in ``<kind>.toml``, the reader of its events in the module beside it."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from flightpulse.domain.entities import DelayReason, Tier
from flightpulse.domain.events import Kind
from flightpulse.messages.news import cancellation, delay, gate_change
from flightpulse.messages.news.base import brief, known, news_kind, required, written
from flightpulse.messages.news.events import EventFacts, Fields
from flightpulse.messages.segments import Segment

__all__ = ["READERS", "all_segments", "brief", "known", "news_kind", "required", "written"]

READERS: Mapping[str, Callable[[Fields, Fields], EventFacts]] = {
    "FLIGHT_DELAY": delay.read,
    "FLIGHT_CANCELLED": cancellation.read,
    "GATE_CHANGE": gate_change.read,
}
"""What reads each type of event."""


def all_segments() -> Iterator[Segment]:
    """Every segment there is. Bags are checked by those who are checked in."""
    for news in map(news_kind, Kind):
        reasons: tuple[DelayReason | None, ...] = tuple(DelayReason) if news.has_reason else (None,)
        for severity, reason, tier in product(news.severities, reasons, Tier):
            for flags in product((False, True), repeat=len(news.varies)):
                circumstances: dict[str, Any] = dict(zip(news.varies, flags, strict=True))
                if circumstances.get("checked_in", True) or not circumstances["bags"]:
                    yield Segment(kind=news.kind, severity=severity, reason=reason, tier=tier, **circumstances)
