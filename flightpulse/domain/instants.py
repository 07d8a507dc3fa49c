"""Points in time as text: strict in, one spelling out."""

import re
from datetime import UTC, datetime

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)

_TWO = [f"{number:02}" for number in range(100)]


class NaiveInstantError(ValueError):
    """A date and time without an offset: nobody can say when that was."""


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date and time with an offset, as UTC.

    Raises :class:`NaiveInstantError` when the offset is missing and ``ValueError`` for everything else. The shape is
    checked first because ``datetime.fromisoformat`` also takes week dates and basic formats, which no event may use.
    """
    shape = _INSTANT.fullmatch(text)
    if shape is None:
        raise ValueError("is not an ISO 8601 date and time")
    if shape.lastindex is None:
        raise NaiveInstantError("has no offset from UTC")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the calendar") from None


def to_seconds(instant: datetime) -> str:
    """``2026-03-01T14:05:00Z``: the table's spelling, which sorts as text."""
    utc = instant if instant.tzinfo is UTC else _utc(instant)
    # A third of the time of ``isoformat``, which asks for the offset and writes it.
    century, year = divmod(utc.year, 100)
    date = f"{_TWO[century]}{_TWO[year]}-{_TWO[utc.month]}-{_TWO[utc.day]}"
    return f"{date}T{_TWO[utc.hour]}:{_TWO[utc.minute]}:{_TWO[utc.second]}Z"


def to_milliseconds(instant: datetime) -> str:
    """``2026-03-01T14:05:00.000Z``: the spelling of event times, which order the news about a flight."""
    utc = _utc(instant)
    return f"{to_seconds(utc)[:-1]}.{utc.microsecond // 1000:03}Z"


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise NaiveInstantError("has no offset from UTC")
    return instant.astimezone(UTC)
