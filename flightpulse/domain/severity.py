"""How bad a delay is: the bounds that sort them."""

from enum import StrEnum

MAJOR_FROM_MINUTES = 30
SEVERE_ABOVE_MINUTES = 120


class DelayCategory(StrEnum):
    MINOR = "MINOR"
    MAJOR = "MAJOR"
    SEVERE = "SEVERE"


def delay_category(delay_minutes: int) -> DelayCategory:
    """Minor below 30 minutes, major from 30 to 120 inclusive, severe above 120. Raises ``ValueError`` below 0."""
    if delay_minutes < 0:
        raise ValueError(f"a delay of {delay_minutes} minutes is no delay")
    if delay_minutes < MAJOR_FROM_MINUTES:
        return DelayCategory.MINOR
    if delay_minutes <= SEVERE_ABOVE_MINUTES:
        return DelayCategory.MAJOR
    return DelayCategory.SEVERE
