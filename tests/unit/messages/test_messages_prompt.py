import json
from typing import Any

import pytest

from flightpulse.messages import prompt, review
from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.news import all_segments, brief, known, required
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate
from tests.unit.messages.samples import CANCELLED, ELITE, MAJOR, TERMINAL

FIELDS = {"subject": "s", "paragraphs": ["p", "q"], "sms": "t"}
TEMPLATE = MessageTemplate("s", ("p", "q"), "t")


def test_writer_and_reviewer_get_the_same_brief() -> None:
    for segment in all_segments():
        assert brief(segment) in prompt.request(segment)
        assert brief(segment) in review.brief(segment)


def test_every_segment_is_asked_for_in_words_of_its_own() -> None:
    segments = list(all_segments())
    assert len({prompt.request(segment) for segment in segments}) == len(segments)


@pytest.mark.parametrize("changed", [(prompt, "SYSTEM"), (review, "SYSTEM")])
def test_another_prompt_is_another_version(monkeypatch: pytest.MonkeyPatch, changed: tuple[object, str]) -> None:
    before = prompt.version(MAJOR)
    assert prompt.version(TERMINAL) != before
    monkeypatch.setattr(*changed, "You are a poet.")
    assert prompt.version(MAJOR) != before


def test_the_request_names_every_placeholder_that_may_and_must_be_used() -> None:
    for segment in all_segments():
        asked = prompt.request(segment)
        assert all(f"- {{{name}}}:" in asked for name in known(segment))
        assert all(f"{{{name}}}" in asked for channel in Channel for name in required(segment, channel))


def test_the_tier_and_the_special_request_are_asked_for_only_where_there_are_some() -> None:
    for words in ("membership", "special request"):
        assert words in prompt.request(ELITE)
        assert words not in prompt.request(TERMINAL)


@pytest.mark.parametrize(
    "reply",
    [
        json.dumps(FIELDS),
        f"```json\n{json.dumps(FIELDS, indent=2)}\n```",
        f"Sure! Here it is:\n{json.dumps(FIELDS)}\nAnything else?",
        f"For {{first_name}}: {json.dumps(FIELDS)}",
        f'<think>As {{"subject": "...", "paragraphs": ["...", "..."], "sms": "..."}}.</think>\n{json.dumps(FIELDS)}',
        f'<think>A draft: {{"subject": "late"}}. Better:</think>\n{json.dumps(FIELDS)}',
        f'Segment: {{"kind": "delay"}}\n{json.dumps(FIELDS)}\nDone: {{"ok": true}}',
        json.dumps({**FIELDS, "extra": 1}),
        '{"subject": "s", "paragraphs": ["p", "q\n"], "sms": "t"}',
    ],
)
def test_the_object_with_the_wanted_fields_counts_however_it_is_wrapped(reply: str) -> None:
    assert prompt.read_reply(reply) == TEMPLATE


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "We are sorry.",
        "[1, 2]",
        "null",
        "{}",
        "{" * 1000,
        '{"a":' * 3000,
        "[" * 5000 + "]" * 5000,
        json.dumps(FIELDS)[:-3],
        json.dumps({**FIELDS, "paragraphs": "p"}),
        json.dumps({**FIELDS, "paragraphs": [1, 2]}),
        json.dumps({**FIELDS, "sms": None}),
        json.dumps(FIELDS) + " " * 30_000,
    ],
)
def test_a_reply_without_a_template_is_refused_for_its_shape(reply: str) -> None:
    refusal = prompt.read_reply(reply)
    assert isinstance(refusal, Refusal)
    assert refusal.rule is Rule.SHAPE


def test_the_repair_says_which_rules_were_broken_and_by_what() -> None:
    asked = prompt.repair([Refusal(Rule.REVIEW, "'Have a voucher.': a favour"), Refusal(Rule.DIGIT, "'7' in sms")])
    assert Rule.REVIEW.words in asked
    assert "voucher" in asked
    assert Rule.DIGIT.words in asked


def test_a_refused_reply_is_quoted_at_a_bearable_length_and_never_empty() -> None:
    assert prompt.quoted("   ") == "(empty)"
    assert len(prompt.quoted("x" * 100_000)) == 4_000


def test_several_segments_are_asked_for_by_the_words_of_each() -> None:
    asked = prompt.request(MAJOR, CANCELLED)
    assert [asked.count(prompt.request(segment)) for segment in (MAJOR, CANCELLED)] == [1, 1]
    assert prompt.system(1) == prompt.SYSTEM
    assert '{"messages": [{"n": 1, "subject"' in prompt.system(2)


def numbered(*numbers: object) -> list[dict[str, Any]]:
    return [{"n": number, **TEMPLATE.to_fields()} for number in numbers]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (json.dumps({"messages": numbered(1, 2)}), [MAJOR, CANCELLED]),
        (f"Here you are: {json.dumps({'messages': numbered(2, 1)})}. Good?", [MAJOR, CANCELLED]),
        ("\n".join(map(json.dumps, numbered(1, 2))), [MAJOR, CANCELLED]),
        (json.dumps({"messages": numbered(2, 3)}), [CANCELLED]),
        (json.dumps({"messages": [*numbered(1, 2, 2), "three", {"n": None}]}), [MAJOR]),
        (json.dumps({"messages": numbered("1", 2)}), [CANCELLED]),
        (json.dumps(TEMPLATE.to_fields()), []),
        (json.dumps({"messages": "none"}), []),
        ("[]", []),
        ("", []),
        ("x" * 40_001 + json.dumps({"messages": numbered(1, 2)}), []),
    ],
)
def test_each_segment_gets_its_own_message_of_a_reply_to_several(reply: str, told: list[Segment]) -> None:
    found = dict(prompt.replies(reply, [MAJOR, CANCELLED]))
    assert list(found) == told
    assert {prompt.read_reply(text) for text in found.values()} <= {TEMPLATE}
