"""A message with gaps: its shape, its sentences, and how the gaps are filled."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from flightpulse.messages import gsm7
from flightpulse.messages.placeholders import PATTERN

SUBJECT, SMS = "subject", "sms"
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')]*\s+")
_EMPHASIS = re.compile(r"\*{1,3}|__|`")
_PICTURES = re.compile("[\u2190-\u21ff\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]")


class MissingFactError(LookupError):
    """A placeholder has no value; the text is the placeholder's name."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and the part of the message it stands in: ``subject``, ``paragraph 1`` and so on, or ``sms``."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """Subject and paragraphs of an e-mail, and one text message, with placeholders in braces."""

    subject: str
    paragraphs: tuple[str, ...]
    sms: str

    def to_fields(self) -> dict[str, Any]:
        return {"subject": self.subject, "paragraphs": list(self.paragraphs), "sms": self.sms}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read a subject, a list of paragraphs and an SMS, all texts; others are ignored. Raises ``ValueError``."""
        subject, paragraphs, sms = (fields.get(name) for name in ("subject", "paragraphs", "sms"))
        if not isinstance(subject, str) or not isinstance(sms, str):
            raise ValueError("subject and sms must be texts")
        if not isinstance(paragraphs, list) or not all(isinstance(paragraph, str) for paragraph in paragraphs):
            raise ValueError("paragraphs must be a list of texts")
        return cls(subject, tuple(paragraphs), sms)

    def parts(self) -> Iterator[tuple[str, str]]:
        """The name and the text of each part, in reading order."""
        yield SUBJECT, self.subject
        for number, text in enumerate(self.paragraphs, start=1):
            yield f"paragraph {number}", text
        yield SMS, self.sms

    def sentences(self) -> list[Sentence]:
        """Every sentence in reading order; a subject is one."""
        return [
            Sentence(part, text)
            for part, whole in self.parts()
            for text in ([whole] if part == SUBJECT else _SENTENCE_END.split(whole))
            if text
        ]

    def without(self, dropped: Collection[Sentence]) -> Self:
        """The same without some sentences; a paragraph with nothing left goes as well."""
        left: dict[str, list[str]] = {part: [] for part, _ in self.parts()}
        for sentence in self.sentences():
            if sentence not in dropped:
                left[sentence.part].append(sentence.text)
        subject, *paragraphs, sms = (" ".join(texts) for texts in left.values())
        return type(self)(subject, tuple(filter(None, paragraphs)), sms)


def normalized(template: MessageTemplate) -> MessageTemplate:
    """The template as a typewriter has it: no curly quotes, long dashes, emphasis, emoji or line breaks."""
    return MessageTemplate(
        _plain(template.subject), tuple(filter(None, map(_plain, template.paragraphs))), _plain(template.sms)
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in, in one pass: a brace in a value is only a brace.

    Raises :class:`MissingFactError` for a placeholder without a value.
    """
    missing = [name for name in PATTERN.findall(text) if name not in values]
    if missing:
        raise MissingFactError(missing[0])
    return PATTERN.sub(lambda gap: values[gap[1]], text)


def _plain(text: str) -> str:
    plain = gsm7.plain_typography(_PICTURES.sub("", _EMPHASIS.sub("", text)))
    return re.sub(r"!{2,}", "!", " ".join(plain.split()))
