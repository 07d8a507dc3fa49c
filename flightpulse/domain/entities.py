"""Flights, passengers and bookings as the contracts describe them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypeVar

from flightpulse.domain.instants import parse_instant, to_seconds

Fields = Mapping[str, Any]
Choice = TypeVar("Choice", bound=StrEnum)


class FlightStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    BOARDING = "BOARDING"
    DELAYED = "DELAYED"
    CANCELLED = "CANCELLED"
    DEPARTED = "DEPARTED"
    ARRIVED = "ARRIVED"


class BookingStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    CANCELLED = "CANCELLED"
    NEEDS_REBOOKING = "NEEDS_REBOOKING"


class Tier(StrEnum):
    A_LIST_PREFERRED = "A-LIST PREFERRED"
    A_LIST = "A-LIST"
    MEMBER = "MEMBER"

    @property
    def priority(self) -> int:
        """1 to 3; passengers with a smaller number are told first."""
        return list(Tier).index(self) + 1


class DelayReason(StrEnum):
    WEATHER = "WEATHER"
    MECHANICAL = "MECHANICAL"
    CREW = "CREW"
    ATC = "ATC"
    SECURITY = "SECURITY"
    OTHER = "OTHER"


class CancellationReason(StrEnum):
    WEATHER = "WEATHER"
    MECHANICAL = "MECHANICAL"
    CREW = "CREW"
    OTHER = "OTHER"


class RebookingPriority(StrEnum):
    HIGH = "HIGH"
    NORMAL = "NORMAL"
    LOW = "LOW"


class InvalidFieldError(ValueError):
    """A field that cannot be read; ``name`` is the field, the text says what is wrong with it."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What the table knows by an id."""

    def to_fields(self) -> dict[str, Any]:
        """Every field as a plain JSON value, contact data included, times in UTC."""
        return {name: plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight(Entity):
    flight_id: str
    # What passengers call the flight, where its id says more than that.
    flight_number: str | None = None
    origin: str
    destination: str
    scheduled_departure: datetime
    scheduled_arrival: datetime
    actual_departure: datetime | None = None
    actual_arrival: datetime | None = None
    status: FlightStatus
    gate: str = ""
    aircraft: str = ""
    delay_minutes: int = 0
    delay_reason: str | None = None
    estimated_departure: datetime | None = None
    estimated_arrival: datetime | None = None
    cancellation_reason: str | None = None
    # A note of the delay's workflow to itself, and no fact about the flight.
    delay_told: bool = False

    def to_fields(self) -> dict[str, Any]:
        """Every field but ``delay_told`` as a plain JSON value; without ``flight_number`` where there is none."""
        fields = Entity.to_fields(self)
        del fields["delay_told"]
        if self.flight_number is None:
            del fields["flight_number"]
        return fields

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read plain fields (times as ISO 8601 text with an offset). Raises :class:`InvalidFieldError`."""
        return cls(
            flight_id=_text(fields, "flight_id"),
            flight_number=_optional_text(fields, "flight_number"),
            origin=_text(fields, "origin"),
            destination=_text(fields, "destination"),
            scheduled_departure=_instant(fields, "scheduled_departure"),
            scheduled_arrival=_instant(fields, "scheduled_arrival"),
            status=_choice(fields, "status", FlightStatus),
            gate=_optional_text(fields, "gate") or "",
            aircraft=_optional_text(fields, "aircraft") or "",
            actual_departure=_optional_instant(fields, "actual_departure"),
            actual_arrival=_optional_instant(fields, "actual_arrival"),
            delay_minutes=_count(fields, "delay_minutes"),
            delay_reason=_optional_text(fields, "delay_reason"),
            estimated_departure=_optional_instant(fields, "estimated_departure"),
            estimated_arrival=_optional_instant(fields, "estimated_arrival"),
            cancellation_reason=_optional_text(fields, "cancellation_reason"),
            delay_told=bool(fields.get("delay_told")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPreferences:
    email: bool = False
    sms: bool = False
    push: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passenger(Entity):
    passenger_id: str
    first_name: str
    last_name: str
    # Contact data stays out of every repr, and so out of every traceback and log line.
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    rapid_rewards_number: str | None = None
    tier: Tier = Tier.MEMBER
    notification_preferences: NotificationPreferences = NotificationPreferences()

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read plain fields. Raises :class:`InvalidFieldError`."""
        preferences = fields.get("notification_preferences") or {}
        if not isinstance(preferences, Mapping):
            raise InvalidFieldError("notification_preferences", "is not an object")
        return cls(
            passenger_id=_text(fields, "passenger_id"),
            first_name=_text(fields, "first_name"),
            last_name=_text(fields, "last_name"),
            email=_optional_text(fields, "email"),
            phone=_optional_text(fields, "phone"),
            rapid_rewards_number=_optional_text(fields, "rapid_rewards_number"),
            tier=_choice(fields, "tier", Tier),
            notification_preferences=NotificationPreferences(
                email=_flag(preferences, "email"), sms=_flag(preferences, "sms"), push=_flag(preferences, "push")
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking(Entity):
    booking_id: str
    passenger_id: str
    flight_id: str
    confirmation_number: str
    seat: str = ""
    fare_class: str = ""
    booking_status: BookingStatus
    checked_in: bool = False
    bags_checked: int = 0
    special_requests: tuple[str, ...] = ()
    created_at: datetime
    rebooking_priority: str | None = None
    legs: int = 0
    """How many flights the reservation has: with one, nobody need look for a connection. 0 when not known."""

    def to_fields(self) -> dict[str, Any]:
        """Every field but ``legs`` as a plain JSON value."""
        fields = Entity.to_fields(self)
        del fields["legs"]
        return fields

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read plain fields (times as ISO 8601 text with an offset). Raises :class:`InvalidFieldError`."""
        return cls(
            booking_id=_text(fields, "booking_id"),
            passenger_id=_text(fields, "passenger_id"),
            flight_id=_text(fields, "flight_id"),
            confirmation_number=_text(fields, "confirmation_number"),
            booking_status=_choice(fields, "booking_status", BookingStatus),
            created_at=_instant(fields, "created_at"),
            seat=_optional_text(fields, "seat") or "",
            fare_class=_optional_text(fields, "fare_class") or "",
            checked_in=_flag(fields, "checked_in"),
            bags_checked=_count(fields, "bags_checked"),
            special_requests=_texts(fields, "special_requests"),
            rebooking_priority=_optional_text(fields, "rebooking_priority"),
            legs=_count(fields, "legs"),
        )


def _text(fields: Fields, name: str) -> str:
    value = _optional_text(fields, name)
    if not value:
        raise InvalidFieldError(name, "is missing")
    return value


def _optional_text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidFieldError(name, "is not text")
    return value


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    values = fields.get(name) or ()
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise InvalidFieldError(name, "is not a list of texts")
    return tuple(values)


def _instant(fields: Fields, name: str) -> datetime:
    try:
        return parse_instant(_text(fields, name))
    except InvalidFieldError:
        raise
    except ValueError as error:
        raise InvalidFieldError(name, str(error)) from None


def _optional_instant(fields: Fields, name: str) -> datetime | None:
    return _instant(fields, name) if fields.get(name) else None


def plain(value: Any) -> Any:
    """A field's value as JSON has it: times in UTC, names as texts."""
    if isinstance(value, datetime):
        return to_seconds(value)
    return str(value) if isinstance(value, StrEnum) else list(value) if isinstance(value, tuple) else value


def _count(fields: Fields, name: str) -> int:
    value = fields.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidFieldError(name, "is not a whole number of 0 or more")
    return value


def _flag(fields: Fields, name: str) -> bool:
    value = fields.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidFieldError(name, "is neither true nor false")
    return value


def _choice(fields: Fields, name: str, choices: type[Choice]) -> Choice:
    value = _text(fields, name)
    try:
        return choices(value)
    except ValueError:
        raise InvalidFieldError(name, f"is none of {', '.join(choices)}") from None
