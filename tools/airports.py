"""Writes flightpulse/domain/airports.json: every airport with an IATA code, by the time zone of its clocks.

    pip install airportsdata==20260905
    python tools/airports.py

The package is data under the MIT licence; flightpulse/domain/airports.py carries its notice. It is not needed to run
or to test anything here.
"""

import json
from pathlib import Path

import airportsdata

TARGET = Path(__file__).parents[1] / "flightpulse" / "domain" / "airports.json"


def main() -> None:
    """Write the file, one zone a line, and print how many airports it has."""
    zones: dict[str, dict[str, str]] = {}
    for code, airport in sorted(airportsdata.load("IATA").items()):
        zones.setdefault(airport["tz"], {})[code] = airport["city"]
    lines = (
        f"{json.dumps(zone)}: {json.dumps(cities, ensure_ascii=False, separators=(',', ':'))}"
        for zone, cities in sorted(zones.items())
    )
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{sum(map(len, zones.values())):,} airports in {len(zones)} zones")


if __name__ == "__main__":
    main()
