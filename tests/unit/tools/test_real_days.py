"""A day file is made from the source's own columns as the packaged ones were."""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from flightpulse.errors import UserError
from flightpulse.paths import SAMPLE_DATA
from simulator import days
from tools import real_days

WHOLE_DAYS = [day for day in days.DAYS if day.file == f"flights_{day.name}.csv"]


def packaged(day: days.Day) -> list[dict[str, str]]:
    with (SAMPLE_DATA / "replays" / day.file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def source(folder: Path, rows: Iterable[dict[str, str]]) -> Path:
    """The package's data folder with these flights and their aircraft: none of the columns that were computed."""
    computed = ("x_", "date", "model", "faa_seats")
    flights = [
        {name: value or "NA" for name, value in row.items() if not name.startswith(computed)}
        | dict(zip(("year", "month", "day"), row["date"].split("-"), strict=True))
        for row in rows
    ]
    planes = {row["tailnum"]: (row["tailnum"], row["model"], row["faa_seats"] or "NA") for row in rows if row["model"]}
    text = io.StringIO()
    writer = csv.DictWriter(text, flights[0])
    writer.writeheader()
    writer.writerows(flights)
    with zipfile.ZipFile(folder / "flights.csv.zip", "w") as archive:
        archive.writestr("flights.csv", text.getvalue())
    lines = ["tailnum,model,seats", *(",".join(plane) for plane in planes.values())]
    (folder / "planes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("day", WHOLE_DAYS, ids=lambda day: day.name)
def test_the_packaged_days_are_what_the_source_gives(day: days.Day, tmp_path: Path):
    expected, out = packaged(day), io.StringIO()

    count = real_days.write_day(day.date, source(tmp_path, expected), out)

    made = list(csv.DictReader(out.getvalue().splitlines()))
    assert count == len(expected)
    assert sorted(made, key=lambda row: row["x_flight_id"]) == sorted(expected, key=lambda row: row["x_flight_id"])


def test_a_day_that_was_made_is_one_that_is_replayed(tmp_path: Path):
    day = WHOLE_DAYS[0]
    path = tmp_path / "mine.csv"
    with path.open("w", encoding="utf-8") as out:
        real_days.write_day(day.date, source(tmp_path, packaged(day)), out)

    assert days.read(days.find(str(path))) == days.read(day)


def test_seats_of_a_model_that_no_packaged_day_has_are_those_of_the_carrier(tmp_path: Path):
    row = {**packaged(WHOLE_DAYS[0])[0], "tailnum": "N1"}
    flown = [{**row, "carrier": carrier, "model": "DHC-8"} for carrier in ("AA", "HA", "ZZ")]
    out = io.StringIO()

    real_days.write_day(WHOLE_DAYS[0].date, source(tmp_path, flown), out)

    seats = [made["x_seats_assumed"] for made in csv.DictReader(out.getvalue().splitlines())]
    assert seats == ["155", "294", "100"]


def test_a_folder_without_the_source_or_without_the_day_is_said(tmp_path: Path):
    with pytest.raises(UserError, match=r"has no planes\.csv"):
        real_days.write_day(date(2013, 7, 1), tmp_path, io.StringIO())
    source(tmp_path, packaged(WHOLE_DAYS[0]))
    with pytest.raises(UserError, match="There is no flight of 2014-07-01"):
        real_days.write_day(date(2014, 7, 1), tmp_path, io.StringIO())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [([], 2, "DAY FOLDER"), (["July", "x"], 1, "Write the day as"), (["2013-07-01", "nowhere"], 1, "nowhere has no")],
)
def test_a_command_that_cannot_be_followed_is_one_line(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
):
    assert real_days.main(words) == code
    assert said in capsys.readouterr().err
