"""Composes the messages about one event for some of its passengers.

A wording is chosen once per segment, never per passenger, and no model hears of a passenger. E-mail and text messages
are the channels; passengers may also wish push messages, for which FlightPulse has no sender.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from flightpulse.messages import compose, facts, wording
from flightpulse.messages.facts import News, Recipient, UnusableRecipientError
from flightpulse.messages.news import news_kind
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Segment
from flightpulse.messages.wording import Author, Origin, Reviewer, TemplateStore, Wording

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
    chosen = cache(lambda segment: _choose(segment, news, ports, composed.wordings))
    for fields in _with_onward_flights(news, flight, recipients, ports.onward):
        try:
            recipient = facts.read_recipient(fields, news.flight_id)
        except UnusableRecipientError as error:
            composed.recipients += 1
            composed.failed.append(_failure(fields, error))
            continue
        if recipient is not None:
            composed.recipients += 1
            _compose_for(recipient, news, chosen, composed, ports.contact)
    return composed


def _choose(segment: Segment, news: News, ports: Ports, chosen: list[Wording]) -> Wording:
    found = wording.choose(segment, ports.author, ports.reviewer, ports.templates)
    if not compose.usable(found, news):
        problem = "the event lacks a fact it speaks of"
        found = wording.written(segment, refusals=found.refusals, problem=problem)
    chosen.append(found)
    return found


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


def _compose_for(
    recipient: Recipient, news: News, chosen: Callable[[Segment], Wording], composed: Composed, contact: str
) -> None:
    if not recipient.wishes:
        composed.unreachable += 1
        return
    problems = []
    for channel in Channel:
        if channel in recipient.wishes:
            try:
                to = compose.address(recipient, channel)
                words = chosen(recipient.segment(news))
                composed.notifications.append(compose.notification(news, recipient, channel, to, words, contact))
            except UnusableRecipientError as error:
                problems.append(str(error))
    if problems:
        composed.failed.append(
            {"booking_id": recipient.booking_id, "passenger_id": recipient.passenger_id, "reason": "; ".join(problems)}
        )


def _failure(fields: object, error: Exception) -> dict[str, str]:
    known = fields if isinstance(fields, Mapping) else {}
    return {
        "booking_id": str(known.get("booking_id") or ""),
        "passenger_id": str(known.get("passenger_id") or ""),
        "reason": str(error),
    }
