"""From a draft to a wording: lint, review, what is dropped, one repair, what is stored, and what goes out instead."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from flightpulse.messages import prompt, wording
from flightpulse.messages.lint import Refusal, Rule
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.review import CANARY_INVENTION, ReviewRequest
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate
from flightpulse.messages.wording import ModelUnavailableError, Origin, Wording
from flightpulse.use_cases.choose_wordings import choose_wordings
from tests.unit.messages.samples import MAJOR, MINOR, fitting_written_text
from tests.unit.messages.template_store import FakeStore

GOOD = fitting_written_text(MAJOR)
BROKEN = MessageTemplate(GOOD.subject, GOOD.paragraphs, "Your refund is waiting.")


def adding(*sentences: str) -> MessageTemplate:
    first, second, *rest = GOOD.paragraphs
    return MessageTemplate(GOOD.subject, (first, " ".join((second, *sentences)), *rest), GOOD.sms)


def reply(template: MessageTemplate) -> str:
    return json.dumps(template.to_fields())


@dataclass
class FakeAuthor:
    """Answers with the replies given, in turn; an exception is raised instead of an answer."""

    replies: list[str | Exception]
    told: list[Sequence[Refusal]] = field(default_factory=list)

    def model_id(self) -> str:
        return "an.author"

    def draft(self, *segments: Segment) -> str:
        return self._next()

    def repair(self, segment: Segment, reply: str, refusals: Sequence[Refusal]) -> str:
        self.told.append(refusals)
        return self._next()

    def _next(self) -> str:
        answer = self.replies.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class FakeReviewer:
    """Calls canaries what they are, and an invention what ``finds`` says."""

    finds: Callable[[str], bool] = lambda _: False
    says: str | Exception | None = None
    asked: int = 0

    def model_id(self) -> str:
        return "a.reviewer"

    def review(self, request: ReviewRequest) -> str:
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        verdicts = [
            {
                "n": number,
                "why": "not in the brief",
                "verdict": "invention" if sentence.part == CANARY_INVENTION or self.finds(sentence.text) else "news",
            }
            for number, sentence in enumerate(request.sentences, start=1)
        ]
        return self.says or json.dumps({"verdicts": verdicts})


def choose(author: FakeAuthor, reviewer: FakeReviewer | None, store: FakeStore) -> Wording:
    return choose_wordings([MAJOR], author, reviewer, store)[MAJOR]


def test_a_draft_that_passes_lint_and_review_is_used_and_stored_as_approved() -> None:
    store = FakeStore()
    chosen = choose(FakeAuthor([reply(GOOD)]), FakeReviewer(), store)
    assert (chosen.origin, chosen.template, chosen.model_id) == (Origin.MODEL, GOOD, "an.author")
    stored = store.only
    assert (stored.status, stored.template, stored.drafted_by, stored.reviewed_by) == (
        Status.APPROVED,
        GOOD,
        "an.author",
        "a.reviewer",
    )
    assert stored.prompt_version == prompt.version(MAJOR)


def test_an_approved_template_is_used_without_asking_anybody() -> None:
    store = FakeStore()
    choose(FakeAuthor([reply(GOOD)]), FakeReviewer(), store)
    reviewer = FakeReviewer()
    chosen = choose(FakeAuthor([]), reviewer, store)
    assert (chosen.origin, chosen.template, reviewer.asked) == (Origin.CACHE, GOOD, 0)


def test_a_sentence_that_the_reviewer_refuses_is_dropped_where_nothing_needs_it() -> None:
    store = FakeStore()
    draft = adding("A voucher is on its way.")
    chosen = choose(FakeAuthor([reply(draft)]), FakeReviewer(lambda text: "voucher" in text), store)
    assert (chosen.origin, chosen.template) == (Origin.MODEL, GOOD)
    assert store.only.dropped == ("A voucher is on its way.",)
    assert [refusal.rule for refusal in store.only.reasons] == [Rule.REVIEW]


def test_a_sentence_that_the_lint_refuses_is_dropped_before_the_review() -> None:
    reviewer = FakeReviewer()
    chosen = choose(FakeAuthor([reply(adding("See you at noon."))]), reviewer, FakeStore())
    assert (chosen.template, reviewer.asked) == (GOOD, 1)


def test_a_refused_sentence_that_a_rule_needs_goes_back_to_the_author_once_with_the_reason() -> None:
    author = FakeAuthor([reply(GOOD), reply(adding("Thank you."))])
    needed = GOOD.paragraphs[0]
    reviewer = FakeReviewer(lambda text: text in needed and reviewer.asked == 1)
    record = wording.draft_and_review(MAJOR, author, reviewer)
    assert (record.status, record.repaired, record.template) == (Status.APPROVED, True, adding("Thank you."))
    assert {refusal.rule for refusal in author.told[0]} == {Rule.REVIEW}


def test_a_draft_with_many_refused_sentences_is_not_cut_to_pieces() -> None:
    bad = [f"A voucher {word}." for word in ("waits", "comes", "flies", "sings")]
    author = FakeAuthor([reply(adding(*bad)), reply(GOOD)])
    record = wording.draft_and_review(MAJOR, author, FakeReviewer(lambda text: "voucher" in text))
    assert (record.status, record.repaired, record.dropped) == (Status.APPROVED, True, ())


def test_after_a_second_refused_reply_the_written_text_goes_out_and_the_refusal_is_kept() -> None:
    store = FakeStore()
    chosen = choose(FakeAuthor([reply(BROKEN), "I am sorry."]), FakeReviewer(), store)
    assert (chosen.origin, chosen.template, chosen.problem) == (Origin.FALLBACK, None, "refused")
    assert {Rule.MISSING_PLACEHOLDER, Rule.SHAPE} <= {refusal.rule for refusal in chosen.refusals}
    assert store.only.status is Status.REFUSED
    assert choose(FakeAuthor([]), FakeReviewer(), store).problem == "refused"


def test_a_reviewer_that_is_not_believed_approves_nothing_and_the_author_is_not_blamed() -> None:
    store = FakeStore()
    author = FakeAuthor([reply(GOOD)])
    chosen = choose(author, FakeReviewer(says="Everything is fine."), store)
    assert chosen.origin is Origin.FALLBACK
    assert author.told == []
    assert [refusal.rule for refusal in store.only.reasons] == [Rule.REVIEWER]


def test_without_a_reviewer_a_draft_waits_for_a_person_and_the_written_text_goes_out() -> None:
    store = FakeStore()
    chosen = choose(FakeAuthor([reply(GOOD)]), None, store)
    assert (chosen.origin, chosen.waiting) == (Origin.FALLBACK, True)
    assert (store.only.status, store.only.template, store.only.reviewed_by) == (Status.DRAFT, GOOD, None)


def test_what_a_person_approved_is_used() -> None:
    store = FakeStore()
    choose(FakeAuthor([reply(GOOD)]), None, store)
    approved = store.only.judged(Status.APPROVED, "Kim")
    assert choose(FakeAuthor([]), None, FakeStore(approved)).template == GOOD


def test_an_approved_template_that_breaks_a_rule_does_not_reach_a_passenger() -> None:
    record = wording.draft_and_review(MAJOR, FakeAuthor([reply(GOOD)]), FakeReviewer())
    poisoned = TemplateRecord(**{**{name: getattr(record, name) for name in record.__slots__}, "template": BROKEN})
    chosen = choose(FakeAuthor([]), FakeReviewer(), FakeStore(poisoned))
    assert (chosen.origin, chosen.template) == (Origin.FALLBACK, None)
    assert Rule.MISSING_PLACEHOLDER in {refusal.rule for refusal in chosen.refusals}


def test_a_model_that_cannot_be_had_leaves_the_written_text_and_nothing_is_stored() -> None:
    late = ModelUnavailableError("ThrottlingException")
    for author, reviewer in (
        (FakeAuthor([late]), FakeReviewer()),
        (FakeAuthor([reply(BROKEN), late]), FakeReviewer()),
        (FakeAuthor([reply(GOOD)]), FakeReviewer(says=late)),
    ):
        store = FakeStore()
        chosen = choose(author, reviewer, store)
        assert (chosen.origin, chosen.problem, store.kept) == (Origin.FALLBACK, "ThrottlingException", {})


def test_a_record_survives_being_written_down() -> None:
    record = wording.draft_and_review(
        MAJOR, FakeAuthor([reply(adding("A voucher is on its way."))]), FakeReviewer(lambda text: "voucher" in text)
    )
    assert TemplateRecord.from_fields(json.loads(json.dumps(record.to_fields()))) == record


def together(*templates: MessageTemplate | None) -> str:
    """A reply to the briefs of MAJOR and MINOR, without a message where there is None."""
    messages = [{"n": n, **template.to_fields()} for n, template in enumerate(templates, start=1) if template]
    return json.dumps({"messages": messages})


def records(author: FakeAuthor, reviewer: FakeReviewer | None) -> dict[Segment, TemplateRecord]:
    found = wording.draft_and_review_together([MAJOR, MINOR], author, reviewer)
    return {record.segment: record for record in found}


SHORT = fitting_written_text(MINOR)


def test_several_segments_are_drafted_and_reviewed_by_one_call_each() -> None:
    reviewer = FakeReviewer(lambda text: "voucher" in text)
    found = records(FakeAuthor([together(adding("A voucher waits."), SHORT)]), reviewer)
    assert [(record.status, record.template) for record in found.values()] == [
        (Status.APPROVED, GOOD),
        (Status.APPROVED, SHORT),
    ]
    assert (found[MAJOR].dropped, found[MINOR].dropped) == (("A voucher waits.",), ())
    assert reviewer.asked == 1


def test_one_of_several_drafts_that_its_author_has_to_repair_is_repaired_alone() -> None:
    author, reviewer = FakeAuthor([together(BROKEN, SHORT), reply(GOOD)]), FakeReviewer()
    found = records(author, reviewer)
    assert [found[segment].repaired for segment in (MAJOR, MINOR)] == [True, False]
    assert {record.status for record in found.values()} == {Status.APPROVED}
    assert (len(author.told), reviewer.asked) == (1, 2)


def test_a_message_that_a_reply_leaves_out_is_asked_for_alone() -> None:
    author = FakeAuthor([together(None, SHORT), reply(GOOD)])
    found = records(author, FakeReviewer())
    assert (found[MAJOR].template, found[MINOR].template) == (GOOD, SHORT)
    assert author.replies == []


def test_an_answer_about_several_drafts_that_is_not_believed_approves_none_and_each_is_asked_about_alone() -> None:
    class Overwhelmed(FakeReviewer):
        """Judges one draft well; of several it leaves out a sentence."""

        def review(self, request: ReviewRequest) -> str:
            answer = super().review(request)
            if len(request.segments) == 1:
                return answer
            return json.dumps({"verdicts": json.loads(answer)["verdicts"][1:]})

    overwhelmed = Overwhelmed()
    found = records(FakeAuthor([together(GOOD, SHORT)]), overwhelmed)
    assert {record.status for record in found.values()} == {Status.APPROVED}
    assert overwhelmed.asked == 3


def test_without_a_reviewer_several_drafts_wait_for_a_person() -> None:
    found = records(FakeAuthor([together(GOOD, SHORT)]), None)
    assert {record.status for record in found.values()} == {Status.DRAFT}


@pytest.mark.parametrize("first", [None, BROKEN], ids=["left out", "to be repaired"])
def test_what_was_finished_before_a_model_could_not_be_had_is_given(first: MessageTemplate | None) -> None:
    author = FakeAuthor([together(first, SHORT), ModelUnavailableError("ThrottlingException")])
    found = wording.draft_and_review_together([MAJOR, MINOR], author, FakeReviewer())
    assert next(found).segment == MINOR
    with pytest.raises(ModelUnavailableError):
        next(found)
