import json
from itertools import product

import pytest

from flightpulse.domain import guard, prompt
from flightpulse.domain.fallbacks import fallback
from flightpulse.domain.segments import Segment, all_segments
from flightpulse.domain.templates import MessageTemplate
from flightpulse.stand_in.model import StandIn, segment_of, template_fields
from localcloud.model.writers import Request
from tests.unit.messages.samples import MAJOR

SEGMENTS = list(all_segments())


def asked(segment: Segment, *more: tuple[str, str]) -> Request:
    return Request("a.model", prompt.SYSTEM, (("user", prompt.request(segment)), *more))


def template(segment: Segment, turn: int = 1) -> MessageTemplate:
    return MessageTemplate.from_fields(template_fields(segment, turn))


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_what_it_writes_passes_the_guard_for_every_segment(turn: int) -> None:
    refused = {segment.key: guard.check(template(segment, turn), segment) for segment in SEGMENTS}
    assert {key: refusals for key, refusals in refused.items() if refusals} == {}


def test_it_reads_the_segment_from_the_request_as_the_function_writes_it() -> None:
    for segment in SEGMENTS:
        assert segment_of(asked(segment)) == segment


def test_the_same_segment_gets_the_same_template() -> None:
    assert StandIn().write(asked(MAJOR)) == StandIn().write(asked(MAJOR))


def test_segments_get_different_templates() -> None:
    subjects = {template(segment).subject for segment in SEGMENTS}
    openings = {template(segment).paragraphs[0] for segment in SEGMENTS}
    assert len(subjects) >= 20
    assert len(openings) >= 60


def test_a_second_try_is_another_template() -> None:
    repaired = asked(MAJOR, ("assistant", "no"), ("user", "again"))
    assert StandIn().write(repaired).text != StandIn().write(asked(MAJOR)).text


def test_its_sentences_are_not_those_of_the_written_templates() -> None:
    for segment, turn in product(SEGMENTS, (1, 2)):
        written, composed = fallback(segment), template(segment, turn)
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
    assert 200 < reply.input_tokens < 1000
    assert 100 < reply.output_tokens < 500
