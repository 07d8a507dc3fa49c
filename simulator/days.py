"""Real days of flights: what can be replayed, and what each flight of a day did.

``sample_data/replays/README.md`` says where the rows come from.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from pathlib import Path

from flightpulse import paths
from flightpulse.errors import UserError


@dataclass(frozen=True, slots=True)
class Day:
    """A day that can be replayed. ``reason`` and ``detail`` are inferred from what is known of the day."""

    name: str
    file: str
    title: str
    reason: str
    detail: str

    @property
    def date(self) -> date:
        """The date of 2013."""
        return date.fromisoformat(self.name)


@dataclass(frozen=True, slots=True)
class Row:
    """One flight as it was in 2013. ``left_at`` is empty for a cancelled one; ``delay`` is in minutes.

    ``rotation_delay`` is what the aircraft's last leg forced on the flight, known at ``rotation_known_at``. ``seats``
    are those of a typical layout. ``diverted``: it left and did not arrive where it should, or came back to the gate.
    """

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
    tail: str = ""
    seats: int = 100
    diverted: bool = False

    @property
    def cancelled(self) -> bool:
        return self.left_at is None

    @property
    def name(self) -> str:
        """Unique within a day: some numbers leave from two airports."""
        return f"{self.carrier}{self.number}-{self.origin}"


DAYS = (
    Day(
        "2013-02-08",
        "flights_2013-02-08.csv",
        "a blizzard reaches New York; half of all flights are cancelled",
        "WEATHER",
        "Snow storm",
    ),
    Day(
        "2013-03-08",
        "flights_2013-03-08.csv",
        "the worst delays of the year: 83 minutes on average",
        "WEATHER",
        "Snow and wind",
    ),
    Day(
        "2013-04-15",
        "flights_2013-04-15_AA_MQ.csv",
        "American and American Eagle on an ordinary day, the one before their outage",
        "OTHER",
        "Operations",
    ),
    Day(
        "2013-04-16",
        "flights_2013-04-16.csv",
        "fine weather, everybody on time but American (AA, MQ), whose computers are down",
        "OTHER",
        "Reservation system outage",
    ),
    Day(
        "2013-07-06",
        "flights_2013-07-06_to_SFO.csv",
        "the flights to San Francisco, whose airport is closed for hours",
        "OTHER",
        "Destination airport closed",
    ),
    Day(
        "2013-07-23",
        "flights_2013-07-23.csv",
        "thunderstorms; the delays of N192JB run from leg to leg",
        "WEATHER",
        "Thunderstorms",
    ),
    Day(
        "2013-10-02",
        "flights_2013-10-02.csv",
        "a calm day: one flight of 975 is cancelled",
        "OTHER",
        "Operations",
    ),
)


def find(name: str) -> Day:
    """The day of this name. Raises UserError that names the days."""
    for day in DAYS:
        if day.name == name:
            return day
    raise UserError(f"There is no day {name!r} to replay.", hint=f"Choose from: {', '.join(day.name for day in DAYS)}")


def read(day: Day, folder: Path | None = None) -> tuple[Row, ...]:
    """All flights of a day, by their scheduled departure. Raises UserError when the file is not there."""
    path = (folder or paths.SAMPLE_DATA / "replays") / day.file
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [_row(fields) for fields in csv.DictReader(lines)]
    except FileNotFoundError:
        raise UserError(f"{path.name} is not in {path.parent}.", hint="Restore it, for example with git.") from None
    return tuple(sorted(rows, key=lambda row: (row.leaves_at, row.name)))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which flights of a day: those of some carriers, from some airports, of some aircraft. Empty means all."""

    carriers: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.carriers or self.origins or self.tails)

    def __str__(self) -> str:
        named = {"carrier": self.carriers, "origin": self.origins, "tail": self.tails}
        return ", ".join(f"{name} {' or '.join(wanted)}" for name, wanted in named.items() if wanted)

    def of(self, day: Day, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """The rows that fit. Raises UserError, naming what there is, when none does."""
        left = rows
        for name, wanted, of in (
            ("carrier", self.carriers, attrgetter("carrier")),
            ("origin", self.origins, attrgetter("origin")),
            ("tail", self.tails, attrgetter("tail")),
        ):
            there = sorted({str(of(row)) for row in left} - {""})
            left = tuple(row for row in left if not wanted or of(row) in wanted)
            if not left:
                raise UserError(
                    f"No flight of {day.name} is left by {self}.", hint=f"There, {name} is one of: {_some(there)}"
                )
        return left


def _some(names: list[str]) -> str:
    return ", ".join(names[:16]) + (f" and {len(names) - 16} more" if len(names) > 16 else "")


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
        tail=fields["tailnum"],
        seats=int(fields["x_seats_assumed"]),
        diverted=fields["x_status"] == "diverted_or_returned",
    )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
