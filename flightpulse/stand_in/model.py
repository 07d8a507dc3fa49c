"""A stand-in for a language model: writes good and varied templates, the same ones for the same segment."""

import hashlib
import json
import random
import re

from flightpulse.domain import facts, gsm7
from flightpulse.domain.placeholders import Channel
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity
from flightpulse.domain.templates import fill
from flightpulse.stand_in.phrases import BANKS, GREETINGS, REQUEST_NOTES, TIER_NOTES, Bank
from localcloud.model.writers import Reply, Request, tokens

_SEGMENT = re.compile(r"<segment>(.*?)</segment>", re.DOTALL)
_NO_SEGMENT = "I write messages for segments of passengers, and there is no segment in this request."


class StandIn:
    """Composes templates from banks of phrases; the segment and the turn of the conversation choose the phrases.

    It is no language model: it reads the segment that FlightPulse's prompt carries and nothing else.
    """

    kind = "stand-in"

    def write(self, request: Request) -> Reply:
        segment = segment_of(request)
        turn = sum(role == "user" for role, _ in request.messages)
        text = _NO_SEGMENT if segment is None else json.dumps(template_fields(segment, turn), indent=2)
        asked = request.system + "".join(text for _, text in request.messages)
        return Reply(text, input_tokens=tokens(asked), output_tokens=tokens(text))


def segment_of(request: Request) -> Segment | None:
    """The segment a request is about, or None when it carries none."""
    found = next(
        (match for role, text in request.messages if role == "user" and (match := _SEGMENT.search(text))), None
    )
    if found is None:
        return None
    try:
        return Segment.from_fields(json.loads(found[1]))
    except (ValueError, KeyError, TypeError):
        return None


def template_fields(segment: Segment, turn: int = 1) -> dict[str, object]:
    """A good template for a segment, in the shape that the prompt asks for. Another turn brings other phrases."""
    choice = random.Random(hashlib.sha256(f"{segment.key}|{turn}".encode()).digest())  # noqa: S311 - variety, no secret
    bank = BANKS["ON_TIME" if segment.kind is Kind.ON_TIME else segment.severity]
    understanding = [choice.choice(bank.understanding)]
    if segment.elite:
        understanding.append(choice.choice(TIER_NOTES))
    if segment.assistance:
        understanding.append(choice.choice(REQUEST_NOTES))
    return {
        "subject": choice.choice(bank.subjects),
        "paragraphs": [
            f"{choice.choice(GREETINGS)} {choice.choice(bank.news)} {choice.choice(bank.facts)}",
            " ".join(understanding),
            f"{choice.choice(bank.steps)} {choice.choice(bank.closings)}",
        ],
        "sms": _sms(segment, bank, choice),
    }


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
        texts += [f"{text} Request noted: {{special_requests}}." for text in texts]
        texts.reverse()
    fitting = [text for text in texts if _length(text, segment) <= gsm7.LIMIT]
    return choice.choice(fitting) if fitting else min(texts, key=lambda text: _length(text, segment))


def _length(text: str, segment: Segment) -> int:
    return len(fill(text, facts.longest(segment, Channel.SMS)))
