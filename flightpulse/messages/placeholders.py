"""The gaps that data fills: what each stands for, and how a sentence uses it."""

import re
from enum import StrEnum
from typing import NamedTuple

PATTERN = re.compile(r"\{([a-z_]+)\}")


class Channel(StrEnum):
    """How a passenger is told. Passengers may also wish push messages; FlightPulse has no such channel."""

    EMAIL = "email"
    SMS = "sms"


class Placeholder(NamedTuple):
    """What a placeholder stands for, and an example of its use."""

    meaning: str
    usage: str


PLACEHOLDERS: dict[str, Placeholder] = {
    "first_name": Placeholder("the passenger's first name", "Hi {first_name},"),
    "flight": Placeholder("the flight number", "flight {flight}"),
    "origin": Placeholder("the city it leaves from", "from {origin}"),
    "destination": Placeholder("the city it goes to", "to {destination}"),
    "date": Placeholder("the day of the flight", "on {date}"),
    "confirmation": Placeholder("the booking's confirmation code", "confirmation code {confirmation}"),
    "tier": Placeholder("the passenger's member tier", "As an {tier} member, ..."),
    "delay": Placeholder("how late it is, in hours and minutes", "delayed by {delay}"),
    "reason": Placeholder("why it happened", "because of {reason}"),
    "scheduled_time": Placeholder("when it should have left", "instead of {scheduled_time}"),
    "departure_time": Placeholder("when it leaves now", "leaves at {departure_time}"),
    "arrival_time": Placeholder("when it arrives now", "arrives at {arrival_time}"),
    "old_gate": Placeholder("the gate it no longer leaves from", "instead of gate {old_gate}"),
    "new_gate": Placeholder("the gate it leaves from now", "gate {new_gate}"),
    "special_requests": Placeholder("what the passenger asked for", "your special request ({special_requests})"),
    "onward_flight": Placeholder("the passenger's next flight that day", "your onward flight {onward_flight}"),
    "onward_destination": Placeholder("where the onward flight goes", "to {onward_destination}"),
    "onward_time": Placeholder("when the onward flight leaves", "which leaves at {onward_time}"),
}
COMMON = frozenset({"first_name", "flight", "origin", "destination", "date", "confirmation"})
ONWARD = frozenset({"onward_flight", "onward_destination", "onward_time"})
PERSONAL = ONWARD | {"first_name", "tier", "confirmation", "special_requests"}
"""Placeholders that a recipient fills; the event and its flight fill the others."""


def used(text: str) -> list[str]:
    """The names of the placeholders in a text, in order, repeats included."""
    return PATTERN.findall(text)
