"""A message with gaps: its shape, and how the gaps are filled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from flightpulse.domain.placeholders import PATTERN


class MissingFactError(LookupError):
    """A placeholder has no value; the text is the placeholder's name."""


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
        """Read exactly a subject, a list of paragraphs and an SMS, all texts. Raises ``ValueError``."""
        if set(fields) != {"subject", "paragraphs", "sms"}:
            raise ValueError(
                f"the fields are {', '.join(sorted(map(str, fields))) or 'none'}; wanted: paragraphs, sms, subject"
            )
        subject, paragraphs, sms = fields["subject"], fields["paragraphs"], fields["sms"]
        if not isinstance(subject, str) or not isinstance(sms, str):
            raise ValueError("subject and sms must be texts")
        if not isinstance(paragraphs, list) or not all(isinstance(paragraph, str) for paragraph in paragraphs):
            raise ValueError("paragraphs must be a list of texts")
        return cls(subject, tuple(paragraphs), sms)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in, in one pass: a brace in a value is only a brace.

    Raises :class:`MissingFactError` for a placeholder without a value.
    """
    missing = [name for name in PATTERN.findall(text) if name not in values]
    if missing:
        raise MissingFactError(missing[0])
    return PATTERN.sub(lambda gap: values[gap[1]], text)
