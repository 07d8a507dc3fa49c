"""Composes the messages about one event for some of its passengers.

A wording is chosen once per segment, never per passenger, and no model hears of a passenger. E-mail and text messages
are the channels; passengers may also wish push messages, for which FlightPulse has no sender.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    sleep: Callable[[float], None] = time.sleep


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
    people = list(_reachable(_with_onward_flights(news, flight, recipients, ports.onward), news, composed))
    chosen = _wordings({person.segment for person in people if person.addresses}, news, ports)
    composed.wordings += chosen.values()
    for person in people:
        _compose_for(person, news, chosen, composed, ports.contact)
    return composed


@dataclass(slots=True)
class _Person:
    """A recipient who is to be told: where, and what stands in the way of a channel they wish."""

    recipient: Recipient
    segment: Segment
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
        person = _Person(recipient, recipient.segment(news))
        for channel in Channel:
            if channel in recipient.wishes:
                try:
                    person.addresses[channel] = compose.address(recipient, channel)
                except UnusableRecipientError as error:
                    person.problems.append(str(error))
        yield person


def _wordings(segments: Iterable[Segment], news: News, ports: Ports) -> dict[Segment, Wording]:
    """The wording of each segment; the written one where the event lacks a fact that a template speaks of."""
    chosen = choose_wordings(segments, ports.author, ports.reviewer, ports.templates, sleep=ports.sleep)
    for segment, found in chosen.items():
        if not compose.usable(found, news):
            problem = "the event lacks a fact it speaks of"
            chosen[segment] = wording.written(segment, refusals=found.refusals, problem=problem)
    return chosen


def _compose_for(
    person: _Person, news: News, chosen: Mapping[Segment, Wording], composed: Composed, contact: str
) -> None:
    recipient, problems = person.recipient, person.problems
    for channel, to in person.addresses.items():
        try:
            composed.notifications.append(
                compose.notification(news, recipient, channel, to, chosen[person.segment], contact)
            )
        except UnusableRecipientError as error:
            problems.append(str(error))
    if problems:
        composed.failed.append(
            {"booking_id": recipient.booking_id, "passenger_id": recipient.passenger_id, "reason": "; ".join(problems)}
        )


def _with_onward_flights(
    news: News, flight: Fields, recipients: Sequence[object], onward: OnwardFlights
) -> Sequence[object]:
    """The recipients with their next flights, where these change the words."""
    if "onward" not in news_kind(news.kind).varies:
        return recipients
    people = [
        str(recipient["passenger_id"])
        for recipient in recipients
        if isinstance(recipient, Mapping) and recipient.get("passenger_id")
    ]
    found = onward.of({**flight, "flight_id": news.flight_id}, people) if people else {}
    return [
        {**recipient, "onward": found[recipient["passenger_id"]]}
        if isinstance(recipient, Mapping) and recipient.get("passenger_id") in found
        else recipient
        for recipient in recipients
    ]


def _failure(fields: object, error: Exception) -> dict[str, str]:
    known = fields if isinstance(fields, Mapping) else {}
    return {
        "booking_id": str(known.get("booking_id") or ""),
        "passenger_id": str(known.get("passenger_id") or ""),
        "reason": str(error),
    }
