"""What the lint lets pass, whatever a model replies: it has its facts, fits, and holds no figure, sign or place."""

import json
import random
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightpulse.domain.airports import AIRPORTS
from flightpulse.messages import gsm7, prompt
from flightpulse.messages.facts import longest
from flightpulse.messages.lint import Refusal, lint
from flightpulse.messages.news import all_segments, required
from flightpulse.messages.placeholders import PATTERN, PLACEHOLDERS, Channel, used
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, fill, normalized
from flightpulse.stand_in.spoilers import TEMPLATE_SPOILERS
from tests.examples import examples
from tests.unit.messages.samples import fitting_written_text

REPLIES = examples(150, 3000)
SEGMENTS = list(all_segments())
WORDS = [
    *("gate B7", "Terminal B", "$200", "seven", "noon", "Chicago", "ORD", "Brenda", "FREE", "sorry", "and", "{", "}"),
    *("https://example.com", "1-800-555-0100", "¡Hola", "\u202e", "😀", "<b>", "**", "½", "{seat}", "{{flight}}", "½"),
    *(f"{{{name}}}" for name in PLACEHOLDERS),
]


@st.composite
def segments_and_replies(draw: st.DrawFn) -> tuple[Segment, str]:
    """A reply made of a good one: spoiled as models spoil them, or with words put in, exchanged and left out."""
    segment = draw(st.sampled_from(SEGMENTS))
    fields = fitting_written_text(segment).to_fields()
    if draw(st.booleans()):
        spoil = TEMPLATE_SPOILERS[draw(st.sampled_from(sorted(TEMPLATE_SPOILERS)))]
        return segment, spoil(json.dumps(fields), random.Random(draw(st.integers(0, 99))))
    texts = [fields["subject"], *fields["paragraphs"], fields["sms"]]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(texts) - 1))
        words = texts[at].split() or ["."]
        place = draw(st.integers(0, len(words) - 1))
        words[place : place + draw(st.integers(0, 1))] = draw(st.lists(st.sampled_from(WORDS), max_size=1))
        texts[at] = " ".join(words)
    return segment, json.dumps({"subject": texts[0], "paragraphs": texts[1:-1], "sms": texts[-1]})


def sent(segment: Segment, reply: str) -> MessageTemplate | None:
    template = prompt.read_reply(reply)
    return None if isinstance(template, Refusal) or lint(template, segment) else template


def examine(segment: Segment, template: MessageTemplate) -> None:
    """Look at what passed by other means than the lint's."""
    for _, text in template.parts():
        own = PATTERN.sub(" ", text)
        assert own.isascii()
        assert own.isprintable()
        assert not re.search(r"[0-9{}<>@$#*_\\]|https?|www", own), own
        assert not any(airport.city in own or f" {code} " in own for code, airport in AIRPORTS.items()), own
    assert gsm7.fits(fill(template.sms, longest(segment, Channel.SMS)))
    email = {name for text in (template.subject, *template.paragraphs) for name in used(text)}
    assert required(segment, Channel.EMAIL) <= email
    assert required(segment, Channel.SMS) <= set(used(template.sms))


@settings(
    max_examples=REPLIES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(segments_and_replies())
def test_what_the_lint_lets_pass_is_complete_and_holds_nothing_it_may_not(case: tuple[Segment, str]) -> None:
    segment, reply = case
    template = sent(segment, reply)
    if template is not None:
        examine(segment, template)


texts = st.one_of(
    st.text(max_size=80), st.text(alphabet="{}ab _.\n\t'!,", max_size=60), st.sampled_from(["", " ", "{", "{}", "."])
)


@settings(max_examples=REPLIES, deadline=None, derandomize=True)
@given(st.sampled_from(SEGMENTS), st.builds(MessageTemplate, texts, st.lists(texts, max_size=12).map(tuple), texts))
def test_no_template_is_too_odd_to_be_refused(segment: Segment, template: MessageTemplate) -> None:
    assert lint(template, segment)
    assert lint(normalized(template), segment)


def test_the_property_has_something_to_look_at() -> None:
    for segment in SEGMENTS:
        template = sent(segment, json.dumps(fitting_written_text(segment).to_fields()))
        assert template is not None
        examine(segment, template)
