"""Real days of flights: what can be replayed, and what each flight of a day did.

``sample_data/replays/README.md`` says where the rows come from.
"""

import csv
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from pathlib import Path

from flightpulse import paths
from flightpulse.errors import UserError

_COLUMNS = frozenset(
    {"date", "carrier", "flight", "origin", "dest", "tailnum", "dep_time", "dep_delay", "x_status", "x_seats_assumed"}
    | {"x_sched_dep_utc", "x_sched_arr_utc", "x_dep_utc", "x_rot_pred_delay", "x_rot_known_utc"}
)
_FORM = "sample_data/replays/README.md describes the columns."


@dataclass(frozen=True, slots=True)
class Day:
    """A day that can be replayed. ``reason`` and ``detail`` are inferred from what is known of the day.

    ``file`` is one of the replays' folder, or an absolute path.
    """

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
        return f"{self.flight_number}-{self.origin}"

    @property
    def flight_number(self) -> str:
        """As boarding passes have it, such as B674: a carrier's code has two characters, so nothing is ambiguous."""
        return f"{self.carrier}{self.number}"


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
    """The day of this name, or that of a CSV file of the same form. Raises UserError that names the days."""
    if name.endswith(".csv"):
        return _of_file(path_of(name))
    for day in DAYS:
        if day.name == name:
            return day
    raise UserError(
        f"There is no day {name!r} to replay.",
        hint=f"Choose from: {', '.join(day.name for day in DAYS)}; or give a CSV file of the same form.",
    )


def path_of(name: str) -> Path:
    """The absolute path of a file of the user's."""
    path = Path(name)
    with suppress(RuntimeError):  # "~somebody" whom this machine does not know
        path = path.expanduser()
    return path.resolve()


def read(day: Day, folder: Path | None = None) -> tuple[Row, ...]:
    """All flights of a day, by their scheduled departure. Raises UserError when the file cannot be used."""
    path = (folder or paths.SAMPLE_DATA / "replays") / day.file
    rows = [_row(path, line, fields) for line, fields in _lines(path)]
    twice = next((name for name, count in Counter(row.name for row in rows).items() if count > 1), None)
    if twice:
        raise UserError(f"{path.name} has the flight {twice} twice.", hint="Leave one of them out.")
    return tuple(sorted(rows, key=lambda row: (row.leaves_at, row.name)))


def _of_file(path: Path) -> Day:
    """The day whose flights are in a file. Its cause is not known."""
    dates = sorted({fields["date"] for _, fields in _lines(path)})
    if len(dates) != 1:
        found = f"{len(dates)} days ({dates[0]} to {dates[-1]})" if dates else "no flight"
        raise UserError(f"{path.name} has {found}.", hint="A replay takes the flights of one day.")
    try:
        name = date.fromisoformat(dates[0]).isoformat()
    except ValueError:
        raise UserError(f"{path.name}: {dates[0]!r} is no date.", hint="Write it as 2013-02-08.") from None
    return Day(name, str(path), f"the flights of {path.name}", "OTHER", "Operations")


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The lines of a file with their numbers."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            lacking = sorted(_COLUMNS - set(reader.fieldnames or ()))
            if lacking:
                raise UserError(f"{path.name} has no column {', '.join(lacking)}.", hint=_FORM)
            found = [(reader.line_num, fields) for fields in reader]
    except FileNotFoundError:
        way = "Check its path." if path.parent != paths.SAMPLE_DATA / "replays" else "Restore it, for example with git."
        raise UserError(f"{path.name} is not in {path.parent}.", hint=way) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{path.name} cannot be read: {why}.", hint=_FORM) from None
    uneven = next((line for line, fields in found if None in fields or None in fields.values()), None)
    if uneven:
        raise UserError(f"{path.name}, line {uneven}: it has more or fewer fields than the heading.", hint=_FORM)
    return found


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


def _row(path: Path, line: int, fields: Mapping[str, str]) -> Row:
    try:
        return _read(fields)
    except (ValueError, TypeError, OverflowError) as error:
        raise UserError(f"{path.name}, line {line}: {error}.", hint=_FORM) from None


def _read(fields: Mapping[str, str]) -> Row:
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
