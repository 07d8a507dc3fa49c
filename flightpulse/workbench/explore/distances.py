"""Says of a comparison how its two sides stand to each other, and how far it was from coming out otherwise."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flightpulse.workbench.explore.show import brief

_SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_OPPOSITES = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}

Number = int | float


def compared(left: Any, operator: str, right: Any, holds: bool) -> str:
    """How two values stand: ``142 < 180, 38 short`` of ``142 >= 180``, ``"A" is not "B"`` of ``"A" = "B"``.

    ``operator`` is =, !=, <, <=, > or >=; ``holds`` says whether the comparison is true.
    """
    if operator in {"=", "!="} and not (is_number(left) and is_number(right)):
        equal = holds is (operator == "=")
        return f"{brief(left)} {'is' if equal else 'is not'} {brief(right)}"
    sign = _SIGNS[operator if holds else _OPPOSITES[operator]]
    said = f"{brief(left)} {sign} {brief(right)}"
    far = _how_far(left, operator, right, holds)
    return f"{said}, {far}" if far else said


def is_number(value: Any) -> bool:
    """Whether a value is a JSON number; true and false are none."""
    return isinstance(value, Number) and not isinstance(value, bool)


def moment(value: Any) -> datetime | None:
    """A text as a moment, if it is a timestamp with an offset."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        read = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return read if read.tzinfo else None


def _how_far(left: Any, operator: str, right: Any, holds: bool) -> str:
    if is_number(left) and is_number(right):
        return _of_numbers(_exact(left) - _exact(right), operator, holds)
    first, second = _leading_moment(left), _leading_moment(right)
    if first and second and first != second:
        return f"{_span(abs(first - second))} {'earlier' if first < second else 'later'}"
    return ""


def _leading_moment(value: Any) -> datetime | None:
    # What tells which news is newer is a time, a hash sign and an event's id.
    return moment(value.split("#", 1)[0]) if isinstance(value, str) else None


def _of_numbers(gap: Decimal, operator: str, holds: bool) -> str:
    amount = _plain(abs(gap))
    if operator in {"=", "!="}:
        return f"{amount} {'more' if gap > 0 else 'less'}" if gap else ""
    if holds:
        return f"{amount} to spare" if gap else "exactly at the limit"
    if not gap:
        return f"exactly at the limit, and must be {'more' if operator == '>' else 'less'}"
    return f"{amount} {'short' if operator in {'>', '>='} else 'too many'}"


def _exact(number: Number) -> Decimal:
    return Decimal(str(number))


def _plain(number: Decimal) -> str:
    return str(int(number)) if number == number.to_integral_value() else format(number.normalize(), "f")


def _span(gap: timedelta) -> str:
    seconds = gap.total_seconds()
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds:.4g} s"
