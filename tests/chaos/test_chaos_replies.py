"""Generated replies of a model against the guard; the long run is ``flightpulse chaos replies``."""

import pytest

from flightpulse.chaos import replies
from flightpulse.domain import guard
from flightpulse.domain.guard import Rule


def test_no_invention_passes_and_every_good_reply_is_heard() -> None:
    verdict = replies.prove(31, replies_wanted=600)

    assert verdict.kept, [f"{promise.said}: {promise.seen}" for promise in verdict.broken]
    assert int(verdict.figures["rules that refused something"]) > len(Rule) * 3 // 4
    assert int(verdict.figures["accepted"]) < 150


def test_a_guard_that_lets_everything_pass_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "check", lambda _template, _segment: [])
    verdict = replies.prove(31, replies_wanted=300)

    assert {"No invention passes the guard", "Every accepted reply has its facts, and fits one text message"} <= {
        promise.said for promise in verdict.broken
    }


def test_a_guard_that_refuses_everything_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "check", lambda _template, _segment: [guard.Refusal(Rule.TONE, "no")])
    verdict = replies.prove(31, replies_wanted=100)

    assert [promise.said for promise in verdict.broken] == ["Good replies are heard"]


def test_the_same_seed_makes_the_same_replies() -> None:
    assert replies.replies(5, 50) == replies.replies(5, 50)
    assert replies.replies(5, 50) != replies.replies(6, 50)
