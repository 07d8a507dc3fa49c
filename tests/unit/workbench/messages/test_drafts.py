"""Drafts: the written templates, what a model is asked, and what the guard says of changed words."""

import pytest

from flightpulse.domain.segments import all_segments
from flightpulse.errors import UserError
from flightpulse.workbench.messages.drafts import draft

SEGMENT = "delay/MAJOR/MECHANICAL/A-LIST-PREFERRED"


def test_a_segment_is_named_by_the_beginning_of_its_key_in_any_case() -> None:
    assert draft("Delay/major/mechanical/a-list").segment.key == "delay/MAJOR/MECHANICAL/A-LIST/-/en-US"
    assert draft("gate_change/TERMINAL").segment.key == "gate_change/TERMINAL/-/A-LIST-PREFERRED/-/en-US"


@pytest.mark.parametrize("name", ["moon", "delay/MAJ", "delay/MAJOR/MECHANICAL/A-LIST-PREF"])
def test_another_name_gets_one_sentence(name: str) -> None:
    with pytest.raises(UserError, match=f"no segment '{name}'"):
        draft(name)


def test_every_written_template_passes_the_guard() -> None:
    assert [segment.key for segment in all_segments() if draft(segment.key).refusals] == []


def test_the_question_has_the_segment_and_the_instructions() -> None:
    question = draft(SEGMENT).question

    assert '"tier": "A-LIST PREFERRED"' in question
    assert question.startswith("You write service messages")


def test_sentences_are_tried_one_at_a_time() -> None:
    tried = draft(SEGMENT).try_adding("Thank you for your patience.", "You will get a voucher.", "Your gate is C9.")

    assert tried.column("") == ["✓ accepted", "✗ refused", "✗ refused"]
    assert tried.column("rules it breaks")[0] == "none"
    assert "promise" in tried.column("rules it breaks")[1]
    assert tried.column("the first of them says")[2] == "No digits: every figure comes from data."


def test_changed_words_are_judged_in_every_part() -> None:
    changed = draft(SEGMENT).saying("{first_name}", "passenger")

    assert "missing_placeholder" in changed.rules
    assert changed.verdict.startswith("✗ refused: ")


def test_words_that_are_not_there_cannot_be_changed() -> None:
    with pytest.raises(UserError, match="does not say 'voucher'"):
        draft(SEGMENT).saying("voucher", "coupon")


def test_a_draft_shows_its_template_and_the_verdict_as_text_and_as_html() -> None:
    shown = draft(SEGMENT)._repr_mimebundle_()

    assert "Subject: Flight {flight}" in shown["text/plain"]
    assert shown["text/plain"].endswith("✓ accepted by the guard")
    assert "✓ accepted by the guard" in shown["text/html"]
