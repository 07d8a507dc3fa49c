"""What a message may say: an event, a flight and a booking as the words that fill a template's gaps.

Everything comes from data. An event's ``reason_detail`` is not read at all: it is free text from outside, and neither a
model nor a passenger ever sees it.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flightpulse.domain import airports, local_time
from flightpulse.domain.entities import BookingStatus, DelayReason, Tier
from flightpulse.domain.events import Kind, Severity
from flightpulse.messages import gsm7
from flightpulse.messages.news import READERS, known, news_kind
from flightpulse.messages.news.events import REASONS, EventFacts, Fields, UnusableEventError, Values, instant
from flightpulse.messages.placeholders import PLACEHOLDERS, Channel
from flightpulse.messages.segments import Segment

SOON = timedelta(hours=3)
"""News that comes so long before a departure, or later, is urgent."""
TIME_TO_CHANGE = timedelta(hours=1)
"""An onward flight that leaves sooner than this after the arrival is at risk."""

_REQUESTS_IN_BRIEF = "special assistance"
_BRIEF_REQUESTS = 21


class UnusableRecipientError(ValueError):
    """A passenger's or booking's data cannot be used; the text says which field and why, without its value."""


@dataclass(frozen=True, slots=True)
class News:
    """An event as messages tell it. ``told`` has kind and severity, ``values`` the facts in words, per channel."""

    event_id: str
    correlation_id: str
    flight_id: str
    destination: str
    timestamp: str
    reason: DelayReason | None
    told: EventFacts
    values: Mapping[Channel, Values]

    @property
    def kind(self) -> Kind:
        return self.told.kind

    @property
    def severity(self) -> Severity:
        return self.told.severity

    @property
    def soon(self) -> bool:
        """Whether the flight leaves within hours of the news; so it does when nobody knows how old the news is."""
        at = instant(self.timestamp, "timestamp")
        return at is None or self.told.departure - at <= SOON

    def puts_at_risk(self, onward: "Onward") -> bool:
        """Whether somebody who flies on may miss that flight."""
        if self.kind is Kind.CANCELLATION:
            return onward.departure > self.told.departure
        arrival = self.told.arrival
        return arrival is not None and self.told.departure < onward.departure < arrival + TIME_TO_CHANGE


@dataclass(frozen=True, slots=True)
class Onward:
    """The passenger's next flight on the same day; ``flight`` is what passengers call it."""

    flight: str
    origin: str
    destination: str
    departure: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
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
    checked_in: bool = False
    bags: bool = False
    legs: int = 0
    onward: Onward | None = None

    def segment(self, news: News) -> Segment:
        circumstances: dict[str, Any] = {
            "assistance": bool(self.special_requests),
            "onward": self.onward is not None and news.puts_at_risk(self.onward),
            "checked_in": self.checked_in,
            "bags": self.checked_in and self.bags,
            "soon": news.soon,
        }
        varies = news_kind(news.kind).varies
        return Segment(
            kind=news.kind,
            severity=news.severity,
            reason=news.reason,
            tier=self.tier,
            **{name: holds for name, holds in circumstances.items() if name in varies},
        )

    def values(self, channel: Channel, news: News) -> Values:
        """The passenger's own gaps. A first name that GSM-7 cannot carry at all is left out of an SMS."""
        values = {
            "first_name": self.first_name,
            "tier": str(self.tier),
            "confirmation": self.confirmation,
            "special_requests": _listed(self.special_requests),
        }
        if self.onward is not None:
            local = local_time.at_airport(self.onward.departure, self.onward.origin or news.destination)
            values["onward_flight"] = self.onward.flight
            values["onward_destination"] = airports.city(self.onward.destination)
            values["onward_time"] = local_time.clock_time(local)
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
    read = READERS.get(str(event.get("event_type")))
    if read is None:
        raise UnusableEventError(f"event_type is none of {', '.join(READERS)}")
    flight_id = _wanted(event.get("flight_id") or flight.get("flight_id"), "flight_id")
    destination = _wanted(flight.get("destination"), "flight.destination")
    common = {
        "flight": _called(flight) or flight_id,
        "origin": airports.city(_wanted(flight.get("origin"), "flight.origin")),
        "destination": airports.city(destination),
    }
    told = read(event, flight)
    reason = _reason(event.get("reason")) if news_kind(told.kind).has_reason else None
    return News(
        event_id=_wanted(event.get("event_id"), "event_id"),
        correlation_id=str(event.get("correlation_id") or event["event_id"]),
        flight_id=flight_id,
        destination=destination,
        timestamp=str(event.get("timestamp") or ""),
        reason=reason,
        told=told,
        values={channel: _in_words(common, told.details[channel], reason, channel) for channel in Channel},
    )


def read_recipient(fields: object, flight_id: str | None = None) -> Recipient | None:
    """Read one recipient; None for somebody who is not told: their booking is cancelled, or not for ``flight_id``.

    A passenger of an unknown tier is told as a member. ``onward`` may hold the passenger's next flight on the same day
    as :func:`read_onward` wants it; one that cannot be read is left out. Raises :class:`UnusableRecipientError`.
    """
    if not isinstance(fields, Mapping):
        raise UnusableRecipientError("the recipient is not an object")
    if fields.get("booking_status") == BookingStatus.CANCELLED:
        return None
    if flight_id is not None and fields.get("flight_id", flight_id) != flight_id:
        return None
    preferences = fields.get("notification_preferences") or {}
    if not isinstance(preferences, Mapping):
        raise UnusableRecipientError("notification_preferences is not an object")
    requests = fields.get("special_requests") or []
    if not isinstance(requests, list) or not all(isinstance(request, str) for request in requests):
        raise UnusableRecipientError("special_requests is not a list of texts")
    tier = str(fields.get("tier"))
    bags, legs = fields.get("bags_checked"), fields.get("legs")
    return Recipient(
        booking_id=_own(fields, "booking_id"),
        passenger_id=_own(fields, "passenger_id"),
        first_name=_own(fields, "first_name"),
        tier=Tier(tier) if tier in set(Tier) else Tier.MEMBER,
        confirmation=_own(fields, "confirmation_number"),
        special_requests=tuple(filter(None, map(clean, requests))),
        wishes=frozenset(channel for channel in Channel if preferences.get(channel) is True),
        addresses={
            channel: value.strip()
            for channel, name in ((Channel.EMAIL, "email"), (Channel.SMS, "phone"))
            if isinstance(value := fields.get(name), str)
        },
        checked_in=fields.get("checked_in") is True,
        bags=isinstance(bags, int | float) and bags > 0,
        legs=int(legs) if isinstance(legs, int | float) else 0,
        onward=read_onward(fields.get("onward")),
    )


def longest(segment: Segment, channel: Channel) -> Values:
    """The longest realistic value of each placeholder: what a text message of this segment must still fit with."""
    at = list(Channel).index(channel)
    of_segment = {"tier": str(segment.tier), "reason": REASONS[segment.reason or DelayReason.OTHER][at]}
    values = {name: about.longest[at] for name, about in PLACEHOLDERS.items() if about.longest}
    return {name: value for name, value in (values | of_segment).items() if name in known(segment)}


def clean(text: str) -> str:
    """The text without control and invisible characters, which could end a header or turn the direction of writing."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    visible = (" " if character.isspace() else character for character in text)
    kept = "".join(character for character in visible if not unicodedata.category(character).startswith("C"))
    return " ".join(kept.split())


def _in_words(common: Values, details: Values, reason: DelayReason | None, channel: Channel) -> Values:
    values = {name: clean(value) for name, value in {**common, **details}.items()}
    if reason is not None:
        values["reason"] = REASONS[reason][channel is Channel.SMS]
    return values if channel is Channel.EMAIL else {name: gsm7.to_gsm7(value) for name, value in values.items()}


def _reason(given: object) -> DelayReason:
    return DelayReason(given) if isinstance(given, str) and given in set(DelayReason) else DelayReason.OTHER


def read_onward(fields: object) -> Onward | None:
    """Read a next flight (flight_id, origin, destination, departure, maybe flight_number); None for what is none."""
    if not isinstance(fields, Mapping):
        return None
    flight_id, destination = (clean(str(fields.get(name) or "")) for name in ("flight_id", "destination"))
    try:
        departure = instant(fields.get("departure"), "onward.departure")
    except UnusableEventError:
        return None
    origin = clean(str(fields.get("origin") or ""))
    if not (flight_id and destination and departure):
        return None
    return Onward(_called(fields) or flight_id, origin, destination, departure)


def _called(flight: Fields) -> str:
    """The number by which passengers know a flight; empty where it has none beside its id."""
    number = flight.get("flight_number")
    return clean(number) if isinstance(number, str) else ""


def _listed(phrases: tuple[str, ...]) -> str:
    *most, last = phrases or ("",)
    return f"{', '.join(most)} and {last}" if most else last


def _own(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not clean(value):
        raise UnusableRecipientError(f"{name} is missing")
    return clean(value)


def _wanted(value: object, name: str) -> str:
    if not isinstance(value, str) or not clean(value):
        raise UnusableEventError(f"{name} is missing")
    return clean(value)
