"""What a regular expression, a set or a count can decide about a template: form, figures, names and placeholders.

Whether a sentence is true is not among it: that is the reviewer's part (:mod:`flightpulse.messages.review`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from flightpulse.domain.airports import AIRPORTS
from flightpulse.domain.severity import Severity
from flightpulse.messages import gsm7, news
from flightpulse.messages.facts import longest
from flightpulse.messages.placeholders import PATTERN, Channel, used
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import SMS, SUBJECT, MessageTemplate, Sentence, fill


class Rule(StrEnum):
    """Why a draft is refused; ``words`` say it to people, and to the model that is asked to mend its reply."""

    words: str

    def __new__(cls, value: str, words: str) -> "Rule":
        rule = str.__new__(cls, value)
        rule._value_, rule.words = value, words
        return rule

    SHAPE = (
        "shape",
        "The reply is one JSON object with the texts subject and sms and the list of two to four paragraphs.",
    )
    LENGTH = "length", "Every part says something, and none is endless."
    CHARACTERS = "characters", "Plain letters and punctuation: no markup, links, symbols or foreign letters."
    DIGIT = "digit", "No digits or amounts: every figure comes from data."
    QUANTITY = "quantity", "No quantities in words."
    TIME = "time", "No times, days, dates or durations but those of placeholders."
    CONTACT = "contact", "No addresses, phone numbers, sites, apps or buttons."
    PLACE = "place", "No cities or airports but those of placeholders."
    NAME = "name", "No names of people, companies or programmes."
    SHOUTING = "shouting", "No capitals or exclamation marks for effect."
    LANGUAGE = "language", "The text is in the segment's language."
    PROMPT_LEAK = "prompt_leak", "Nothing about prompts, templates or models."
    UNKNOWN_PLACEHOLDER = "unknown_placeholder", "Only placeholders that the segment has."
    MISSING_PLACEHOLDER = "missing_placeholder", "All placeholders that the segment needs."
    MISPLACED_PLACEHOLDER = "misplaced_placeholder", "Each placeholder where its fact belongs in a sentence."
    MAIN_POINT = "main_point", "Both e-mail and text message say the news."
    SMS_ALPHABET = "sms_alphabet", "The text message uses the GSM-7 alphabet."
    SMS_LENGTH = "sms_length", "The text message fits 160 characters with the longest values."
    REVIEW = "review", "Nothing but what the brief lets a message state or advise, and courtesy."
    REVIEWER = "reviewer", "The reviewer judges the sentences whose verdict is known as they are."


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

_UNITS = r"seconds?|minutes?|hours?|nights?|weeks?|weekends?|months?|years?"
_NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen twice half quarter"
    " third fourth fifth sixth seventh eighth ninth tenth".replace(" ", "|")
)
_DAYS = "mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_LITTLE_WORDS = re.compile(
    r"\b(?:an?|and|are|as|at|be|before|can|for|from|has|have|if|in|is|its?|not|of|on|or|our|please|so|that|the|there|this|to"
    r"|until|we|were|will|with|your?)\b"
)
_LEAST_LITTLE_WORDS = 0.15
_WORDS_OF_A_LANGUAGE = 12
_CITIES = "|".join(sorted({re.escape(airport.city) for airport in AIRPORTS.values()}))

_WORDING: dict[Rule, tuple[str, ...]] = {
    Rule.DIGIT: (r"\d", "[$£€¥₹%]", r"\b(?i:dollars?|cents|euros?|bucks|percent|usd)\b"),
    Rule.QUANTITY: (
        rf"\b(?i:{_NUMBERS})\b",
        rf"\b(?i:one) (?i:{_UNITS}|days?|bags?|free|more (?:{_UNITS}|days?))\b",
    ),
    Rule.TIME: (
        rf"\b(?i:{_UNITS}|midnight|noon|midday|o'clock|today|tonight|tomorrow|yesterday|mornings?|afternoons?|evenings?)\b",
        rf"\b(?i:{_DAYS})\b|\b(?:{_MONTHS})\b(?<!^May)(?<!^March)|\b[ap]\.m\b|\b(?:AM|PM)\b",
        r"\b(?i:(?:few|several|some|many|next|these|all|more|business|working) days)\b",
    ),
    Rule.CONTACT: (
        r"@|(?i:https?:|www\.)|\w\.(?:com|net|org|io|us|gov|co|app)\b",
        r"\b(?i:websites?|web site|apps?|online|hotlines?|(?:tele)?phones?|whatsapp|qr|toll-free)\b",
        r"\b(?i:click|tap|dial|call (?:us|our|the|this)|e-?mail us|text us|chat with|repl(?:y|ying) (?:to|with|yes|no|stop))\b",
    ),
    Rule.PLACE: (
        rf"\b(?:{_CITIES})\b",
        rf"\b(?:{'|'.join(sorted(AIRPORTS))})\b",
        r"\b(?:Terminal|Concourse|Gate) [A-Z]\b",
    ),
    Rule.PROMPT_LEAK: (
        r"\b(?i:placeholders?|json|language model|prompts?|system message)\b|\bAI\b|\b(?i:message template|this template)\b",
    ),
    Rule.CHARACTERS: (r"[^A-Za-z0-9\s.,;:!?'\"(){}_/&@$£€¥₹%-]", r"_|[{}]", r"<|>|\[|\]|\\"),
}
"""What no sentence may hold, by rule; placeholders are taken out before."""

_OLD = r"(?:instead|rather|than|not|cannot|scheduled|planned|original\w*|previous\w*|was|were|should|due|set|meant|supposed|old)"
_NOT_NOW = r"(?:not|no longer|instead|rather|than|from|at|leave|leaving|left|was|were|previous\w*|old|original\w*|away)"
_MISPLACED: dict[str, tuple[str, ...]] = {
    "origin": (r"(?:\b(?:to|toward|towards|into|reach\w*|arriv\w* (?:in|at)|lands? in|landing in)) GAP",),
    "destination": (
        r"\b(?:from|leav\w+|depart\w+|out of) GAP",
        r"GAP to \{origin\}",
    ),
    "delay": (
        r"GAP (?:early|earlier|ahead|before|ago|sooner|of (?:extra|spare|free))",
        r"\b(?:in|within|after|every|next|another|only|up to|at least|until) GAP",
    ),
    "reason": (r"\bnot (?:\w+ )?(?:because of|due to|caused by) GAP",),
    "departure_time": (
        r"\b(?:arriv|land|reach)(?!.*\b(?:leav|depart|\{arrival_time\})).*GAP",
        r"\b(?:board\w*|instead of|rather than|originally|(?:be|been) (?:there|at the \w+)) (?:\w+ ){0,3}GAP",
        r"\bnot (?:at |for |until )?GAP",
        r"\b(?:come|arrive|be|get|check in) (?:\w+ ){0,5}(?:at|by|until) GAP",
    ),
    "arrival_time": (
        r"\b(?:leav|depart|takes? off|board)(?!.*\b(?:arriv|land|reach|destination|there|get)).*GAP",
        r"\b(?:instead of|rather than|not) (?:\w+ ){0,3}GAP",
    ),
    "scheduled_time": (
        r"\b(?:now|new)\b(?!.*\b(?:instead|rather|not|was|original\w*)\b).*GAP",
        r"\b(?:arriv|land)(?!.*\b(?:leav|depart)).*GAP",
        rf"^(?!.*\b{_OLD}\b.*GAP)(?!.*\b(?:from|the|your|of) GAP)(?!GAP)",
    ),
    "old_gate": (
        rf"^(?!.*\b{_NOT_NOW}\b(?: \S+){{0,6}} GAP).*GAP",
        r"\{new_gate\} to (?:gate )?GAP",
    ),
    "new_gate": (
        r"\b(?:instead of|rather than|not|no longer|previous|old|away from|moved from|changed from) (?:\w+ ){0,3}GAP",
        r"from (?:gate )?GAP to",
    ),
    "onward_time": (r"\b(?:arriv|land)(?!.*\b(?:leav|depart)).*GAP",),
}
"""Where a placeholder would say something false: patterns of a sentence in lower case, with the placeholder as GAP."""

_compiled = cache(re.compile)


def lint(template: MessageTemplate, segment: Segment) -> list[Refusal]:
    """Every rule that the template breaks for a segment, each detail once; an empty list means that it may be reviewed."""
    found: dict[Refusal, None] = dict.fromkeys(_shape(template, segment))
    if not any(refusal.rule is Rule.LENGTH for refusal in found):
        for sentence in template.sentences():
            for rule in (_wording, _capitals, _placeholders):
                found.update(dict.fromkeys(rule(sentence, segment)))
        for whole in (_completeness, _sms):
            found.update(dict.fromkeys(whole(template, segment)))
    return list(found)


def _shape(template: MessageTemplate, segment: Segment) -> Iterator[Refusal]:
    if len(template.paragraphs) not in _PARAGRAPHS:
        yield Refusal(Rule.SHAPE, f"{len(template.paragraphs)} paragraphs")
    shortest, longest_subject = _SUBJECT_LENGTH
    if not shortest <= len(template.subject) <= longest_subject:
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


def _wording(sentence: Sentence, segment: Segment) -> Iterator[Refusal]:
    del segment
    bare = PATTERN.sub("GAP", sentence.text)
    for rule, patterns in _WORDING.items():
        for pattern in patterns:
            if match := _compiled(pattern).search(bare):
                yield Refusal(rule, f"{match[0]!a} in {sentence.part}", sentence)


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
            for pattern in _MISPLACED.get(gap[1], ()):
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
        if count >= _WORDS_OF_A_LANGUAGE and len(_LITTLE_WORDS.findall(words)) < _LEAST_LITTLE_WORDS * count:
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
