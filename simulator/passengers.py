"""Invents who is on board: whole aircraft, parties, tiers, channels. The same seed, the same people on every machine.

All rates are assumptions, written down in ``sample_data/replays/README.md``. Nobody is real: addresses are of
example.com, telephone numbers of 555-01xx.
"""

import hashlib
import random
from dataclasses import dataclass
from datetime import timedelta

from flightpulse.domain.entities import (
    Booking,
    BookingStatus,
    Flight,
    NotificationPreferences,
    Passenger,
    Tier,
)

_LOAD = (40, 10)
"""The parameters of the beta distribution of a flight's load: 80 % on average, give or take 5.6."""
_PARTIES = {1: 58, 2: 27, 3: 7, 4: 6, 5: 1.5, 6: 0.5}
_TIERS = {Tier.MEMBER: 74, Tier.A_LIST: 18, Tier.A_LIST_PREFERRED: 8}
# E-mail 72 %, text 58 %, neither 6 %.
_CHANNELS = {(True, True): 36, (True, False): 36, (False, True): 22, (False, False): 6}
_FIRST_NAMES = ("Ada", "Bela", "Chidi", "Dana", "Emil", "Fatima", "Goran", "Hana", "Ines", "Jonas", "Keiko", "Luis")
_LAST_NAMES = ("Abara", "Bergman", "Castro", "Dufour", "Eze", "Fischer", "Grant", "Haddad", "Ito", "Jensen", "Kowal")
_LETTERS_OF_CODES = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class OnBoard:
    """Who is on a flight. A party has one booking and one contact; ``people`` counts all of its members."""

    passengers: tuple[Passenger, ...]
    bookings: tuple[Booking, ...]
    people: int


def draws(purpose: str, seed: int, name: str) -> random.Random:
    """A generator of its own for each flight and purpose: what one flight gets does not depend on the others."""
    digest = hashlib.sha256(f"fp1|{purpose}|{seed}|{name}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8]))  # noqa: S311 - it invents passengers, not secrets


def invent(flight: Flight, seats: int, draw: random.Random, *, bookings: int | None = None) -> OnBoard:
    """The people on a flight with so many seats; at most so many ``bookings`` of them, when that is given.

    Ids do not depend on what is drawn, so that a repeat with another seed replaces the people it had before.
    """
    left = round(draw.betavariate(*_LOAD) * seats)
    parties: list[int] = []
    while left > 0 and (bookings is None or len(parties) < bookings):
        parties.append(min(left, draw.choices(list(_PARTIES), weights=list(_PARTIES.values()))[0]))
        left -= parties[-1]
    pairs = [_booked(flight, number, draw) for number in range(1, len(parties) + 1)]
    return OnBoard(
        passengers=tuple(passenger for passenger, _ in pairs),
        bookings=tuple(booking for _, booking in pairs),
        people=sum(parties),
    )


def _booked(flight: Flight, number: int, draw: random.Random) -> tuple[Passenger, Booking]:
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
        seat=f"{(number - 1) // 6 + 1}{'ABCDEF'[(number - 1) % 6]}",
        legs=1,
    )
    return passenger, booking
