"""Times and durations as people say them: on the clock of the airport they happen at, with the zone's name.

Names of days and months are spelled out here because ``strftime`` would take them from the machine's locale.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from flightpulse.domain import airports

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def at_airport(instant: datetime, code: str) -> datetime:
    """An aware instant on the clock of an airport. Raises ``ValueError`` for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("has no offset from UTC")
    return instant.astimezone(ZoneInfo(airports.zone(code)))


def clock_time(local: datetime) -> str:
    """``2:05 PM CST``."""
    return f"{local.hour % 12 or 12}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'} {zone_name(local)}"


def zone_name(local: datetime) -> str:
    """``CDT``, or ``UTC+3`` where the zone has no name of its own."""
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def day(local: datetime) -> str:
    """``Monday, November 24``."""
    return f"{_DAYS[local.weekday()]}, {_MONTHS[local.month - 1]} {local.day}"


def short_day(local: datetime) -> str:
    """``Nov 24``."""
    return f"{_MONTHS[local.month - 1][:3]} {local.day}"


def duration(minutes: int) -> str:
    """``25 minutes``, ``1 hour 30 minutes``, ``2 hours``, ``1 day 3 hours``."""
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    parts = [_count(days, "day"), _count(hours, "hour"), _count(left, "minute")]
    return " ".join(part for part in parts if part) or "0 minutes"


def _count(number: int, unit: str) -> str:
    if not number:
        return ""
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
