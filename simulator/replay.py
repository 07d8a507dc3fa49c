"""Plans the replay of a real day: its flights, invented passengers, and the events in the order of their being known.

Nothing here sends or stores. ``sample_data/replays/README.md`` says what is real, what is derived and what is invented.
"""

import csv
import hashlib
import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flightpulse import paths
from flightpulse.domain import airports
from flightpulse.domain.entities import (
    Booking,
    BookingStatus,
    Flight,
    FlightStatus,
    NotificationPreferences,
    Passenger,
    Tier,
)
from flightpulse.domain.events import EventType
from flightpulse.errors import UserError
from simulator import events
from simulator.events import Event
from simulator.sample_data import SampleData

BOOKINGS_PER_FLIGHT = 5
MAX_SPEED = 100_000

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_CANCELS_A_LOT = 0.2
_FLIGHTS_PER_GATE = 5.6
_GATE_KNOWN_AHEAD = 40 * _MINUTE
_SMALLEST_DELAY = 15
_FLOORS = (15, 30, 60, 120, 180, 240)
_TIERS = {Tier.MEMBER: 74, Tier.A_LIST: 18, Tier.A_LIST_PREFERRED: 8}
# E-mail 72 %, text 58 %, neither 6 %.
_CHANNELS = {(True, True): 36, (True, False): 36, (False, True): 22, (False, False): 6}
_FIRST_NAMES = ("Ada", "Bela", "Chidi", "Dana", "Emil", "Fatima", "Goran", "Hana", "Ines", "Jonas", "Keiko", "Luis")
_LAST_NAMES = ("Abara", "Bergman", "Castro", "Dufour", "Eze", "Fischer", "Grant", "Haddad", "Ito", "Jensen", "Kowal")
_LETTERS_OF_CODES = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Day:
    """A day that can be replayed. ``reason`` and ``detail`` are inferred from what is known of the day."""

    name: str
    file: str
    title: str
    reason: str
    detail: str


DAYS = (
    Day(
        "2013-02-08",
        "flights_2013-02-08.csv",
        "a blizzard reaches New York; half of all flights are cancelled",
        "WEATHER",
        "Snow storm",
    ),
    Day(
        "2013-07-06",
        "flights_2013-07-06_to_SFO.csv",
        "the flights to San Francisco, whose airport is closed for hours",
        "OTHER",
        "Destination airport closed",
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One flight as it was in 2013. ``left_at`` is empty for a cancelled one; ``delay`` is in minutes."""

    carrier: str
    number: str
    origin: str
    destination: str
    leaves_at: datetime
    arrives_at: datetime
    left_at: datetime | None
    delay: int
    rotation_delay: int
    rotation_known_at: datetime | None

    @property
    def cancelled(self) -> bool:
        return self.left_at is None

    @property
    def name(self) -> str:
        """Unique within a day: some numbers leave from two airports."""
        return f"{self.carrier}{self.number}-{self.origin}"


@dataclass(frozen=True, slots=True)
class News:
    """What was known of a flight at a moment of 2013. ``basis`` says how that moment is known."""

    row: Row
    kind: EventType
    known_at: datetime
    basis: str
    minutes: int = 0
    gate: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A replay: what goes to the table and, in order, what becomes known. ``left_out`` flights: airports unknown."""

    day: Day
    seed: int
    data: SampleData
    news: tuple[News, ...]
    left_out: int

    @property
    def lasts(self) -> timedelta:
        """From the first news to the last, in the time of 2013."""
        return self.news[-1].known_at - self.news[0].known_at if self.news else timedelta()

    def events(self, began_at: datetime, speed: float) -> list[Event]:
        """The events, each with the moment of today at which it is to be sent: hours become seconds at speed 3600.

        Times grow by a millisecond at least, because they order the news about a flight.
        """
        flights = {flight.flight_id: flight for flight in self.data.flights}
        gates = {flight.flight_id: flight.gate for flight in self.data.flights}
        made: list[Event] = []
        before = began_at - timedelta(milliseconds=1)
        for number, event in enumerate(self.news):
            at = max(began_at + (event.known_at - self.news[0].known_at) / speed, before + timedelta(milliseconds=1))
            flight = flights[flight_id(self.day, event.row)]
            event_id = events.deterministic_id("replay", self.day.name, self.seed, began_at.isoformat(), number)
            made.append(self._event(event, replace(flight, gate=gates[flight.flight_id]), at, event_id))
            gates[flight.flight_id] = event.gate or gates[flight.flight_id]
            before = at
        return made

    def _event(self, one: News, flight: Flight, at: datetime, event_id: str) -> Event:
        detail = f"{self.day.detail} (inferred); basis {one.basis}"
        if one.kind is EventType.FLIGHT_DELAY:
            return events.delay(flight, one.minutes, self.day.reason, detail, at=at, event_id=event_id)
        if one.kind is EventType.FLIGHT_CANCELLED:
            return events.cancellation(flight, self.day.reason, detail, at=at, event_id=event_id)
        return events.gate_change(flight, one.gate, terminal_change=False, at=at, event_id=event_id)


def find(name: str) -> Day:
    """The day of this name. Raises UserError that names the days."""
    for day in DAYS:
        if day.name == name:
            return day
    raise UserError(
        f"There is no day {name!r} to replay.", hint=f"Choose from: {', '.join(item.name for item in DAYS)}"
    )


def read(day: Day, folder: Path | None = None) -> tuple[Row, ...]:
    """All flights of a day, by their scheduled departure. Raises UserError when the file is not there."""
    path = (folder or paths.SAMPLE_DATA / "replays") / day.file
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [_row(fields) for fields in csv.DictReader(lines)]
    except FileNotFoundError:
        raise UserError(f"{path.name} is not in {path.parent}.", hint="Restore it, for example with git.") from None
    return tuple(sorted(rows, key=lambda row: (row.leaves_at, row.name)))


def plan(day: Day, rows: Sequence[Row], *, flights: int, seed: int, leaves_on: date) -> Plan:
    """The replay of at most so many flights that had news, moved to a day of now.

    Cancelled flights and others come by turns, so that a small replay shows both. The same arguments, the same plan.
    """
    known = [row for row in rows if {row.origin, row.destination} <= airports.AIRPORTS.keys()]
    cancelled_at = dict(_cancellations(rows, seed))
    gates, gate_news = _gates(rows)
    news = {row.name: _news(row, cancelled_at.get(row.name), gate_news.get(row.name)) for row in known}
    chosen = _choose([row for row in known if news[row.name]], flights, seed)
    told = [event for row in chosen for event in news[row.name]]
    shift = leaves_on - day_of(day)
    return Plan(
        day=day,
        seed=seed,
        data=_data(day, [(row, _flight(day, row, gates[row.name], shift)) for row in chosen], seed),
        news=tuple(sorted(told, key=lambda event: (event.known_at, event.row.name, event.kind))),
        left_out=len(rows) - len(known),
    )


def day_of(day: Day) -> date:
    """The date of 2013."""
    return date.fromisoformat(day.name)


def flight_id(day: Day, row: Row) -> str:
    """The id of a replayed flight: no sample flight begins so, and no two days share one."""
    return f"RP{day.name[5:].replace('-', '')}-{row.name}"


def _row(fields: Mapping[str, str]) -> Row:
    known = fields["x_rot_known_utc"]
    return Row(
        carrier=fields["carrier"],
        number=fields["flight"],
        origin=fields["origin"],
        destination=fields["dest"],
        leaves_at=_utc(fields["x_sched_dep_utc"]),
        arrives_at=_utc(fields["x_sched_arr_utc"]),
        left_at=_utc(fields["x_dep_utc"]) if fields["dep_time"] else None,
        delay=int(float(fields["dep_delay"] or 0)),
        rotation_delay=int(float(fields["x_rot_pred_delay"] or 0)),
        rotation_known_at=_utc(known) if known else None,
    )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _random(purpose: str, seed: int, name: str) -> random.Random:
    """A generator of its own for each flight and purpose: what one flight gets does not depend on the others."""
    digest = hashlib.sha256(f"fp1|{purpose}|{seed}|{name}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8]))  # noqa: S311 - it invents passengers, not secrets


def _cancellations(rows: Sequence[Row], seed: int) -> Iterator[tuple[str, datetime]]:
    """When each cancellation was known. The source does not say; it is drawn."""
    flown, cancelled = Counter(row.carrier for row in rows), Counter(row.carrier for row in rows if row.cancelled)
    for row in rows:
        if row.cancelled:
            a_lot = cancelled[row.carrier] >= _CANCELS_A_LOT * flown[row.carrier]
            earliest, latest = (18 * _HOUR, 6 * _HOUR) if a_lot else (4 * _HOUR, 45 * _MINUTE)
            ahead = latest + (earliest - latest) * _random("cancelled", seed, row.name).random()
            yield row.name, row.leaves_at - ahead


def _news(row: Row, cancelled_at: datetime | None, gate: News | None) -> list[News]:
    found = [*_delays(row), *([gate] if gate else [])]
    if cancelled_at is None:
        return found
    # Nothing is told of a flight that is known not to leave.
    earlier = [item for item in found if item.known_at < cancelled_at]
    return [*earlier, News(row, EventType.FLIGHT_CANCELLED, cancelled_at, "synthetic")]


def _delays(row: Row) -> Iterator[News]:
    """What could be known of a delay: from the aircraft's last leg, then from the flight not having left."""
    told = 0
    rotation, known_at = row.rotation_delay // 5 * 5, row.rotation_known_at
    if known_at and known_at < row.leaves_at and rotation >= _SMALLEST_DELAY:
        told = rotation
        yield News(row, EventType.FLIGHT_DELAY, known_at, "rotation", minutes=rotation)
    if row.cancelled:
        return
    for floor in itertools.chain(_FLOORS, itertools.count(360, 120)):
        if row.delay <= floor:
            return
        if floor > told:
            yield News(row, EventType.FLIGHT_DELAY, row.leaves_at + floor * _MINUTE, "floor", minutes=floor)


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
        for row, gate in zip(some, itertools.cycle(names), strict=False):
            planned[row.name] = gate
            at = row.leaves_at - _GATE_KNOWN_AHEAD
            if row.left_at is None:
                continue
            free = min(names, key=lambda name: held_until[name])
            if held_until[gate] > at >= held_until[free]:
                changes[row.name] = News(row, EventType.GATE_CHANGE, at, "simulated", gate=free)
                gate = free
            held_until[gate] = max(held_until[gate], row.left_at)
    return planned, changes


def _choose(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    drawn = sorted(rows, key=lambda row: _random("chosen", seed, row.name).random())
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
        origin=row.origin,
        destination=row.destination,
        scheduled_departure=leaves_at,
        scheduled_arrival=leaves_at + (row.arrives_at - row.leaves_at),
        status=FlightStatus.SCHEDULED,
        gate=gate,
    )


def _data(day: Day, chosen: Sequence[tuple[Row, Flight]], seed: int) -> SampleData:
    pairs = [
        _booked(flight, number, _random(f"pax|{number}", seed, f"{day.name}|{row.name}"))
        for row, flight in chosen
        for number in range(1, BOOKINGS_PER_FLIGHT + 1)
    ]
    return SampleData(
        flights=tuple(flight for _row, flight in chosen),
        passengers=tuple(passenger for passenger, _booking in pairs),
        bookings=tuple(booking for _passenger, booking in pairs),
    )


def _booked(flight: Flight, number: int, draw: random.Random) -> tuple[Passenger, Booking]:
    """An invented passenger with a booking; the ids do not depend on what is drawn, so that a repeat replaces them."""
    first, last = draw.choice(_FIRST_NAMES), draw.choice(_LAST_NAMES)
    tier = draw.choices(list(_TIERS), weights=list(_TIERS.values()))[0]
    email, sms = draw.choices(list(_CHANNELS), weights=list(_CHANNELS.values()))[0]
    passenger = Passenger(
        passenger_id=f"{flight.flight_id}-PAX{number}",
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{draw.randrange(1000):03}@example.com".lower(),
        phone=f"+1212555{draw.randrange(100, 200):04}",
        tier=tier,
        notification_preferences=NotificationPreferences(email=email, sms=sms),
    )
    booking = Booking(
        booking_id=f"{flight.flight_id}-BKG{number}",
        passenger_id=passenger.passenger_id,
        flight_id=flight.flight_id,
        confirmation_number="".join(draw.choices(_LETTERS_OF_CODES, k=6)),
        booking_status=BookingStatus.CONFIRMED,
        created_at=flight.scheduled_departure - timedelta(days=draw.randrange(5, 60)),
        seat=f"{draw.randrange(1, 26)}{draw.choice('ABCDEF')}",
    )
    return passenger, booking
