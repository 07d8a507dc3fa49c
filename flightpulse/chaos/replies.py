"""Proof: thousands of generated replies of a model, most of them bad, against the guard. It needs no cloud."""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flightpulse.chaos.hallucinations import HALLUCINATIONS, ON_TIME
from flightpulse.chaos.verdict import OnProgress, Promise, Verdict, held, silent
from flightpulse.domain import facts, gsm7, guard, prompt, vocabulary
from flightpulse.domain.airports import AIRPORTS
from flightpulse.domain.guard import Refusal
from flightpulse.domain.placeholders import PATTERN, PLACEHOLDERS, Channel, required, used
from flightpulse.domain.segments import Kind, Segment, all_segments
from flightpulse.domain.severity import Severity
from flightpulse.domain.templates import MessageTemplate, MissingFactError, fill
from flightpulse.stand_in.model import template_fields
from localcloud.model.faults import SPOILERS

HARMLESS = frozenset({"good", "curly_quotes", "fenced"})
"""Ways of replying that leave the reply usable: it is good, or its manners alone are bad."""

_TURNS = 60
_TOLD_EVERY = 250
_LONGEST_RUN = 40
_NO_WORDS_OF_OURS = re.compile(
    r"\b(?:refund\w*|voucher\w*|upgrad\w*|free|lounge\w*|hotel\w*|meal\w*|miles|compensat\w*|credit\w*|guarante\w*"
    r"|promis\w*|rebooked|shuttle|train|taxi|pilot\w*|captain|crew\w*|storm\w*|tomorrow|tonight|noon|hours?|minutes?|half"
    r"|quarter|one|two|three|seven|ten|twelve|dozen|dollars?|website|app|hotline|call|phone|email|link|delta|united"
    r"|southwest|concourse|shortly)\b",
    re.IGNORECASE,
)
_NO_SIGNS_OF_OURS = re.compile(r"[^A-Za-z .,;:!?'()-]|--|www|https?")
# Codes of airports that are words as well.
_PLACES = re.compile(rf"\b(?:{'|'.join(sorted({airport.city for airport in AIRPORTS.values()}))})\b")
_STRANGE_WORDS = (
    *(
        "gate B7",
        "Terminal B",
        "$200",
        "seven",
        "noon",
        "Chicago",
        "ORD",
        "Brenda",
        "refund",
        "FREE",
        "voucher",
        "hotel",
    ),
    *(
        "https://example.com",
        "1-800-555-0100",
        "SW99",
        "¡Hola",
        "\u202e",
        "😀",
        "<b>",
        "**",
        "½",
        "{seat}",
        "{",
        "{{flight}}",
    ),
)
_BABBLE = (
    "Sure! Here is a message for your passengers.",
    "As an AI language model, I cannot write to passengers.",
    "{}",
    '{"subject": "',
    "```json\n```",
    "[]",
    "The message is: {first_name} {flight} {delay} {reason} {confirmation}.",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A reply, the segment it was asked for, and how it was made."""

    segment: Segment
    kind: str
    text: str


def replies(seed: int, count: int) -> list[Made]:
    """So many replies: some good, most of them spoiled in one of the ways in which models spoil them."""
    choice = random.Random(f"replies-{seed}")  # noqa: S311 - repeatable on purpose
    segments = list(all_segments())
    return [_made(choice, segments) for _ in range(count)]


def bad_reply(segment: Segment, choice: random.Random) -> str:
    """A reply in which a model makes something up, or is no answer at all."""
    good = json.dumps(template_fields(segment, choice.randrange(1, _TURNS)))
    return _MAKERS[choice.choice(_WORST)](choice, segment, good, list(all_segments()))


def _made(choice: random.Random, segments: Sequence[Segment]) -> Made:
    segment = choice.choice(segments)
    kind = choice.choice(_KINDS)
    fields = template_fields(segment, choice.randrange(1, _TURNS))
    return Made(segment, kind, _MAKERS[kind](choice, segment, json.dumps(fields), segments))


_Maker = Callable[[random.Random, Segment, str, Sequence[Segment]], str]


def _good(_choice: random.Random, _segment: Segment, good: str, _segments: Sequence[Segment]) -> str:
    return good


def _hallucinating(choice: random.Random, segment: Segment, good: str, _segments: Sequence[Segment]) -> str:
    """One or two sentences that no data holds, in any part of an otherwise good message."""
    texts = _texts(good)
    for _ in range(choice.choice((1, 1, 2))):
        at = choice.randrange(len(texts))
        sentence = choice.choice(_hallucinations(segment))
        before, after = (f"{sentence} {texts[at]}", f"{texts[at]} {sentence}")
        texts[at] = before if choice.random() < 0.3 else after
    return _template(texts)


def _replacing(choice: random.Random, segment: Segment, good: str, _segments: Sequence[Segment]) -> str:
    """A whole paragraph of hallucinations in the place of a good one."""
    texts = _texts(good)
    known = _hallucinations(segment)
    texts[choice.randrange(1, len(texts))] = " ".join(choice.sample(known, choice.randrange(1, 4)))
    return _template(texts)


def _with_another_word(choice: random.Random, segment: Segment, good: str, _segments: Sequence[Segment]) -> str:
    """Words put in, put elsewhere or left out."""
    texts = _texts(good)
    allowed = sorted(vocabulary.allowed(segment))
    for _ in range(choice.randrange(1, 4)):
        at = choice.randrange(len(texts))
        words = texts[at].split()
        place = choice.randrange(len(words))
        match choice.randrange(4):
            case 0:
                words.insert(place, choice.choice(_STRANGE_WORDS))
            case 1:
                words[place] = choice.choice([*allowed, *(f"{{{name}}}" for name in PLACEHOLDERS)])
            case 2:
                other = choice.randrange(len(words))
                words[place], words[other] = words[other], words[place]
            case _:
                del words[place]
        texts[at] = " ".join(words) or "."
    return _template(texts)


def _of_other_news(choice: random.Random, segment: Segment, _good: str, segments: Sequence[Segment]) -> str:
    others = [other for other in segments if (other.kind, other.severity) != (segment.kind, segment.severity)]
    return json.dumps(template_fields(choice.choice(others), choice.randrange(1, _TURNS)))


def _word_salad(choice: random.Random, segment: Segment, _good: str, _segments: Sequence[Segment]) -> str:
    """Allowed words and placeholders in no order, as a model of the smallest size writes them."""
    allowed = [*sorted(vocabulary.allowed(segment)), *(f"{{{name}}}" for name in PLACEHOLDERS)] * 2
    texts = [" ".join(choice.sample(allowed, choice.randrange(6, 14))).capitalize() + "." for _ in range(5)]
    return _template(texts)


def _echo(choice: random.Random, segment: Segment, good: str, _segments: Sequence[Segment]) -> str:
    """The question given back, or the same few words again and again."""
    asked = prompt.request(segment)
    words = asked.split()
    start = choice.randrange(len(words))
    run = " ".join(words[start : start + choice.randrange(1, 5)])
    lines = [line for line in asked.splitlines() if line]
    return choice.choice(
        (
            asked,
            f"{run} " * choice.randrange(2, _LONGEST_RUN),
            _template([choice.choice(lines) for _ in range(5)]),
            choice.choice(_BABBLE),
            good[: choice.randrange(1, len(good))],
        )
    )


_MAKERS: Mapping[str, _Maker] = {
    "good": _good,
    "hallucinating": _hallucinating,
    "a paragraph made up": _replacing,
    "other words": _with_another_word,
    "other news": _of_other_news,
    "word salad": _word_salad,
    "echo": _echo,
    **{
        kind: lambda choice, _segment, good, _segments, spoil=spoil: spoil(good, choice)  # type: ignore[misc]
        for kind, spoil in SPOILERS.items()
    },
}
# Half of all replies are spoiled by the faults of the local model, the others by the makers of this module.
_OURS = tuple(kind for kind in _MAKERS if kind not in SPOILERS)
_WORST = ("hallucinating", "hallucinating", "a paragraph made up", "word salad", "echo")
_KINDS = (*SPOILERS, *_OURS, *(kind for kind in _OURS for _ in range(2)), *["hallucinating"] * 6)


def prove(seed: int, *, replies_wanted: int = 10_000, on_progress: OnProgress = silent) -> Verdict:
    """Hold so many generated replies against the guard, and what it accepts against an examination of its own."""
    began = time.monotonic()
    refused_by: Counter[str] = Counter()
    made_by: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    invented: list[str] = []
    unfit: list[str] = []
    for number, made in enumerate(replies(seed, replies_wanted)):
        if number % _TOLD_EVERY == 0:
            on_progress("replies", number, replies_wanted)
        made_by[made.kind] += 1
        template = prompt.read_reply(made.text)
        refusals = [template] if isinstance(template, Refusal) else guard.check(template, made.segment)
        refused_by.update({str(refusal.rule) for refusal in refusals})
        if isinstance(template, Refusal) or refusals:
            continue
        accepted[made.kind] += 1
        invented += [f"{made.segment.key}: {words}" for words in _inventions(made, template)]
        unfit += [f"{made.segment.key}: {problem}" for problem in _unfit(made.segment, template)]
    of_good = (
        f"{accepted['good']} of {made_by['good']} good replies, {sum(accepted.values())} of {replies_wanted} in all"
    )
    promises = [
        held("No invention passes the guard", invented, f"{sum(accepted.values())} accepted replies looked through"),
        held("Every accepted reply has its facts, and fits one text message", unfit, "with the longest values"),
        Promise("Good replies are heard", of_good, accepted["good"] == made_by["good"] > 0),
    ]
    figures = {
        "replies": replies_wanted,
        "accepted": sum(accepted.values()),
        "rules that refused something": len(refused_by),
        **{f"refused by {rule}": count for rule, count in refused_by.most_common()},
    }
    return Verdict("replies", seed, tuple(promises), figures, time.monotonic() - began)


def _inventions(made: Made, template: MessageTemplate) -> list[str]:
    """What an accepted template says that it may not, looked for without the guard's own means."""
    found = []
    for text in (template.subject, *template.paragraphs, template.sms):
        own = PATTERN.sub(" ", text)
        for pattern in (_NO_WORDS_OF_OURS, _NO_SIGNS_OF_OURS, _PLACES):
            # "One of our agents" counts nobody.
            if (match := pattern.search(re.sub(r"\bone of our\b", "", own, flags=re.IGNORECASE))) is not None:
                found.append(f"{match[0]!r} in {text!r}")
        found += [sentence for sentence in _hallucinations(made.segment) if sentence.rstrip(".") in text]
    return found


def _unfit(segment: Segment, template: MessageTemplate) -> list[str]:
    email = {name for text in (template.subject, *template.paragraphs) for name in used(text)}
    lacking = (required(segment, Channel.EMAIL) - email) | (required(segment, Channel.SMS) - set(used(template.sms)))
    problems = [f"lacks {name}" for name in sorted(lacking)]
    try:
        if not gsm7.fits(fill(template.sms, facts.longest(segment, Channel.SMS))):
            problems.append(f"does not fit: {template.sms}")
    except MissingFactError as error:
        problems.append(f"speaks of {error}")
    return problems


def _hallucinations(segment: Segment) -> Sequence[str]:
    if segment.kind is Kind.ON_TIME:
        return HALLUCINATIONS[ON_TIME]
    return HALLUCINATIONS[Severity.MAJOR if segment.severity is Severity.SEVERE else segment.severity]


def _texts(good: str) -> list[str]:
    """Subject, paragraphs and text message of a good reply."""
    fields = json.loads(good)
    return [fields["subject"], *fields["paragraphs"], fields["sms"]]


def _template(texts: Sequence[str]) -> str:
    return json.dumps({"subject": texts[0], "paragraphs": list(texts[1:-1]), "sms": texts[-1]}, ensure_ascii=False)
