"""Airports: the city a passenger knows them by, and the time zone of their clocks.

Codes, cities and zones come from the airportsdata package, whose licence is in ``airports_licence.txt``: all airports
with an IATA code in ``airports.json`` (edition 20260905, written by ``tools/airports.py``), and the US airports with
flights to New York in 2013 in :data:`AIRPORTS` (edition 20261103).

Changed here: a few cities carry the name airlines use for the airport, and airports that the extract lacks were added
from general knowledge. Both are marked in the table beside this module.
"""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple


class Airport(NamedTuple):
    """``zone`` is an IANA time zone."""

    city: str
    zone: str


_LINES = Path(__file__).with_suffix(".csv").read_text("utf-8").splitlines()[1:]
AIRPORTS: dict[str, Airport] = {
    code: Airport(city, zone) for code, city, zone, _note in (line.split(",") for line in _LINES)
}
"""The airports whose cities are named here by hand; they count before those of the file."""

LONGEST_CITY = max(len(airport.city) for airport in AIRPORTS.values())
"""A longer name would not fit a text message; passengers then read the airport's code."""


def city(code: str) -> str:
    """The city of an airport; the code itself where none is known, or where its name is too long for a text message."""
    airport = find(code)
    return airport.city if airport and 0 < len(airport.city) <= LONGEST_CITY else code


def zone(code: str) -> str:
    """The IANA zone of an airport's clocks; UTC for a code that is no airport's."""
    airport = find(code)
    return airport.zone if airport else "UTC"


def find(code: str) -> Airport | None:
    """The airport of an IATA code; None when there is no such code."""
    return AIRPORTS.get(code) or _all_airports().get(code)


@cache
def _all_airports() -> dict[str, Airport]:
    """Read when a code that is not in :data:`AIRPORTS` is asked for, and then kept."""
    zones = json.loads(files(__package__).joinpath("airports.json").read_text("utf-8"))
    return {code: Airport(city, zone) for zone, cities in zones.items() for code, city in cities.items()}
