"""Chooses a segment's wording: a cached template, a model's, a model's second try, or the written one."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from flightpulse.domain import guard, prompt
from flightpulse.domain.guard import Refusal
from flightpulse.domain.segments import Segment
from flightpulse.domain.templates import MessageTemplate


class Origin(StrEnum):
    """Where a wording comes from."""

    MODEL = "model"
    CACHE = "cache"
    FALLBACK = "fallback"


class ModelUnavailableError(RuntimeError):
    """No reply can be had from a model right now; the text is a short reason without anybody's data."""


class Author(Protocol):
    """A model that writes templates. Every method may raise :class:`ModelUnavailableError`."""

    def model_id(self) -> str: ...

    def reply(self, segment: Segment) -> str:
        """What the model answers to a segment's request."""

    def second_reply(self, segment: Segment, first: str, refusals: list[Refusal]) -> str:
        """What it answers when it is told what was wrong with its first reply."""

    def give_up(self, segment: Segment) -> None:
        """Told that both replies were refused: asking again soon would only cost time. It does not raise."""


class Cache(Protocol):
    """Templates kept from earlier. A cache that cannot be reached is an empty one: no method raises."""

    def get(self, segment: Segment, version: str) -> MessageTemplate | None: ...

    def put(self, segment: Segment, version: str, template: MessageTemplate, model_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Wording:
    """The template chosen for a segment; None stands for the written one.

    ``refusals`` are what the guard found in templates that were not used, ``problem`` is why no model was heard.
    """

    segment: Segment
    origin: Origin
    template: MessageTemplate | None = None
    model_id: str | None = None
    refusals: tuple[Refusal, ...] = field(default=())
    problem: str | None = None


def written(segment: Segment, *, refusals: tuple[Refusal, ...] = (), problem: str | None = None) -> Wording:
    """The wording that people wrote for a segment."""
    return Wording(segment, Origin.FALLBACK, refusals=refusals, problem=problem)


def choose(segment: Segment, author: Author, cache: Cache) -> Wording:
    """The wording for a segment. Never raises: there is always the written one."""
    try:
        model_id = author.model_id()
    except ModelUnavailableError as error:
        return written(segment, problem=str(error))
    version = cache_version(segment, model_id)
    cached = cache.get(segment, version)
    refused: tuple[Refusal, ...] = ()
    if cached is not None:
        # What lies in a table may have been put there by anybody, or before a rule was made: it is checked like new.
        refused = tuple(guard.check(cached, segment))
        if not refused:
            return Wording(segment, Origin.CACHE, cached, model_id)
    wording = _ask(segment, author, model_id, refused)
    if wording.template is not None:
        cache.put(segment, version, wording.template, model_id)
    return wording


def cache_version(segment: Segment, model_id: str) -> str:
    """What a cached template depends on besides its segment: the prompt and the model."""
    return f"{prompt.version(segment)}@{model_id}"


def _ask(segment: Segment, author: Author, model_id: str, refused: tuple[Refusal, ...]) -> Wording:
    try:
        reply = author.reply(segment)
        template, refusals = _judge(reply, segment)
        refused += tuple(refusals)
        if template is None:
            template, refusals = _judge(author.second_reply(segment, reply, refusals), segment)
            refused += tuple(refusals)
    except ModelUnavailableError as error:
        return written(segment, refusals=refused, problem=str(error))
    if template is None:
        author.give_up(segment)
        return written(segment, refusals=refused, problem="refused")
    return Wording(segment, Origin.MODEL, template, model_id, refused)


def _judge(reply: str, segment: Segment) -> tuple[MessageTemplate | None, list[Refusal]]:
    template = prompt.read_reply(reply)
    if isinstance(template, Refusal):
        return None, [template]
    refusals = guard.check(template, segment)
    return (None, refusals) if refusals else (template, [])
