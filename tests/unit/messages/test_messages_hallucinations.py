"""Plausible English in which a model states what nobody knows: none of it may pass the guard."""

import time

import pytest

from flightpulse.chaos.hallucinations import HALLUCINATIONS, ON_TIME
from flightpulse.domain import clauses, guard, phrasebook, prose
from flightpulse.domain.guard import Rule
from flightpulse.domain.segments import Kind, all_segments
from flightpulse.domain.templates import MessageTemplate
from flightpulse.stand_in.model import template_fields
from tests.unit.messages import samples
from tests.unit.messages.plausible import PLAUSIBLE
from tests.unit.messages.samples import CANCELLED, GATE, MAJOR, fitting_fallback

SEGMENTS = {news: getattr(samples, str(news)) for news in HALLUCINATIONS}


def with_sentence(news: str, sentence: str, paragraph: int) -> MessageTemplate:
    template = MessageTemplate.from_fields(template_fields(SEGMENTS[news]))
    paragraphs = list(template.paragraphs)
    paragraphs[paragraph] = f"{paragraphs[paragraph]} {sentence}"
    return MessageTemplate(template.subject, tuple(paragraphs), template.sms)


@pytest.mark.parametrize("news", HALLUCINATIONS)
def test_no_hallucination_passes_in_the_e_mail(news: str) -> None:
    passed = [
        sentence
        for number, sentence in enumerate(HALLUCINATIONS[news])
        if not guard.check(with_sentence(news, sentence, number % 3), SEGMENTS[news])
    ]
    assert passed == []


@pytest.mark.parametrize("news", HALLUCINATIONS)
def test_no_hallucination_passes_as_the_subject_or_at_the_end_of_the_text_message(news: str) -> None:
    good = MessageTemplate.from_fields(template_fields(SEGMENTS[news]))
    for sentence in HALLUCINATIONS[news]:
        subject = MessageTemplate(f"{{flight}}: {sentence.rstrip('.')}", good.paragraphs, good.sms)
        text = MessageTemplate(good.subject, good.paragraphs, f"{good.sms} {sentence}")
        assert guard.check(subject, SEGMENTS[news]), sentence
        assert guard.check(text, SEGMENTS[news]), sentence


def test_a_sentence_that_no_clause_covers_is_refused_and_the_words_are_named() -> None:
    refusals = guard.check(with_sentence("MAJOR", "Help is on the way.", 1), MAJOR)
    assert [str(refusal) for refusal in refusals] == ["clause: help is on the way ."]


def test_the_words_named_begin_where_the_known_clauses_end() -> None:
    assert clauses.unknown("we are very sorry , and help is on the way .", MAJOR) == "help is on the way ."


def test_endless_sentences_are_refused_without_being_taken_apart() -> None:
    template = with_sentence("MAJOR", f"We are {'so ' * 900}sorry.", 1)
    began = time.process_time()
    assert Rule.CLAUSE in {refusal.rule for refusal in guard.check(template, MAJOR)}
    assert time.process_time() - began < 2


def test_a_sentence_of_known_clauses_is_accepted() -> None:
    known = "hi {first_name} , we are very sorry that your flight {flight} is delayed by {delay} ."
    assert clauses.unknown(known, MAJOR) is None


def test_a_sentence_that_breaks_off_after_that_is_refused() -> None:
    assert clauses.unknown("we are sorry to tell you that .", MAJOR) is not None


def test_what_soothes_after_a_delay_misleads_after_a_cancellation() -> None:
    nothing_to_do = "there is nothing else you need to do ."
    assert clauses.unknown(nothing_to_do, MAJOR) is None
    assert clauses.unknown(nothing_to_do, CANCELLED) is not None


def test_every_kind_of_news_has_clauses_of_its_own() -> None:
    assert set(phrasebook.BY_KIND) == set(Kind)


@pytest.mark.parametrize("segment", list(all_segments()), ids=lambda segment: segment.key)
def test_the_written_templates_are_made_of_known_clauses(segment: samples.Segment) -> None:
    written = fitting_fallback(segment)
    for text in (*written.paragraphs, written.sms):
        for sentence in prose.sentences(text):
            assert clauses.unknown(prose.plain(sentence), segment) is None


def test_capable_models_are_heard() -> None:
    assert all(
        Rule.CLAUSE not in {refusal.rule for refusal in guard.check(guard.normalized(template), segment)}
        for segment, template in PLAUSIBLE
    )


def test_another_news_s_clauses_are_not_known() -> None:
    assert clauses.unknown("please go to gate {new_gate} .", GATE) is None
    assert clauses.unknown("please go to gate {new_gate} .", MAJOR) is not None


def test_there_are_hallucinations_about_good_news_too() -> None:
    assert len(HALLUCINATIONS[ON_TIME]) > 20
