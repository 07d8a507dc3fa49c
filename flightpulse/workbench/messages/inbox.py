"""The messages passengers got, read from the log groups that stand in for their mail and phone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flightpulse.stack import names
from flightpulse.workbench.observe import logs
from flightpulse.workbench.target.session import Session

CHANNELS = ("email", "sms")
_SUBJECTS = {"delay": "departure", "cancellation": "departure", "gate_change": "gate"}
_GROUPS = {"email": names.EMAIL_LOG, "sms": names.SMS_LOG}
_AS_THEY_ARE = (
    *("notification_id", "channel", "event_id", "correlation_id", "kind", "severity"),
    *("flight_id", "booking_id", "passenger_id", "tier", "to"),
)

# How long after its own time an event may get into its log group.
_LATE = {"local": timedelta(seconds=2), "aws": timedelta(seconds=20)}


@dataclass(frozen=True, slots=True)
class Message:
    """One e-mail (``subject`` and ``text``) or text message (``text`` only) to one passenger.

    ``at`` is when it was sent, ``event_at`` when the news it tells was known. ``written_by`` says where its template
    came from: ``model``, ``cache`` or ``fallback``.
    """

    notification_id: str
    channel: str
    event_id: str
    correlation_id: str
    kind: str
    severity: str
    flight_id: str
    booking_id: str
    passenger_id: str
    tier: str
    to: str
    subject: str
    text: str
    segment: str
    written_by: str
    model_id: str
    event_at: datetime
    at: datetime

    @property
    def subject_of_news(self) -> str:
        """``departure``, ``gate`` or another: news about the one never replaces news about the other."""
        return _SUBJECTS.get(self.kind, self.kind)

    def as_json(self) -> dict[str, Any]:
        """The message as plain JSON values."""
        shown: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return {**shown, "event_at": self.event_at.isoformat(), "at": self.at.isoformat()}


def read(
    session: Session,
    *,
    since: datetime,
    channels: Iterable[str] = CHANNELS,
    event_ids: Iterable[str] | None = None,
) -> list[Message]:
    """Messages sent since a moment, in the order in which they were sent."""
    wanted = None if event_ids is None else frozenset(event_ids)
    found = logs.read(session, [_GROUPS[channel] for channel in channels], since=since)
    messages = [message for event in found if (message := from_log_event(event)) is not None]
    if wanted is not None:
        messages = [message for message in messages if message.event_id in wanted]
    # Within one millisecond nobody can tell which came first; the older news is then taken to be the earlier message.
    return sorted(messages, key=lambda message: (message.at, message.event_at))


class GrowingInbox:
    """The messages since a moment, as they come: each look asks only for what may be new."""

    def __init__(self, session: Session, since: datetime) -> None:
        self._session = session
        self._since = since
        self._from = since
        self._seen: dict[str, Message | None] = {}

    def look(self, event_ids: Iterable[str]) -> list[Message]:
        """All of them about these events, in the order in which they were sent."""
        began = datetime.now(UTC)
        for event in logs.read(self._session, _GROUPS.values(), since=self._from):
            if event.event_id not in self._seen:
                self._seen[event.event_id] = from_log_event(event)
        self._from = max(self._since, began - _LATE[self._session.target])
        wanted = frozenset(event_ids)
        found = (message for message in self._seen.values() if message is not None and message.event_id in wanted)
        return sorted(found, key=lambda message: (message.at, message.event_at))


def repeated(messages: Iterable[Message]) -> list[Message]:
    """Those that tell a booking on a channel what a message before them had told it."""
    known: set[tuple[str, str, str]] = set()
    found = []
    for message in messages:
        told = (message.event_id, message.booking_id, message.channel)
        if told in known:
            found.append(message)
        known.add(told)
    return found


def outdated(messages: Iterable[Message]) -> list[Message]:
    """Those that came to a booking on a channel after newer news about the same subject."""
    newest: dict[tuple[str, str, str], datetime] = {}
    found = []
    for message in messages:
        place = (message.booking_id, message.channel, message.subject_of_news)
        if message.event_at < newest.get(place, message.event_at):
            found.append(message)
        newest[place] = max(message.event_at, newest.get(place, message.event_at))
    return found


def from_log_event(event: logs.LogEvent) -> Message | None:
    """The message in a log event, or None when the event holds something else."""
    fields = event.fields or {}
    detail = fields.get("detail")
    if not isinstance(detail, Mapping) or not str(fields.get("detail-type", "")).startswith("notification."):
        return None
    template = detail.get("template") or {}
    email = detail.get("channel") == "email"
    return Message(
        **{name: str(detail.get(name, "")) for name in _AS_THEY_ARE},
        subject=str(detail.get("subject", "")) if email else "",
        text=str(detail.get("body" if email else "text", "")),
        segment=str(template.get("segment", "")),
        written_by=str(template.get("origin", "")),
        model_id=str(template.get("model_id") or ""),
        event_at=_instant(detail.get("event_timestamp"), event.at),
        at=event.at,
    )


def _instant(text: object, otherwise: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return at if at.tzinfo else otherwise
