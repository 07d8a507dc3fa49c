"""What a regular expression, a set or a count can decide about a template: form, figures, names and placeholders.

Whether a sentence is true is not among it: that is the reviewer's part (:mod:`flightpulse.messages.review`).
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from flightpulse.domain.airports import AIRPORTS
from flightpulse.domain.events import Severity
from flightpulse.messages import gsm7, news
from flightpulse.messages.facts import longest
from flightpulse.messages.placeholders import PATTERN, Channel, used
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import SMS, SUBJECT, MessageTemplate, Sentence, fill


class Rule(StrEnum):
    """Why a draft is refused."""

    SHAPE = "shape"
    LENGTH = "length"
    CHARACTERS = "characters"
    DIGIT = "digit"
    QUANTITY = "quantity"
    TIME = "time"
    CONTACT = "contact"
    PLACE = "place"
    NAME = "name"
    SHOUTING = "shouting"
    LANGUAGE = "language"
    PROMPT_LEAK = "prompt_leak"
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    MISSING_PLACEHOLDER = "missing_placeholder"
    MISPLACED_PLACEHOLDER = "misplaced_placeholder"
    MAIN_POINT = "main_point"
    SMS_ALPHABET = "sms_alphabet"
    SMS_LENGTH = "sms_length"
    REVIEW = "review"
    REVIEWER = "reviewer"

    @property
    def words(self) -> str:
        """The rule in a sentence, for people and for the model that is asked to mend its reply."""
        return str(_tables()["rules"][self]["words"])


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that a draft breaks and the words that break it; ``sentence`` is None where the whole draft breaks it."""

    rule: Rule
    detail: str
    sentence: Sentence | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


_SUBJECT_LENGTH = (12, 140)
_PARAGRAPHS = (2, 3, 4)
_FEWEST_WORDS = 4
_SENTENCE_WORDS = 60
# A chunk of 40 bookings has its messages in one state; this keeps that state below 128 KiB, half of what one may hold.
_EMAIL_CHARACTERS = 1_600
_EXCLAMATIONS = 3

_WORDS_OF_A_LANGUAGE = 12
_CITIES = "|".join(sorted({re.escape(airport.city) for airport in AIRPORTS.values()}))
_PLACES = rf"\b(?:{_CITIES}|{'|'.join(sorted(AIRPORTS))})\b"

_compiled = cache(re.compile)


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def lint(template: MessageTemplate, segment: Segment) -> list[Refusal]:
    """Every rule that the template breaks for a segment, each detail once; without any it may be reviewed."""
    found: dict[Refusal, None] = dict.fromkeys(_shape(template, segment))
    if not any(refusal.rule is Rule.LENGTH for refusal in found):
        for sentence in template.sentences():
            found.update(dict.fromkeys(_wording(sentence)))
            for rule in (_capitals, _placeholders):
                found.update(dict.fromkeys(rule(sentence, segment)))
        for whole in (_completeness, _sms):
            found.update(dict.fromkeys(whole(template, segment)))
    return list(found)


def _shape(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    if len(template.paragraphs) not in _PARAGRAPHS:
        yield Refusal(Rule.SHAPE, f"{len(template.paragraphs)} paragraphs")
    if not _SUBJECT_LENGTH[0] <= len(template.subject) <= _SUBJECT_LENGTH[1]:
        yield Refusal(Rule.LENGTH, "subject")
    email = " ".join(template.paragraphs)
    if len(_filled(email, segment, Channel.EMAIL)) > _EMAIL_CHARACTERS or len(template.sms) > _EMAIL_CHARACTERS:
        yield Refusal(Rule.LENGTH, f"the e-mail may have {_EMAIL_CHARACTERS} characters")
    for sentence in template.sentences():
        if len(sentence.text.split()) > _SENTENCE_WORDS:
            yield Refusal(Rule.LENGTH, f"an endless sentence in {sentence.part}")
    for part, text in template.parts():
        if len(text.split()) < _FEWEST_WORDS and part != SUBJECT:
            yield Refusal(Rule.SHAPE, f"{part} says nothing")
        elif part != SUBJECT and not text.endswith((".", "!", "?", '"', ")")):
            yield Refusal(Rule.SHAPE, f"{part} breaks off")


def _wording(sentence: Sentence) -> Iterator[Refusal]:
    bare = PATTERN.sub("GAP", sentence.text)
    for name, known in _tables()["rules"].items():
        for pattern in (*known.get("patterns", ()), *([_PLACES] if name == Rule.PLACE else ())):
            if match := _compiled(pattern).search(bare):
                yield Refusal(Rule(name), f"{match[0]!a} in {sentence.part}", sentence)


def _capitals(sentence: Sentence, segment: Segment) -> Iterator[Refusal]:
    loud = {"URGENT", "DIFFERENT", "TERMINAL", "NEW", "NOT"} if segment.severity is Severity.TERMINAL else set()
    bare = PATTERN.sub("gap", sentence.text)
    words = list(re.finditer(r"[A-Za-z][A-Za-z'-]*", bare))
    titled = sentence.part == SUBJECT and sum(word[0][0].isupper() for word in words) > len(words) / 2
    for word in words:
        before = bare[: word.start()].rstrip(" \"'(")
        opens = not before or before[-1] in ":-.!?"
        if len(word[0]) > 1 and word[0].isupper():
            if word[0] not in loud:
                yield Refusal(Rule.SHOUTING, word[0], sentence)
        elif word[0][0].isupper() and word[0] != "I" and not word[0].startswith("I'") and not opens and not titled:
            yield Refusal(Rule.NAME, word[0], sentence)
    if sentence.text.count("!") > _EXCLAMATIONS:
        yield Refusal(Rule.SHOUTING, "!", sentence)


def _placeholders(sentence: Sentence, segment: Segment) -> Iterator[Refusal]:
    known = news.known(segment)
    for name in used(sentence.text):
        if name not in known:
            yield Refusal(Rule.UNKNOWN_PLACEHOLDER, f"{{{name}}}", sentence)
    if glued := re.search(r"[\w}]\{\w+\}|\{\w+\}(?!'s\b)[\w'{]", sentence.text):
        yield Refusal(Rule.MISPLACED_PLACEHOLDER, f"{glued[0]} is glued to a word", sentence)
    # Every clause is looked at by itself: "it leaves at ... and arrives at ..." has a verb for each of its times.
    for clause in re.split(r"[;:]|, (?:and|but) ", sentence.text.lower()):
        for gap in PATTERN.finditer(clause):
            marked = f"{clause[: gap.start()]}GAP{clause[gap.end() :]}"
            for pattern in _tables()["misplaced"].get(gap[1], ()):
                if match := _compiled(pattern).search(marked):
                    words = match[0].replace("GAP", gap[0]) or gap[0]
                    yield Refusal(Rule.MISPLACED_PLACEHOLDER, words, sentence)


def _completeness(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    texts = {Channel.EMAIL: " ".join((template.subject, *template.paragraphs)), Channel.SMS: template.sms}
    if "flight" not in used(template.subject):
        yield Refusal(Rule.MISSING_PLACEHOLDER, "{flight} in the subject")
    said = news.news_kind(segment.kind).must_say.get(segment.severity)
    for channel, text in texts.items():
        for name in sorted(news.required(segment, channel) - set(used(text))):
            yield Refusal(Rule.MISSING_PLACEHOLDER, f"{{{name}}} in the {channel}")
        if said and not re.search(said, text, re.IGNORECASE):
            yield Refusal(Rule.MAIN_POINT, f"the {channel} must say: {said}")
        words = PATTERN.sub(" ", text).lower()
        count = len(words.split())
        english = _tables()["language"]
        common = len(_compiled(english["words"]).findall(words))
        if count >= _WORDS_OF_A_LANGUAGE and common * 100 < english["percent"] * count:
            yield Refusal(Rule.LANGUAGE, f"the {channel}")


def _sms(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    if strangers := gsm7.unsupported(template.sms):
        yield Refusal(Rule.SMS_ALPHABET, " ".join(sorted(map(ascii, strangers))))
        return
    length = gsm7.septets(_filled(template.sms, segment, Channel.SMS))
    if length > gsm7.LIMIT:
        last = [sentence for sentence in template.sentences() if sentence.part == SMS][-1]
        yield Refusal(Rule.SMS_LENGTH, f"it is too long by {length - gsm7.LIMIT} characters", last)


def _filled(text: str, segment: Segment, channel: Channel) -> str:
    return fill(text, {**dict.fromkeys(used(text), ""), **longest(segment, channel)})
