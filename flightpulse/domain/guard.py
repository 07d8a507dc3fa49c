"""Decides whether a template may reach passengers. Whatever it cannot show to be harmless is refused.

A refusal costs little: the written template of the same segment goes out instead.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from flightpulse.domain import claims, clauses, facts, gsm7, placeholders, prose, vocabulary
from flightpulse.domain.placeholders import PLACEHOLDERS, Channel
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity
from flightpulse.domain.templates import MessageTemplate, fill


class Rule(StrEnum):
    """Why a template is refused. :data:`RULES` says it in words."""

    SHAPE = "shape"
    PARAGRAPHS = "paragraphs"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    MARKUP = "markup"
    DIGIT = "digit"
    NUMBER_WORD = "number_word"
    TIME_WORD = "time_word"
    MONEY = "money"
    CONTACT = "contact"
    PLACE = "place"
    NAME = "name"
    CAUSE = "cause"
    PROMISE = "promise"
    CLAIM = "claim"
    CLAUSE = "clause"
    COMMAND = "command"
    CONTRADICTION = "contradiction"
    VOCABULARY = "vocabulary"
    GRAMMAR = "grammar"
    LANGUAGE = "language"
    PROMPT_LEAK = "prompt_leak"
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    MISSING_PLACEHOLDER = "missing_placeholder"
    MISPLACED_PLACEHOLDER = "misplaced_placeholder"
    MAIN_POINT = "main_point"
    NEXT_STEPS = "next_steps"
    TONE = "tone"
    SHOUTING = "shouting"
    REPETITION = "repetition"
    SMS_ALPHABET = "sms_alphabet"
    SMS_LENGTH = "sms_length"


RULES: dict[Rule, str] = {
    Rule.SHAPE: "The reply is one JSON object with the texts subject and sms and the list of texts paragraphs.",
    Rule.PARAGRAPHS: "The e-mail has two or three paragraphs.",
    Rule.TOO_SHORT: "Every part says something: no empty or clipped text.",
    Rule.TOO_LONG: "Subject, paragraphs and sentences stay readable.",
    Rule.CHARACTERS: "Only plain letters and punctuation: no invisible characters, emoji or symbols.",
    Rule.MARKUP: "No HTML, Markdown or code.",
    Rule.DIGIT: "No digits: every figure comes from data.",
    Rule.NUMBER_WORD: "No numbers or ordinals written as words.",
    Rule.TIME_WORD: "No times, days, dates or durations but those of placeholders.",
    Rule.MONEY: "No amounts or currencies.",
    Rule.CONTACT: "No links, addresses, phone numbers, desks, apps or sites to call or visit.",
    Rule.PLACE: "No places but those of placeholders.",
    Rule.NAME: "No names of people, companies or programmes.",
    Rule.CAUSE: "No causes but {reason}.",
    Rule.PROMISE: "No refunds, vouchers, seats, hotels, priority treatment or other favours.",
    Rule.CLAIM: "Nothing stated about the airline, the passenger or the flight that is not in the placeholders.",
    Rule.CLAUSE: "Every sentence is made of clauses that are known to be harmless.",
    Rule.COMMAND: "No instruction that could make a passenger miss the flight.",
    Rule.CONTRADICTION: "Nothing that says something else than what happened.",
    Rule.VOCABULARY: "Only plain words of airline service English.",
    Rule.GRAMMAR: "Sentences that a person could have written.",
    Rule.LANGUAGE: "The text is in the segment's language.",
    Rule.PROMPT_LEAK: "Nothing about prompts, templates, models or instructions.",
    Rule.UNKNOWN_PLACEHOLDER: "Only placeholders that the segment has.",
    Rule.MISSING_PLACEHOLDER: "All placeholders that the segment needs.",
    Rule.MISPLACED_PLACEHOLDER: "Each placeholder where its fact belongs in a sentence.",
    Rule.MAIN_POINT: "The news itself is said first.",
    Rule.NEXT_STEPS: "The last paragraph says what to do next.",
    Rule.TONE: "The tone fits the news.",
    Rule.SHOUTING: "No capitals or exclamation marks for effect.",
    Rule.REPETITION: "Nothing is said twice.",
    Rule.SMS_ALPHABET: "The text message uses the GSM-7 alphabet.",
    Rule.SMS_LENGTH: "The text message fits 160 characters with the longest realistic values.",
}
"""Every rule in one sentence, for people and for the model that is asked to mend its reply."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that a template breaks and the words that break it. ``detail`` may quote the model, never a passenger."""

    rule: Rule
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


@dataclass(frozen=True, slots=True)
class _Part:
    """One text of a template: ``subject``, ``paragraph 1`` and so on, or ``sms``."""

    name: str
    channel: Channel
    text: str

    @property
    def sentences(self) -> list[str]:
        return [self.text] if self.name == "subject" else prose.sentences(self.text)


_CHARACTERS = re.compile(r"[^A-Za-z .,;:!?'(){}_-]")
_MARKUP = re.compile(r"[<>*#`\[\]\\|~^=\"]|__|\{\{|\}\}|^\s*-")
_BRACES = re.compile(r"\{[a-z_]+\}")
_SYMBOLS = {"money": re.compile(r"[$£€¥¢₹]"), "contact": re.compile(r"[@/]|\b\w+\.(?:com|net|org|io|us|gov|co|app)\b")}
_MOST_PARAGRAPHS = 10
_LONGEST_EMAIL = 6_000
_LONGEST_LINE = 1_000
# A chunk of 40 bookings has its messages in one state; this keeps that state below 128 KiB, half of what one may hold.
_EMAIL_CHARACTERS = 1_400
_GRAVE = frozenset({Severity.MAJOR, Severity.SEVERE, Severity.CANCELLED})
_SUBJECT_LENGTH = (12, 120)
_PARAGRAPH_WORDS = (6, 110)
_SENTENCE_WORDS = 45
_SMS_WORDS = 5
_WORDS_OF_A_LANGUAGE = 0.6
_REPEATED_WORDS = 6


def normalized(template: MessageTemplate) -> MessageTemplate:
    """The template with typewriter quotes, dashes and spaces: models love the curly ones, GSM-7 has none of them."""
    return MessageTemplate(
        gsm7.plain_typography(template.subject).strip(),
        tuple(gsm7.plain_typography(paragraph).strip() for paragraph in template.paragraphs),
        gsm7.plain_typography(template.sms).strip(),
    )


def check(template: MessageTemplate, segment: Segment) -> list[Refusal]:
    """Every rule that the template breaks for a segment, each detail once; an empty list means it may be used."""
    if _unreadably_long(template):
        return [Refusal(Rule.TOO_LONG, "template")]
    found: dict[Refusal, None] = {}
    for rule in (_well_formed, _characters, _vocabulary, _capitals, _placeholder_sets, _placeholder_places, _sentences):
        found.update(dict.fromkeys(rule(template, segment)))
    for rule in (_statements, _repetition, _sms):
        found.update(dict.fromkeys(rule(template, segment)))
    return list(found)


def _unreadably_long(template: MessageTemplate) -> bool:
    """Whether a template is so long that looking closer would only cost time."""
    return (
        len(template.paragraphs) > _MOST_PARAGRAPHS
        or sum(map(len, template.paragraphs)) > _LONGEST_EMAIL
        or max(len(template.subject), len(template.sms)) > _LONGEST_LINE
    )


def _parts(template: MessageTemplate) -> list[_Part]:
    return [
        _Part("subject", Channel.EMAIL, template.subject),
        *(_Part(f"paragraph {n}", Channel.EMAIL, text) for n, text in enumerate(template.paragraphs, start=1)),
        _Part("sms", Channel.SMS, template.sms),
    ]


def _well_formed(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    if len(template.paragraphs) not in (2, 3):
        yield Refusal(Rule.PARAGRAPHS, f"{len(template.paragraphs)} paragraphs")
    shortest, longest_subject = _SUBJECT_LENGTH
    if len(template.subject) < shortest:
        yield Refusal(Rule.TOO_SHORT, "subject")
    if len(_filled(template.subject, segment, Channel.EMAIL)) > longest_subject:
        yield Refusal(Rule.TOO_LONG, "subject")
    if sum(len(_filled(text, segment, Channel.EMAIL)) for text in template.paragraphs) > _EMAIL_CHARACTERS:
        yield Refusal(Rule.TOO_LONG, "email")
    for part in _parts(template)[1:]:
        words = len(part.text.split())
        fewest, most = (_SMS_WORDS, _PARAGRAPH_WORDS[1]) if part.channel is Channel.SMS else _PARAGRAPH_WORDS
        if words < fewest:
            yield Refusal(Rule.TOO_SHORT, part.name)
        if words > most or any(len(sentence.split()) > _SENTENCE_WORDS for sentence in part.sentences):
            yield Refusal(Rule.TOO_LONG, part.name)
        if part.text and part.text[-1] not in ".!?":
            yield Refusal(Rule.TOO_SHORT, f"{part.name} ends in the middle of a sentence")


def _characters(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    del segment
    for part in _parts(template):
        bare = _BRACES.sub("", part.text)
        if any(character.isnumeric() for character in bare):
            yield Refusal(Rule.DIGIT, part.name)
        for name, pattern in _SYMBOLS.items():
            if pattern.search(bare):
                yield Refusal(Rule(name), part.name)
        if _MARKUP.search(bare) or "{" in bare or "}" in bare or "_" in bare:
            yield Refusal(Rule.MARKUP, part.name)
        strangers = sorted({ascii(character) for character in _CHARACTERS.findall(bare) if not character.isnumeric()})
        if strangers:
            yield Refusal(Rule.CHARACTERS, f"{part.name}: {' '.join(strangers[:8])}")


def _vocabulary(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    allowed = vocabulary.allowed(segment)
    for part in _parts(template):
        words = prose.words(part.text)
        strange = [word for word in words if word.lower() not in allowed]
        if len(words) >= _SMS_WORDS and len(strange) > (1 - _WORDS_OF_A_LANGUAGE) * len(words):
            yield Refusal(Rule.LANGUAGE, part.name)
        for word in dict.fromkeys(strange):
            yield Refusal(Rule(vocabulary.strangeness(word)), word)


def _capitals(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    urgent = segment.severity is Severity.TERMINAL
    for part in _parts(template):
        if part.text.count("!") > (0 if segment.severity in _GRAVE else 2 if segment.kind is Kind.ON_TIME else 1):
            yield Refusal(Rule.SHOUTING, f"{part.name}: !")
        for sentence in part.sentences:
            yield from _capitals_of(sentence, titled=part.name == "subject", urgent=urgent)


def _capitals_of(sentence: str, *, titled: bool, urgent: bool) -> Iterator[Refusal]:
    bare = _BRACES.sub("", sentence)
    for match in re.finditer(r"[A-Za-z]+", bare):
        word = match[0]
        opening = not bare[: match.start()].strip(" ,:(-")
        if len(word) > 1 and word.isupper():
            if not (urgent and word in vocabulary.ALLOWED_IN_CAPITALS):
                yield Refusal(Rule.SHOUTING, word)
        elif word[0].isupper() and not opening and not bare[: match.start()].rstrip().endswith((":", "-", "(")):
            harmless = titled or word in vocabulary.CAPITALIZED_MID_SENTENCE
            if not harmless or word.lower() in vocabulary.NAMES_AMONG_THE_WORDS:
                yield Refusal(Rule.NAME, word)


def _placeholder_sets(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    known = placeholders.known(segment)
    used: dict[Channel, set[str]] = {Channel.EMAIL: set(), Channel.SMS: set()}
    for part in _parts(template):
        names = placeholders.used(part.text)
        used[part.channel].update(names)
        for name in names:
            if name not in known:
                yield Refusal(Rule.UNKNOWN_PLACEHOLDER, f"{{{name}}}")
            if names.count(name) > 2:
                yield Refusal(Rule.REPETITION, f"{{{name}}} in {part.name}")
    if "flight" not in placeholders.used(template.subject):
        yield Refusal(Rule.MISSING_PLACEHOLDER, "{flight} in subject")
    for channel, names_used in used.items():
        for name in sorted(placeholders.required(segment, channel) - names_used):
            yield Refusal(Rule.MISSING_PLACEHOLDER, f"{{{name}}} in {channel}")


def _placeholder_places(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    for part in _parts(template):
        if re.search(r"[\w'{}-]\{|\}[A-Za-z0-9{]|\}-[A-Za-z{]", part.text):
            yield Refusal(Rule.MISPLACED_PLACEHOLDER, f"a placeholder is glued to a word in {part.name}")
        for sentence in part.sentences:
            plain = prose.plain(sentence)
            for match in placeholders.PATTERN.finditer(plain):
                if not placeholders.in_place(plain, match, segment):
                    words = " ".join([*plain[: match.start()].split()[-3:], match[0]])
                    yield Refusal(Rule.MISPLACED_PLACEHOLDER, words)


def _sentences(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    for part in _parts(template):
        for sentence in part.sentences:
            if not sentence[:1].isupper() and not sentence.startswith("{"):
                yield Refusal(Rule.GRAMMAR, f"{part.name}: no sentence begins like {sentence[:20]}")
            plain = prose.plain(sentence)
            for rule, words in claims.offences(plain, segment):
                yield Refusal(Rule(rule), words)
            # A sentence longer than anybody reads is not worth the time that it takes to take it apart.
            readable = len(sentence.split()) <= _SENTENCE_WORDS
            unknown = clauses.unknown(plain, segment) if readable else f"{' '.join(plain.split()[:6])} ..."
            if unknown is not None:
                yield Refusal(Rule.CLAUSE, unknown)
            broken = prose.broken(plain, vocabulary.GRAMMAR)
            if broken:
                yield Refusal(Rule.GRAMMAR, broken)


def _statements(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    texts = {
        "subject": template.subject,
        "opening": " ".join(template.paragraphs[:1]),
        "closing": " ".join(template.paragraphs[-1:]),
        "email": " ".join((template.subject, *template.paragraphs)),
        "sms": template.sms,
    }
    plain = {name: prose.plain(text) for name, text in texts.items()}
    for statement in claims.statements(segment):
        for part in statement.parts:
            if not statement.pattern.search(plain[part]):
                yield Refusal(Rule(statement.rule), f"{statement.wanted} ({part})")


def _repetition(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    del segment
    for name, text in (("e-mail", " ".join(template.paragraphs)), ("sms", template.sms)):
        words = [word for word in prose.plain(text).split() if word[0].isalpha() or word[0] == "{"]
        for first, second in pairwise(words):
            if first == second and first not in ("that", "had"):
                yield Refusal(Rule.REPETITION, f"{first} {second} in {name}")
        runs = [tuple(words[at : at + _REPEATED_WORDS]) for at in range(len(words) - _REPEATED_WORDS + 1)]
        repeated = next((run for run in runs if runs.count(run) > 1), None)
        if repeated:
            yield Refusal(Rule.REPETITION, f"{' '.join(repeated)} in {name}")


def _sms(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    strangers = gsm7.unsupported(template.sms)
    if strangers:
        yield Refusal(Rule.SMS_ALPHABET, " ".join(sorted(ascii(character) for character in strangers)))
        return
    length = gsm7.septets(_filled(template.sms, segment, Channel.SMS))
    if length > gsm7.LIMIT:
        yield Refusal(Rule.SMS_LENGTH, f"{length} of {gsm7.LIMIT} characters with the longest values")


def _filled(text: str, segment: Segment, channel: Channel) -> str:
    return fill(text, {**dict.fromkeys(PLACEHOLDERS, ""), **facts.longest(segment, channel)}) if _known(text) else text


def _known(text: str) -> bool:
    return all(name in PLACEHOLDERS for name in placeholders.used(text))
