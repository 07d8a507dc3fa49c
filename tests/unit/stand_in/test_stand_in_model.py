"""The stand-in for a language model: what it writes as an author, and how it judges as a reviewer."""

import json
import random
from itertools import product

import pytest

from flightpulse.messages import lint, news, prompt, review
from flightpulse.messages.news import all_segments, news_kind
from flightpulse.messages.review import CANARY_INVENTION, review_request
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, normalized
from flightpulse.stand_in.model import StandIn, segments_of, template_fields, verdicts
from flightpulse.stand_in.spoilers import SPOILERS
from localcloud.model.writers import Request
from tests.unit.messages.samples import CANCELLED, GATE, MAJOR, ON_TIME, fitting_written_text

SEGMENTS = list(all_segments())


def asked(segment: Segment, *more: tuple[str, str]) -> Request:
    metadata = {"role": "author", "segment": segment.key}
    return Request("a.model", prompt.SYSTEM, (("user", prompt.request(segment)), *more), metadata=metadata)


def template(segment: Segment, turn: int = 1) -> MessageTemplate:
    return MessageTemplate.from_fields(template_fields(segment, turn))


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_what_it_writes_passes_the_lint_as_it_is_for_every_segment(turn: int) -> None:
    refused = {segment.key: lint.lint(template(segment, turn), segment) for segment in SEGMENTS}
    assert {key: refusals for key, refusals in refused.items() if refusals} == {}


def test_it_approves_what_it_writes_and_knows_every_canary() -> None:
    for segment, turn in product(SEGMENTS[::5], (1, 2)):
        request = review_request(normalized(template(segment, turn)), segment)
        said = review.read_verdicts(json.dumps(verdicts([segment], request.user)), request)
        assert said.approved, (segment.key, said.reasons)


@pytest.mark.parametrize("segment", [MAJOR, ON_TIME, CANCELLED, GATE], ids=lambda segment: segment.kind)
def test_it_calls_every_invention_of_the_corpus_one_and_no_honest_canary(segment: Segment) -> None:
    known = news_kind(segment.kind)
    for sentences, invented in ((known.inventions, True), (known.honest, False)):
        listed = "\n".join(f"{number}. {text}" for number, text in enumerate(sentences, start=1))
        said = verdicts([segment], f"Brief:\n\nSentences:\n{listed}")["verdicts"]
        assert isinstance(said, list)
        assert [sentence["verdict"] == "invention" for sentence in said] == [invented] * len(sentences)


@pytest.mark.parametrize("kind", ["curly_quotes", "fenced"])
def test_bad_manners_do_not_make_its_own_words_strange_to_it(kind: str) -> None:
    for segment in SEGMENTS[::20]:
        reply = SPOILERS[kind].spoil(json.dumps(template_fields(segment)), random.Random(1))
        draft = prompt.read_reply(reply)
        assert isinstance(draft, MessageTemplate)
        request = review_request(draft, segment)
        assert review.read_verdicts(json.dumps(verdicts([segment], request.user)), request).approved


def test_it_finds_nothing_invented_in_what_people_wrote() -> None:
    for segment in SEGMENTS[::20]:
        request = review_request(fitting_written_text(segment), segment)
        said = review.read_verdicts(json.dumps(verdicts([segment], request.user)), request)
        assert said.approved, (segment.key, said.reasons)


def test_words_for_another_terminal_are_inventions_where_only_the_gate_is_another() -> None:
    question = "Brief:\n\nSentences:\n1. This is urgent.\n2. Please follow the signs to your new gate."
    said = verdicts([GATE], question)["verdicts"]
    assert isinstance(said, list)
    assert [sentence["verdict"] for sentence in said] == ["invention", "news"]


def test_whatever_it_does_not_know_is_an_invention_to_it() -> None:
    said = verdicts([MAJOR], "Brief:\n\nSentences:\n1. The weather in {destination} is lovely.")["verdicts"]
    assert said == [{"n": 1, "why": "not among the phrases I know", "verdict": "invention"}]


def test_a_review_request_is_answered_with_a_verdict_for_each_sentence() -> None:
    question = review_request(normalized(template(MAJOR)), MAJOR)
    metadata = {"role": "reviewer", "segment": MAJOR.key}
    reply = StandIn().write(Request("a.model", question.system, (("user", question.user),), metadata=metadata))
    said = json.loads(reply.text)["verdicts"]
    assert [sentence["n"] for sentence in said] == list(range(1, len(question.sentences) + 1))
    canaries = [sentence.part == CANARY_INVENTION for sentence in question.sentences]
    assert [sentence["verdict"] == "invention" for sentence in said] == canaries


def test_it_reads_the_segment_from_what_the_function_says_of_its_request() -> None:
    assert all(segments_of(asked(segment)) == [segment] for segment in SEGMENTS)


def test_the_same_segment_gets_the_same_template() -> None:
    assert StandIn().write(asked(MAJOR)) == StandIn().write(asked(MAJOR))


def test_segments_get_different_templates_in_different_voices() -> None:
    subjects = {template(segment).subject for segment in SEGMENTS}
    openings = {template(segment).paragraphs[0] for segment in SEGMENTS}
    greetings = {template(segment).paragraphs[0].split()[0] for segment in SEGMENTS}
    assert len(subjects) >= 20
    assert len(openings) >= 40
    assert greetings == {"Hello", "Dear", "Hi"}


def test_a_second_try_is_in_another_voice() -> None:
    repaired = asked(MAJOR, ("assistant", "no"), ("user", "again"))
    assert StandIn().write(repaired).text != StandIn().write(asked(MAJOR)).text


def test_its_sentences_are_not_those_that_people_wrote() -> None:
    for segment, turn in product(SEGMENTS, (1, 2)):
        written, composed = news.written(segment), template(segment, turn)
        assert composed.subject != written.subject
        assert not set(composed.paragraphs) & set(written.paragraphs)
        assert composed.sms not in written.sms


def test_a_request_without_a_segment_is_answered_in_prose() -> None:
    reply = StandIn().write(Request("a.model", "", (("user", "Tell me a joke."),)))
    assert "segment" in reply.text
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(reply.text)


def test_tokens_are_counted_about_as_a_model_would() -> None:
    reply = StandIn().write(asked(MAJOR))
    assert 500 < reply.input_tokens < 2000
    assert 100 < reply.output_tokens < 500


def test_several_segments_are_drafted_and_reviewed_each_by_its_own_words() -> None:
    segments = [MAJOR, GATE, CANCELLED]
    metadata = {"role": "author", "segment": MAJOR.key, "segment_2": GATE.key, "segment_3": CANCELLED.key}
    question = Request("a.model", prompt.system(3), (("user", prompt.request(*segments)),), metadata=metadata)
    drafts = dict(prompt.replies(StandIn().write(question).text, segments))
    templates = {segment: prompt.read_reply(text) for segment, text in drafts.items()}
    assert templates == {segment: normalized(template(segment)) for segment in segments}
    requests = [review_request(normalized(template(segment)), segment) for segment in segments]
    joint = review.joint_request(requests)
    said = StandIn().write(Request("a.model", joint.system, (("user", joint.user),), metadata=metadata)).text
    assert all(verdicts.approved for verdicts in review.read_joint_verdicts(said, requests))
