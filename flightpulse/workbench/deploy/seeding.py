"""Loads the sample data into the table, and puts single flights back to where they began."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flightpulse.adapters.table import ReservationTable
from flightpulse.domain import local_time
from flightpulse.domain.entities import Flight
from flightpulse.errors import UserError
from flightpulse.workbench.target.session import Session
from simulator import sample_data


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was loaded: how many of each, the number of items in the table, and the day of the first flight."""

    flights: int
    passengers: int
    bookings: int
    items: int
    day: date


def seed(session: Session, *, day: date | None = None, folder: Path | None = None) -> Seeded:
    """Load everything, over whatever is there: run it as often as you like.

    Flights go to ``day`` (tomorrow, unless it is given) at the same local times, and every flight and booking is as it
    was before any scenario. Where ``folder`` is given, :func:`reset` finds it again. Raises UserError, and loads
    nothing, when the data does not match its schemas.
    """
    table_name = session.table_name
    seeded = _store(
        ReservationTable(session.dynamodb, table_name), sample_data.load(folder, day=day or tomorrow()), day
    )
    _remember(session, folder)
    return seeded


def reset(session: Session, flight_ids: Iterable[str]) -> Seeded:
    """Put some flights and their bookings back to where they began, on the day for which they are seeded.

    The data are those that were seeded last, of ``sample_data/`` or of another folder. Raises UserError when they were
    never loaded, and for flights that are not of these data.
    """
    wanted = sorted(set(flight_ids))
    table = ReservationTable(session.dynamodb, session.table_name)
    stored = {flight_id: table.flight(flight_id, consistent=True) for flight_id in wanted}
    missing = [flight_id for flight_id, flight in stored.items() if flight is None]
    if missing:
        raise not_seeded(session, missing[0])
    folder = _remembered(session)
    data = sample_data.load(folder)
    foreign = sorted(set(wanted) - {flight.flight_id for flight in data.flights})
    if foreign:
        raise UserError(
            f"Flight {foreign[0]} is not one of the sample data: nothing says how it began.",
            hint=f"A replay loads its own flights anew: {session.command('replay DAY')}",
        )
    leaves = _first_day(filter(None, stored.values()))
    # Not every flight of the data leaves on their first day.
    first = leaves - (_first_day(data.only(wanted).flights) - _first_day(data.flights))
    day = first if leaves > _today() else tomorrow()
    return _store(table, sample_data.load(folder, day=day).only(wanted), day)


def store(session: Session, data: sample_data.SampleData) -> int:
    """Load flights of another source beside the sample data, over what has the same ids; the number of items.

    Bookings that these flights had before and have no more are removed: nobody who is not on board is told anything.
    """
    table = ReservationTable(session.dynamodb, session.table_name)
    booked = {booking.booking_id for booking in data.bookings}
    table.remove_bookings((flight.flight_id for flight in data.flights), but=booked)
    return table.save(flights=data.flights, passengers=data.passengers, bookings=data.bookings)


def not_seeded(session: Session, flight_id: str) -> UserError:
    """The error for a flight that should be in the table and is not."""
    return UserError(
        f"Flight {flight_id} is not in the table.", hint=f"Load the flights with: {session.command('seed')}"
    )


def tomorrow() -> date:
    """Tomorrow where the user is."""
    return _today() + timedelta(days=1)


def _first_day(flights: Iterable[Flight]) -> date:
    return min(local_time.at_airport(flight.scheduled_departure, flight.origin).date() for flight in flights)


def _remember(session: Session, folder: Path | None) -> None:
    note = _note(session)
    if folder is None:
        note.unlink(missing_ok=True)
    else:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{folder.resolve()}\n", encoding="utf-8")


def _remembered(session: Session) -> Path | None:
    """The folder that was seeded last; None for ``sample_data/``."""
    note = _note(session)
    return Path(note.read_text(encoding="utf-8").rstrip("\n")) if note.exists() else None


def _note(session: Session) -> Path:
    return session.home / f"seeded-{session.target}"


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _store(table: ReservationTable, data: sample_data.SampleData, day: date | None) -> Seeded:
    items = table.save(flights=data.flights, passengers=data.passengers, bookings=data.bookings)
    return Seeded(
        flights=len(data.flights),
        passengers=len(data.passengers),
        bookings=len(data.bookings),
        items=items,
        day=day or tomorrow(),
    )
