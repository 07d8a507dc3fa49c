from datetime import UTC, datetime

import pytest

from flightpulse.domain import airports, local_time


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("instant", "airport", "said"),
    [
        ("2026-11-24T14:15:00Z", "DAL", "8:15 AM CST"),
        ("2026-11-24T14:15:00Z", "LAX", "6:15 AM PST"),
        ("2026-07-24T14:15:00Z", "DAL", "9:15 AM CDT"),
        ("2026-07-24T19:05:00Z", "PHX", "12:05 PM MST"),
        ("2026-07-24T07:00:00Z", "PHX", "12:00 AM MST"),
        ("2026-11-24T14:15:00Z", "HNL", "4:15 AM HST"),
        ("2026-11-24T14:15:00+00:00", "XXX", "2:15 PM UTC"),
    ],
)
def test_a_time_is_told_on_the_airport_s_clock_with_its_zone(instant: str, airport: str, said: str) -> None:
    assert local_time.clock_time(local_time.at_airport(at(instant), airport)) == said


def test_the_hour_that_happens_twice_is_told_apart_by_its_zone() -> None:
    first, second = (local_time.at_airport(at(f"2026-11-01T0{hour}:30:00Z"), "DAL") for hour in (6, 7))
    assert [local_time.clock_time(time) for time in (first, second)] == ["1:30 AM CDT", "1:30 AM CST"]


def test_a_zone_without_a_name_is_told_by_its_offset() -> None:
    local = local_time.at_airport(at("2026-11-24T14:15:00Z"), "DXB")
    assert local_time.clock_time(local) == "6:15 PM UTC+04"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset"):
        local_time.at_airport(datetime(2026, 11, 24, 14, 15), "DAL")  # noqa: DTZ001


def test_days_are_named() -> None:
    local = datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
    assert local_time.day(local) == "Tuesday, November 24"
    assert local_time.short_day(local) == "Nov 24"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (25, "25 minutes"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (121, "2 hours 1 minute"),
        (1440, "1 day"),
        (1625, "1 day 3 hours 5 minutes"),
    ],
)
def test_a_duration_is_told_in_the_words_people_use(minutes: int, said: str) -> None:
    assert local_time.duration(minutes) == said


@pytest.mark.parametrize("code", ["DAL", "LAX", "HOU", "DEN", "PHX", "OAK", "LAS", "SEA", "SAN", "PDX", "JFK", "ORD"])
def test_the_airports_of_the_sample_flights_are_known(code: str) -> None:
    assert airports.city(code) != code
    assert "/" in airports.zone(code)


def test_every_airport_s_zone_exists() -> None:
    for code in airports.AIRPORTS:
        assert local_time.zone_name(local_time.at_airport(at("2026-11-24T14:15:00Z"), code)).isalpha()


@pytest.mark.parametrize(
    ("code", "city", "zone"),
    [
        ("TUS", "Tucson", "America/Phoenix"),
        ("BOI", "Boise", "America/Boise"),
        ("FRA", "Frankfurt am Main", "Europe/Berlin"),
        ("BOM", "Mumbai", "Asia/Kolkata"),
        ("APW", "Apia", "Pacific/Apia"),
    ],
)
def test_every_airport_of_the_world_is_known(code: str, city: str, zone: str) -> None:
    assert (airports.city(code), airports.zone(code)) == (city, zone)


def test_a_city_that_no_text_message_has_room_for_is_told_by_its_code() -> None:
    assert (airports.city("LPA"), airports.zone("LPA")) == ("LPA", "Atlantic/Canary")


def test_an_unknown_airport_is_told_by_its_code() -> None:
    assert airports.city("XXX") == "XXX"
    assert airports.find("XXX") is None
