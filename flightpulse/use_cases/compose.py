"""Composes the messages about one event for some of its passengers.

A wording is chosen once per segment, never per passenger, and no model hears of a passenger. E-mail and text messages
are the channels; passengers may also wish push messages, for which FlightPulse has no sender.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from flightpulse.messages import compose, facts, wording
from flightpulse.messages.facts import News, Recipient, UnusableRecipientError
from flightpulse.messages.news import news_kind
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Segment
from flightpulse.messages.wording import Author, Origin, Reviewer, Wording
from flightpulse.use_cases.choose_wordings import TemplateStore, choose_wordings

Fields = Mapping[str, Any]


class OnwardFlights(Protocol):
    """Where passengers fly after this flight on the same day. Never raises."""

    def of(self, flight: Fields, passenger_ids: Sequence[str]) -> Mapping[str, Fields]:
        """The next flight of each passenger that has one, as :func:`facts.read_recipient` wants it."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What composing needs from outside. Without a reviewer a person reviews; ``contact`` is how to reach us."""

    author: Author
    reviewer: Reviewer | None
    templates: TemplateStore
    onward: OnwardFlights
    contact: str = ""


@dataclass(slots=True)
class Composed:
    """What came of one invocation."""

    recipients: int = 0
    unreachable: int = 0
    notifications: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    wordings: list[Wording] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many recipients there were and what became of them; model, cache and fallback count segments."""
        return {
            "recipients": self.recipients,
            **{str(channel): self._sent(channel) for channel in Channel},
            "unreachable": self.unreachable,
            "failed": len(self.failed),
            **{str(origin): sum(wording.origin is origin for wording in self.wordings) for origin in Origin},
        }

    def answer(self) -> dict[str, Any]:
        """The payload that the workflow reads."""
        return {"notifications": self.notifications, "failed": self.failed, "counts": self.counts()}

    def _sent(self, channel: Channel) -> int:
        return sum(notification["channel"] == channel for notification in self.notifications)


def compose_messages(news: News, flight: Fields, recipients: Sequence[object], ports: Ports) -> Composed:
    """Messages in the order of the recipients, an e-mail before a text message.

    ``recipients`` are objects as :func:`facts.read_recipient` reads them. One passenger's bad data never stops the
    others: it ends in ``failed``, with the reason.
    """
    composed = Composed()
    people = list(_reachable(recipients, news, composed))
    _add_onward_flights(people, news, flight, ports.onward)
    segments = [person.recipient.segment(news) for person in people]
    needed = {segment for segment, person in zip(segments, people, strict=True) if person.addresses}
    chosen = _wordings(needed, news, ports)
    composed.wordings += chosen.values()
    for segment, person in zip(segments, people, strict=True):
        if person.addresses:
            _compose_for(person, news, chosen[segment], composed, ports.contact)
        _note_problems(person, composed)
    return composed


@dataclass(slots=True)
class _Person:
    """A recipient who is to be told: where, and what stands in the way of a channel they wish."""

    recipient: Recipient
    addresses: dict[Channel, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def _reachable(recipients: Sequence[object], news: News, composed: Composed) -> Iterator[_Person]:
    """Those who wish to be told; the others are counted."""
    for fields in recipients:
        try:
            recipient = facts.read_recipient(fields, news.flight_id)
        except UnusableRecipientError as error:
            composed.recipients += 1
            composed.failed.append(_failure(fields, error))
            continue
        if recipient is None:
            continue
        composed.recipients += 1
        if not recipient.wishes:
            composed.unreachable += 1
            continue
        person = _Person(recipient)
        for channel in Channel:
            if channel in recipient.wishes:
                try:
                    person.addresses[channel] = compose.address(recipient, channel)
                except UnusableRecipientError as error:
                    person.problems.append(str(error))
        yield person


def _add_onward_flights(people: Iterable[_Person], news: News, flight: Fields, onward: OnwardFlights) -> None:
    """Where they fly next, where that changes the words; only those are looked up who can be told and may fly on."""
    if "onward" not in news_kind(news.kind).varies:
        return
    flying_on = dict.fromkeys(
        person.recipient.passenger_id for person in people if person.addresses and person.recipient.legs != 1
    )
    found = onward.of({**flight, "flight_id": news.flight_id}, list(flying_on)) if flying_on else {}
    for person in people:
        next_flight = facts.read_onward(found.get(person.recipient.passenger_id))
        if next_flight is not None:
            person.recipient = replace(person.recipient, onward=next_flight)


def _wordings(segments: Iterable[Segment], news: News, ports: Ports) -> dict[Segment, Wording]:
    """The wording of each segment; the written one where the event lacks a fact that a template speaks of."""
    chosen = choose_wordings(segments, ports.author, ports.reviewer, ports.templates)
    for segment, found in chosen.items():
        if not compose.usable(found, news):
            problem = "the event lacks a fact it speaks of"
            chosen[segment] = wording.written(segment, refusals=found.refusals, problem=problem)
    return chosen


def _compose_for(person: _Person, news: News, words: Wording, composed: Composed, contact: str) -> None:
    for channel, to in person.addresses.items():
        try:
            composed.notifications.append(compose.notification(news, person.recipient, channel, to, words, contact))
        except UnusableRecipientError as error:
            person.problems.append(str(error))


def _note_problems(person: _Person, composed: Composed) -> None:
    if person.problems:
        recipient, reason = person.recipient, "; ".join(person.problems)
        composed.failed.append(
            {"booking_id": recipient.booking_id, "passenger_id": recipient.passenger_id, "reason": reason}
        )


def _failure(fields: object, error: Exception) -> dict[str, str]:
    known = fields if isinstance(fields, Mapping) else {}
    return {
        "booking_id": str(known.get("booking_id") or ""),
        "passenger_id": str(known.get("passenger_id") or ""),
        "reason": str(error),
    }
