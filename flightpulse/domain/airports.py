"""Airports: the city a passenger knows them by, and the time zone of their clocks.

Codes, cities and zones come from the airportsdata package, which is published under the licence below: all airports
with an IATA code in ``airports.json`` (edition 20260905, written by ``tools/airports.py``), and the US airports with
flights to New York in 2013 in :data:`AIRPORTS` (edition 20261103).

    The MIT License (MIT)

    Copyright (c) 2020- Mike Borsetti <mike@borsetti.com>

    This project includes data from https://github.com/mwgg/Airports Copyright
    (c) 2014 mwgg

    Permission is hereby granted, free of charge, to any person obtaining a copy
    of this software and associated documentation files (the "Software"), to deal
    in the Software without restriction, including without limitation the rights
    to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
    copies of the Software, and to permit persons to whom the Software is
    furnished to do so, subject to the following conditions:

    The above copyright notice and this permission notice shall be included in all
    copies or substantial portions of the Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
    IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
    FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
    AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
    LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
    OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
    SOFTWARE.

Changed here: a few cities carry the name airlines use for the airport, and airports that the extract lacks were added
from general knowledge. Both are marked.
"""

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Airport(NamedTuple):
    """``zone`` is an IANA time zone."""

    city: str
    zone: str


AIRPORTS: dict[str, Airport] = {
    "ABQ": Airport("Albuquerque", "America/Denver"),
    "ACK": Airport("Nantucket", "America/New_York"),
    "ALB": Airport("Albany", "America/New_York"),
    "ANC": Airport("Anchorage", "America/Anchorage"),
    "ATL": Airport("Atlanta", "America/New_York"),
    "AUS": Airport("Austin", "America/Chicago"),
    "AVL": Airport("Asheville", "America/New_York"),
    "BDL": Airport("Hartford", "America/New_York"),  # city as airlines say it
    "BGR": Airport("Bangor", "America/New_York"),
    "BHM": Airport("Birmingham", "America/Chicago"),
    "BNA": Airport("Nashville", "America/Chicago"),
    "BOS": Airport("Boston", "America/New_York"),
    "BQN": Airport("Aguadilla", "America/Puerto_Rico"),
    "BTV": Airport("Burlington", "America/New_York"),
    "BUF": Airport("Buffalo", "America/New_York"),
    "BUR": Airport("Burbank", "America/Los_Angeles"),
    "BWI": Airport("Baltimore", "America/New_York"),
    "BZN": Airport("Bozeman", "America/Denver"),
    "CAE": Airport("Columbia", "America/New_York"),
    "CAK": Airport("Akron", "America/New_York"),
    "CHO": Airport("Charlottesville", "America/New_York"),
    "CHS": Airport("Charleston", "America/New_York"),
    "CLE": Airport("Cleveland", "America/New_York"),
    "CLT": Airport("Charlotte", "America/New_York"),
    "CMH": Airport("Columbus", "America/New_York"),
    "CRW": Airport("Charleston", "America/New_York"),
    "CVG": Airport("Cincinnati", "America/New_York"),  # city as airlines say it
    "DAL": Airport("Dallas", "America/Chicago"),  # not in airportsdata's extract: general knowledge
    "DAY": Airport("Dayton", "America/New_York"),
    "DCA": Airport("Washington", "America/New_York"),
    "DEN": Airport("Denver", "America/Denver"),
    "DFW": Airport("Dallas-Fort Worth", "America/Chicago"),
    "DSM": Airport("Des Moines", "America/Chicago"),
    "DTW": Airport("Detroit", "America/New_York"),
    "EGE": Airport("Eagle", "America/Denver"),
    "EWR": Airport("Newark", "America/New_York"),
    "EYW": Airport("Key West", "America/New_York"),
    "FLL": Airport("Fort Lauderdale", "America/New_York"),
    "GRR": Airport("Grand Rapids", "America/New_York"),
    "GSO": Airport("Greensboro", "America/New_York"),
    "GSP": Airport("Greenville", "America/New_York"),  # city as airlines say it
    "HDN": Airport("Hayden", "America/Denver"),
    "HNL": Airport("Honolulu", "Pacific/Honolulu"),
    "HOU": Airport("Houston", "America/Chicago"),
    "IAD": Airport("Washington", "America/New_York"),
    "IAH": Airport("Houston", "America/Chicago"),
    "ILM": Airport("Wilmington", "America/New_York"),
    "IND": Airport("Indianapolis", "America/New_York"),
    "JAC": Airport("Jackson", "America/Denver"),
    "JAX": Airport("Jacksonville", "America/New_York"),
    "JFK": Airport("New York", "America/New_York"),
    "LAS": Airport("Las Vegas", "America/Los_Angeles"),
    "LAX": Airport("Los Angeles", "America/Los_Angeles"),
    "LEX": Airport("Lexington", "America/New_York"),
    "LGA": Airport("New York", "America/New_York"),
    "LGB": Airport("Long Beach", "America/Los_Angeles"),
    "MCI": Airport("Kansas City", "America/Chicago"),
    "MCO": Airport("Orlando", "America/New_York"),
    "MDW": Airport("Chicago", "America/Chicago"),
    "MEM": Airport("Memphis", "America/Chicago"),
    "MHT": Airport("Manchester", "America/New_York"),
    "MIA": Airport("Miami", "America/New_York"),
    "MKE": Airport("Milwaukee", "America/Chicago"),
    "MSN": Airport("Madison", "America/Chicago"),
    "MSP": Airport("Minneapolis", "America/Chicago"),
    "MSY": Airport("New Orleans", "America/Chicago"),
    "MTJ": Airport("Montrose", "America/Denver"),
    "MVY": Airport("Martha's Vineyard", "America/New_York"),  # city as airlines say it
    "MYR": Airport("Myrtle Beach", "America/New_York"),
    "OAK": Airport("Oakland", "America/Los_Angeles"),
    "OKC": Airport("Oklahoma City", "America/Chicago"),
    "OMA": Airport("Omaha", "America/Chicago"),
    "ORD": Airport("Chicago", "America/Chicago"),
    "ORF": Airport("Norfolk", "America/New_York"),
    "PBI": Airport("West Palm Beach", "America/New_York"),
    "PDX": Airport("Portland", "America/Los_Angeles"),
    "PHL": Airport("Philadelphia", "America/New_York"),
    "PHX": Airport("Phoenix", "America/Phoenix"),
    "PIT": Airport("Pittsburgh", "America/New_York"),
    "PSE": Airport("Ponce", "America/Puerto_Rico"),
    "PSP": Airport("Palm Springs", "America/Los_Angeles"),
    "PVD": Airport("Providence", "America/New_York"),
    "PWM": Airport("Portland", "America/New_York"),
    "RDU": Airport("Raleigh-Durham", "America/New_York"),  # city as airlines say it
    "RIC": Airport("Richmond", "America/New_York"),
    "ROC": Airport("Rochester", "America/New_York"),
    "RSW": Airport("Fort Myers", "America/New_York"),
    "SAN": Airport("San Diego", "America/Los_Angeles"),
    "SAT": Airport("San Antonio", "America/Chicago"),
    "SAV": Airport("Savannah", "America/New_York"),
    "SBN": Airport("South Bend", "America/Indiana/Indianapolis"),
    "SDF": Airport("Louisville", "America/Kentucky/Louisville"),
    "SEA": Airport("Seattle", "America/Los_Angeles"),
    "SFO": Airport("San Francisco", "America/Los_Angeles"),
    "SJC": Airport("San Jose", "America/Los_Angeles"),
    "SJU": Airport("San Juan", "America/Puerto_Rico"),
    "SLC": Airport("Salt Lake City", "America/Denver"),
    "SMF": Airport("Sacramento", "America/Los_Angeles"),
    "SNA": Airport("Santa Ana", "America/Los_Angeles"),
    "SRQ": Airport("Sarasota", "America/New_York"),  # city as airlines say it
    "STL": Airport("St Louis", "America/Chicago"),
    "STT": Airport("Charlotte Amalie", "America/St_Thomas"),
    "SYR": Airport("Syracuse", "America/New_York"),
    "TPA": Airport("Tampa", "America/New_York"),
    "TUL": Airport("Tulsa", "America/Chicago"),
    "TVC": Airport("Traverse City", "America/New_York"),
    "TYS": Airport("Knoxville", "America/New_York"),
    "XNA": Airport("Fayetteville", "America/Chicago"),  # city as airlines say it
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
