"""What a message may say: an event, a flight and a booking as the words that fill a template's gaps.

Everything comes from data. An event's ``reason_detail`` is not read at all: it is free text from outside, and neither a
model nor a passenger ever sees it.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flightpulse.domain import airports, gsm7, local_time
from flightpulse.domain.entities import BookingStatus, DelayReason, Tier
from flightpulse.domain.instants import parse_instant
from flightpulse.domain.placeholders import Channel, known
from flightpulse.domain.segments import WITH_REASON, Kind, Segment
from flightpulse.domain.severity import Severity, delay_category

Fields = Mapping[str, Any]
Values = Mapping[str, str]

_REASONS = {
    DelayReason.WEATHER: "bad weather",
    DelayReason.MECHANICAL: "a mechanical problem with the aircraft",
    DelayReason.CREW: "a problem with crew availability",
    DelayReason.ATC: "an air traffic control restriction",
    DelayReason.SECURITY: "a security matter",
    DelayReason.OTHER: "an operational problem",
}
_REASONS_IN_BRIEF = {
    DelayReason.WEATHER: "bad weather",
    DelayReason.MECHANICAL: "a mechanical issue",
    DelayReason.CREW: "a crew issue",
    DelayReason.ATC: "air traffic control",
    DelayReason.SECURITY: "a security matter",
    DelayReason.OTHER: "an operational issue",
}
PERSONAL = frozenset({"first_name", "tier", "confirmation", "special_requests"})
"""Placeholders that a recipient fills; the event and its flight fill the others."""

_REQUESTS_IN_BRIEF = "special assistance"
_BRIEF_REQUESTS = 21


class UnusableEventError(ValueError):
    """An event or its flight lacks what every message about it needs. Sending it again would not help."""


class UnusableRecipientError(ValueError):
    """A passenger's or booking's data cannot be used; the text says which field and why, without its value."""


@dataclass(frozen=True, slots=True)
class News:
    """An event as messages tell it. ``kind`` and ``severity`` decide the tone, ``values`` the facts, per channel."""

    event_id: str
    correlation_id: str
    flight_id: str
    timestamp: str
    kind: Kind
    severity: Severity
    reason: DelayReason | None
    values: Mapping[Channel, Values]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One booking of a flight with its passenger. Contact data stays out of every repr."""

    booking_id: str
    passenger_id: str
    first_name: str = field(repr=False)
    tier: Tier
    confirmation: str = field(repr=False)
    special_requests: tuple[str, ...]
    wishes: frozenset[Channel]
    addresses: Mapping[Channel, str] = field(repr=False)

    def segment(self, news: News) -> Segment:
        return Segment(
            kind=news.kind,
            severity=news.severity,
            reason=news.reason,
            tier=self.tier,
            assistance=bool(self.special_requests),
        )

    def values(self, channel: Channel) -> Values:
        """The passenger's own gaps. A first name that GSM-7 cannot carry at all is left out of an SMS."""
        values = {
            "first_name": self.first_name,
            "tier": str(self.tier),
            "confirmation": self.confirmation,
            "special_requests": _listed(self.special_requests),
        }
        if channel is Channel.EMAIL:
            return values
        if len(values["special_requests"]) > _BRIEF_REQUESTS:
            values["special_requests"] = _REQUESTS_IN_BRIEF
        carried = {name: gsm7.to_gsm7(value).strip() for name, value in values.items()}
        return {name: value for name, value in carried.items() if value}


def read_news(event: Fields, flight: Fields) -> News:
    """Read an event of the bus and its flight. What hand-made events leave out is worked out from the flight.

    Raises :class:`UnusableEventError`.
    """
    tell = _READERS.get(str(event.get("event_type")))
    if tell is None:
        raise UnusableEventError(f"event_type is none of {', '.join(_READERS)}")
    flight_id = _wanted(event.get("flight_id") or flight.get("flight_id"), "flight_id")
    common = {
        "flight": flight_id,
        "origin": airports.city(_wanted(flight.get("origin"), "flight.origin")),
        "destination": airports.city(_wanted(flight.get("destination"), "flight.destination")),
    }
    told = tell(event, flight)
    reason = _reason(event.get("reason")) if told.kind in WITH_REASON else None
    return News(
        event_id=_wanted(event.get("event_id"), "event_id"),
        correlation_id=str(event.get("correlation_id") or event["event_id"]),
        flight_id=flight_id,
        timestamp=str(event.get("timestamp") or ""),
        kind=told.kind,
        severity=told.severity,
        reason=reason,
        values={channel: _spoken(common, told.details[channel], reason, channel) for channel in Channel},
    )


def read_recipient(fields: object) -> Recipient | None:
    """Read one recipient; None for somebody whose booking is cancelled and who is therefore not told.

    A passenger of an unknown tier is told as a member. Raises :class:`UnusableRecipientError`.
    """
    if not isinstance(fields, Mapping):
        raise UnusableRecipientError("the recipient is not an object")
    if fields.get("booking_status") == BookingStatus.CANCELLED:
        return None
    preferences = fields.get("notification_preferences") or {}
    if not isinstance(preferences, Mapping):
        raise UnusableRecipientError("notification_preferences is not an object")
    requests = fields.get("special_requests") or []
    if not isinstance(requests, list) or not all(isinstance(request, str) for request in requests):
        raise UnusableRecipientError("special_requests is not a list of texts")
    tier = str(fields.get("tier"))
    return Recipient(
        booking_id=_own(fields, "booking_id"),
        passenger_id=_own(fields, "passenger_id"),
        first_name=_own(fields, "first_name"),
        tier=Tier(tier) if tier in set(Tier) else Tier.MEMBER,
        confirmation=_own(fields, "confirmation_number"),
        special_requests=tuple(filter(None, map(_clean, requests))),
        wishes=frozenset(channel for channel in Channel if preferences.get(channel) is True),
        addresses={
            channel: value.strip()
            for channel, name in ((Channel.EMAIL, "email"), (Channel.SMS, "phone"))
            if isinstance(value := fields.get(name), str)
        },
    )


def longest(segment: Segment, channel: Channel) -> Values:
    """The longest realistic value of each placeholder: what a text message of this segment must still fit with.

    A first name of 15 letters (the US Social Security lists cut there), a flight number of two letters and four digits,
    the longest city of the table, a delay just under a day that moves the departure to another date.
    """
    late = datetime.fromisoformat("2026-09-30T12:59:00-08:00")
    city = max((airport.city for airport in airports.AIRPORTS.values()), key=len)
    day = local_time.day(late) if channel is Channel.EMAIL else "Sep 30"
    reason = segment.reason or DelayReason.OTHER
    values = {
        "first_name": "Christopher-Lee",
        "flight": "SW1234",
        "origin": city,
        "destination": city,
        "date": day,
        "confirmation": "WWWWWW",
        "tier": str(segment.tier),
        "delay": local_time.duration(23 * 60 + 59),
        "reason": (_REASONS if channel is Channel.EMAIL else _REASONS_IN_BRIEF)[reason],
        "scheduled_time": "12:59 PM AKST",
        "departure_time": f"12:59 PM AKST on {day}",
        "arrival_time": f"12:59 PM AKST on {day}",
        "old_gate": "CC12",
        "new_gate": "CC12",
        "special_requests": "W" * _BRIEF_REQUESTS if channel is Channel.SMS else "W" * 60,
    }
    return {name: value for name, value in values.items() if name in known(segment)}


@dataclass(frozen=True, slots=True)
class _Told:
    """What one type of event tells: its kind and severity, and the facts of its own, per channel."""

    kind: Kind
    severity: Severity
    details: Mapping[Channel, Values]


def _delay(event: Fields, flight: Fields) -> _Told:
    scheduled = _instant(flight.get("scheduled_departure"), "flight.scheduled_departure")
    minutes = _minutes(event, scheduled)
    if minutes is None:
        raise UnusableEventError("the event has neither delay_minutes nor new_departure")
    departure = _instant(event.get("new_departure"), "new_departure") or (
        scheduled + timedelta(minutes=minutes) if scheduled else None
    )
    if departure is None:
        raise UnusableEventError("neither new_departure nor the flight's scheduled_departure is known")
    planned_arrival = _instant(flight.get("scheduled_arrival"), "flight.scheduled_arrival")
    arrival = _instant(event.get("new_arrival"), "new_arrival") or (
        planned_arrival + timedelta(minutes=minutes) if planned_arrival else None
    )
    kind = Kind.DELAY if minutes else Kind.ON_TIME
    details = {
        channel: _times(flight, channel, scheduled=scheduled, departure=departure, arrival=arrival)
        | {"delay": local_time.duration(minutes)}
        for channel in Channel
    }
    return _Told(kind, Severity(delay_category(minutes)), details)


def _minutes(event: Fields, scheduled: datetime | None) -> int | None:
    given = event.get("delay_minutes")
    if given is not None:
        if isinstance(given, bool) or not isinstance(given, int | float) or given < 0 or given != int(given):
            raise UnusableEventError("delay_minutes is not a whole number of 0 or more")
        return int(given)
    departure = _instant(event.get("new_departure"), "new_departure")
    if departure is None or scheduled is None:
        return None
    return max(0, round((departure - scheduled).total_seconds() / 60))


def _cancellation(_event: Fields, flight: Fields) -> _Told:
    scheduled = _instant(flight.get("scheduled_departure"), "flight.scheduled_departure")
    if scheduled is None:
        raise UnusableEventError("the flight's scheduled_departure is not known")
    details = {channel: _times(flight, channel, scheduled=scheduled) for channel in Channel}
    return _Told(Kind.CANCELLATION, Severity.CANCELLED, details)


def _gate_change(event: Fields, flight: Fields) -> _Told:
    new_gate = _clean(str(event.get("new_gate") or ""))
    if not new_gate:
        raise UnusableEventError("the event has no new_gate")
    old_gate = _clean(str(event.get("old_gate") or ""))
    scheduled = _instant(flight.get("scheduled_departure"), "flight.scheduled_departure")
    departure = _instant(flight.get("estimated_departure"), "flight.estimated_departure") or scheduled
    if departure is None:
        raise UnusableEventError("the flight's departure time is not known")
    gates = {"new_gate": new_gate, "old_gate": old_gate} if old_gate else {"new_gate": new_gate}
    details = {
        channel: _times(flight, channel, scheduled=scheduled, departure=departure) | gates for channel in Channel
    }
    severity = Severity.TERMINAL if event.get("terminal_change") is True else Severity.GATE
    return _Told(Kind.GATE_CHANGE, severity, details)


_READERS: Mapping[str, Callable[[Fields, Fields], _Told]] = {
    "FLIGHT_DELAY": _delay,
    "FLIGHT_CANCELLED": _cancellation,
    "GATE_CHANGE": _gate_change,
}


def _times(
    flight: Fields,
    channel: Channel,
    *,
    scheduled: datetime | None = None,
    departure: datetime | None = None,
    arrival: datetime | None = None,
) -> dict[str, str]:
    """Times on the clock of the airport where each happens. The date is said again only when it is another one."""
    brief = channel is Channel.SMS
    values: dict[str, str] = {}
    day = scheduled or departure
    home = None if day is None else local_time.at_airport(day, str(flight["origin"]))
    if home is not None:
        values["date"] = _day(home, brief=brief)
    if scheduled is not None:
        values["scheduled_time"] = local_time.clock_time(local_time.at_airport(scheduled, str(flight["origin"])))
    for name, instant, airport in (("departure", departure, "origin"), ("arrival", arrival, "destination")):
        if instant is None:
            continue
        local = local_time.at_airport(instant, str(flight[airport]))
        said = local_time.clock_time(local)
        if home is not None and local.date() != home.date():
            said = f"{said} on {_day(local, brief=brief)}"
        values[f"{name}_time"] = said
    return values


def _day(local: datetime, *, brief: bool) -> str:
    return local_time.short_day(local) if brief else local_time.day(local)


def _spoken(common: Values, details: Values, reason: DelayReason | None, channel: Channel) -> Values:
    values = {**common, **details}
    if reason is not None:
        values["reason"] = (_REASONS if channel is Channel.EMAIL else _REASONS_IN_BRIEF)[reason]
    return values if channel is Channel.EMAIL else {name: gsm7.to_gsm7(value) for name, value in values.items()}


def _reason(given: object) -> DelayReason:
    return DelayReason(given) if isinstance(given, str) and given in set(DelayReason) else DelayReason.OTHER


def _listed(phrases: tuple[str, ...]) -> str:
    *most, last = phrases or ("",)
    return f"{', '.join(most)} and {last}" if most else last


def _own(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not _clean(value):
        raise UnusableRecipientError(f"{name} is missing")
    return _clean(value)


def _wanted(value: object, name: str) -> str:
    if not isinstance(value, str) or not _clean(value):
        raise UnusableEventError(f"{name} is missing")
    return _clean(value)


def _instant(value: object, name: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        return parse_instant(str(value))
    except ValueError as error:
        raise UnusableEventError(f"{name} {error}") from None


def _clean(text: str) -> str:
    """The text without control and invisible characters, which could end a header or turn the direction of writing."""
    visible = (" " if character.isspace() else character for character in text)
    kept = "".join(character for character in visible if not unicodedata.category(character).startswith("C"))
    return " ".join(kept.split())
