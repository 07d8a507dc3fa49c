"""What was seen after events were sent: plain data that expectations are held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flightpulse.domain.entities import Booking, Flight, Tier
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.show.frames import Records
from flightpulse.workbench.show.tables import Table


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One record that went to Kafka. The same event may have been sent more than once."""

    event_id: str
    event_type: str
    flight_id: str
    at: datetime
    known_at: datetime

    @classmethod
    def of(cls, event: Mapping[str, Any], at: datetime) -> "SentEvent":
        """An event that was sent at a moment."""
        known_at = datetime.fromisoformat(event["timestamp"])
        return cls(event["event_id"], event["event_type"], event["payload"]["flight_id"], at, known_at)


@dataclass(frozen=True, slots=True)
class Handled:
    """One execution of an event's workflow.

    ``outcome`` is DONE, TOO_SMALL, SUPERSEDED, ALREADY_HANDLED, or empty while it runs and when it failed.
    ``detail_type`` is that of the bus event whose rule started it.
    """

    arn: str
    workflow: str
    status: str
    detail_type: str
    event_id: str
    flight_id: str
    outcome: str
    started_at: datetime
    stopped_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.status != "RUNNING"


@dataclass(frozen=True, slots=True)
class BookedPassenger:
    """Somebody booked on a flight, and the channels on which they want to be told."""

    booking_id: str
    passenger_id: str
    tier: Tier
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An event in the audit log group."""

    detail_type: str
    detail: Mapping[str, Any]
    at: datetime


class AuditEvents(Records[AuditEvent]):
    """The audit log's events, in the order in which they were written."""

    columns = ("at", "detail_type", "flight_id", "booking_id", "summary")
    categories = ("detail_type",)

    def row(self, item: AuditEvent) -> Mapping[str, Any]:
        named = {name: item.detail.get(name) for name in ("flight_id", "booking_id", "summary")}
        return {"at": item.at, "detail_type": item.detail_type, **named}

    def table(self) -> Table:
        """One line each: which event, about what, and what it says."""
        rows = [
            (
                event.detail_type,
                event.detail.get("booking_id") or event.detail.get("flight_id", ""),
                event.detail.get("summary", ""),
            )
            for event in self
        ]
        return Table.of(("event", "about", "says"), rows)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known of a run at one moment.

    ``messages`` are in the order in which they were sent. ``recipients`` and ``bookings`` are by flight.
    ``needing_rebooking`` are the booking ids that the status index (GSI2) gives for NEEDS_REBOOKING.
    """

    sent: tuple[SentEvent, ...] = ()
    handled: tuple[Handled, ...] = ()
    messages: tuple[Message, ...] = ()
    audit: tuple[AuditEvent, ...] = ()
    flights: Mapping[str, Flight] = field(default_factory=dict)
    recipients: Mapping[str, tuple[BookedPassenger, ...]] = field(default_factory=dict)
    bookings: Mapping[str, tuple[Booking, ...]] = field(default_factory=dict)
    needing_rebooking: frozenset[str] = frozenset()

    def messages_of(self, event_id: str) -> list[Message]:
        return [message for message in self.messages if message.event_id == event_id]

    def handled_of(self, event_id: str) -> list[Handled]:
        return [execution for execution in self.handled if execution.event_id == event_id]

    @property
    def all_ended(self) -> bool:
        """Whether every event that was sent has an execution and none of them still runs."""
        started = {execution.event_id for execution in self.handled}
        return all(sent.event_id in started for sent in self.sent) and all(
            execution.ended for execution in self.handled
        )
