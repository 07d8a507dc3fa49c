"""Drafts of messages: a template, what the lint and a reviewer say of it, and what models are asked."""

import textwrap
from dataclasses import dataclass, replace
from html import escape

from flightpulse.errors import UserError
from flightpulse.messages import lint, news, prompt, review
from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.review import ReviewRequest
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate
from flightpulse.messages.wording import Reviewer
from flightpulse.workbench.messages.segment_names import segments_like
from flightpulse.workbench.show.tables import Table

_WIDTH = 84
_ADDED_TO = 1


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
    def review_request(self) -> ReviewRequest:
        """What a reviewer is asked about it: its sentences, numbered, with canaries among them."""
        return review.review_request(self.template, self.segment)

    @property
    def refusals(self) -> list[Refusal]:
        """Every rule of the lint that it breaks; an empty list means that it may be reviewed."""
        return lint.lint(self.template, self.segment)

    @property
    def rules(self) -> list[str]:
        """The names of the rules that it breaks, each once."""
        broken = {refusal.rule for refusal in self.refusals}
        return [str(rule) for rule in Rule if rule in broken]

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

    def try_adding(self, *sentences: str, reviewer: Reviewer | None = None) -> Table:
        """What lint and reviewer say of the draft with each of these sentences in it, one at a time.

        Without a reviewer (``wb.templates.reviewer()`` is one) only the lint is asked. A reviewer does not get what
        breaks a rule of the lint.
        """
        headings = ("", "a model might add", "the lint says", "the reviewer says")
        return Table.of(headings, [_tried(sentence, self.adding(sentence), reviewer) for sentence in sentences])

    def reviewed(self, reviewer: Reviewer) -> str:
        """What a reviewer says of it, in one line. Asks a model."""
        request = self.review_request
        verdicts = review.read_verdicts(reviewer.review(request), request)
        if verdicts.problem is not None:
            return f"✗ not believed: {verdicts.problem}"
        refused = "; ".join(refusal.detail for refusal in verdicts.refused)
        return f"✗ invention: {refused}" if refused else "✓ nothing invented"

    @property
    def verdict(self) -> str:
        """What the lint says of it, in one line."""
        return f"✗ refused: {', '.join(self.rules)}" if self.refusals else "✓ passes the lint"

    def __str__(self) -> str:
        return "\n".join([self.segment.key, "", *template_lines(self.template), "", self.verdict])

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


def template_lines(template: MessageTemplate) -> list[str]:
    """A template as lines of text."""
    parts = [*template.paragraphs, f"Text: {template.sms}"]
    wrapped = [textwrap.wrap(part, _WIDTH, break_on_hyphens=False) for part in parts]
    return [f"Subject: {template.subject}", *(line for lines in wrapped for line in ["", *lines])]


def draft(segment: str) -> Draft:
    """The written template of a segment, which goes out when no model's can be used.

    A segment is named by its key or the beginning of it, such as ``delay/MAJOR/MECHANICAL/A-LIST``; the first that fits
    counts. Raises UserError when there is none.
    """
    chosen = segments_like(f"{segment.strip('/')}/")[0]
    written = news.written(chosen)
    drafts = [Draft(chosen, MessageTemplate(written.subject, written.paragraphs, sms)) for sms in written.sms]
    return next((item for item in drafts if not item.refusals), drafts[-1])


def _tried(sentence: str, draft: Draft, reviewer: Reviewer | None) -> tuple[str, str, str, str]:
    if draft.refusals:
        return "✗ refused", sentence, f"{Rule(draft.rules[0])}: {draft.refusals[0].rule.words}", "not asked"
    if reviewer is None:
        return "✓ passes the lint", sentence, "nothing", "not asked"
    said = draft.reviewed(reviewer)
    return ("✓ accepted" if said.startswith("✓") else "✗ refused"), sentence, "nothing", said[2:]
