"""Drafts of messages as the guard sees them: a template, what it says about it, and what a model was asked."""

import textwrap
from dataclasses import dataclass, replace
from html import escape

from flightpulse.domain import guard, prompt
from flightpulse.domain.fallbacks import fallback
from flightpulse.domain.guard import RULES, Refusal
from flightpulse.domain.segments import Segment, all_segments
from flightpulse.domain.templates import MessageTemplate
from flightpulse.errors import UserError
from flightpulse.workbench.show.tables import Table

_WIDTH = 84
_ADDED_TO = 1
# Rules that refuse whatever is unknown: where another one says more, that one is named first.
_GENERAL = ("clause", "grammar", "vocabulary")


@dataclass(frozen=True, slots=True)
class Draft:
    """A template for a segment; nobody gets it."""

    segment: Segment
    template: MessageTemplate

    @property
    def question(self) -> str:
        """What a model is asked for this segment, word for word: the instructions, then the request."""
        return f"{prompt.SYSTEM}\n\n{prompt.request(self.segment)}"

    @property
    def refusals(self) -> list[Refusal]:
        """Every rule of the guard that it breaks; an empty list means that it may be used."""
        return guard.check(self.template, self.segment)

    @property
    def rules(self) -> list[str]:
        """The names of the rules that it breaks, each once, those that say most first."""
        broken = {refusal.rule for refusal in self.refusals}
        return sorted((str(rule) for rule in RULES if rule in broken), key=_GENERAL.__contains__)

    def adding(self, sentence: str) -> "Draft":
        """The same with one more sentence at the end of the e-mail's second paragraph."""
        paragraphs = list(self.template.paragraphs)
        paragraphs[_ADDED_TO] = f"{paragraphs[_ADDED_TO]} {sentence}"
        return Draft(self.segment, replace(self.template, paragraphs=tuple(paragraphs)))

    def saying(self, old: str, new: str) -> "Draft":
        """The same with other words. Raises UserError when it does not have the old ones."""
        template = self.template
        changed = MessageTemplate(
            template.subject.replace(old, new),
            tuple(paragraph.replace(old, new) for paragraph in template.paragraphs),
            template.sms.replace(old, new),
        )
        if changed == template:
            raise UserError(f"The draft does not say {old!r}.", hint="Look at it: its text shows when you print it.")
        return Draft(self.segment, changed)

    def try_adding(self, *sentences: str) -> Table:
        """What the guard would say of the draft with each of these sentences in it, one at a time."""
        headings = ("", "a model might add", "rules it breaks", "the first of them says")
        return Table.of(headings, [_tried(sentence, self.adding(sentence)) for sentence in sentences])

    @property
    def verdict(self) -> str:
        """What the guard says of it, in one line."""
        return f"✗ refused: {', '.join(self.rules)}" if self.refusals else "✓ accepted by the guard"

    def __str__(self) -> str:
        template = self.template
        lines = [f"Subject: {template.subject}"]
        for paragraph in template.paragraphs:
            lines += ["", *textwrap.wrap(paragraph, _WIDTH, break_on_hyphens=False)]
        text = textwrap.wrap(f"Text: {template.sms}", _WIDTH, break_on_hyphens=False)
        return "\n".join([self.segment.key, "", *lines, "", *text, "", self.verdict])

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        template = self.template
        paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in template.paragraphs)
        html = (
            f"<p><code>{escape(self.segment.key)}</code></p><blockquote><p><b>{escape(template.subject)}</b></p>"
            f"{paragraphs}<p>✆ {escape(template.sms)}</p></blockquote><p>{escape(self.verdict)}</p>"
        )
        return {"text/plain": str(self), "text/html": html}


def draft(segment: str) -> Draft:
    """The written template of a segment, which goes out when no model's can be used.

    A segment is named by its key or the beginning of it, such as ``delay/MAJOR/MECHANICAL/A-LIST``; the first that fits
    counts. Raises UserError when there is none.
    """
    chosen = _named(segment)
    written = fallback(chosen)
    drafts = (Draft(chosen, written.template(sms)) for sms in written.sms)
    return next((item for item in drafts if not item.refusals), Draft(chosen, written.template(written.sms[-1])))


def _tried(sentence: str, draft: Draft) -> tuple[str, str, str, str]:
    if not draft.refusals:
        return "✓ accepted", sentence, "none", ""
    return "✗ refused", sentence, ", ".join(draft.rules), RULES[guard.Rule(draft.rules[0])]


def _named(name: str) -> Segment:
    """The segment of this key, or the first whose key goes on from here after a slash."""
    wanted = name.strip("/").lower()
    found = (segment for segment in all_segments() if f"{segment.key}/".lower().startswith(f"{wanted}/"))
    chosen = next(found, None)
    if chosen is None:
        raise UserError(
            f"There is no segment {name!r}.",
            hint="They look like delay/MAJOR/MECHANICAL/A-LIST-PREFERRED or gate_change/TERMINAL.",
        )
    return chosen
