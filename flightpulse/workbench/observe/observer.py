"""Looks at executions, log groups and the table, and gathers what has become of the events that were sent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

from flightpulse.adapters.table import ReservationTable
from flightpulse.domain.entities import Booking, BookingStatus, Flight
from flightpulse.stack import names
from flightpulse.use_cases.ports import Page
from flightpulse.workbench.executions import executions
from flightpulse.workbench.messages import inbox
from flightpulse.workbench.observe import logs
from flightpulse.workbench.observe.facts import AuditEvent, BookedPassenger, Facts, Handled, SentEvent
from flightpulse.workbench.target.session import Session

_PAGE = 500
# Clocks differ a little between this machine and the services that stamp log events and executions.
_CLOCK_SKEW = timedelta(seconds=2)

_Item = TypeVar("_Item")


class Observer:
    """Gathers facts about some flights from a moment on.

    It remembers executions and messages that it has seen, so that looking again costs little. When
    ``recipients`` are given, nothing is read from the table, and the facts have no flights, bookings and audit events:
    what a full day is watched with.
    """

    def __init__(
        self,
        session: Session,
        flights: Iterable[str],
        since: datetime,
        *,
        recipients: Mapping[str, tuple[BookedPassenger, ...]] | None = None,
    ) -> None:
        self._session = session
        self._table = ReservationTable(session.dynamodb, session.table_name)
        self._flights = tuple(sorted(set(flights)))
        self._since = since - _CLOCK_SKEW
        self._messages = inbox.GrowingInbox(session, self._since)
        self._known: dict[str, Handled] = {}
        self._reads_items = recipients is None
        self._recipients = (
            {flight: tuple(self._booked(flight)) for flight in self._flights} if recipients is None else recipients
        )

    def look(self, sent: Sequence[SentEvent]) -> Facts:
        """The facts at this moment about the events in ``sent``."""
        ids = frozenset(record.event_id for record in sent)
        with ThreadPoolExecutor(max_workers=5) as pool:
            handled = pool.submit(self._handled, ids)
            messages = pool.submit(self._messages.look, ids)
            if not self._reads_items:
                return Facts(
                    sent=tuple(sent),
                    handled=handled.result(),
                    messages=tuple(messages.result()),
                    recipients=self._recipients,
                )
            audit = pool.submit(self._audit)
            rebooking = pool.submit(self._needing_rebooking)
            flights = pool.submit(self._read_flights)
            bookings = pool.submit(self._read_bookings)
            return Facts(
                sent=tuple(sent),
                handled=handled.result(),
                messages=tuple(messages.result()),
                audit=audit.result(),
                flights=flights.result(),
                recipients=self._recipients,
                bookings=bookings.result(),
                needing_rebooking=rebooking.result(),
            )

    def _handled(self, event_ids: frozenset[str]) -> tuple[Handled, ...]:
        listed = executions.recent(
            self._session,
            workflows=executions.of_events(self._session),
            since=self._since,
            limit=max(1000, 2 * len(event_ids)),
        )
        for summary in listed:
            known = self._known.get(summary.arn)
            # Of one that still runs, a look at the list says all that is new.
            if known is None or (not known.ended and summary.status != known.status):
                self._known[summary.arn] = self._describe(summary.arn)
        # One of no event known yet may be of an event that is sent while this look is under way: the next look asks
        # again. What somebody else has sent meanwhile is none of this run's.
        related = (execution for execution in self._known.values() if execution.event_id in event_ids)
        return tuple(sorted(related, key=lambda execution: execution.started_at))

    def _describe(self, arn: str) -> Handled:
        execution = executions.described(self._session, arn)
        return Handled(
            arn=arn,
            workflow=execution.workflow,
            status=execution.status,
            detail_type=execution.event.detail_type,
            event_id=execution.event.event_id,
            flight_id=execution.event.flight_id,
            outcome=execution.outcome,
            started_at=execution.started_at,
            stopped_at=execution.stopped_at,
        )

    def _audit(self) -> tuple[AuditEvent, ...]:
        found = []
        for event in logs.read(self._session, [names.AUDIT_LOG], since=self._since):
            fields = event.fields or {}
            detail = fields.get("detail")
            if isinstance(detail, dict) and detail.get("flight_id") in self._flights:
                found.append(AuditEvent(str(fields.get("detail-type", "")), detail, event.at))
        return tuple(found)

    def _read_flights(self) -> dict[str, Flight]:
        found = ((name, self._table.flight(name, consistent=True)) for name in self._flights)
        return {name: flight for name, flight in found if flight is not None}

    def _read_bookings(self) -> dict[str, tuple[Booking, ...]]:
        return {
            flight: tuple(
                booking
                for recipient in recipients
                if (booking := self._table.booking(recipient.booking_id)) is not None
            )
            for flight, recipients in self._recipients.items()
        }

    def _needing_rebooking(self) -> frozenset[str]:
        pages = _all_pages(
            lambda token: self._table.bookings_by_status(BookingStatus.NEEDS_REBOOKING, limit=_PAGE, token=token)
        )
        return frozenset(booking.booking_id for booking in pages)

    def _booked(self, flight_id: str) -> Iterable[BookedPassenger]:
        for link in _all_pages(lambda token: self._table.bookings_of_flight(flight_id, limit=_PAGE, token=token)):
            booking = self._table.booking(link.booking_id)
            passenger = self._table.passenger(link.passenger_id)
            # Nobody tells the holder of a booking that they cancelled themselves.
            if booking and passenger and booking.booking_status is not BookingStatus.CANCELLED:
                wishes = passenger.notification_preferences
                channels = {"email": wishes.email, "sms": wishes.sms}
                yield BookedPassenger(
                    booking_id=link.booking_id,
                    passenger_id=link.passenger_id,
                    tier=passenger.tier,
                    channels=frozenset(name for name, wanted in channels.items() if wanted),
                )


def _all_pages(page: Callable[[str | None], Page[_Item]]) -> Iterable[_Item]:
    token: str | None = None
    while True:
        answer = page(token)
        yield from answer.items
        token = answer.next_token
        if token is None:
            return
