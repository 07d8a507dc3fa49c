"""Whatever a model replies, a passenger reads no figure, place, name or promise that is not in the data.

What is checked here is worked out apart from the guard: a message with its facts taken out again may hold none of them.
``FLIGHTPULSE_REPLIES`` sets how many replies are tried (1,000 without).
"""

import os
import random
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightpulse.domain import airports, gsm7, guard, messages, prompt
from flightpulse.domain.facts import longest, read_news, read_recipient
from flightpulse.domain.guard import Refusal
from flightpulse.domain.placeholders import Channel, required, used
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity
from flightpulse.domain.templates import MessageTemplate, fill
from flightpulse.domain.wordings import Origin, Wording
from tests.unit.messages.replies import SEGMENTS, segments_and_replies
from tests.unit.messages.samples import cancellation, delay, flight, gate_change, recipient

REPLIES = int(os.environ.get("FLIGHTPULSE_REPLIES", "1000"))

PLACES = {airport.city.lower() for airport in airports.AIRPORTS.values()} | {code.lower() for code in airports.AIRPORTS}
# Codes of airports that are also words.
PLACES -= {"day", "hou", "sat", "las", "den", "san"}
FORBIDDEN = {
    *("refund", "voucher", "upgrade", "upgraded", "free", "lounge", "hotel", "meal", "miles", "compensation", "credit"),
    *("guarantee", "rebooked", "brenda", "bob", "hotline", "website", "app", "shuttle", "pilot", "storm", "tomorrow"),
    *("noon", "tonight", "hours", "minutes", "two", "seven", "dozen", "dollars", "terminal-b", "concourse"),
}
EVENTS: dict[tuple[Kind, Severity], dict[str, Any]] = {
    (Kind.DELAY, Severity.MINOR): delay(25),
    (Kind.DELAY, Severity.MAJOR): delay(90),
    (Kind.DELAY, Severity.SEVERE): delay(1000),
    (Kind.ON_TIME, Severity.MINOR): delay(0),
    (Kind.CANCELLATION, Severity.CANCELLED): cancellation(),
    (Kind.GATE_CHANGE, Severity.GATE): gate_change(terminal_change=False),
    (Kind.GATE_CHANGE, Severity.TERMINAL): gate_change(),
}


def accepted(segment: Segment, reply: str) -> MessageTemplate | None:
    template = prompt.read_reply(reply)
    if isinstance(template, Refusal) or guard.check(template, segment):
        return None
    return template


def own_words(text: str, values: dict[str, str]) -> str:
    """What a message says besides its facts."""
    for value in sorted(values.values(), key=len, reverse=True):
        text = text.replace(value, " ")
    return text


def read_as_a_passenger(segment: Segment, template: MessageTemplate) -> None:
    news = read_news({**EVENTS[segment.kind, segment.severity], "reason": segment.reason}, flight())
    person = read_recipient(
        recipient(tier=str(segment.tier), special_requests=["wheelchair assistance"] if segment.assistance else [])
    )
    assert person is not None
    wording = Wording(segment, Origin.MODEL, template, "a.model")
    assert messages.usable(wording, news)
    for channel, names in ((Channel.EMAIL, ("subject", "body")), (Channel.SMS, ("text",))):
        detail = messages.notification(news, person, channel, "somewhere", wording)["detail"]
        values = {**news.values[channel], **person.values(channel)}
        for name in names:
            own = own_words(detail[name], values)
            assert not any(character.isnumeric() for character in own), own
            assert not re.search(r"[{}<>@$€#*_\\/]|https?|www", own), own
            assert own.isascii(), own
            assert own.replace("\n", "").isprintable(), own
            seen = set(re.findall(r"[a-z-]+", own.lower()))
            assert not seen & PLACES, own
            assert not seen & FORBIDDEN, own
    assert gsm7.fits(detail["text"])
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
def test_what_the_guard_accepts_says_nothing_that_is_not_in_the_data(case: tuple[Segment, str]) -> None:
    segment, reply = case
    template = accepted(segment, reply)
    if template is not None:
        read_as_a_passenger(segment, template)


texts = st.one_of(
    st.text(max_size=80), st.text(alphabet="{}ab _.\n\t'!,", max_size=60), st.sampled_from(["", " ", "{", "{}", "."])
)


@settings(max_examples=REPLIES, deadline=None, derandomize=True)
@given(st.sampled_from(SEGMENTS), st.builds(MessageTemplate, texts, st.lists(texts, max_size=12).map(tuple), texts))
def test_no_template_is_too_odd_for_the_guard_to_refuse(segment: Segment, template: MessageTemplate) -> None:
    assert guard.check(template, segment)
    assert guard.check(guard.normalized(template), segment)


def test_the_property_is_not_empty() -> None:
    """Among mended templates some are still good, so that the property above has something to look at."""
    from flightpulse.stand_in.model import template_fields

    choice = random.Random(1)
    for segment in choice.sample(SEGMENTS, 40):
        fields = template_fields(segment, choice.randrange(1, 50))
        read_as_a_passenger(segment, MessageTemplate.from_fields(fields))
