"""Fills templates for passengers: the e-mail and the text message that each of them gets."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from operator import itemgetter
from typing import Any

from flightpulse.domain.events import Kind
from flightpulse.messages import gsm7
from flightpulse.messages.facts import News, Recipient, UnusableRecipientError
from flightpulse.messages.news import written
from flightpulse.messages.news.base import WrittenText
from flightpulse.messages.news.events import Values
from flightpulse.messages.placeholders import PERSONAL, Channel, used
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MissingFactError, fill
from flightpulse.messages.wording import Wording

SIGNATURE = "Your FlightPulse team"
_ADDRESS_NAMES = {Channel.EMAIL: "email", Channel.SMS: "phone"}
_LONGEST_ADDRESS = 254
_REQUEST_NOTED = ("Request noted: {special_requests}.", "Request noted.")
_CORRECTION = {
    Channel.EMAIL: "Departure was last expected at {earlier_time}: the flight is now expected to leave {change}.",
    Channel.SMS: "This is {change} than before ({earlier_time}).",
}
_DAY = ("Departure: {departure_time}.", "Flight date: {other_day}.")


def usable(wording: Wording, news: News) -> bool:
    """Whether the event brings every fact that the wording speaks of. The written one does without what is missing."""
    if wording.template is None:
        return True
    named = {name for _, text in wording.template.parts() for name in used(text)}
    return named - PERSONAL <= set(news.values[Channel.EMAIL])


def notification_id(event_id: str, booking_id: str, channel: Channel) -> str:
    """The same for every retry of the same message, so that a passenger is not told twice."""
    return "ntf-" + hashlib.sha256(f"{event_id}|{booking_id}|{channel}".encode()).hexdigest()[:24]


def address(recipient: Recipient, channel: Channel) -> str:
    """Where to send. Raises :class:`UnusableRecipientError` when it is missing or could not be one."""
    name = _ADDRESS_NAMES[channel]
    if not (value := recipient.addresses.get(channel, "")):
        raise UnusableRecipientError(f"{name} is missing, but {channel} is wanted")
    if len(value) > _LONGEST_ADDRESS or not (_is_email if channel is Channel.EMAIL else _is_phone)(value):
        raise UnusableRecipientError(f"{name} is not one")
    return value


def notification(
    news: News, recipient: Recipient, channel: Channel, to: str, wording: Wording, contact: str = ""
) -> dict[str, Any]:
    """One message as the bus carries it; ``contact`` is how to reach us, a line that closes e-mails.

    Raises :class:`UnusableRecipientError` when no text message fits.
    """
    text = (_email if channel is Channel.EMAIL else _sms)(news, recipient, wording, contact)
    detail = {
        "notification_id": notification_id(news.event_id, recipient.booking_id, channel),
        "channel": str(channel),
        "event_id": news.event_id,
        "correlation_id": news.correlation_id,
        "kind": str(Kind.DELAY if news.kind is Kind.ON_TIME else news.kind),
        "severity": str(news.severity),
        "flight_id": news.flight_id,
        "booking_id": recipient.booking_id,
        "passenger_id": recipient.passenger_id,
        "tier": str(recipient.tier),
        "to": to,
        **text,
        "template": {"segment": wording.segment.key, "origin": str(wording.origin), "model_id": wording.model_id},
        "event_timestamp": news.timestamp,
    }
    ids = {name: detail[name] for name in ("notification_id", "channel", "booking_id", "passenger_id")}
    return {**ids, "detail_type": f"notification.{channel}", "detail": detail}


def _email(news: News, recipient: Recipient, wording: Wording, contact: str) -> dict[str, str]:
    values = {**news.values[Channel.EMAIL], **recipient.values(Channel.EMAIL, news)}
    template = wording.template or _written(news, wording.segment)
    subject, paragraphs = template.subject, [*template.paragraphs]
    if "earlier_time" in values:
        subject += " ({change} than last expected)"
        paragraphs.insert(1, _CORRECTION[Channel.EMAIL])
    body = (fill(paragraph, values) for paragraph in paragraphs)
    return {"subject": fill(subject, values), "body": "\n\n".join([*body, *filter(None, [contact]), SIGNATURE])}


def _sms(news: News, recipient: Recipient, wording: Wording, contact: str) -> dict[str, str]:
    values = {**news.values[Channel.SMS], **recipient.values(Channel.SMS, news), "contact": gsm7.to_gsm7(contact)}
    texts = (*((wording.template.sms,) if wording.template else ()), *_written(news, wording.segment).sms)
    text = first_that_fits(_completed(texts, wording.segment, values), values)
    if text is None:
        raise UnusableRecipientError("no text message fits: the event's or the flight's fields are too long")
    return {"text": text}


def _completed(texts: Iterable[str], segment: Segment, values: Values) -> list[str]:
    """Text messages with what each does not say and this passenger must know; those that lack least come first.

    The lint has to think of the longest values; for most passengers there is room after a template's words.
    """
    found = []
    for text in texts:
        said = used(text)
        added = (
            ("earlier_time" in values, (_CORRECTION[Channel.SMS],)),
            ("other_day" in values and not {"date", "departure_time"} & set(said), _DAY),
            ("contact us" in text.lower(), ("{contact}",)),
            (segment.assistance and "special_requests" not in said and _REQUEST_NOTED[1] not in text, _REQUEST_NOTED),
        )
        for chosen in product(*((*words, "") for needed, words in added if needed)):
            found.append((chosen.count(""), " ".join(filter(None, (text, *chosen)))))
    return [text for _, text in sorted(found, key=itemgetter(0))]


def first_that_fits(candidates: Iterable[str], values: Values) -> str | None:
    """The first text that can be filled in and is one GSM-7 message. Words are never cut: a shorter text is taken."""
    for candidate in candidates:
        try:
            text = fill(candidate, values)
        except MissingFactError:
            continue
        if gsm7.fits(text):
            return text
    return None


def _written(news: News, segment: Segment) -> WrittenText:
    return _written_with(segment, frozenset(news.values[Channel.EMAIL]))


@lru_cache(maxsize=512)
def _written_with(segment: Segment, facts: frozenset[str]) -> WrittenText:
    return written(segment, facts)


def _is_email(value: str) -> bool:
    local, _, host = value.rpartition("@")
    return bool(local) and "." in host and value.isprintable() and " " not in value


def _is_phone(value: str) -> bool:
    digits = [character for character in value if character.isdecimal() and character.isascii()]
    return 7 <= len(digits) <= 15 and set(value) <= set("+0123456789 ().-")
