from datetime import UTC, datetime, timedelta, timezone

import pytest

from flightpulse.domain.instants import NaiveInstantError, parse_instant, to_milliseconds, to_seconds

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00Z",
        "2026-03-01T06:00:00-06:00",
        "2026-03-01T17:30:00.000000+0530",
        "2026-03-01T12:00:00.000000000Z",
    ],
)
def test_an_instant_with_any_offset_is_read_as_utc(text: str) -> None:
    assert parse_instant(text) == NOON
    assert parse_instant(text).tzinfo is UTC


def test_a_time_without_an_offset_is_naive() -> None:
    with pytest.raises(NaiveInstantError):
        parse_instant("2026-03-01T12:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-03-01",
        "2026-W09-7T12:00:00Z",
        "20260301T120000Z",
        "2026-03-01 12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-03-01T25:00:00Z",
        "2026-03-01T12:00:00+99:00",
        "٢٠٢٦-03-01T12:00:00Z",
        "2026-03-01T12:00:00Z\n",
    ],
)
def test_anything_but_an_iso_8601_date_and_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_instant(text)
    assert not isinstance(refused.value, NaiveInstantError)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_leaves_the_calendar_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside the calendar"):
        parse_instant(text)


def test_an_instant_is_written_in_utc_with_a_z() -> None:
    in_dallas = datetime(2026, 3, 1, 6, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=-6)))
    assert to_seconds(in_dallas) == "2026-03-01T12:00:00Z"
    assert to_milliseconds(in_dallas) == "2026-03-01T12:00:00.123Z"


def test_early_years_keep_four_digits_so_that_text_sorts_like_time() -> None:
    assert to_seconds(datetime(33, 4, 3, tzinfo=UTC)) == "0033-04-03T00:00:00Z"


def test_a_naive_datetime_cannot_be_written() -> None:
    with pytest.raises(NaiveInstantError):
        to_seconds(datetime(2026, 3, 1))  # noqa: DTZ001 - the point of the test
