"""Where an item lives in the single table: its key and its index attributes."""

from datetime import datetime

from flightpulse.domain.entities import BookingStatus, FlightStatus
from flightpulse.domain.instants import to_seconds

Key = dict[str, str]

METADATA = "METADATA"
CLAIM = "CLAIM"
FLIGHT = "FLIGHT#"
PASSENGER = "PASSENGER#"
BOOKING = "BOOKING#"
EVENT = "EVENT#"
TEMPLATE = "TEMPLATE#"
VERSION = "VERSION#"

FLIGHTS_BY_STATUS = "GSI1"
BOOKINGS_BY_STATUS = "GSI2"


def flight(flight_id: str) -> Key:
    return {"PK": FLIGHT + flight_id, "SK": METADATA}


def passenger(passenger_id: str) -> Key:
    return {"PK": PASSENGER + passenger_id, "SK": METADATA}


def booking(booking_id: str) -> Key:
    return {"PK": BOOKING + booking_id, "SK": METADATA}


def booking_of_flight(flight_id: str, booking_id: str) -> Key:
    return {"PK": FLIGHT + flight_id, "SK": BOOKING + booking_id}


def booking_of_passenger(passenger_id: str, booking_id: str) -> Key:
    return {"PK": PASSENGER + passenger_id, "SK": BOOKING + booking_id}


def claim(event_id: str) -> Key:
    """The item by which one workflow execution claims an event."""
    return {"PK": EVENT + event_id, "SK": CLAIM}


def template(segment: str, prompt_version: str) -> Key:
    """The message template of a segment under one version of the prompts."""
    return {"PK": TEMPLATE + segment, "SK": VERSION + prompt_version}


def flight_index(status: FlightStatus, scheduled_departure: datetime) -> Key:
    """GSI1: the flights of a status, by departure."""
    return {"GSI1PK": str(status), "GSI1SK": to_seconds(scheduled_departure)}


def booking_index(status: BookingStatus, created_at: datetime) -> Key:
    """GSI2: the bookings of a status, by creation time."""
    return {"GSI2PK": str(status), "GSI2SK": to_seconds(created_at)}
