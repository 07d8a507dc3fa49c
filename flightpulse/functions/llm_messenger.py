"""Composes the messages about one event for some of its passengers.

The model is asked once per segment, never per passenger, and never about a passenger. E-mail and text messages are the
channels; passengers may also wish push messages, for which FlightPulse has no sender.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from flightpulse.adapters import settings, telemetry
from flightpulse.adapters.model import BUDGET_SECONDS, READ_TIMEOUT_SECONDS, BedrockAuthor
from flightpulse.adapters.template_cache import TemplateCache
from flightpulse.domain import facts, messages, wordings
from flightpulse.domain.facts import News, Recipient, UnusableRecipientError
from flightpulse.domain.placeholders import Channel
from flightpulse.domain.segments import Segment
from flightpulse.domain.wordings import Author, Cache, Origin, Wording

SERVICE = "llm-messenger"

# What an invocation needs besides the model: reading, filling in, answering.
_RESERVE_SECONDS = 10.0

logger = telemetry.logger(SERVICE)


@dataclass(slots=True)
class Composed:
    """What came of one invocation."""

    recipients: int = 0
    unreachable: int = 0
    notifications: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    wordings: list[Wording] = field(default_factory=list)

    def answer(self) -> dict[str, Any]:
        """The payload that the workflow reads; model, cache and fallback count segments."""
        return {
            "notifications": self.notifications,
            "failed": self.failed,
            "counts": {
                "recipients": self.recipients,
                "email": self._sent(Channel.EMAIL),
                "sms": self._sent(Channel.SMS),
                "unreachable": self.unreachable,
                "failed": len(self.failed),
                **{str(origin): sum(wording.origin is origin for wording in self.wordings) for origin in Origin},
            },
        }

    def _sent(self, channel: Channel) -> int:
        return sum(notification["channel"] == channel for notification in self.notifications)


class Messenger:
    """Writes the messages of one event. One passenger's bad data never stops the others."""

    def __init__(self, author: Author, templates: Cache) -> None:
        self._author = author
        self._templates = templates

    def compose(self, news: News, recipients: Sequence[object]) -> Composed:
        """Messages in the order of the recipients, an e-mail before a text message."""
        composed = Composed()
        chosen = cache(lambda segment: self._wording(segment, news, composed))
        for fields in recipients:
            try:
                recipient = facts.read_recipient(fields)
            except UnusableRecipientError as error:
                composed.recipients += 1
                composed.failed.append(_failure(fields, error))
                continue
            if recipient is not None:
                composed.recipients += 1
                _compose_for(recipient, news, chosen, composed)
        return composed

    def _wording(self, segment: Segment, news: News, composed: Composed) -> Wording:
        wording = wordings.choose(segment, self._author, self._templates)
        if not messages.usable(wording, news):
            wording = wordings.written(
                segment, refusals=wording.refusals, problem="the event lacks a fact it speaks of"
            )
        composed.wordings.append(wording)
        return wording


def _compose_for(recipient: Recipient, news: News, chosen: Callable[[Segment], Wording], composed: Composed) -> None:
    if not recipient.wishes:
        composed.unreachable += 1
        return
    problems = []
    for channel in Channel:
        if channel in recipient.wishes:
            try:
                to = messages.address(recipient, channel)
                wording = chosen(recipient.segment(news))
                composed.notifications.append(messages.notification(news, recipient, channel, to, wording))
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


def _tell(news: News, composed: Composed) -> None:
    """Log and count what was composed, by ids and rules, without a word of any message."""
    ids = {"correlation_id": news.correlation_id, "event_id": news.event_id, "flight_id": news.flight_id}
    meter = telemetry.Meter(SERVICE)
    for wording in composed.wordings:
        details = {**ids, "segment": wording.segment.key, "origin": str(wording.origin), "model_id": wording.model_id}
        rules = sorted({str(refusal.rule) for refusal in wording.refusals})
        if rules:
            logger.warning("the guard refused a template", extra={**details, "rules": rules})
        if wording.origin is Origin.FALLBACK:
            logger.warning("the written template is used", extra={**details, "problem": wording.problem})
            meter.add("LLMInvocationsFailed")
        elif wording.origin is Origin.MODEL:
            meter.add("LLMInvocationsSuccess")
    for failure in composed.failed:
        logger.error("a passenger cannot be told", extra={**ids, **failure})
    logger.info("messages composed", extra={**ids, "counts": composed.answer()["counts"]})
    meter.flush()


def _report(problem: str, error: str) -> None:
    logger.warning(problem, extra={"error": error})


@cache
def _author() -> BedrockAuthor:
    return BedrockAuthor.connect(settings.read(settings.MessengerSettings).model_id_parameter)


@cache
def _templates() -> TemplateCache:
    return TemplateCache.connect(settings.read(settings.MessengerSettings).table_name, _report)


@logger.inject_lambda_context(clear_state=True)
def handler(payload: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes an event, its flight and recipients; answers with notifications, failures and counts.

    Raises :class:`flightpulse.domain.facts.UnusableEventError` for an event about which nobody can be told.
    """
    news = facts.read_news(payload.get("event") or {}, payload.get("flight") or {})
    left = context.get_remaining_time_in_millis() / 1000 - READ_TIMEOUT_SECONDS - _RESERVE_SECONDS
    author = _author()
    author.begin(min(BUDGET_SECONDS, left))
    composed = Messenger(author, _templates()).compose(news, payload.get("recipients") or [])
    _tell(news, composed)
    return composed.answer()


if settings.in_lambda():
    _author()
    _templates()
