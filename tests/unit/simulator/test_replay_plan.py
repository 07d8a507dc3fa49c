"""A real day becomes a plan: the same for the same seed, on today's clocks, by the rules of its README."""

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
from simulator import replay

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
LEAVES_ON = date(2026, 11, 25)
STORM, CLOSED = replay.DAYS


@pytest.fixture(scope="module")
def storm() -> tuple[replay.Row, ...]:
    return replay.read(STORM)


def planned(rows: tuple[replay.Row, ...], seed: int = 1, flights: int = 40) -> replay.Plan:
    return replay.plan(STORM, rows, flights=flights, seed=seed, leaves_on=LEAVES_ON)


def of(row: replay.Row, *others: replay.Row) -> list[replay.News]:
    return list(replay.plan(STORM, [row, *others], flights=9, seed=1, leaves_on=LEAVES_ON).news)


@pytest.fixture
def row() -> replay.Row:
    """A flight that left 70 minutes late."""
    leaves_at = datetime(2013, 2, 8, 15, tzinfo=UTC)
    return replay.Row(
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


def test_the_same_seed_gives_the_same_plan_and_another_one_another(storm: tuple[replay.Row, ...]):
    assert planned(storm) == planned(storm)
    assert planned(storm).events(BEGAN, 3600) == planned(storm).events(BEGAN, 3600)
    assert planned(storm).news != planned(storm, seed=2).news


@pytest.mark.parametrize("day", replay.DAYS, ids=lambda day: day.name)
def test_every_file_is_small_described_and_has_its_day(day: replay.Day):
    path = SAMPLE_DATA / "replays" / day.file
    rows = replay.read(day)

    assert path.stat().st_size < 300_000
    assert f"| `{day.file}` | {len(rows)} |" in (path.parent / "README.md").read_text(encoding="utf-8")
    assert {row.leaves_at.astimezone(ZoneInfo("America/New_York")).date() for row in rows} == {replay.day_of(day)}
    assert len({row.name for row in rows}) == len(rows)


def test_a_delay_is_told_while_the_flight_is_still_at_the_gate(row: replay.Row):
    news = of(row)

    assert [(event.minutes, event.basis) for event in news] == [(15, "floor"), (30, "floor"), (60, "floor")]
    assert all(event.known_at == row.leaves_at + timedelta(minutes=event.minutes) for event in news)


def test_the_aircrafts_last_leg_tells_it_earlier_and_smaller_news_is_not_told_after_it(row: replay.Row):
    known_at = row.leaves_at - timedelta(minutes=40)

    news = of(replace(row, rotation_delay=34, rotation_known_at=known_at))

    assert [(event.minutes, event.basis) for event in news] == [(30, "rotation"), (60, "floor")]
    assert news[0].known_at == known_at


def test_what_was_observed_after_the_schedule_is_no_early_warning(row: replay.Row):
    news = of(replace(row, rotation_delay=45, rotation_known_at=row.leaves_at))

    assert {event.basis for event in news} == {"floor"}


@pytest.mark.parametrize(("flown", "earliest", "latest"), [(4, 18.0, 6.0), (5, 4.0, 0.75)])
def test_a_cancellation_is_known_earlier_when_a_fifth_of_the_day_is_cancelled(
    row: replay.Row, flown: int, earliest: float, latest: float
):
    punctual = [replace(row, number=str(number + 2), delay=0, left_at=row.leaves_at) for number in range(flown)]

    news = of(replace(row, left_at=None, delay=0), *punctual)

    assert [event.kind for event in news] == [EventType.FLIGHT_CANCELLED]
    assert timedelta(hours=latest) <= row.leaves_at - news[0].known_at <= timedelta(hours=earliest)


def test_nothing_is_told_of_a_flight_after_its_cancellation(storm: tuple[replay.Row, ...]):
    cancelled = {
        event.row.name: event.known_at for event in planned(storm).news if event.kind is EventType.FLIGHT_CANCELLED
    }

    assert cancelled
    assert all(event.known_at <= cancelled.get(event.row.name, event.known_at) for event in planned(storm).news)


def test_a_gate_changes_when_a_late_flight_still_holds_it(row: replay.Row):
    # Two gates by turns: the third flight is planned where the first one still is.
    second, third = (
        replace(row, number=str(n), leaves_at=at, left_at=at, delay=0)
        for n, at in ((2, row.leaves_at + timedelta(minutes=1)), (3, row.leaves_at + timedelta(minutes=100)))
    )
    held = replace(row, delay=95, left_at=row.leaves_at + timedelta(minutes=95))

    plan = replay.plan(STORM, [held, second, third], flights=9, seed=1, leaves_on=LEAVES_ON)
    (change,) = (event for event in plan.events(BEGAN, 3600) if event["event_type"] == EventType.GATE_CHANGE)

    assert change["payload"]["flight_id"] == "RP0208-B63-JFK"
    assert (change["payload"]["old_gate"], change["payload"]["new_gate"]) == ("A1", "A2")


def test_flights_leave_on_the_new_day_at_the_same_local_time_and_take_as_long(row: replay.Row):
    (flight,) = replay.plan(STORM, [row], flights=1, seed=1, leaves_on=date(2026, 7, 1)).data.flights

    local = flight.scheduled_departure.astimezone(ZoneInfo("America/New_York"))
    assert local.isoformat() == "2026-07-01T10:00:00-04:00"
    assert flight.scheduled_arrival - flight.scheduled_departure == timedelta(hours=4)


@pytest.mark.parametrize("speed", [3600, replay.MAX_SPEED])
def test_services_see_times_of_today_only_and_each_later_than_the_one_before(
    storm: tuple[replay.Row, ...], speed: float
):
    plan = planned(storm)
    events = plan.events(BEGAN, speed)
    times = [datetime.fromisoformat(event["timestamp"]) for event in events]

    assert times[0] == BEGAN
    assert all(earlier < later for earlier, later in itertools.pairwise(times))
    assert times[-1] - BEGAN <= plan.lasts / speed + timedelta(milliseconds=len(events))
    assert "2013" not in json.dumps(events)
    assert len({event["event_id"] for event in events}) == len(events)


@pytest.mark.parametrize("day", replay.DAYS, ids=lambda day: day.name)
def test_the_consumer_takes_every_event(day: replay.Day):
    plan = replay.plan(day, replay.read(day), flights=100, seed=1, leaves_on=LEAVES_ON)
    flights = {flight.flight_id: flight for flight in plan.data.flights}

    read = [domain.parse(event) for event in plan.events(BEGAN, 3600)]

    for event in read:
        domain.check(event, flights[event.flight_id], received_at=event.timestamp)
    assert len(read) == len(plan.news) > 0


def test_two_runs_never_share_an_event(storm: tuple[replay.Row, ...]):
    first, second = (planned(storm).events(at, 3600) for at in (BEGAN, BEGAN + timedelta(minutes=5)))

    assert not {event["event_id"] for event in first} & {event["event_id"] for event in second}


def test_replayed_flights_and_people_are_apart_from_the_sample_data_and_invented(storm: tuple[replay.Row, ...]):
    data = planned(storm).data
    ids = [*(flight.flight_id for flight in data.flights), *(passenger.passenger_id for passenger in data.passengers)]

    assert all(item.startswith("RP0208-") for item in [*ids, *(booking.booking_id for booking in data.bookings)])
    assert len(data.bookings) == replay.BOOKINGS_PER_FLIGHT * len(data.flights)
    assert all(str(passenger.email).endswith("@example.com") for passenger in data.passengers)
    assert all(str(passenger.phone).startswith("+121255501") for passenger in data.passengers)


def test_another_seed_replaces_the_bookings_of_a_flight(storm: tuple[replay.Row, ...]):
    one, other = (planned(storm, seed=seed, flights=100).data for seed in (1, 2))
    common = {flight.flight_id for flight in one.flights} & {flight.flight_id for flight in other.flights}

    assert common
    assert {booking.booking_id for booking in one.only(common).bookings} == {
        booking.booking_id for booking in other.only(common).bookings
    }


def test_a_flight_to_an_unknown_airport_is_left_out_and_counted(row: replay.Row):
    plan = replay.plan(
        STORM, [row, replace(row, number="2", destination="QQQ")], flights=9, seed=1, leaves_on=LEAVES_ON
    )

    assert [flight.flight_id for flight in plan.data.flights] == ["RP0208-B61-JFK"]
    assert plan.left_out == 1


def test_a_small_replay_shows_cancelled_flights_and_others(storm: tuple[replay.Row, ...]):
    assert {event.row.cancelled for event in planned(storm, flights=2).news} == {True, False}


def test_an_unknown_day_names_the_days():
    with pytest.raises(UserError) as error:
        replay.find("2013-02-30")

    assert all(day.name in str(error.value.hint) for day in replay.DAYS)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UserError, match=r"flights_2013-07-06_to_SFO\.csv is not in"):
        replay.read(CLOSED, tmp_path)
