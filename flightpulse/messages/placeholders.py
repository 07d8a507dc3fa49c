"""The gaps that data fills: what each stands for, and how a sentence uses it."""

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

PATTERN = re.compile(r"\{([a-z_]+)\}")


class Channel(StrEnum):
    """How a passenger is told. Passengers may also wish push messages; FlightPulse has no such channel."""

    EMAIL = "email"
    SMS = "sms"


class Placeholder(NamedTuple):
    """What a placeholder stands for, an example of its use, and its longest realistic value in e-mail and SMS."""

    meaning: str
    usage: str
    longest: list[str] | None = None


PLACEHOLDERS: dict[str, Placeholder] = {
    name: Placeholder(**about)
    for name, about in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")).items()
}
COMMON = frozenset({"first_name", "flight", "origin", "destination", "date", "confirmation"})
ONWARD = frozenset({"onward_flight", "onward_destination", "onward_time"})
PERSONAL = ONWARD | {"first_name", "tier", "confirmation", "special_requests"}
"""Placeholders that a recipient fills; the event and its flight fill the others."""


def used(text: str) -> list[str]:
    """The names of the placeholders in a text, in order, repeats included."""
    return PATTERN.findall(text)
