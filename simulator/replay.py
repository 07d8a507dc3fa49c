"""Plans the replay of a real day: its flights, invented passengers, and the events in the order of their being known.

Nothing here sends or stores. ``sample_data/replays/README.md`` says what is real, what is derived and what is invented.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flightpulse.domain import airports
from flightpulse.domain.entities import Flight, FlightStatus
from flightpulse.domain.events import EventType
from flightpulse.domain.severity import DelayCategory, delay_category
from simulator import events
from simulator.days import Day, Row
from simulator.events import Event
from simulator.passengers import OnBoard, draws, invent
from simulator.sample_data import SampleData

Clock = Callable[[timedelta], datetime]
"""The moment of today at which so much of the time of 2013 has passed."""

MAX_SPEED = 100_000
NOTIFY_FROM_MINUTES = 30
"""From here on 14 CFR 259.8 wants passengers told, within half an hour."""

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_CANCELS_A_LOT = 0.2
_FLIGHTS_PER_GATE = 5.6
_GATE_KNOWN_AHEAD = 40 * _MINUTE
_SMALLEST_ROTATION = 30
_SMALLEST_DELAY = 15
_TELL_AGAIN_AFTER = 60
_FLOORS = (15, 30, 60, 120, 180, 240)


@dataclass(frozen=True, slots=True)
class News:
    """What was known of a flight at a moment of 2013. ``basis`` says how that moment is known."""

    row: Row
    kind: EventType
    known_at: datetime
    basis: str
    minutes: int = 0
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a replay consists of.

    ``people`` are all travellers, ``affected`` those of flights that were cancelled or told 30 minutes late or more.
    ``notifications`` are bookings told, counted once for each event of that kind, whatever their channels.
    """

    flights: int
    minor: int
    major: int
    severe: int
    cancelled: int
    gate_changes: int
    departed_late: int
    diverted: int
    bookings: int
    people: int
    affected: int
    notifications: int


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """A replay: what goes to the table and, in order, what becomes known.

    ``left_out`` flights: airports unknown. ``diverted`` ones are departures here: there is no event for a diversion.
    """

    day: Day
    seed: int
    data: SampleData
    news: tuple[News, ...]
    left_out: int
    totals: Totals

    def events(self, began_at: datetime, clock: Clock, *, skip: int = 0) -> Iterator[Event]:
        """The events, each with the moment of today at which it is to be sent; the first ``skip`` are left out.

        Ids depend on the day, the seed and when the replay began: one that goes on later sends the same events. Times
        are asked of ``clock`` one by one; they grow by a millisecond at least, because they order the news about a
        flight.
        """
        flights = {flight.flight_id: flight for flight in self.data.flights}
        gates = {flight.flight_id: flight.gate for flight in self.data.flights}
        before = began_at - timedelta(milliseconds=1)
        for number, news in enumerate(self.news):
            flight = flights[flight_id(self.day, news.row)]
            gate, gates[flight.flight_id] = gates[flight.flight_id], news.gate or gates[flight.flight_id]
            if number < skip:
                continue
            before = max(clock(news.known_at - self.news[0].known_at), before + timedelta(milliseconds=1))
            event_id = events.deterministic_id("replay", self.day.name, self.seed, began_at.isoformat(), number)
            event = self._event(news, replace(flight, gate=gate), before, event_id)
            yield {**event, "basis": news.basis}

    def _event(self, news: News, flight: Flight, at: datetime, event_id: str) -> Event:
        detail = f"{self.day.detail} (inferred); basis {news.basis}"
        if news.kind is EventType.FLIGHT_DELAY:
            return events.delay(flight, news.minutes, self.day.reason, detail, at=at, event_id=event_id)
        if news.kind is EventType.FLIGHT_DEPARTED:
            return events.departure(flight, news.minutes, at=at, event_id=event_id)
        if news.kind is EventType.FLIGHT_CANCELLED:
            return events.cancellation(flight, self.day.reason, detail, at=at, event_id=event_id)
        return events.gate_change(flight, news.gate, terminal_change=False, at=at, event_id=event_id)


def plan(
    day: Day,
    rows: Sequence[Row],
    *,
    all_rows: Sequence[Row] = (),
    flights: int | None = None,
    bookings: int | None = None,
    seed: int,
    leaves_on: date,
) -> ReplayPlan:
    """The replay of these flights, moved to a day of now; of at most so many ``flights`` that had news, when given.

    ``all_rows`` are those of the whole day, when ``rows`` are some of it: how many flights a carrier cancels and which
    gates are held depends on all of them. Cancelled flights and others come by turns, so that a small replay shows
    both. ``bookings`` bounds the bookings of a flight; otherwise aircraft are as full as aircraft are. The same
    arguments, the same plan.
    """
    whole_day = all_rows or rows
    known = [row for row in rows if airports.find(row.origin) and airports.find(row.destination)]
    cancelled_at = dict(_cancellations(whole_day, seed))
    gates, gate_news = _gates(whole_day)
    news = {row.name: _news(row, cancelled_at.get(row.name), gate_news.get(row.name)) for row in known}
    chosen = known if flights is None else _choose([row for row in known if news[row.name]], flights, seed)
    shift = leaves_on - day.date
    moved = {row.name: _flight(day, row, gates[row.name], shift) for row in chosen}
    on_board = {
        row.name: invent(moved[row.name], row.seats, draws("pax", seed, f"{day.name}|{row.name}"), bookings=bookings)
        for row in chosen
    }
    told = [found for row in chosen for found in news[row.name]]
    return ReplayPlan(
        day=day,
        seed=seed,
        data=SampleData(
            flights=tuple(moved.values()),
            passengers=tuple(person for people in on_board.values() for person in people.passengers),
            bookings=tuple(booking for people in on_board.values() for booking in people.bookings),
        ),
        news=tuple(sorted(told, key=lambda found: (found.known_at, found.row.name, found.kind))),
        left_out=len(rows) - len(known),
        totals=_totals(chosen, told, on_board),
    )


def flight_id(day: Day, row: Row) -> str:
    """The id of a replayed flight: no sample flight begins so, and no two days share one."""
    year, _, rest = day.name.partition("-")
    return f"RP{'' if year == '2013' else year}{rest.replace('-', '')}-{row.name}"


def _cancellations(rows: Sequence[Row], seed: int) -> Iterator[tuple[str, datetime]]:
    """When each cancellation was known. The source does not say; it is drawn."""
    flown, cancelled = Counter(row.carrier for row in rows), Counter(row.carrier for row in rows if row.cancelled)
    for row in rows:
        if row.cancelled:
            a_lot = cancelled[row.carrier] >= _CANCELS_A_LOT * flown[row.carrier]
            earliest, latest = (18 * _HOUR, 6 * _HOUR) if a_lot else (4 * _HOUR, 45 * _MINUTE)
            ahead = latest + (earliest - latest) * draws("cancelled", seed, row.name).random()
            yield row.name, row.leaves_at - ahead


def _news(row: Row, cancelled_at: datetime | None, gate: News | None) -> list[News]:
    found = [*_delays(row), *([gate] if gate else [])]
    if cancelled_at is None:
        return found
    # Nothing is told of a flight that is known not to leave.
    earlier = [news for news in found if news.known_at < cancelled_at]
    return [*earlier, News(row, EventType.FLIGHT_CANCELLED, cancelled_at, "synthetic")]


def _delays(row: Row) -> Iterator[News]:
    """What could be known of a delay: from the aircraft's last leg, then from the flight not having left; and its end.

    After the first news only a change of severity or another hour is news.
    """
    told = 0
    if row.left_at and row.delay >= _SMALLEST_DELAY:
        yield News(row, EventType.FLIGHT_DEPARTED, row.left_at, "observed", minutes=row.delay)
    rotation, known_at = row.rotation_delay // 5 * 5, row.rotation_known_at
    if known_at and known_at < row.leaves_at and rotation >= _SMALLEST_ROTATION:
        told = rotation
        yield News(row, EventType.FLIGHT_DELAY, known_at, "rotation", minutes=rotation)
    if row.cancelled:
        return
    for floor in itertools.chain(_FLOORS, itertools.count(360, 120)):
        if row.delay < floor:
            return
        if floor > told and (not told or _is_news(told, floor)):
            told = floor
            yield News(row, EventType.FLIGHT_DELAY, row.leaves_at + floor * _MINUTE, "floor", minutes=floor)


def _is_news(told: int, minutes: int) -> bool:
    return delay_category(minutes) is not delay_category(told) or minutes >= told + _TELL_AGAIN_AFTER


def _gates(rows: Sequence[Row]) -> tuple[dict[str, str], dict[str, News]]:
    """Planned gates and changes, by the names of flights: a late flight holds the gate of the next."""
    planned: dict[str, str] = {}
    changes: dict[str, News] = {}
    places: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        places.setdefault((row.origin, row.carrier), []).append(row)
    letters = {carrier: chr(ord("A") + number) for number, carrier in enumerate(sorted({row.carrier for row in rows}))}
    for (_origin, carrier), some in places.items():
        count = max(2, math.ceil(len(some) / _FLIGHTS_PER_GATE))
        names = [f"{letters[carrier]}{number}" for number in range(1, count + 1)]
        held_until = dict.fromkeys(names, datetime.min.replace(tzinfo=UTC))
        # Taking turns gives each flight the gate that was used the longest ago.
        for number, row in enumerate(some):
            gate = planned[row.name] = names[number % count]
            at = row.leaves_at - _GATE_KNOWN_AHEAD
            if row.left_at is None:
                continue
            if held_until[gate] > at:
                # The free gate whose turn is furthest away, so that nobody else loses theirs.
                turns = (names[(number - back) % count] for back in range(1, count))
                free = next((name for name in turns if held_until[name] <= at), gate)
                if free != gate:
                    changes[row.name] = News(row, EventType.GATE_CHANGE, at, "simulated", gate=free)
                    gate = free
            held_until[gate] = max(held_until[gate], row.left_at)
    return planned, changes


def _choose(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    drawn = sorted(rows, key=lambda row: draws("chosen", seed, row.name).random())
    kinds = ([row for row in drawn if row.cancelled], [row for row in drawn if not row.cancelled])
    by_turns = [row for pair in itertools.zip_longest(*kinds) for row in pair if row is not None]
    return sorted(by_turns[:count], key=lambda row: (row.leaves_at, row.name))


def _flight(day: Day, row: Row, gate: str, shift: timedelta) -> Flight:
    """The flight on its new day at the same local time, and as long as it was."""
    zone = ZoneInfo(airports.zone(row.origin))
    local = row.leaves_at.astimezone(zone).replace(tzinfo=None) + shift
    leaves_at = local.replace(tzinfo=zone).astimezone(UTC)
    return Flight(
        flight_id=flight_id(day, row),
        flight_number=row.flight_number,
        origin=row.origin,
        destination=row.destination,
        scheduled_departure=leaves_at,
        scheduled_arrival=leaves_at + (row.arrives_at - row.leaves_at),
        status=FlightStatus.SCHEDULED,
        gate=gate,
        aircraft=row.tail,
    )


def _totals(rows: Sequence[Row], told: Sequence[News], on_board: dict[str, OnBoard]) -> Totals:
    kinds = Counter(news.kind for news in told)
    severities = Counter(delay_category(news.minutes) for news in told if news.kind is EventType.FLIGHT_DELAY)
    must_tell = Counter(
        news.row.name
        for news in told
        if news.kind is EventType.FLIGHT_CANCELLED
        or (news.kind is EventType.FLIGHT_DELAY and news.minutes >= NOTIFY_FROM_MINUTES)
    )
    reachable = {
        name: sum(
            (person.notification_preferences.email or person.notification_preferences.sms)
            for person in people.passengers
        )
        for name, people in on_board.items()
    }
    return Totals(
        flights=len(rows),
        minor=severities[DelayCategory.MINOR],
        major=severities[DelayCategory.MAJOR],
        severe=severities[DelayCategory.SEVERE],
        cancelled=kinds[EventType.FLIGHT_CANCELLED],
        gate_changes=kinds[EventType.GATE_CHANGE],
        departed_late=sum(not row.cancelled and row.delay >= _SMALLEST_DELAY for row in rows),
        diverted=sum(row.diverted for row in rows),
        bookings=sum(len(people.bookings) for people in on_board.values()),
        people=sum(people.people for people in on_board.values()),
        affected=sum(on_board[name].people for name in must_tell),
        notifications=sum(count * reachable[name] for name, count in must_tell.items()),
    )
