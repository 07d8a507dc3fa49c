"""A real day becomes a plan: the same for the same seed, on today's clocks, by the rules of its README."""

import csv
import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flightpulse.domain import events as domain
from flightpulse.domain.events import EventType
from flightpulse.errors import UserError
from flightpulse.paths import SAMPLE_DATA
from simulator import days, replay

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
LEAVES_ON = date(2026, 11, 25)
STORM, CLOSED = days.find("2013-02-08"), days.find("2013-07-06")


@pytest.fixture(scope="module")
def storm() -> tuple[days.Row, ...]:
    return days.read(STORM)


def planned(rows: tuple[days.Row, ...], seed: int = 1, flights: int = 40) -> replay.ReplayPlan:
    return replay.plan(STORM, rows, flights=flights, seed=seed, leaves_on=LEAVES_ON)


def clock(speed: float) -> replay.Clock:
    return lambda passed: BEGAN + passed / speed


def of(row: days.Row, *others: days.Row) -> list[replay.News]:
    """What passengers may be told of."""
    news = replay.plan(STORM, [row, *others], flights=9, seed=1, leaves_on=LEAVES_ON).news
    return [found for found in news if found.kind is not EventType.FLIGHT_DEPARTED]


@pytest.fixture
def row() -> days.Row:
    """A flight that left 70 minutes late."""
    leaves_at = datetime(2013, 2, 8, 15, tzinfo=UTC)
    return days.Row(
        carrier="B6",
        number="1",
        origin="JFK",
        destination="SJU",
        leaves_at=leaves_at,
        arrives_at=leaves_at + timedelta(hours=4),
        left_at=leaves_at + timedelta(minutes=70),
        delay=70,
        rotation_delay=0,
        rotation_known_at=None,
    )


def test_the_same_seed_gives_the_same_plan_and_another_one_another(storm: tuple[days.Row, ...]):
    assert planned(storm) == planned(storm)
    assert list(planned(storm).events(BEGAN, clock(3600))) == list(planned(storm).events(BEGAN, clock(3600)))
    assert planned(storm).news != planned(storm, seed=2).news


@pytest.mark.parametrize("day", days.DAYS, ids=lambda day: day.name)
def test_every_file_is_small_described_and_has_its_day(day: days.Day):
    path = SAMPLE_DATA / "replays" / day.file
    rows = days.read(day)

    assert path.stat().st_size < 300_000
    assert f"| `{day.file}` | {len(rows)} |" in (path.parent / "README.md").read_text(encoding="utf-8")
    assert {row.leaves_at.astimezone(ZoneInfo("America/New_York")).date() for row in rows} == {day.date}
    assert len({row.name for row in rows}) == len(rows)


def test_a_delay_is_told_while_the_flight_is_still_at_the_gate(row: days.Row):
    news = of(row)

    assert [(found.minutes, found.basis) for found in news] == [(15, "floor"), (30, "floor")]
    assert all(found.known_at == row.leaves_at + timedelta(minutes=found.minutes) for found in news)


@pytest.mark.parametrize(("late", "closed"), [(14, []), (15, [15]), (70, [70])])
def test_a_flight_that_was_late_says_when_it_has_left(row: days.Row, late: int, closed: list[int]):
    left = replace(row, delay=late, left_at=row.leaves_at + timedelta(minutes=late))

    news = replay.plan(STORM, [left], seed=1, leaves_on=LEAVES_ON).news

    found = [found for found in news if found.kind is EventType.FLIGHT_DEPARTED]
    assert [(found.minutes, found.basis, found.known_at) for found in found] == [
        (minutes, "observed", left.left_at) for minutes in closed
    ]
    assert found == list(news[len(news) - len(found) :])


def test_the_aircrafts_last_leg_tells_it_earlier_and_smaller_news_is_not_told_after_it(row: days.Row):
    known_at = row.leaves_at - timedelta(minutes=40)

    news = of(replace(row, delay=100, rotation_delay=34, rotation_known_at=known_at))

    assert [(found.minutes, found.basis) for found in news] == [(30, "rotation")]
    assert news[0].known_at == known_at


@pytest.mark.parametrize(
    ("late", "told"),
    [
        (14, []),
        (15, [15]),
        (29, [15]),
        (30, [15, 30]),
        (119, [15, 30]),
        (120, [15, 30, 120]),
        (180, [15, 30, 120, 180]),
        (500, [15, 30, 120, 180, 240, 360, 480]),
    ],
)
def test_after_the_first_news_only_another_severity_or_another_hour_is_news(row: days.Row, late: int, told: list[int]):
    assert [found.minutes for found in of(replace(row, delay=late))] == told


def test_an_early_warning_of_less_than_half_an_hour_is_none(row: days.Row):
    news = of(replace(row, delay=0, rotation_delay=29, rotation_known_at=row.leaves_at - timedelta(hours=2)))

    assert news == []


def test_what_was_observed_after_the_schedule_is_no_early_warning(row: days.Row):
    news = of(replace(row, rotation_delay=45, rotation_known_at=row.leaves_at))

    assert {found.basis for found in news} == {"floor"}


@pytest.mark.parametrize(("flown", "earliest", "latest"), [(4, 18.0, 6.0), (5, 4.0, 0.75)])
def test_a_cancellation_is_known_earlier_when_a_fifth_of_the_day_is_cancelled(
    row: days.Row, flown: int, earliest: float, latest: float
):
    punctual = [replace(row, number=str(number + 2), delay=0, left_at=row.leaves_at) for number in range(flown)]

    news = of(replace(row, left_at=None, delay=0), *punctual)

    assert [found.kind for found in news] == [EventType.FLIGHT_CANCELLED]
    assert timedelta(hours=latest) <= row.leaves_at - news[0].known_at <= timedelta(hours=earliest)


def test_nothing_is_told_of_a_flight_after_its_cancellation(storm: tuple[days.Row, ...]):
    cancelled = {
        found.row.name: found.known_at for found in planned(storm).news if found.kind is EventType.FLIGHT_CANCELLED
    }

    assert cancelled
    assert all(found.known_at <= cancelled.get(found.row.name, found.known_at) for found in planned(storm).news)


@pytest.mark.parametrize("warned", [0, 45], ids=["nothing was told before", "a delay was told before"])
def test_a_gate_changes_when_a_late_flight_still_holds_it(row: days.Row, warned: int):
    # Two gates by turns: the third flight is planned where the first one still is.
    second, third = (
        replace(row, number=str(n), leaves_at=at, left_at=at, delay=0)
        for n, at in ((2, row.leaves_at + timedelta(minutes=1)), (3, row.leaves_at + timedelta(minutes=100)))
    )
    third = replace(third, rotation_delay=warned, rotation_known_at=row.leaves_at - timedelta(hours=2))
    held = replace(row, delay=95, left_at=row.leaves_at + timedelta(minutes=95))

    plan = replay.plan(STORM, [held, second, third], flights=9, seed=1, leaves_on=LEAVES_ON)
    told = [found for found in plan.events(BEGAN, clock(3600)) if found["payload"]["flight_id"] == "RP0208-B63-JFK"]

    assert [event["event_type"] for event in told] == [
        *([EventType.FLIGHT_DELAY] if warned else []),
        EventType.GATE_CHANGE,
    ]
    change = told[-1]["payload"]
    assert (change["old_gate"], change["new_gate"]) == ("A1", "A2")


def test_flights_leave_on_the_new_day_at_the_same_local_time_and_take_as_long(row: days.Row):
    (flight,) = replay.plan(STORM, [row], flights=1, seed=1, leaves_on=date(2026, 7, 1)).data.flights

    local = flight.scheduled_departure.astimezone(ZoneInfo("America/New_York"))
    assert local.isoformat() == "2026-07-01T10:00:00-04:00"
    assert flight.scheduled_arrival - flight.scheduled_departure == timedelta(hours=4)


@pytest.mark.parametrize("speed", [3600, replay.MAX_SPEED])
def test_services_see_times_of_today_only_and_each_later_than_the_one_before(storm: tuple[days.Row, ...], speed: float):
    plan = planned(storm)
    events = list(plan.events(BEGAN, clock(speed)))
    times = [datetime.fromisoformat(event["timestamp"]) for event in events]

    assert times[0] == BEGAN
    assert all(earlier < later for earlier, later in itertools.pairwise(times))
    assert times[-1] - BEGAN <= (plan.news[-1].known_at - plan.news[0].known_at) / speed + timedelta(
        milliseconds=len(events)
    )
    assert "2013" not in json.dumps(events)
    assert len({event["event_id"] for event in events}) == len(events)


@pytest.mark.parametrize("day", days.DAYS, ids=lambda day: day.name)
def test_the_consumer_takes_every_event(day: days.Day):
    plan = replay.plan(day, days.read(day), flights=100, seed=1, leaves_on=LEAVES_ON)
    flights = {flight.flight_id: flight for flight in plan.data.flights}

    read = [domain.parse(event) for event in plan.events(BEGAN, clock(3600))]

    for event in read:
        domain.check(event, flights[event.flight_id], received_at=event.timestamp)
    assert len(read) == len(plan.news) > 0


def test_two_runs_never_share_an_event(storm: tuple[days.Row, ...]):
    first, second = (list(planned(storm).events(at, clock(3600))) for at in (BEGAN, BEGAN + timedelta(minutes=5)))

    assert not {event["event_id"] for event in first} & {event["event_id"] for event in second}


def test_replayed_flights_and_people_are_apart_from_the_sample_data_and_invented(storm: tuple[days.Row, ...]):
    data = planned(storm).data
    ids = [*(found.flight_id for found in data.flights), *(found.passenger_id for found in data.passengers)]

    assert all(found.startswith("RP0208-") for found in [*ids, *(found.booking_id for found in data.bookings)])
    assert all(str(found.email).endswith("@example.com") for found in data.passengers)
    assert all(str(found.phone).startswith("+121255501") for found in data.passengers)


def test_passengers_know_a_replayed_flight_by_the_number_on_their_boarding_passes(row: days.Row):
    flight = replay.plan(STORM, [replace(row, number="74")], seed=1, leaves_on=LEAVES_ON).data.flights[0]

    assert (flight.flight_id, flight.flight_number) == ("RP0208-B674-JFK", "B674")


def test_another_seed_replaces_the_bookings_of_a_flight(row: days.Row):
    first, second = (
        {booking.booking_id for booking in replay.plan(STORM, [row], seed=seed, leaves_on=LEAVES_ON).data.bookings}
        for seed in (1, 2)
    )

    assert min(first, second, key=len) <= max(first, second, key=len)


def test_what_one_flight_gets_does_not_depend_on_the_others(storm: tuple[days.Row, ...], row: days.Row):
    alone = replay.plan(STORM, [storm[7]], all_rows=storm, seed=1, leaves_on=LEAVES_ON)
    among = replay.plan(STORM, storm[:20], all_rows=storm, seed=1, leaves_on=LEAVES_ON)
    name = alone.data.flights[0].flight_id

    assert [news for news in among.news if news.row == storm[7]] == list(alone.news)
    assert among.data.only([name]).bookings == alone.data.bookings


def test_bookings_can_be_bounded(row: days.Row):
    plan = replay.plan(STORM, [row], bookings=3, seed=1, leaves_on=LEAVES_ON)

    assert [booking.booking_id for booking in plan.data.bookings] == [f"RP0208-B61-JFK-BKG{n}" for n in (1, 2, 3)]


# Events as counted by the rules' author; people as drawn there with another generator: the share by which they differ.
TOTALS = {
    ("2013-07-23", "N192JB"): (4, (1, 5, 1), 0, 4, 195, 311, 311, 271, 0.15),
    ("2013-02-08", "B6"): (148, (19, 10, 0), 57, 19, 9637, 16024, 7163, 4103, 0.03),
    ("2013-04-16", "AA MQ"): (172, (62, 94, 31), 43, 65, 8988, 14871, 8679, 7627, 0.03),
    ("2013-03-08", "B6"): (159, (96, 144, 28), 5, 116, 10280, 17230, 12175, 10649, 0.03),
    ("2013-07-23", "B6"): (163, (96, 115, 9), 9, 104, 10265, 17054, 10300, 7777, 0.03),
    ("2013-10-02", "B6"): (138, (3, 0, 0), 0, 3, 8747, 14663, 0, 0, 0.03),
}


@pytest.mark.parametrize(("day_name", "names"), TOTALS, ids=lambda value: str(value))
def test_a_replay_has_the_totals_of_its_rules(day_name: str, names: str):
    flights, delays, cancelled, late, bookings, people, affected, notifications, share = TOTALS[day_name, names]
    day = days.find(day_name)
    wanted = days.Filter(tails=(names,)) if names.startswith("N1") else days.Filter(carriers=tuple(names.split()))
    rows = days.read(day)
    plan = replay.plan(day, wanted.of(day, rows), all_rows=rows, seed=1, leaves_on=LEAVES_ON)
    totals = plan.totals

    assert sum(news.kind is EventType.FLIGHT_DEPARTED for news in plan.news) == late
    assert (totals.flights, (totals.minor, totals.major, totals.severe)) == (flights, delays)
    assert (totals.cancelled, totals.departed_late) == (cancelled, late)
    drawn = (totals.bookings, totals.people, totals.affected, totals.notifications)
    assert drawn == pytest.approx((bookings, people, affected, notifications), rel=share)


@pytest.mark.parametrize(("day_name", "delays", "cancelled"), [("2013-02-08", 216, 472), ("2013-03-08", 1412, 180)])
def test_whole_days_have_the_events_of_their_rules(day_name: str, delays: int, cancelled: int):
    day = days.find(day_name)
    totals = replay.plan(day, days.read(day), bookings=1, seed=1, leaves_on=LEAVES_ON).totals

    assert (totals.minor + totals.major + totals.severe, totals.cancelled) == (delays, cancelled)


def test_no_event_uses_what_was_observed_after_it(storm: tuple[days.Row, ...]):
    for news in planned(storm, flights=400).news:
        if news.basis == "floor":
            assert news.row.left_at is not None
            assert news.row.left_at >= news.known_at
        elif news.basis == "rotation":
            assert news.known_at == news.row.rotation_known_at
            assert news.known_at < news.row.leaves_at


def test_every_event_says_on_which_basis_it_is_known(storm: tuple[days.Row, ...]):
    found = {(event["event_type"], event["basis"]) for event in planned(storm, flights=400).events(BEGAN, clock(3600))}

    assert found <= {
        ("FLIGHT_DELAY", "floor"),
        ("FLIGHT_DELAY", "rotation"),
        ("FLIGHT_CANCELLED", "synthetic"),
        ("FLIGHT_DEPARTED", "observed"),
        ("GATE_CHANGE", "simulated"),
    }


def test_a_replay_that_goes_on_sends_what_is_left_under_the_same_ids(storm: tuple[days.Row, ...]):
    plan = planned(storm)
    whole, rest = list(plan.events(BEGAN, clock(3600))), list(plan.events(BEGAN, clock(60), skip=5))

    assert [event["event_id"] for event in rest] == [event["event_id"] for event in whole[5:]]
    assert [event["payload"].get("old_gate") for event in rest] == [
        event["payload"].get("old_gate") for event in whole[5:]
    ]


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (days.Filter(), 997),
        (days.Filter(carriers=("B6",)), 163),
        (days.Filter(carriers=("B6",), origins=("LGA",)), 16),
        (days.Filter(tails=("N192JB",)), 4),
    ],
)
def test_flights_are_chosen_by_carrier_origin_and_aircraft(wanted: days.Filter, left: int):
    day = days.find("2013-07-23")

    assert len(wanted.of(day, days.read(day))) == left


def test_a_filter_that_leaves_nothing_says_what_there_is():
    day = days.find("2013-07-06")

    with pytest.raises(UserError, match="No flight of 2013-07-06 is left by carrier UA, origin LGA") as error:
        days.Filter(carriers=("UA",), origins=("LGA",)).of(day, days.read(day))

    assert error.value.hint == "There, origin is one of: EWR, JFK"


def test_diversions_are_counted(row: days.Row):
    plan = replay.plan(CLOSED, days.read(CLOSED), seed=1, leaves_on=LEAVES_ON)

    assert plan.totals.diverted == 10


def test_a_flight_to_an_unknown_airport_is_left_out_and_counted(row: days.Row):
    plan = replay.plan(
        STORM, [row, replace(row, number="2", destination="QQQ")], flights=9, seed=1, leaves_on=LEAVES_ON
    )

    assert [flight.flight_id for flight in plan.data.flights] == ["RP0208-B61-JFK"]
    assert plan.left_out == 1


def test_a_small_replay_shows_cancelled_flights_and_others(storm: tuple[days.Row, ...]):
    assert {found.row.cancelled for found in planned(storm, flights=2).news} == {True, False}


def test_an_unknown_day_names_the_days():
    with pytest.raises(UserError) as error:
        days.find("2013-02-30")

    assert all(day.name in str(error.value.hint) for day in days.DAYS)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UserError, match=r"flights_2013-07-06_to_SFO\.csv is not in"):
        days.read(CLOSED, tmp_path)


def a_file(folder: Path, *changes: dict[str, str]) -> str:
    """A day file with the first flight of a packaged day, once for each of the changes to it."""
    with (SAMPLE_DATA / "replays" / STORM.file).open(encoding="utf-8", newline="") as lines:
        first = next(csv.DictReader(lines))
    path = folder / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, first)
        writer.writeheader()
        writer.writerows({**first, **change} for change in changes)
    return str(path)


def test_a_day_in_a_file_of_ones_own_is_replayed_by_its_path(tmp_path: Path):
    day = days.find(a_file(tmp_path, {}, {"flight": "2"}))

    assert (day.name, day.title, day.reason) == ("2013-02-08", "the flights of mine.csv", "OTHER")
    assert [row.number for row in days.read(day)] == ["1117", "2"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], "mine.csv has no flight"),
        ([{}, {"date": "2013-02-09"}], r"mine.csv has 2 days \(2013-02-08 to 2013-02-09\)"),
        ([{"date": "8 February"}], "mine.csv: '8 February' is no date"),
        ([{}, {}], "mine.csv has the flight US1117-EWR twice"),
        ([{}, {"flight": "2", "x_sched_dep_utc": "5:00"}], "mine.csv, line 3: Invalid isoformat string: '5:00'"),
        ([{"x_seats_assumed": "many"}], "mine.csv, line 2: invalid literal"),
        ([{"dep_delay": "inf"}], "mine.csv, line 2: cannot convert float infinity to integer"),
        ([{"x_sched_dep_utc": "0001-01-01T00:00:00+14:00"}], "mine.csv, line 2: date value out of range"),
    ],
)
def test_a_file_that_is_no_day_is_refused_in_one_line(tmp_path: Path, changes: list[dict[str, str]], said: str):
    with pytest.raises(UserError, match=said) as error:
        days.read(days.find(a_file(tmp_path, *changes)))

    assert len(str(error.value).splitlines()) == 1


def test_a_line_that_is_cut_short_is_named(tmp_path: Path):
    path = Path(a_file(tmp_path, {}))
    path.write_text(path.read_text(encoding="utf-8").rstrip().rpartition(",")[0] + "\n", encoding="utf-8")

    with pytest.raises(UserError, match=r"mine\.csv, line 2: it has more or fewer fields than the heading"):
        days.find(str(path))


def test_a_file_of_somebody_whom_this_machine_does_not_know_is_not_there():
    with pytest.raises(UserError, match=r"mine\.csv is not in .*~nobody-of-this-name"):
        days.find("~nobody-of-this-name/mine.csv")


def test_flights_of_two_years_have_ids_of_their_own(tmp_path: Path):
    here, there = (days.find(a_file(tmp_path, {"date": text})) for text in ("20131002", "2014-10-02"))
    (row,) = days.read(STORM)[:1]

    assert here.name == "2013-10-02"
    assert replay.flight_id(here, row) == f"RP1002-{row.name}"
    assert replay.flight_id(there, row) == f"RP20141002-{row.name}"


def test_a_file_of_another_form_names_the_columns_that_it_lacks(tmp_path: Path):
    (tmp_path / "other.csv").write_text("date,carrier\n2013-02-08,B6\n", encoding="utf-8")

    with pytest.raises(UserError, match=r"other\.csv has no column dep_delay, dep_time, dest") as error:
        days.find(str(tmp_path / "other.csv"))

    assert error.value.hint == "sample_data/replays/README.md describes the columns."
