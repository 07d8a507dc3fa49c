"""Shows messages as their passengers see them: e-mails as letters, texts as bubbles on a phone."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from flightpulse.workbench.inbox import Message

_ORIGINS = {
    "model": "worded by the model",
    "cache": "worded by the model before, kept in the table",
    "fallback": "written fallback",
}
_LETTER = (
    "max-width:640px;margin:10px 0;border:1px solid #d0d7de;border-radius:8px;background:#ffffff;color:#1f2328;"
    "font-family:system-ui,sans-serif;font-size:14px;line-height:1.45;text-align:left"
)
_HEAD = "padding:8px 14px;border-bottom:1px solid #d0d7de;background:#f6f8fa;border-radius:8px 8px 0 0"
_BUBBLE = (
    "display:inline-block;max-width:330px;margin:10px 0 2px;padding:9px 13px;border-radius:16px 16px 16px 4px;"
    "background:#0072B2;color:#ffffff;font-family:system-ui,sans-serif;font-size:14px;line-height:1.4;text-align:left"
)
_SMALL = "color:#59636e;font-family:system-ui,sans-serif;font-size:12px;text-align:left"


@dataclass(frozen=True, slots=True)
class Inbox:
    """Messages, shown passenger by passenger, each passenger's in the order in which they came."""

    messages: tuple[Message, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def of(self, passenger: str) -> "Inbox":
        """Only the messages to one passenger (``PAX-…``) or about one booking (``BKG-…``)."""
        return Inbox(tuple(one for one in self.messages if passenger in {one.passenger_id, one.booking_id}))

    def only(self, channel: str) -> "Inbox":
        """Only the messages of one channel, ``email`` or ``sms``."""
        return Inbox(tuple(one for one in self.messages if one.channel == channel))

    def first(self, number: int) -> "Inbox":
        """At most so many messages."""
        return Inbox(self.messages[:number])

    def text(self) -> str:
        """The messages as plain text."""
        if not self.messages:
            return "No messages."
        return "\n\n".join(_text(message) for _, theirs in _people(self.messages) for message in theirs)

    def html(self) -> str:
        """The messages as HTML that still reads well where every style is stripped."""
        if not self.messages:
            return "<p>No messages.</p>"
        return "".join(
            f'<h4 style="text-align:left;margin:14px 0 0">{escape(_person(theirs[0]))}</h4>'
            + "".join(_email(one) if one.channel == "email" else _bubble(one) for one in theirs)
            for _, theirs in _people(self.messages)
        )

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": self.text(), "text/html": self.html()}


def _people(messages: Sequence[Message]) -> list[tuple[str, list[Message]]]:
    people: dict[str, list[Message]] = {}
    for message in messages:
        people.setdefault(message.passenger_id, []).append(message)
    return sorted(people.items())


def _person(message: Message) -> str:
    return f"{message.passenger_id}, {message.tier}"


def _origin(message: Message) -> str:
    return _ORIGINS.get(message.written_by, message.written_by or "origin unknown")


def _text(message: Message) -> str:
    if message.channel == "email":
        head = [f"✉ e-mail to {_person(message)}  <{message.to}>", f"  Subject: {message.subject}", ""]
        foot = f"  ({_origin(message)})"
    else:
        head = [f"✆ text to {_person(message)}  <{message.to}>"]
        foot = f"  ({len(message.text)} characters, {_origin(message)})"
    body = [line for part in message.text.split("\n") for line in textwrap.wrap(part, 84) or [""]]
    return "\n".join([*head, *(f"  {line}".rstrip() for line in body), foot])


def _email(message: Message) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in message.text.split("\n\n"))
    return (
        f'<div style="{_LETTER}"><div style="{_HEAD}">✉ <b>{escape(message.subject)}</b><br>'
        f'<span style="{_SMALL}">to {escape(message.to)} · {escape(message.flight_id)} {escape(message.severity)}'
        f'</span></div><div style="padding:4px 14px">{paragraphs}</div>'
        f'<div style="{_SMALL};padding:0 14px 8px">{escape(_origin(message))}</div></div>'
    )


def _bubble(message: Message) -> str:
    return (
        f'<div style="text-align:left"><div style="{_BUBBLE}">✆ {escape(message.text)}</div>'
        f'<div style="{_SMALL}">to {escape(message.to)} · {len(message.text)} characters · '
        f"{escape(_origin(message))}</div></div>"
    )
