import json
import random
from typing import Any

import pytest

from flightpulse.domain import guard, prompt
from flightpulse.domain.guard import Refusal, Rule
from flightpulse.stand_in.model import template_fields
from localcloud.model.faults import SPOILERS, Fault, FaultPlan, InvalidFaultError
from tests.unit.messages.samples import CANCELLED, GATE, MAJOR, ON_TIME

MERE_MANNERS = {"fenced", "curly_quotes"}
GOOD = json.dumps(template_fields(MAJOR))


def refusals(reply: str) -> list[Refusal]:
    template = prompt.read_reply(reply)
    return [template] if isinstance(template, Refusal) else guard.check(template, MAJOR)


@pytest.mark.parametrize("kind", sorted(set(SPOILERS) - MERE_MANNERS))
def test_a_spoiled_reply_is_refused_whatever_the_seed(kind: str) -> None:
    for seed in range(40):
        assert refusals(Fault(kind).spoil(GOOD, random.Random(seed))), seed


@pytest.mark.parametrize("kind", sorted(MERE_MANNERS))
def test_bad_manners_alone_do_no_harm(kind: str) -> None:
    spoiled = Fault(kind).spoil(GOOD, random.Random(1))
    assert spoiled != GOOD
    assert refusals(spoiled) == []


@pytest.mark.parametrize("segment", [CANCELLED, GATE, ON_TIME], ids=lambda segment: segment.key)
def test_other_news_is_spoiled_as_well(segment: Any) -> None:
    text = json.dumps(template_fields(segment))
    for kind in sorted(set(SPOILERS) - MERE_MANNERS):
        template = prompt.read_reply(Fault(kind).spoil(text, random.Random(3)))
        assert isinstance(template, Refusal) or guard.check(template, segment), kind


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("digit", Rule.DIGIT),
        ("link", Rule.CONTACT),
        ("place", Rule.PLACE),
        ("name", Rule.NAME),
        ("promise", Rule.PROMISE),
        ("cause", Rule.CAUSE),
        ("markup", Rule.MARKUP),
        ("wrong_language", Rule.LANGUAGE),
        ("unknown_placeholder", Rule.UNKNOWN_PLACEHOLDER),
        ("missing_placeholder", Rule.MISSING_PLACEHOLDER),
        ("not_json", Rule.SHAPE),
        ("empty", Rule.SHAPE),
    ],
)
def test_an_invention_is_refused_by_the_rule_made_for_it(kind: str, rule: Rule) -> None:
    broken = {refusal.rule for seed in range(20) for refusal in refusals(Fault(kind).spoil(GOOD, random.Random(seed)))}
    assert rule in broken


def test_faults_are_used_up_in_their_order() -> None:
    plan = FaultPlan((Fault("throttle", times=2), Fault("empty", times=1)))
    kinds = [fault and fault.kind for fault, _ in (plan.next() for _ in range(4))]
    assert kinds == ["throttle", "throttle", "empty", None]


def test_a_fault_without_times_stays_until_it_is_cleared() -> None:
    plan = FaultPlan((Fault("down"),))
    assert all(plan.next()[0] for _ in range(20))
    plan.set(())
    assert plan.next()[0] is None


def test_a_rate_strikes_some_requests_and_the_seed_decides_which() -> None:
    def struck(seed: int) -> list[bool]:
        plan = FaultPlan((Fault("throttle", rate=0.5),), seed=seed)
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
    ],
)
def test_a_fault_that_cannot_be_read_says_why(fields: object, problem: str) -> None:
    with pytest.raises(InvalidFaultError, match=problem):
        Fault.from_fields(fields)
