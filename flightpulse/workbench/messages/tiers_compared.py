"""Shows how the same news reads for each tier, part by part."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from flightpulse.domain.entities import Tier
from flightpulse.messages.compose import SIGNATURE
from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.show.tables import LEFT, TABLE

_WIDTH = 92
_PARTS = ("the news", "understanding", "what to do")
_CORRECTED = ("the news", "correction", "understanding", "what to do")


@dataclass(frozen=True, slots=True)
class TiersCompared:
    """One message per tier, the first that was sent, cut into the same parts."""

    tiers: tuple[str, ...]
    parts: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "TiersCompared":
        """Compare messages of one channel; tiers that got none are left out."""
        firsts = [next((message for message in messages if message.tier == tier), None) for tier in Tier]
        chosen = [message for message in firsts if message is not None]
        cut = [_cut(message) for message in chosen]
        names = tuple(dict.fromkeys(name for parts in cut for name in parts))
        return cls(
            tuple(message.tier for message in chosen),
            tuple((name, tuple(parts.get(name, "") for parts in cut)) for name in names),
        )

    def part(self, name: str) -> dict[str, str]:
        """One part's words by tier."""
        return dict(zip(self.tiers, dict(self.parts)[name], strict=True))

    def __str__(self) -> str:
        if not self.tiers:
            return "No messages."
        wide = max(map(len, self.tiers)) + 4
        lines: list[str] = []
        for name, texts in self.parts:
            lines += ["", name] if lines else [name]
            for tier, text in zip(self.tiers, texts, strict=True):
                first, *others = textwrap.wrap(text, _WIDTH - wide, break_on_hyphens=False) or [""]
                lines += [f"  {tier.ljust(wide - 2)}{first}".rstrip(), *(" " * wide + line for line in others)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        head = "".join(f"<th {LEFT}>{escape(tier)}</th>" for tier in self.tiers)
        body = "".join(
            f'<tr><td {LEFT} valign="top">{escape(name)}</td>'
            + "".join(
                f'<td {LEFT} valign="top">{_stressed(text, tier)}</td>'
                for tier, text in zip(self.tiers, texts, strict=True)
            )
            + "</tr>"
            for name, texts in self.parts
        )
        html = f"{TABLE}<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
        return {"text/plain": str(self), "text/html": html if self.tiers else "<p>No messages.</p>"}


def _cut(message: Message) -> dict[str, str]:
    """A message's parts by name."""
    if message.channel == "sms":
        return {"text": message.text}
    paragraphs = message.text.split("\n\n")
    ends: dict[str, str] = {}
    if paragraphs[-1] == SIGNATURE:
        ends["signature"] = paragraphs.pop()
        if len(paragraphs) > len(_PARTS):
            ends = {"how to reach us": paragraphs.pop(), **ends}
    count = len(paragraphs)
    numbered = tuple(f"part {n}" for n in range(1, count + 1))
    names = {len(names): names for names in (_PARTS, _CORRECTED)}.get(count, numbered)
    return {"subject": message.subject, **dict(zip(names, paragraphs, strict=True)), **ends}


def _stressed(text: str, tier: str) -> str:
    """The text as HTML with the tier's name in bold, where it is one that messages acknowledge."""
    return escape(text) if tier == Tier.MEMBER else escape(text).replace(tier, f"<b>{tier}</b>")
