"""A stand-in for a language model: writes good templates in several voices, and reviews what it knows.

It is no language model. As an author it composes templates from banks of phrases, the same ones for the same segment.
As a reviewer it knows its own phrases, the texts that people wrote and the honest canaries that ship with FlightPulse;
whatever else it reads, it calls an invention.
"""

import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache

from flightpulse.domain.events import Kind, Severity
from flightpulse.messages import facts, gsm7, news, review
from flightpulse.messages.news import news_kind
from flightpulse.messages.placeholders import Channel
from flightpulse.messages.review import SentenceVerdict
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, fill
from flightpulse.stand_in import phrases
from flightpulse.stand_in.phrases import BANKS, Bank
from localcloud.model.writers import Reply, Request, tokens

_NO_SEGMENT = "I write messages for segments of passengers, and there is no segment in this request."
_NUMBERED = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_DRAFTS = re.compile(rf"^{review.DRAFT} \d+$", re.MULTILINE)
_OPENING = re.compile(
    r"^(?:(?:hello|dear|hi) \{first_name\}, |hi \{first_name\}, |urgent(?: \{tier\} update)?, \{first_name\}: "
    r"|\{first_name\}, (?:\{tier\} update: )?)"
)
_REQUEST_NOTED = "Request noted: {special_requests}."


class StandIn:
    """Answers as author and as reviewer, told apart by what FlightPulse says of its requests in ``requestMetadata``."""

    kind = "stand-in"

    def write(self, request: Request) -> Reply:
        segments = segments_of(request)
        if not segments:
            text = _NO_SEGMENT
        elif request.system == review.SYSTEM:
            text = json.dumps(verdicts(segments, request.messages[-1][1]))
        else:
            turn = sum(role == "user" for role, _ in request.messages)
            text = json.dumps(draft_fields(segments, turn), indent=2)
        asked = request.system + "".join(text for _, text in request.messages)
        return Reply(text, input_tokens=tokens(asked), output_tokens=tokens(text))


def segments_of(request: Request) -> list[Segment]:
    """The segments a request is about, in the order of their numbers; none when it does not say so."""
    names = [name for name in request.metadata if name == "segment" or name.startswith("segment_")]
    try:
        return [Segment.from_key(request.metadata[name]) for name in sorted(names)]
    except ValueError:
        return []


def draft_fields(segments: Sequence[Segment], turn: int = 1) -> dict[str, object]:
    """Good templates, in the shape that is asked for: of one segment alone, of several with their numbers."""
    if len(segments) == 1:
        return template_fields(segments[0], turn)
    drafts = enumerate(segments, start=1)
    return {"messages": [{"n": number, **template_fields(segment, turn)} for number, segment in drafts]}


def template_fields(segment: Segment, turn: int = 1) -> dict[str, object]:
    """A good template for a segment, in the shape that the prompt asks for. Another turn is in another voice."""
    choice = random.Random(hashlib.sha256(f"{segment.key}|{turn}".encode()).digest())  # noqa: S311 - variety, no secret
    voice = (choice.randrange(len(phrases.VOICES)) + turn) % len(phrases.VOICES)
    bank = bank_of(segment)

    def pick(slot: tuple[str, ...]) -> str:
        return choice.choice(slot[voice % len(slot) :: len(phrases.VOICES)])

    return {
        "subject": pick(bank.subjects),
        "paragraphs": [
            f"{pick(phrases.GREETINGS)} {pick(bank.news)} {choice.choice(bank.facts)}",
            " ".join([choice.choice(bank.understanding), *(pick(slot) for slot in _personal(segment))]),
            " ".join([choice.choice(bank.steps), *(pick(slot) for slot in _next_steps(segment)), pick(bank.closings)]),
        ],
        "sms": _sms(segment, bank, choice),
    }


def bank_of(segment: Segment) -> Bank:
    """The phrases for a segment's news."""
    if segment.kind is Kind.ON_TIME:
        return BANKS["ON_TIME"]
    if segment.severity is Severity.TERMINAL and not segment.soon:
        return BANKS["TERMINAL_LATER"]
    return BANKS[segment.severity]


def _banks(segment: Segment) -> tuple[str, ...]:
    """The phrases that are true of a segment's news: those of any delay are, those of another terminal are not."""
    if segment.kind is Kind.DELAY:
        return ("MINOR", "MAJOR", "SEVERE")
    return tuple(name for name, bank in BANKS.items() if bank is bank_of(segment))


def verdicts(segments: Sequence[Segment], question: str) -> dict[str, object]:
    """What the stand-in says of the numbered sentences of a review request about one draft or several."""
    parts = _DRAFTS.split(question)[1:] if len(segments) > 1 else [question]
    return {
        "verdicts": [
            verdict for segment, part in zip(segments, parts, strict=True) for verdict in _verdicts(segment, part)
        ]
    }


def _verdicts(segment: Segment, question: str) -> Iterator[dict[str, object]]:
    known = {**_written_sentences(segment), **_known_sentences(segment.kind, _banks(segment))}
    for number, text in _NUMBERED.findall(question.partition(f"\n\n{review.SENTENCES}\n")[2]):
        yield {
            "n": int(number),
            "why": "one of the phrases I know" if _bare(text) in known else "not among the phrases I know",
            "verdict": str(known.get(_bare(text), SentenceVerdict.INVENTION)),
        }


def _personal(segment: Segment) -> Iterator[tuple[str, ...]]:
    if segment.elite:
        yield phrases.TIER_NOTES
    if segment.assistance:
        yield phrases.REQUEST_NOTES


def _next_steps(segment: Segment) -> Iterator[tuple[str, ...]]:
    if segment.onward:
        cancelled = segment.kind is Kind.CANCELLATION
        yield phrases.CANCELLED_ONWARD_NOTES if cancelled else phrases.DELAYED_ONWARD_NOTES
    if segment.checked_in:
        yield phrases.CHECKED_IN_NOTES
    if segment.bags:
        yield phrases.BAGS_NOTES


def _sms(segment: Segment, bank: Bank, choice: random.Random) -> str:
    """One of the text messages that fit with the longest values; the shortest when none does."""
    if segment.severity is Severity.TERMINAL:
        opening = "Urgent {tier} update, {first_name}: " if segment.elite else "Urgent, {first_name}: "
    elif segment.elite:
        opening = "{first_name}, {tier} update: "
    else:
        opening = choice.choice(("Hi {first_name}, ", "{first_name}, "))
    texts = [opening + text for text in bank.sms]
    if segment.assistance:
        texts += [f"{text} {_REQUEST_NOTED}" for text in texts]
        texts.reverse()
    fitting = [text for text in texts if _length(text, segment) <= gsm7.LIMIT]
    return choice.choice(fitting) if fitting else min(texts, key=lambda text: _length(text, segment))


def _length(text: str, segment: Segment) -> int:
    return len(fill(text, facts.longest(segment, Channel.SMS)))


@cache
def _known_sentences(kind: Kind, banks: tuple[str, ...]) -> dict[str, SentenceVerdict]:
    """What the reviewer knows about some news: each sentence without its salutation, and what it is."""
    onward = phrases.CANCELLED_ONWARD_NOTES if kind is Kind.CANCELLATION else phrases.DELAYED_ONWARD_NOTES
    known = dict.fromkeys(map(_bare, news_kind(kind).honest), SentenceVerdict.NEWS)
    slots: list[tuple[tuple[str, ...], SentenceVerdict]] = [
        *(
            (slot, SentenceVerdict.NEWS)
            for slot in (phrases.TIER_NOTES, phrases.REQUEST_NOTES, onward, (_REQUEST_NOTED,))
        ),
        *((slot, SentenceVerdict.ADVICE) for slot in (phrases.CHECKED_IN_NOTES, phrases.BAGS_NOTES)),
    ]
    for bank in (BANKS[name] for name in banks):
        known |= dict.fromkeys(map(_bare, bank.subjects), SentenceVerdict.NEWS)
        slots += [(slot, SentenceVerdict.NEWS) for slot in (bank.news, bank.facts, bank.sms)]
        slots += [
            (bank.understanding, SentenceVerdict.COURTESY),
            (bank.steps, SentenceVerdict.ADVICE),
            (bank.closings, SentenceVerdict.COURTESY),
        ]
    for slot, verdict in slots:
        for sentence in MessageTemplate("", slot, "").sentences():
            known.setdefault(_bare(sentence.text), verdict)
    return known


@cache
def _written_sentences(segment: Segment) -> dict[str, SentenceVerdict]:
    """The sentences of the text that people wrote for a segment."""
    written = news.written(segment)
    template = MessageTemplate(written.subject, (*written.paragraphs, *written.sms), "")
    return {_bare(sentence.text): SentenceVerdict.NEWS for sentence in template.sentences()}


def _bare(sentence: str) -> str:
    """A sentence without the salutation that it may open with, in lower case and without contractions."""
    return _OPENING.sub("", sentence.strip().lower()).replace("we're", "we are").replace(" - it", ": it")
