"""Shows messages as their passengers see them: e-mails as letters, texts as bubbles on a phone."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

from flightpulse.domain.entities import Tier
from flightpulse.messages import gsm7
from flightpulse.workbench.messages import inbox
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.messages.tiers_compared import TiersCompared
from flightpulse.workbench.show import frames
from flightpulse.workbench.show.tables import Table

if TYPE_CHECKING:
    import pandas as pd

_ORIGINS = {
    "model": "worded by the model",
    "cache": "worded by the model before, kept in the table",
    "fallback": "the written template",
}
_NEWS = {
    "delay": "delay",
    "on_time": "on time after all",
    "cancellation": "cancellation",
    "gate_change": "gate change",
}
_CHANNELS = {"email": "✉ e-mail", "sms": "✆ text"}
_LINE = 72
_TIERS = [str(tier) for tier in Tier]
_LETTER = (
    "max-width:640px;margin:8px 0;border:1px solid #d0d7de;border-radius:8px;background:#ffffff;color:#1f2328;"
    "font-family:system-ui,sans-serif;font-size:14px;line-height:1.45;text-align:left"
)
_HEAD = "padding:8px 14px;border-bottom:1px solid #d0d7de;background:#f6f8fa;border-radius:8px 8px 0 0"
# Phones without a letter above them stand side by side where there is room.
_BESIDE = "display:inline-block;vertical-align:top;margin-right:16px"
_PHONE = (
    "width:276px;box-sizing:border-box;margin:8px 0;padding:8px 12px 10px;border:1px solid #d0d7de;border-radius:18px;"
    "background:#f6f8fa;text-align:left"
)
_BUBBLE = (
    "margin:6px 0;padding:9px 13px;border-radius:16px 16px 16px 4px;"
    "background:#0072B2;color:#ffffff;font-family:system-ui,sans-serif;font-size:14px;line-height:1.4"
)
_SMALL = "color:#59636e;font-family:system-ui,sans-serif;font-size:12px;text-align:left"


_COLUMNS = (
    *("at", "event_at", "channel", "tier", "passenger_id", "booking_id", "flight_id", "kind", "severity"),
    *("written_by", "subject", "text", "event_id", "segment"),
)
_CATEGORIES = ("channel", "tier", "kind", "severity", "written_by", "flight_id", "segment")


@dataclass(frozen=True, slots=True)
class Inbox:
    """Messages, shown passenger by passenger, the most loyal first, each passenger's in the order in which they came.

    ``note`` says who writes them and stands below.
    """

    messages: tuple[Message, ...] = field(repr=False)
    note: str = ""

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def of(self, passenger: str) -> "Inbox":
        """Only the messages to one passenger (``PAX-…``) or about one booking (``BKG-…``)."""
        return self._only(
            message for message in self.messages if passenger in {message.passenger_id, message.booking_id}
        )

    def only(self, channel: str) -> "Inbox":
        """Only the messages of one channel, ``email`` or ``sms``."""
        return self._only(message for message in self.messages if message.channel == channel)

    def repeated(self) -> "Inbox":
        """Only the messages that tell what the same passenger had been told on the same channel before."""
        return replace(self, messages=tuple(inbox.repeated(self.messages)))

    def outdated(self) -> "Inbox":
        """Only the messages that came after newer news about the same subject."""
        return replace(self, messages=tuple(inbox.outdated(self.messages)))

    def first(self, number: int) -> "Inbox":
        """At most so many messages."""
        return self._only(self.messages[:number])

    def last(self, number: int) -> "Inbox":
        """At most so many messages, the newest."""
        return self._only(self.messages[-number:])

    def _only(self, messages: Iterator[Message] | Sequence[Message]) -> "Inbox":
        return replace(self, messages=tuple(messages))

    def order(self) -> Table:
        """Who was told when: one line per message, in the order in which they were sent."""
        rows = [
            (
                number,
                message.tier,
                message.passenger_id,
                _CHANNELS.get(message.channel, message.channel),
                _short(message),
            )
            for number, message in enumerate(self.messages, start=1)
        ]
        return Table.of(("", "tier", "passenger", "channel", "says"), rows, numbers=(0,))

    def to_frame(self) -> "pd.DataFrame":
        """One row per message: when, to whom, on which channel, about what, who worded it, and the words."""
        rows = ({name: getattr(message, name) for name in _COLUMNS} for message in self.messages)
        return frames.frame(rows, columns=_COLUMNS, categories=_CATEGORIES)

    def by_tier(self, channel: str = "email") -> TiersCompared:
        """The same news as each tier reads it, side by side: the first message of each on one channel."""
        return TiersCompared.of(self.only(channel).messages)

    def text(self) -> str:
        """The messages as plain text."""
        if not self.messages:
            return "No messages."
        shown = [_text(message) for theirs in _people(self.messages) for message in theirs]
        return "\n\n".join([*shown, *([self.note] if self.note else [])])

    def html(self) -> str:
        """The messages as HTML that still reads well where every style is stripped."""
        if not self.messages:
            return "<p>No messages.</p>"
        people = "".join(
            f'<div style="{_BESIDE if all(message.channel == "sms" for message in theirs) else ""}">'
            f'<p style="text-align:left;margin:14px 0 0"><b>{escape(_person(theirs[0]))}</b></p>'
            + "".join(_email(message) if message.channel == "email" else _phone(message) for message in theirs)
            + "</div>"
            for theirs in _people(self.messages)
        )
        return people + (f'<p style="text-align:left"><i>{escape(self.note)}</i></p>' if self.note else "")

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


def _people(messages: Sequence[Message]) -> list[list[Message]]:
    people: dict[str, list[Message]] = {}
    for message in messages:
        people.setdefault(message.passenger_id, []).append(message)
    return sorted(people.values(), key=lambda theirs: (_loyalty(theirs[0].tier), theirs[0].passenger_id))


def _loyalty(tier: str) -> int:
    return _TIERS.index(tier) if tier in _TIERS else len(_TIERS)


def _person(message: Message) -> str:
    return f"{message.passenger_id}, {message.tier}"


def _origin(message: Message) -> str:
    return _ORIGINS.get(message.written_by, message.written_by or "origin unknown")


def _news(message: Message) -> str:
    """What a message is about, in a few words."""
    if message.severity == "TERMINAL":
        return f"{message.flight_id}, gate change to another terminal"
    degree = f"{message.severity.lower()} " if message.kind == "delay" else ""
    return f"{message.flight_id}, {degree}{_NEWS.get(message.kind, message.kind)}"


def _short(message: Message) -> str:
    return textwrap.shorten(message.subject or message.text, _LINE, placeholder=" …")


def _length(message: Message) -> str:
    """How much of one text message is used, in the alphabet that phones count in."""
    return f"{gsm7.septets(message.text)} of {gsm7.LIMIT} characters"


def _text(message: Message) -> str:
    came = f"{message.at.astimezone():%H:%M:%S}"
    if message.channel == "email":
        head = [f"✉ {came} e-mail to {_person(message)}  <{message.to}>", f"  Subject: {message.subject}", ""]
        foot = f"  ({_news(message)}; {_origin(message)})"
    else:
        head = [f"✆ {came} text to {_person(message)}  <{message.to}>"]
        foot = f"  ({_news(message)}; {_length(message)}; {_origin(message)})"
    body = [line for part in message.text.split("\n") for line in textwrap.wrap(part, 84) or [""]]
    return "\n".join([*head, *(f"  {line}".rstrip() for line in body), foot])


def _email(message: Message) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in message.text.split("\n\n"))
    return (
        f'<div style="{_LETTER}"><div style="{_HEAD}">✉ <b>{escape(message.subject)}</b><br>'
        f'<span style="{_SMALL}">to {escape(message.to)}</span></div>'
        f'<div style="padding:4px 14px">{paragraphs}</div>'
        f'<div style="{_SMALL};padding:0 14px 8px">{escape(_news(message))} · {escape(_origin(message))}</div></div>'
    )


def _phone(message: Message) -> str:
    return (
        f'<div style="{_PHONE}"><div style="{_SMALL}">✆ to {escape(message.to)}<br>{escape(_news(message))}</div>'
        f'<div style="{_BUBBLE}">{escape(message.text)}</div>'
        f'<div style="{_SMALL}">{_length(message)}<br>{escape(_origin(message))}</div></div>'
    )
