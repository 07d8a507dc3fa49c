"""Reads ``sample_data/``: checks every entry against its schema and the files against one another.

Nothing of it is used when anything of it is wrong, and every fault is named with its file, entry and field.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import fastjsonschema

from flightpulse import paths
from flightpulse.domain import airports
from flightpulse.domain.entities import Booking, Flight, InvalidFieldError, Passenger
from flightpulse.domain.local_time import at_airport
from flightpulse.errors import UserError

_IDS: Final = {"flights": "flight_id", "passengers": "passenger_id", "bookings": "booking_id"}
_TIMES: Final = ("scheduled_departure", "scheduled_arrival", "actual_departure", "actual_arrival")
_SHOWN_FAULTS: Final = 3
_EACH_DAY: Final = "; an id names one departure, so load a flight that runs daily one day at a time"

_Entity = TypeVar("_Entity", Flight, Passenger, Booking)
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SampleData:
    """The sample data, ready to be stored."""

    flights: tuple[Flight, ...]
    passengers: tuple[Passenger, ...]
    bookings: tuple[Booking, ...]

    def only(self, flight_ids: Iterable[str]) -> "SampleData":
        """The part that belongs to some flights. Passengers stay all: a booking needs the tier of its passenger."""
        wanted = frozenset(flight_ids)
        return SampleData(
            flights=tuple(flight for flight in self.flights if flight.flight_id in wanted),
            passengers=self.passengers,
            bookings=tuple(booking for booking in self.bookings if booking.flight_id in wanted),
        )


def load(folder: Path | None = None, *, day: date | None = None) -> SampleData:
    """Read and check the sample data; with ``day``, moved so that its first flight leaves on that day.

    Moved flights leave at the same local time and take as long; bookings keep the days they were made ahead. Raises
    UserError that names file, entry and field of what is wrong.
    """
    folder = folder or paths.SAMPLE_DATA
    entries = {name: _read(folder / f"{name}.json") for name in _IDS}
    faults = [fault for name, some in entries.items() for fault in _schema_faults(folder, name, some)]
    if not faults:
        faults = [*_doubles(entries), *_dangling(entries)]
    if faults:
        raise _refusal(faults)
    # Also read when it is to be moved: a time that no calendar has must be refused before it is moved.
    data = _read_entities(entries)
    if impossible := list(_impossible(entries["flights"], data.flights)):
        raise _refusal(impossible)
    return data if day is None else _read_entities(moved(entries, day))


def _read_entities(entries: Mapping[str, list[Entry]]) -> SampleData:
    return SampleData(
        flights=_entities("flights", entries["flights"], Flight.from_fields),
        passengers=_entities("passengers", entries["passengers"], Passenger.from_fields),
        bookings=_entities("bookings", entries["bookings"], Booking.from_fields),
    )


def moved(entries: Mapping[str, list[Entry]], day: date) -> dict[str, list[Entry]]:
    """The entries on another day: the earliest departure is on ``day``, everything else as far from it as before."""
    departures = [
        at_airport(_instant(flight["scheduled_departure"]), flight["origin"]).date() for flight in entries["flights"]
    ]
    shift = day - min(departures)
    return {
        "flights": [_moved_flight(flight, shift) for flight in entries["flights"]],
        "passengers": list(entries["passengers"]),
        "bookings": [
            {**booking, "created_at": (_instant(booking["created_at"]) + shift).isoformat()}
            for booking in entries["bookings"]
        ],
    }


def _moved_flight(flight: Entry, days: timedelta) -> Entry:
    departure = _on_the_local_clock(flight["scheduled_departure"], days, flight["origin"])
    # What is left keeps its distance from the departure: a flight takes as long in summer as in winter, although the
    # clocks at its two ends may differ by another hour then.
    shift = departure - _instant(flight["scheduled_departure"])
    times = {name: (_instant(flight[name]) + shift).isoformat() for name in _TIMES if flight.get(name)}
    return {**flight, **times}


def _on_the_local_clock(text: str, days: timedelta, airport: str) -> datetime:
    """The same time on the airport's clock some days away, whatever offset the text has.

    Its own offset follows the airport's summer time.
    """
    instant = _instant(text)
    if not days:
        return instant
    wall_clock = at_airport(instant, airport).replace(tzinfo=None) + days
    return wall_clock.replace(tzinfo=ZoneInfo(airports.zone(airport)))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _read(path: Path) -> list[Entry]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path.name} is not in {path.parent}.", hint="Restore it, for example with git.") from None
    except ValueError as error:
        raise UserError(f"{path.name} is not JSON: {error}.", hint="Nothing was loaded.") from None
    if not isinstance(value, list) or not value:
        raise UserError(f"{path.name} does not hold a list of entries.", hint="Nothing was loaded.")
    return value


def _schema_faults(folder: Path, name: str, entries: list[Entry]) -> Iterator[str]:
    # The schema is ours and stays beside our files, also when the data comes from somewhere else.
    schemas = folder / "schemas" if (folder / "schemas").is_dir() else paths.SAMPLE_DATA / "schemas"
    schema = json.loads((schemas / f"{name}.schema.json").read_text(encoding="utf-8"))
    validate: Callable[[Any], Any] = fastjsonschema.compile(schema["items"], use_default=False)
    for number, entry in enumerate(entries, 1):
        try:
            validate(entry)
        except fastjsonschema.JsonSchemaValueException as error:
            yield _fault(name, number, entry, *_field_and_problem(error))


def _field_and_problem(error: Any) -> tuple[str, str]:
    path = [str(part) for part in error.path[1:]]
    rule, value = error.rule, error.value
    said = str(error.message).removeprefix(str(error.name)).strip()
    if rule == "required" and isinstance(value, Mapping):
        missing = [name for name in error.rule_definition if name not in value]
        return ".".join([*path, missing[0]]), "is missing"
    if rule == "additionalProperties" and isinstance(value, Mapping):
        known = error.definition.get("properties", {})
        unknown = [str(name) for name in value if name not in known]
        return ".".join([*path, unknown[0]]), "is not a field of this file"
    if rule == "enum":
        said = f"is {value!r}, must be one of {', '.join(str(known) for known in error.rule_definition)}"
    elif rule == "pattern":
        said = f"is {value!r}, must look like {error.rule_definition}"
    elif rule == "type":
        said = f"is {value!r}, must be of type {_either(error.rule_definition)}"
    return ".".join(path) or "(the entry itself)", said


def _either(definition: object) -> str:
    return " or ".join(str(known) for known in definition) if isinstance(definition, list) else str(definition)


def _doubles(entries: Mapping[str, list[Entry]]) -> Iterator[str]:
    for name, field in _IDS.items():
        seen: set[str] = set()
        for number, entry in enumerate(entries[name], 1):
            if entry[field] in seen:
                way_out = _EACH_DAY if name == "flights" else ""
                yield _fault(name, number, entry, field, f"{entry[field]} is there twice{way_out}")
            seen.add(entry[field])


def _dangling(entries: Mapping[str, list[Entry]]) -> Iterator[str]:
    known = {
        "flight_id": {flight["flight_id"] for flight in entries["flights"]},
        "passenger_id": {passenger["passenger_id"] for passenger in entries["passengers"]},
    }
    for number, booking in enumerate(entries["bookings"], 1):
        for field, ids in known.items():
            if booking[field] not in ids:
                file = "flights.json" if field == "flight_id" else "passengers.json"
                yield _fault("bookings", number, booking, field, f"{booking[field]} is not in {file}")


def _impossible(entries: list[Entry], flights: tuple[Flight, ...]) -> Iterator[str]:
    """What no flight can be: from nowhere, or at its end before it began."""
    for number, (written, flight) in enumerate(zip(entries, flights, strict=True), 1):
        for field in ("origin", "destination"):
            if airports.find(written[field]) is None:
                yield _fault("flights", number, written, field, f"{written[field]} is the IATA code of no airport")
        if flight.scheduled_arrival <= flight.scheduled_departure:
            problem = f"{written['scheduled_arrival']} is not after the departure, {written['scheduled_departure']}"
            yield _fault("flights", number, written, "scheduled_arrival", problem)


def _fault(name: str, number: int, entry: object, field: str, problem: str) -> str:
    """What is wrong with a field of an entry of a file."""
    identity = entry.get(_IDS[name]) if isinstance(entry, Mapping) else None
    said = f"entry {number} ({identity})" if isinstance(identity, str) else f"entry {number}"
    return f"{name}.json, {said}, field {field}: {problem}"


def _refusal(faults: list[str]) -> UserError:
    shown = "; ".join(faults[:_SHOWN_FAULTS])
    more = f"; and {len(faults) - _SHOWN_FAULTS} more" if len(faults) > _SHOWN_FAULTS else ""
    return UserError(f"{shown}{more}.", hint="Nothing was loaded.")


def _entities(name: str, entries: list[Entry], read: Callable[[Entry], _Entity]) -> tuple[_Entity, ...]:
    found = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(read(entry))
        except InvalidFieldError as error:
            raise _refusal([_fault(name, number, entry, error.name, error.problem)]) from error
    return tuple(found)
