"""How bad news is: the bounds that sort delays, and one label for every kind of event."""

from enum import StrEnum

MAJOR_FROM_MINUTES = 30
SEVERE_ABOVE_MINUTES = 120


class DelayCategory(StrEnum):
    MINOR = "MINOR"
    MAJOR = "MAJOR"
    SEVERE = "SEVERE"


class Severity(StrEnum):
    """How a message is toned and a metric is sliced: the delay categories and the kinds of other news."""

    MINOR = "MINOR"
    MAJOR = "MAJOR"
    SEVERE = "SEVERE"
    CANCELLED = "CANCELLED"
    GATE = "GATE"
    TERMINAL = "TERMINAL"


def delay_category(delay_minutes: int) -> DelayCategory:
    """Minor below 30 minutes, major from 30 to 120 inclusive, severe above 120. Raises ``ValueError`` below 0."""
    if delay_minutes < 0:
        raise ValueError(f"a delay of {delay_minutes} minutes is no delay")
    if delay_minutes < MAJOR_FROM_MINUTES:
        return DelayCategory.MINOR
    if delay_minutes <= SEVERE_ABOVE_MINUTES:
        return DelayCategory.MAJOR
    return DelayCategory.SEVERE
