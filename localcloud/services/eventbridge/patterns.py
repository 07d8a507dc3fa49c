"""Event patterns in requests and on the way to rules: all are read by one matcher.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html
"""

import functools
import json
import logging
from typing import Any

from ministack.core import responses
from ministack.services import eventbridge as emulator

from awskit.languages.event_patterns import InvalidPattern, parsed
from localcloud.services import handlers

_TOLD_APART_BY = frozenset({"source", "detail-type"})

log = logging.getLogger(__name__)


def install() -> None:
    """Put the matcher in the place of the emulator's."""
    ours = {
        "_event_pattern_error": refusal,
        "_matches_pattern_view": matches_view,
        "_test_event_pattern": test_event_pattern,
    }
    handlers.replace(emulator, ours)


def refusal(pattern: Any) -> str | None:
    """The reason for which a pattern is refused; None for a good one, and where there is none."""
    if not pattern:
        return None
    try:
        parsed(str(pattern))
    except InvalidPattern as reason:
        return str(reason)
    return None


def matches_view(pattern: Any, view: Any, owner: str = "rule") -> bool:
    """Whether an event on its way matches. A pattern that is refused (the emulator once kept such) matches nothing."""
    try:
        if _asks_for(str(pattern)) <= _TOLD_APART_BY:
            envelope = view.envelope()
            return _envelope_matches(str(pattern), str(envelope["source"]), str(envelope["detail-type"]))
        return parsed(str(pattern)).matches(view.event_with_detail())
    except InvalidPattern as reason:
        log.warning("%s has no valid pattern: %s", owner, reason)
        return False


@functools.lru_cache(maxsize=1024)
def _asks_for(pattern: str) -> frozenset[str]:
    """The fields of an event that a pattern asks for. Raises InvalidPattern."""
    return frozenset(path[0] for alternative in parsed(pattern).alternatives for path in alternative)


@functools.lru_cache(maxsize=4096)
def _envelope_matches(pattern: str, source: str, detail_type: str) -> bool:
    """Whether a pattern that asks for nothing else matches: events of a kind come by the thousand."""
    return parsed(pattern).matches({"source": source, "detail-type": detail_type})


def test_event_pattern(data: dict[str, Any]) -> Any:
    """TestEventPattern: the event is taken as it is, and nothing inside a text is read."""
    try:
        event = json.loads(data.get("Event") or "")
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        return responses.error_response_json("ValidationException", "Parameter Event is not valid.", 400)
    try:
        pattern = parsed(data.get("EventPattern") or "")
    except InvalidPattern as reason:
        return emulator._invalid_event_pattern(str(reason))
    return responses.json_response({"Result": pattern.matches(event)})
