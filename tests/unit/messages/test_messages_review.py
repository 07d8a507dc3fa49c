"""A reviewer is believed only when it judges everything, and the known sentences rightly."""

import json
from collections.abc import Callable

import pytest

from flightpulse.domain.events import Kind
from flightpulse.messages import review
from flightpulse.messages.lint import Rule, lint
from flightpulse.messages.news import all_segments, news_kind
from flightpulse.messages.review import (
    CANARY_HONEST,
    CANARY_INVENTION,
    HONEST,
    INVENTIONS,
    ReviewRequest,
    joint_request,
    read_joint_verdicts,
    read_verdicts,
    review_request,
)
from flightpulse.messages.templates import MessageTemplate, Sentence
from tests.unit.messages.samples import CANCELLED, MAJOR, fitting_written_text

TEMPLATE = fitting_written_text(MAJOR)
REQUEST = review_request(TEMPLATE, MAJOR)


def fairly(sentence: Sentence) -> str:
    return "invention" if sentence.part == CANARY_INVENTION else "news"


def reply(judge: Callable[[Sentence], str] = fairly, request: ReviewRequest = REQUEST) -> str:
    entries = [
        {"n": number, "why": "so it is", "verdict": judge(sentence)}
        for number, sentence in enumerate(request.sentences, start=1)
    ]
    return json.dumps({"verdicts": entries})


def test_a_request_has_every_sentence_of_the_template_and_canaries_among_them() -> None:
    parts = [sentence.part for sentence in REQUEST.sentences]
    assert (parts.count(CANARY_INVENTION), parts.count(CANARY_HONEST)) == (INVENTIONS, HONEST)
    assert [sentence for sentence in REQUEST.sentences if "canary" not in sentence.part] == TEMPLATE.sentences()
    for number, sentence in enumerate(REQUEST.sentences, start=1):
        assert f"\n{number}. {sentence.text}" in REQUEST.user


def test_nothing_in_a_request_tells_a_canary_from_a_sentence_of_the_template() -> None:
    assert "canary" not in REQUEST.system + REQUEST.user


def test_the_same_template_is_asked_about_in_the_same_words_and_another_with_other_canaries() -> None:
    assert review_request(TEMPLATE, MAJOR) == REQUEST
    others = [MessageTemplate(f"{TEMPLATE.subject}{'!' * n}", TEMPLATE.paragraphs, TEMPLATE.sms) for n in range(1, 6)]
    drawn = {
        tuple(sentence.text for sentence in review_request(other, MAJOR).sentences if "canary" in sentence.part)
        for other in others
    }
    assert len(drawn) > 1


def test_a_fair_reviewer_approves_an_honest_template() -> None:
    verdicts = read_verdicts(f"<think>Let me see.</think>\n```json\n{reply()}\n```", REQUEST)
    assert verdicts.approved


def test_a_sentence_that_is_called_an_invention_is_refused_with_the_reason() -> None:
    verdicts = read_verdicts(
        reply(lambda sentence: "invention" if sentence.text.startswith("We know") else fairly(sentence)), REQUEST
    )
    assert not verdicts.approved
    assert [refusal.rule for refusal in verdicts.refused] == [Rule.REVIEW]
    assert verdicts.refused[0].sentence is not None
    assert verdicts.refused[0].sentence.part == "paragraph 2"
    assert "so it is" in verdicts.refused[0].detail


@pytest.mark.parametrize("verdict", ["news", "courtesy", "advice", "invention"])
def test_a_reviewer_that_calls_everything_the_same_is_not_believed(verdict: str) -> None:
    verdicts = read_verdicts(reply(lambda _: verdict), REQUEST)
    assert not verdicts.approved
    assert [refusal.rule for refusal in verdicts.reasons] == [Rule.REVIEWER]


@pytest.mark.parametrize("part", [CANARY_INVENTION, CANARY_HONEST])
def test_a_reviewer_that_gets_a_single_canary_wrong_is_not_believed(part: str) -> None:
    wrong = next(sentence for sentence in REQUEST.sentences if sentence.part == part)
    verdict = "courtesy" if part == CANARY_INVENTION else "invention"
    verdicts = read_verdicts(reply(lambda sentence: verdict if sentence is wrong else fairly(sentence)), REQUEST)
    assert verdicts.problem is not None
    assert wrong.text in verdicts.problem


ENTRIES = json.loads(reply())["verdicts"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "All sentences are fine.",
        "{}",
        '{"verdicts": "fine"}',
        json.dumps({"verdicts": ENTRIES[:-1]}),
        json.dumps({"verdicts": [*ENTRIES, ENTRIES[0]]}),
        json.dumps({"verdicts": [*ENTRIES, {"n": 99, "why": "", "verdict": "news"}]}),
        json.dumps({"verdicts": [{**ENTRIES[0], "verdict": "fine"}, *ENTRIES[1:]]}),
        json.dumps({"verdicts": [{**ENTRIES[0], "n": None}, *ENTRIES[1:]]}),
        json.dumps({"verdicts": ["news"] * len(ENTRIES)}),
        reply()[:-4],
    ],
)
def test_an_answer_that_is_malformed_or_incomplete_is_not_believed(said: str) -> None:
    assert read_verdicts(said, REQUEST).problem is not None


@pytest.mark.parametrize("kind", list(Kind))
def test_the_canaries_of_every_news_are_many_and_the_honest_ones_pass_the_lint(kind: Kind) -> None:
    known = news_kind(kind)
    assert len(known.inventions) > 30
    assert len(known.honest) >= 10
    for segment in all_segments():
        if segment.kind is kind:
            written = fitting_written_text(segment)
            with_honest = MessageTemplate(written.subject, (*written.paragraphs, " ".join(known.honest)), written.sms)
            assert [refusal for refusal in lint(with_honest, segment) if refusal.sentence is not None] == []


def test_a_canary_is_never_a_sentence_of_the_template_itself() -> None:
    own = " ".join(news_kind(Kind.CANCELLATION).honest[:-HONEST])
    template = MessageTemplate("Flight {flight} is cancelled", (own, "Sorry, we are."), "{first_name}, sorry.")
    canaries = [
        sentence.text for sentence in review_request(template, CANCELLED).sentences if "canary" in sentence.part
    ]
    assert not [text for text in canaries if text in own]


FAREWELL = review_request(fitting_written_text(CANCELLED), CANCELLED)
BOTH = [REQUEST, FAREWELL]


def test_a_request_about_several_drafts_holds_each_brief_and_numbers_the_sentences_through() -> None:
    joint = joint_request(BOTH)
    assert joint.segments == (MAJOR, CANCELLED)
    assert joint.sentences == (*REQUEST.sentences, *FAREWELL.sentences)
    assert all(f"{number}. {sentence.text}" in joint.user for number, sentence in enumerate(joint.sentences, start=1))
    assert [joint.user.count(review.brief(segment)) for segment in joint.segments] == [1, 1]


def test_a_request_about_one_draft_is_the_one_that_it_always_was() -> None:
    assert joint_request([REQUEST]) is REQUEST


def test_verdicts_about_several_drafts_belong_to_their_own() -> None:
    joint = joint_request(BOTH)
    wrong = FAREWELL.sentences.index(next(found for found in FAREWELL.sentences if "canary" not in found.part))
    said = [fairly(sentence) for sentence in joint.sentences]
    said[len(REQUEST.sentences) + wrong] = "invention"
    entries = [{"n": n, "why": "", "verdict": verdict} for n, verdict in enumerate(said, start=1)]
    first, second = read_joint_verdicts(json.dumps({"verdicts": entries}), BOTH)
    assert first.approved
    assert [refusal.sentence for refusal in second.refused] == [FAREWELL.sentences[wrong]]


def test_a_canary_that_is_misjudged_in_one_draft_makes_the_answer_worth_nothing_for_all() -> None:
    joint = joint_request(BOTH)
    wrong = next(found for found in FAREWELL.sentences if found.part == CANARY_INVENTION)
    found = read_joint_verdicts(reply(lambda sentence: "news" if sentence is wrong else fairly(sentence), joint), BOTH)
    assert [verdicts.approved for verdicts in found] == [False, False]
    assert {str(verdicts.problem) for verdicts in found} == {f"it calls this news: {wrong.text}"}
