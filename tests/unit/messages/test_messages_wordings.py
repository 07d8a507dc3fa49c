import json
from dataclasses import dataclass, field

from flightpulse.domain import wordings
from flightpulse.domain.guard import Refusal, Rule
from flightpulse.domain.segments import Segment
from flightpulse.domain.templates import MessageTemplate
from flightpulse.domain.wordings import ModelUnavailableError, Origin
from flightpulse.stand_in.model import template_fields
from tests.unit.messages.samples import MAJOR

GOOD = MessageTemplate.from_fields(template_fields(MAJOR))
BAD = MessageTemplate(GOOD.subject, GOOD.paragraphs, "Your refund is waiting at gate B7.")


def reply(template: MessageTemplate) -> str:
    return json.dumps(template.to_fields())


@dataclass
class FakeAuthor:
    """Answers with the replies given, in turn; an exception is raised instead of an answer."""

    replies: list[str | Exception]
    known: bool = True
    told: list[list[Refusal]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def model_id(self) -> str:
        if not self.known:
            raise ModelUnavailableError("model id: AccessDeniedException")
        return "a.model"

    def reply(self, segment: Segment) -> str:
        return self._next()

    def second_reply(self, segment: Segment, first: str, refusals: list[Refusal]) -> str:
        self.told.append(refusals)
        return self._next()

    def give_up(self, segment: Segment) -> None:
        self.given_up.append(segment.key)

    def _next(self) -> str:
        answer = self.replies.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class FakeCache:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], MessageTemplate] = {}

    def get(self, segment: Segment, version: str) -> MessageTemplate | None:
        return self.kept.get((segment.key, version))

    def put(self, segment: Segment, version: str, template: MessageTemplate, model_id: str) -> None:
        self.kept[segment.key, version] = template


def test_a_good_reply_is_used_and_kept() -> None:
    cache = FakeCache()
    wording = wordings.choose(MAJOR, FakeAuthor([reply(GOOD)]), cache)
    assert (wording.origin, wording.template, wording.model_id) == (Origin.MODEL, GOOD, "a.model")
    assert cache.kept == {(MAJOR.key, wordings.cache_version(MAJOR, "a.model")): GOOD}


def test_a_kept_template_is_used_without_asking_the_model() -> None:
    cache = FakeCache()
    wordings.choose(MAJOR, FakeAuthor([reply(GOOD)]), cache)
    assert wordings.choose(MAJOR, FakeAuthor([]), cache).origin is Origin.CACHE


def test_another_model_s_templates_are_not_used() -> None:
    assert wordings.cache_version(MAJOR, "a.model") != wordings.cache_version(MAJOR, "b.model")


def test_a_poisoned_cache_does_not_reach_a_passenger() -> None:
    cache = FakeCache()
    cache.put(MAJOR, wordings.cache_version(MAJOR, "a.model"), BAD, "a.model")
    wording = wordings.choose(MAJOR, FakeAuthor([reply(GOOD)]), cache)
    assert (wording.origin, wording.template) == (Origin.MODEL, GOOD)
    assert Rule.PROMISE in {refusal.rule for refusal in wording.refusals}
    assert list(cache.kept.values()) == [GOOD]


def test_a_refused_reply_is_mended_once_by_telling_the_model_why() -> None:
    author = FakeAuthor([reply(BAD), reply(GOOD)])
    wording = wordings.choose(MAJOR, author, FakeCache())
    assert wording.origin is Origin.MODEL
    assert Rule.PROMISE in {refusal.rule for refusal in author.told[0]}


def test_after_a_second_refused_reply_the_written_template_is_used_and_nothing_is_kept() -> None:
    cache = FakeCache()
    author = FakeAuthor([reply(BAD), "I am sorry."])
    wording = wordings.choose(MAJOR, author, cache)
    assert (wording.origin, wording.template, wording.problem) == (Origin.FALLBACK, None, "refused")
    assert {Rule.PROMISE, Rule.SHAPE} <= {refusal.rule for refusal in wording.refusals}
    assert author.given_up == [MAJOR.key]
    assert cache.kept == {}


def test_a_model_that_cannot_be_had_leaves_the_written_template() -> None:
    for author in (FakeAuthor([], known=False), FakeAuthor([ModelUnavailableError("ThrottlingException")])):
        wording = wordings.choose(MAJOR, author, FakeCache())
        assert wording.origin is Origin.FALLBACK
        assert wording.problem in ("model id: AccessDeniedException", "ThrottlingException")


def test_a_model_that_goes_away_before_the_second_reply_leaves_the_written_template() -> None:
    author = FakeAuthor([reply(BAD), ModelUnavailableError("ModelTimeoutException")])
    wording = wordings.choose(MAJOR, author, FakeCache())
    assert (wording.origin, wording.problem) == (Origin.FALLBACK, "ModelTimeoutException")
