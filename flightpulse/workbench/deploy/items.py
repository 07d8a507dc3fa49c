"""The table's items as entities: read one by one, loaded from the sample data, put back to where they began."""

from datetime import date
from pathlib import Path
from typing import TypeVar

from flightpulse.domain.entities import Booking, Flight, FlightStatus, Passenger
from flightpulse.errors import UserError
from flightpulse.workbench.deploy import seeding
from flightpulse.workbench.deploy.seeding import Seeded
from flightpulse.workbench.target.connection import Connection

_Entity = TypeVar("_Entity")

_COUNTED = 200
FIRST_FLIGHT = "SW1234"
"""A flight of the sample data that is never deleted: it tells whether they are loaded."""


class Items:
    """``wb.table``."""

    def __init__(self, target: Connection) -> None:
        self._target = target

    def seed(self) -> None:
        """Load the sample data where they are missing; :meth:`load` loads them over whatever is there."""
        with self._target.steps() as steps:
            if not self.is_seeded:
                steps.update("seed", "loading sample_data/")
                self.load()
            steps.finish("seed", "the flights, passengers and bookings of sample_data/ are in the table")

    def load(self, *, day: date | None = None, folder: Path | None = None) -> Seeded:
        """Load ``sample_data/`` or another folder, over what is there, with flights that leave on ``day`` (tomorrow).

        Raises UserError, and loads nothing, when something does not match its schema.
        """
        return seeding.seed(self._target.deployed, day=day, folder=folder)

    @property
    def is_seeded(self) -> bool:
        """Whether the sample data are there."""
        return self._target.table.flight(FIRST_FLIGHT, consistent=True) is not None

    def not_seeded(self, flight_id: str = FIRST_FLIGHT) -> UserError:
        """The error for a flight that should be in the table and is not."""
        return seeding.not_seeded(self._target.session, flight_id)

    def reset(self, *flight_ids: str) -> None:
        """Put flights and their bookings back to where they began. Raises UserError for a flight that is not there."""
        seeding.reset(self._target.session, flight_ids)

    def remove(self, *flight_ids: str) -> None:
        """Delete flights with the bookings on them, such as those of a replay. Their passengers stay."""
        self._target.table.remove_flights(flight_ids)

    def flight(self, flight_id: str) -> Flight:
        """A flight as it is in the table now. Raises UserError when it is not there."""
        found = self._target.table.flight(flight_id, consistent=True)
        if found is None:
            raise self.not_seeded(flight_id)
        return found

    def booking(self, booking_id: str) -> Booking:
        """A booking as it is in the table now. Raises UserError when it is not there."""
        return self._found("Booking", booking_id, self._target.table.booking(booking_id))

    def passenger(self, passenger_id: str) -> Passenger:
        """A passenger as in the table. Raises UserError when there is none of this id."""
        return self._found("Passenger", passenger_id, self._target.table.passenger(passenger_id))

    def flights_by_status(self) -> dict[str, int]:
        """How many flights are in each status (counting to a few hundred)."""
        table = self._target.table
        return {str(status): len(table.flights_by_status(status, limit=_COUNTED).items) for status in FlightStatus}

    def _found(self, kind: str, name: str, entity: _Entity | None) -> _Entity:
        if entity is None:
            hint = f"Load the sample data with: {self._target.session.command('seed')}"
            raise UserError(f"{kind} {name} is not in the table.", hint=hint)
        return entity
