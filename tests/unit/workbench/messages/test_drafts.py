"""Drafts: the written templates, what a model is asked, and what the lint says of changed words."""

import json

import pytest

from flightpulse.errors import UserError
from flightpulse.messages.news import all_segments
from flightpulse.messages.review import CANARY_INVENTION, ReviewRequest
from flightpulse.workbench.messages.drafts import draft

SEGMENT = "delay/MAJOR/MECHANICAL/A-LIST-PREFERRED"


def test_a_segment_is_named_by_the_beginning_of_its_key_in_any_case() -> None:
    assert draft("Delay/major/mechanical/a-list").segment.key == "delay/MAJOR/MECHANICAL/A-LIST/-/en-US"
    assert draft("gate_change/TERMINAL").segment.key == "gate_change/TERMINAL/-/A-LIST-PREFERRED/-/en-US"


@pytest.mark.parametrize("name", ["moon", "delay/MAJ", "delay/MAJOR/MECHANICAL/A-LIST-PREF"])
def test_another_name_gets_one_sentence(name: str) -> None:
    with pytest.raises(UserError, match=f"No segment begins with '{name}/'"):
        draft(name)


def test_a_written_text_passes_the_lint_in_a_draft_too() -> None:
    assert [segment.key for segment in list(all_segments())[::25] if draft(segment.key).refusals] == []


def test_the_question_has_the_segment_and_the_instructions() -> None:
    question = draft(SEGMENT).question

    assert "{tier} membership" in question
    assert question.startswith("You write service messages")


class FakeReviewer:
    """Calls whatever speaks of a shuttle an invention, and knows the canaries, or not."""

    def __init__(self, *, canaries: bool = True) -> None:
        self.canaries = canaries
        self.asked = 0

    def model_id(self) -> str:
        return "a.reviewer"

    def review(self, request: ReviewRequest) -> str:
        self.asked += 1
        inventions = [
            "shuttle" in sentence.text or (self.canaries and sentence.part == CANARY_INVENTION)
            for sentence in request.sentences
        ]
        return json.dumps(
            {
                "verdicts": [
                    {"n": number, "why": "made up", "verdict": "invention" if invented else "news"}
                    for number, invented in enumerate(inventions, start=1)
                ]
            }
        )


def test_sentences_are_tried_one_at_a_time_first_on_the_lint_and_then_on_the_reviewer() -> None:
    reviewer = FakeReviewer()
    tried = draft(SEGMENT).try_adding(
        "Thank you for your patience.", "Your gate is C9.", "A shuttle waits outside.", reviewer=reviewer
    )

    assert tried.column("") == ["✓ accepted", "✗ refused", "✗ refused"]
    assert tried.column("the lint says")[1] == "digit: No digits or amounts: every figure comes from data."
    assert tried.column("the reviewer says")[:2] == ["nothing invented", "not asked"]
    assert tried.column("the reviewer says")[2] == "invention: 'A shuttle waits outside.': made up"
    assert reviewer.asked == 2


def test_without_a_reviewer_only_the_lint_is_asked() -> None:
    tried = draft(SEGMENT).try_adding("A shuttle waits outside.")

    assert tried.rows[0][0] == "✓ passes the lint"


def test_a_reviewer_that_misses_a_canary_is_not_believed() -> None:
    assert draft(SEGMENT).reviewed(FakeReviewer(canaries=False)).startswith("✗ not believed: it calls this news")


def test_the_reviewer_s_question_has_the_brief_and_every_sentence() -> None:
    mine = draft(SEGMENT)

    assert "priority update" in mine.review_request.user
    assert all(sentence.text in mine.review_request.user for sentence in mine.template.sentences())


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
    assert shown["text/plain"].endswith("✓ passes the lint")
    assert "✓ passes the lint" in shown["text/html"]
