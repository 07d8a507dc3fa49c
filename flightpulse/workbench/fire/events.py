"""Makes events about flights of the table, and sends anything else to the topic."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from awskit.kafka.producer import OutgoingRecord
from awskit.kafka.record_positions import Place
from flightpulse.domain.events import TOPIC
from flightpulse.errors import UserError
from flightpulse.workbench.deploy.items import Items
from flightpulse.workbench.fire import replaying, sending
from flightpulse.workbench.fire.pace import Pace
from flightpulse.workbench.fire.replaying import Choice, Replayed, ReplayProgress
from flightpulse.workbench.observe import consumer_log
from flightpulse.workbench.target.connection import Connection
from simulator import events
from simulator.replay import ReplayPlan

_RECORD_SECONDS = {"local": 20.0, "aws": 90.0}
_LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class RecordFate:
    """What the consumer did with a record: ``reason`` is empty for one that it accepted."""

    place: Place
    said: str
    reason: str


class Events:
    """``wb.events``. Raises UserError for a flight that is not in the table and for values that no event may have.

    ``at`` is when operations knew of it (now, unless it is given); ``event_id`` is new unless it is given.
    """

    def __init__(self, target: Connection) -> None:
        self._target = target
        self._flight = Items(target).flight

    def replay(
        self, plan: ReplayPlan, *, pace: Pace, choice: Choice, resumed: ReplayProgress | None = None
    ) -> Replayed:
        """Replay a planned day of flights at a pace, and wait until everybody has been told.

        ``choice`` is what made the plan, kept to be ``resumed`` when the replay is stopped. Raises UserError when the
        target is not ready, when it is stopped, and when another replay is running.
        """
        totals, name = plan.totals, f"replay {plan.day.name}"
        what = f"{len(plan.news)} events about {totals.flights} flights, {totals.bookings} bookings"
        with self._target.steps() as steps:
            steps.update(name, what)
            replayed = replaying.replay(
                self._target.deployed,
                plan,
                pace=pace,
                choice=choice,
                resumed=resumed,
                on_given_up=lambda left: steps.finish(
                    "given up", f"the replay of {left.choice.day} that was stopped after {left.sent} events", ok=False
                ),
                on_board=lambda board: steps.update(name, "", board.sent - board.backlog, board.of, board.columns()),
            )
            steps.finish(name, f"{what}; {replayed.board}", ok=replayed.ok)
        return replayed

    def delay(
        self,
        flight_id: str,
        minutes: int,
        reason: str = "WEATHER",
        detail: str = "",
        *,
        at: datetime | None = None,
        event_id: str | None = None,
    ) -> dict[str, Any]:
        """A FLIGHT_DELAY about a flight of the table."""
        flight = self._flight(flight_id)
        return _made(partial(events.delay, flight, minutes, reason, detail, at=at, event_id=event_id))

    def cancellation(
        self,
        flight_id: str,
        reason: str = "WEATHER",
        detail: str = "",
        *,
        rebooking_priority: str = "NORMAL",
        at: datetime | None = None,
        event_id: str | None = None,
    ) -> dict[str, Any]:
        """A FLIGHT_CANCELLED about a flight of the table."""
        options: dict[str, Any] = {"rebooking_priority": rebooking_priority, "at": at, "event_id": event_id}
        return _made(partial(events.cancellation, self._flight(flight_id), reason, detail, **options))

    def departure(
        self, flight_id: str, minutes: int, *, at: datetime | None = None, event_id: str | None = None
    ) -> dict[str, Any]:
        """A FLIGHT_DEPARTED about a flight of the table, so many minutes after its schedule."""
        return _made(partial(events.departure, self._flight(flight_id), minutes, at=at, event_id=event_id))

    def gate_change(
        self,
        flight_id: str,
        new_gate: str,
        *,
        terminal_change: bool = False,
        at: datetime | None = None,
        event_id: str | None = None,
    ) -> dict[str, Any]:
        """A GATE_CHANGE away from the flight's present gate."""
        options: dict[str, Any] = {"terminal_change": terminal_change, "at": at, "event_id": event_id}
        return _made(partial(events.gate_change, self._flight(flight_id), new_gate, **options))

    def send_record(self, value: bytes | str, *, key: bytes | str | None = None) -> RecordFate:
        """Write any bytes to the topic, good or bad, and wait for what the consumer says of them.

        Raises UserError when the broker does not take it, or the consumer says nothing in time.
        """
        session = self._target.deployed
        since, patience = datetime.now(UTC), _RECORD_SECONDS[self._target.target]
        report = sending.send_records(session, [OutgoingRecord(_bytes(key), _bytes(value) or b"")])
        (acknowledged,) = report.acknowledged
        place = Place("record", acknowledged.partition, acknowledged.offset, TOPIC)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            line = consumer_log.read(session, since=since).get((place.partition, place.offset))
            if line is not None:
                return RecordFate(place, line.said, line.reason)
            time.sleep(_LOOK_AGAIN_SECONDS)
        raise UserError(
            f"The consumer has said nothing about the record at {place} for {patience:.0f} s.",
            hint=f"Look: {session.command('logs')} --group consumer",
        )


def _bytes(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


def _made(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return make()
    except ValueError as error:
        raise UserError(
            f"There is no such event: {error}.", hint="See docs/flightpulse-spec.md for the values."
        ) from error
