"""Whether an event matches a rule's pattern is remembered where nothing but its source and its type decides."""

import json
from typing import Any

import pytest
from ministack.services import eventbridge

from awskit.languages.event_patterns import parsed
from localcloud.services.eventbridge import patterns

EVENTS = [
    {"Source": source, "DetailType": kind, "Detail": json.dumps(detail), "Resources": ["r"]}
    for source in ("flightpulse.workflow", "other")
    for kind in ("notification.email", "flight.delay.major")
    for detail in ({"channel": "email"}, {"channel": "sms"}, {})
]


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["other"]},
        {"detail-type": [{"prefix": "flight."}]},
        {"source": ["flightpulse.workflow"], "detail-type": [{"anything-but": {"prefix": "notification."}}]},
        {"$or": [{"source": ["other"]}, {"detail-type": ["notification.email"]}]},
        {"source": {"of": [{"exists": False}]}},
        {"source": ["flightpulse.workflow"], "detail": {"channel": ["email"]}},
        {"resources": ["r"], "detail": {"channel": [{"exists": False}]}},
    ],
)
def test_every_event_matches_or_not_however_often_such_events_were_seen(pattern: dict[str, Any]) -> None:
    text = json.dumps(pattern)
    for event in (*EVENTS, *EVENTS):
        view = eventbridge._pattern_event_view(event)
        assert patterns.matches_view(text, view) == parsed(text).matches(view.event_with_detail())
