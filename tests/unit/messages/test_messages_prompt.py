import json

import pytest

from flightpulse.domain import guard, prompt
from flightpulse.domain.guard import RULES, Refusal, Rule
from flightpulse.domain.placeholders import Channel, known, required
from flightpulse.domain.segments import all_segments
from flightpulse.domain.templates import MessageTemplate
from tests.unit.messages.samples import ELITE, MAJOR, TERMINAL

FIELDS = {"subject": "s", "paragraphs": ["p", "q"], "sms": "t"}


def test_the_request_carries_the_segment_and_nobody_s_data() -> None:
    asked = prompt.request(MAJOR)
    inside = asked.split("<segment>")[1].split("</segment>")[0]
    assert json.loads(inside) == MAJOR.to_fields()


def test_the_same_segment_is_always_asked_for_in_the_same_words() -> None:
    for segment in all_segments():
        assert prompt.request(segment) == prompt.request(segment)


def test_another_prompt_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = prompt.version(MAJOR)
    assert prompt.version(TERMINAL) != before
    monkeypatch.setattr(prompt, "SYSTEM", "You are a poet.")
    assert prompt.version(MAJOR) != before


def test_the_request_names_every_placeholder_that_may_and_must_be_used() -> None:
    for segment in all_segments():
        asked = prompt.request(segment)
        assert all(f"- {{{name}}}:" in asked for name in known(segment))
        assert all(f"{{{name}}}" in asked for channel in Channel for name in required(segment, channel))


def test_the_request_shows_a_written_message_that_the_guard_accepts() -> None:
    for segment in all_segments():
        example = prompt.request(segment).split("<example>")[1].split("</example>")[0]
        template = prompt.read_reply(example)
        assert isinstance(template, MessageTemplate)
        assert guard.check(template, segment) == []


def test_the_tier_and_the_special_request_are_asked_for_only_where_there_are_some() -> None:
    assert "membership" in prompt.request(ELITE)
    assert "special request is noted" in prompt.request(ELITE)
    assert "membership" not in prompt.request(TERMINAL)
    assert "special request is noted" not in prompt.request(TERMINAL)


@pytest.mark.parametrize(
    "reply",
    [
        json.dumps(FIELDS),
        f"```json\n{json.dumps(FIELDS, indent=2)}\n```",
        f"Sure! Here it is:\n{json.dumps(FIELDS)}\nAnything else?",
        f"For {{first_name}}: {json.dumps(FIELDS)}",
    ],
)
def test_a_template_is_found_in_a_reply_however_it_is_wrapped(reply: str) -> None:
    assert prompt.read_reply(reply) == MessageTemplate("s", ("p", "q"), "t")


def test_typography_is_put_into_plain_characters_before_anything_else() -> None:
    read = prompt.read_reply(json.dumps({**FIELDS, "sms": "We’re sorry — really…"}))
    assert isinstance(read, MessageTemplate)
    assert read.sms == "We're sorry - really..."


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "We are sorry.",
        "[1, 2]",
        "null",
        "{}",
        "{" * 1000,
        "[" * 5000 + "]" * 5000,
        json.dumps(FIELDS)[:-3],
        json.dumps({**FIELDS, "extra": 1}),
        json.dumps({**FIELDS, "paragraphs": "p"}),
        json.dumps({**FIELDS, "paragraphs": [1, 2]}),
        json.dumps({**FIELDS, "sms": None}),
        json.dumps({"template": FIELDS}),
    ],
)
def test_a_reply_without_a_template_is_refused_for_its_shape(reply: str) -> None:
    refusal = prompt.read_reply(reply)
    assert isinstance(refusal, Refusal)
    assert refusal.rule is Rule.SHAPE


def test_an_endless_reply_is_not_read_at_all() -> None:
    refusal = prompt.read_reply(json.dumps(FIELDS) + " " * 30_000)
    assert refusal == Refusal(Rule.TOO_LONG, "reply")


def test_the_repair_says_which_rules_were_broken_and_by_what() -> None:
    asked = prompt.repair([Refusal(Rule.PROMISE, "voucher"), Refusal(Rule.DIGIT, "sms")])
    assert RULES[Rule.PROMISE] in asked
    assert "voucher" in asked
    assert RULES[Rule.DIGIT] in asked


def test_a_refused_reply_is_quoted_at_a_bearable_length_and_never_empty() -> None:
    assert prompt.quoted("   ") == "(empty)"
    assert len(prompt.quoted("x" * 100_000)) == 4_000
