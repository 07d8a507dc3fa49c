"""Airports: the city a passenger knows them by, and the time zone of their clocks.

Codes, cities and zones come from the airportsdata package (edition 20261103, US airports with flights to New York in
2013), which is published under this licence:

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
from general knowledge. Both are marked in the table beside this module.
"""

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


def city(code: str) -> str:
    """The city of an airport, or the code itself for an airport that is not in the table."""
    airport = AIRPORTS.get(code)
    return airport.city if airport else code


def zone(code: str) -> str:
    """The IANA zone of an airport's clocks; UTC, and labelled so, for an airport that is not in the table."""
    airport = AIRPORTS.get(code)
    return airport.zone if airport else "UTC"
