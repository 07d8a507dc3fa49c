"""Invented flights with invented people on them, drawn from a seed, for proofs that need more than the sample data."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flightpulse.adapters.table import ReservationTable
from flightpulse.domain.entities import (
    Booking,
    BookingStatus,
    Flight,
    FlightStatus,
    NotificationPreferences,
    Passenger,
    Tier,
)
from flightpulse.workbench.target.session import Session

Wish = tuple[str, str]
"""A booking and a channel on which its passenger wants to be told: ``("BKG-…", "email")``."""

_FIRST_NAMES = ("Ana", "Ben", "Chidi", "Dora", "Elif", "Finn", "Gita", "Hugo", "Ines", "Jun", "Kofi", "Lena", "Marisol")
_LAST_NAMES = ("Abara", "Bloom", "Castillo", "Demir", "Engel", "Fontaine", "Gupta", "Holm", "Ito", "Jensen")
_ROUTES = (("DAL", "LAX"), ("HOU", "DEN"), ("PHX", "OAK"), ("LAS", "SEA"), ("SAN", "PDX"), ("DEN", "MDW"))
_TIERS = (Tier.A_LIST_PREFERRED, Tier.A_LIST, Tier.A_LIST, Tier.MEMBER, Tier.MEMBER, Tier.MEMBER)
_CODE = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class BookedFlights:
    """Flights, and who is booked on them."""

    flights: tuple[Flight, ...]
    passengers: tuple[Passenger, ...]
    bookings: tuple[Booking, ...]

    @property
    def wishes(self) -> Mapping[str, frozenset[Wish]]:
        """By flight: every message that somebody wants. Who cancelled a booking wants nothing about it."""
        known = {passenger.passenger_id: passenger.notification_preferences for passenger in self.passengers}
        found: dict[str, set[Wish]] = {flight.flight_id: set() for flight in self.flights}
        for booking in self.bookings:
            if booking.booking_status is BookingStatus.CANCELLED:
                continue
            wanted = known[booking.passenger_id]
            if wanted.email:
                found[booking.flight_id].add((booking.booking_id, "email"))
            if wanted.sms:
                found[booking.flight_id].add((booking.booking_id, "sms"))
        return {flight: frozenset(wishes) for flight, wishes in found.items()}

    def save(self, session: Session) -> int:
        """Write everything to the table, in the place of whoever was booked before; returns the number of items."""
        table = ReservationTable(session.dynamodb, session.table_name)
        table.remove_bookings(self._flight_ids, but=())
        return table.save(flights=self.flights, passengers=self.passengers, bookings=self.bookings)

    def remove(self, session: Session) -> None:
        """Delete the flights and bookings from the table again; the passengers stay, and nobody lists those."""
        ReservationTable(session.dynamodb, session.table_name).remove_flights(self._flight_ids)

    @property
    def _flight_ids(self) -> list[str]:
        return [flight.flight_id for flight in self.flights]


def invent(
    seed: int, *, flights: int, bookings: int, first_flight: int = 6000, everyone: bool = False
) -> BookedFlights:
    """So many flights with so many bookings each. ``everyone``: all want e-mail and text, and nobody has cancelled."""
    choice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    departure = (datetime.now(UTC) + timedelta(days=1)).replace(hour=18, minute=0, second=0, microsecond=0)
    made = tuple(_flight(choice, first_flight + number, departure) for number in range(flights))
    people, booked = [], []
    for flight in made:
        for number in range(bookings):
            passenger = _passenger(choice, f"{flight.flight_id}-{number:04}", everyone=everyone)
            people.append(passenger)
            booked.append(_booking(choice, flight, passenger, number, everyone=everyone))
    return BookedFlights(made, tuple(people), tuple(booked))


def put_flights(session: Session, flights: Iterable[Flight]) -> None:
    """Write flights alone: whoever is booked on them stays booked."""
    ReservationTable(session.dynamodb, session.table_name).save(flights=flights)


def _flight(choice: random.Random, number: int, departure: datetime) -> Flight:
    origin, destination = choice.choice(_ROUTES)
    leaves = departure + timedelta(minutes=choice.randrange(0, 180, 5))
    return Flight(
        flight_id=f"SW{number}",
        origin=origin,
        destination=destination,
        scheduled_departure=leaves,
        scheduled_arrival=leaves + timedelta(minutes=choice.randrange(90, 240, 5)),
        status=FlightStatus.SCHEDULED,
        gate=f"{choice.choice('ABC')}{choice.randrange(1, 20)}",
        aircraft="Boeing 737-800",
    )


def _passenger(choice: random.Random, name: str, *, everyone: bool) -> Passenger:
    first = choice.choice(_FIRST_NAMES)
    wishes = choice.choice([(True, True), (True, True), (True, False), (False, True), (False, False)])
    email, sms = (True, True) if everyone else wishes
    return Passenger(
        passenger_id=f"PAX-{name}",
        first_name=first,
        last_name=choice.choice(_LAST_NAMES),
        email=f"{first.lower()}.{name.lower()}@example.com",
        phone=f"+1214555{choice.randrange(100, 200):04}",
        tier=choice.choice(_TIERS),
        notification_preferences=NotificationPreferences(email=email, sms=sms),
    )


def _booking(choice: random.Random, flight: Flight, passenger: Passenger, number: int, *, everyone: bool) -> Booking:
    gone = not everyone and choice.random() < 0.1
    return Booking(
        booking_id=f"BKG-{passenger.passenger_id.removeprefix('PAX-')}",
        passenger_id=passenger.passenger_id,
        flight_id=flight.flight_id,
        confirmation_number="".join(choice.choices(_CODE, k=6)),
        booking_status=BookingStatus.CANCELLED if gone else BookingStatus.CONFIRMED,
        created_at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number),
        seat=f"{number // 6 + 1}{'ABCDEF'[number % 6]}",
        fare_class="Y",
        special_requests=("wheelchair assistance",) if choice.random() < 0.1 else (),
        legs=1,
    )
