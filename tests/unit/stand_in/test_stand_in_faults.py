"""What the faults of the local cloud's model do to replies, held against the lint and the reviewer's canaries."""

import json
import random

import pytest

from flightpulse.messages import prompt, review
from flightpulse.messages.lint import Refusal, Rule, lint
from flightpulse.messages.review import review_request
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, normalized
from flightpulse.messages.wording import draft_and_review
from flightpulse.stand_in.model import draft_fields, template_fields, verdicts
from flightpulse.stand_in.spoilers import SPOILERS, TEMPLATE_SPOILERS
from localcloud.model.faults import Fault, FaultPlan, InvalidFaultError
from tests.unit.messages.samples import CANCELLED, GATE, MAJOR, ON_TIME

MERE_MANNERS = {"fenced", "curly_quotes"}
GOOD = json.dumps(template_fields(MAJOR))
QUESTION = review_request(normalized(MessageTemplate.from_fields(template_fields(MAJOR))), MAJOR)
VERDICTS = json.dumps(verdicts([MAJOR], QUESTION.user))


class Spoiled:
    """An author whose replies are spoiled, before an honest reviewer."""

    def __init__(self, kind: str, seed: int) -> None:
        self._spoiler, self._choice = SPOILERS[kind], random.Random(seed)

    def model_id(self) -> str:
        return "a.model"

    def draft(self, *segments: Segment) -> str:
        return self._spoiler.spoil(json.dumps(draft_fields(segments)), self._choice)

    def repair(self, segment: Segment, reply: str, refusals: object) -> str:
        return self.draft(segment)

    def review(self, request: review.ReviewRequest) -> str:
        return json.dumps(verdicts(request.segments, request.user))


def plan_of(*faults: Fault, seed: int = 0) -> FaultPlan:
    return FaultPlan(faults, seed, spoilers=SPOILERS)


def refusals(reply: str) -> list[Refusal]:
    template = prompt.read_reply(reply)
    return [template] if isinstance(template, Refusal) else lint(template, MAJOR)


@pytest.mark.parametrize("segment", [MAJOR, CANCELLED, GATE, ON_TIME], ids=lambda segment: segment.kind)
@pytest.mark.parametrize("kind", sorted(set(TEMPLATE_SPOILERS) - MERE_MANNERS))
def test_nothing_that_a_fault_puts_in_is_in_an_approved_template(kind: str, segment: Segment) -> None:
    good = set(MessageTemplate.from_fields(template_fields(segment)).sentences())
    for seed in range(10):
        spoiled = Spoiled(kind, seed)
        record = draft_and_review(segment, spoiled, spoiled)
        if record.status == "APPROVED" and record.template is not None:
            assert set(record.template.sentences()) <= good, (kind, seed)


@pytest.mark.parametrize("kind", sorted(MERE_MANNERS))
def test_bad_manners_alone_do_no_harm(kind: str) -> None:
    spoiled = SPOILERS[kind].spoil(GOOD, random.Random(1))
    assert spoiled != GOOD
    assert refusals(spoiled) == []


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("digit", Rule.DIGIT),
        ("link", Rule.CONTACT),
        ("place", Rule.PLACE),
        ("name", Rule.NAME),
        ("number_word", Rule.QUANTITY),
        ("time", Rule.TIME),
        ("markup", Rule.CHARACTERS),
        ("wrong_language", Rule.LANGUAGE),
        ("unknown_placeholder", Rule.UNKNOWN_PLACEHOLDER),
        ("missing_placeholder", Rule.MISSING_PLACEHOLDER),
        ("not_json", Rule.SHAPE),
        ("empty", Rule.SHAPE),
    ],
)
def test_what_the_lint_can_see_is_refused_by_the_rule_made_for_it(kind: str, rule: Rule) -> None:
    broken = {
        refusal.rule for seed in range(20) for refusal in refusals(SPOILERS[kind].spoil(GOOD, random.Random(seed)))
    }
    assert rule in broken


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("approve_all", "it calls this news"),
        ("refuse_all", "it calls this invention"),
        ("incomplete_review", "it judged"),
        ("not_json", "not in the form"),
        ("empty", "not in the form"),
        ("truncated", ""),
    ],
)
def test_a_reviewer_that_misbehaves_is_not_believed(kind: str, problem: str) -> None:
    said = review.read_verdicts(SPOILERS[kind].spoil(VERDICTS, random.Random(1)), QUESTION)
    assert not said.approved
    assert problem in str(said.problem)


def test_what_spoils_templates_strikes_the_author_and_what_spoils_verdicts_the_reviewer() -> None:
    plan = plan_of(Fault("promise"), Fault("approve_all"))
    kinds = [fault and fault.kind for fault, _ in map(plan.next, ("author", "reviewer", "author"))]
    assert kinds == ["promise", "approve_all", "promise"]


@pytest.mark.parametrize("kind", ["throttle", "slow", "empty", "not_json"])
def test_what_strikes_everybody_can_be_kept_to_one_role(kind: str) -> None:
    plan = plan_of(Fault(kind, role="reviewer"))
    assert [fault is not None for fault, _ in map(plan.next, ("author", "reviewer", None))] == [False, True, True]
    assert plan_of(Fault(kind)).next("author")[0] is not None


def test_faults_are_used_up_in_their_order() -> None:
    plan = plan_of(Fault("throttle", times=2), Fault("empty", times=1))
    kinds = [fault and fault.kind for fault, _ in (plan.next() for _ in range(4))]
    assert kinds == ["throttle", "throttle", "empty", None]


def test_a_fault_without_times_stays_until_it_is_cleared() -> None:
    plan = plan_of(Fault("down"))
    assert all(plan.next()[0] for _ in range(20))
    plan.set(())
    assert plan.next()[0] is None


def test_a_rate_strikes_some_requests_and_the_seed_decides_which() -> None:
    def struck(seed: int) -> list[bool]:
        plan = plan_of(Fault("throttle", rate=0.5), seed=seed)
        return [plan.next()[0] is not None for _ in range(100)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 30 < sum(struck(1)) < 70


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"kind": "coffee"}, "kind out of"),
        ("throttle", "kind out of"),
        ({"kind": "throttle", "times": 0}, "times"),
        ({"kind": "throttle", "times": True}, "times"),
        ({"kind": "slow", "seconds": "long"}, "seconds"),
        ({"kind": "throttle", "rate": -1}, "rate"),
        ({"kind": "throttle", "when": "now"}, "has no when"),
        ({"kind": "throttle", "role": "pilot"}, "role is author or reviewer"),
    ],
)
def test_a_fault_that_cannot_be_read_says_why(fields: object, problem: str) -> None:
    with pytest.raises(InvalidFaultError, match=problem):
        Fault.from_fields(fields, SPOILERS)


def test_a_fault_spoils_each_of_several_messages() -> None:
    several = json.dumps(draft_fields([MAJOR, GATE]))
    spoiled = dict(prompt.replies(SPOILERS["promise"].spoil(several, random.Random(1)), [MAJOR, GATE]))
    good = dict(prompt.replies(several, [MAJOR, GATE]))
    assert spoiled.keys() == good.keys()
    assert all(spoiled[segment] != good[segment] for segment in good)


@pytest.mark.parametrize("kind", ["empty", "not_json"])
def test_a_fault_that_leaves_no_messages_spoils_the_whole_reply(kind: str) -> None:
    several = json.dumps(draft_fields([MAJOR, GATE]))
    assert list(prompt.replies(SPOILERS[kind].spoil(several, random.Random(1)), [MAJOR, GATE])) == []
