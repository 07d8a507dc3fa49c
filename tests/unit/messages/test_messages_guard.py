import pytest

from flightpulse.domain import guard
from flightpulse.domain.guard import RULES, Rule
from flightpulse.domain.segments import Segment
from flightpulse.domain.templates import MessageTemplate
from flightpulse.stand_in.model import template_fields
from tests.unit.messages import samples
from tests.unit.messages.inventions import INVENTIONS
from tests.unit.messages.plausible import PLAUSIBLE
from tests.unit.messages.samples import CANCELLED, ELITE, GATE, MAJOR, MINOR, ON_TIME, SEVERE, TERMINAL


def good(segment: Segment) -> MessageTemplate:
    return MessageTemplate.from_fields(template_fields(segment))


def changed(
    segment: Segment, *, subject: str | None = None, add: str | None = None, sms: str | None = None, **replaced: str
) -> MessageTemplate:
    """A good template with another subject or SMS, or with a sentence more in its second paragraph."""
    template = good(segment)
    paragraphs = list(template.paragraphs)
    for place, text in replaced.items():
        paragraphs[int(place.removeprefix("paragraph")) - 1] = text
    if add is not None:
        paragraphs[1] = f"{paragraphs[1]} {add}"
    return MessageTemplate(
        template.subject if subject is None else subject,
        tuple(paragraphs),
        template.sms if sms is None else sms,
    )


def rules(template: MessageTemplate, segment: Segment) -> set[Rule]:
    return {refusal.rule for refusal in guard.check(template, segment)}


def test_every_rule_says_what_it_is_for() -> None:
    assert set(RULES) == set(Rule)
    assert all(sentence.endswith(".") for sentence in RULES.values())


@pytest.mark.parametrize(
    "segment", [MINOR, MAJOR, SEVERE, ON_TIME, CANCELLED, GATE, TERMINAL, ELITE], ids=lambda s: s.key
)
def test_a_good_template_is_accepted(segment: Segment) -> None:
    assert guard.check(good(segment), segment) == []


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (Rule.DIGIT, "There are 3 flights left."),
        (Rule.DIGIT, "We are sorry for the ٣ of you."),
        (Rule.DIGIT, "Please wait ½ longer."),
        (Rule.NUMBER_WORD, "The wait is about two more."),
        (Rule.NUMBER_WORD, "You are the first passenger."),
        (Rule.NUMBER_WORD, "There is one flight left."),
        (Rule.TIME_WORD, "It leaves tomorrow at noon."),
        (Rule.TIME_WORD, "It leaves soon."),
        (Rule.MONEY, "We will pay you dollars."),
        (Rule.MONEY, "You get $ back."),
        (Rule.CONTACT, "See www.example.com for more."),
        (Rule.CONTACT, "Please write to help@example.com."),
        (Rule.CONTACT, "Please call our hotline."),
        (Rule.CONTACT, "Please use our app."),
        (Rule.PLACE, "Your flight goes through Chicago."),
        (Rule.PLACE, "It lands at ORD."),
        (Rule.PLACE, "Please go to the main concourse."),
        (Rule.NAME, "Your agent Brenda is waiting."),
        (Rule.NAME, "Thank you, May."),
        (Rule.NAME, "Skyline Airways thanks you."),
        (Rule.CAUSE, "The pilot has fallen ill."),
        (Rule.CAUSE, "There was a storm."),
        (Rule.PROMISE, "You will get a full refund."),
        (Rule.PROMISE, "We have upgraded you to the lounge."),
        (Rule.PROMISE, "You have priority boarding."),
        (Rule.CLAIM, "We have moved you to another flight."),
        (Rule.CLAIM, "Our team will meet you at the gate."),
        (Rule.COMMAND, "Please do not come to the airport."),
        (Rule.COMMAND, "Please leave the airport."),
        (Rule.CONTRADICTION, "Your flight is cancelled."),
        (Rule.CONTRADICTION, "Your flight leaves on time."),
        (Rule.CONTRADICTION, "The terminal has changed."),
        (Rule.VOCABULARY, "Please admire the scenery."),
        (Rule.GRAMMAR, "We are sorry for the of your trip."),
        (Rule.PROMPT_LEAK, "This template is for a segment."),
        (Rule.MARKUP, "This is **important**."),
        (Rule.MARKUP, "We are <b>sorry</b>."),
        (Rule.CHARACTERS, "We are sorry \N{DISAPPOINTED FACE}."),
        (Rule.CHARACTERS, "We are sorry\N{RIGHT-TO-LEFT OVERRIDE}."),
        (Rule.CHARACTERS, "We are sorry\x07."),
        (Rule.CHARACTERS, "We are s\N{CYRILLIC SMALL LETTER O}rry."),
        (Rule.SHOUTING, "We are VERY sorry."),
        (Rule.SHOUTING, "We are sorry!"),
        (Rule.UNKNOWN_PLACEHOLDER, "Your seat is {seat}."),
        (Rule.UNKNOWN_PLACEHOLDER, "It leaves from gate {new_gate}."),
        (Rule.MISPLACED_PLACEHOLDER, "It goes from {destination} to {origin}."),
        (Rule.MISPLACED_PLACEHOLDER, "It arrives at {departure_time}."),
        (Rule.MISPLACED_PLACEHOLDER, "It leaves at {scheduled_time}."),
        (Rule.MISPLACED_PLACEHOLDER, "It leaves at {departure_time}pm."),
        (Rule.MISPLACED_PLACEHOLDER, "Please be at the airport at {departure_time}."),
        (Rule.MISPLACED_PLACEHOLDER, "It leaves at {departure_time} or later."),
        (Rule.REPETITION, "We are very very sorry."),
        (Rule.TOO_LONG, "We are sorry " + "and we are sorry " * 20 + "for this."),
    ],
)
def test_a_sentence_that_breaks_a_rule_is_refused_by_that_rule(rule: Rule, sentence: str) -> None:
    assert rule in rules(changed(MAJOR, add=sentence), MAJOR)


@pytest.mark.parametrize(
    ("rule", "template"),
    [
        (Rule.PARAGRAPHS, MessageTemplate(good(MAJOR).subject, good(MAJOR).paragraphs[:1], good(MAJOR).sms)),
        (Rule.PARAGRAPHS, MessageTemplate(good(MAJOR).subject, good(MAJOR).paragraphs * 2, good(MAJOR).sms)),
        (Rule.TOO_SHORT, changed(MAJOR, subject="{flight}")),
        (Rule.TOO_SHORT, changed(MAJOR, paragraph2="Sorry.")),
        (Rule.TOO_SHORT, changed(MAJOR, add="We know that this is")),
        (Rule.TOO_LONG, changed(MAJOR, subject="We are sorry that {flight} is late " * 4)),
        (Rule.TOO_LONG, changed(MAJOR, add="We are sorry. " * 1000)),
        (Rule.MISSING_PLACEHOLDER, changed(MAJOR, subject="Your flight is late again")),
        (Rule.MISSING_PLACEHOLDER, changed(MAJOR, sms="{first_name}, your flight is delayed by {delay}.")),
        (Rule.MAIN_POINT, changed(MAJOR, sms="{first_name}, flight {flight}: {delay}, {departure_time}.")),
        (Rule.NEXT_STEPS, changed(MAJOR, paragraph3="We are sorry for the trouble with booking {confirmation}.")),
        (Rule.REPETITION, changed(MAJOR, paragraph3=good(MAJOR).paragraphs[0])),
        (
            Rule.LANGUAGE,
            changed(MAJOR, paragraph2="Le pedimos disculpas por las molestias y le agradecemos mucho su paciencia."),
        ),
        (Rule.SMS_LENGTH, changed(MAJOR, sms=good(MAJOR).sms + " We apologize for the inconvenience this may cause.")),
        (Rule.SMS_ALPHABET, changed(MAJOR, sms=good(MAJOR).sms.replace(",", " \N{EM DASH}"))),
        (Rule.SMS_ALPHABET, changed(MAJOR, sms=good(MAJOR).sms.replace("a", "á"))),
        (Rule.MARKUP, changed(MAJOR, sms=good(MAJOR).sms.replace("{flight}", "{{flight}}"))),
    ],
)
def test_a_template_that_breaks_a_rule_as_a_whole_is_refused_by_that_rule(
    rule: Rule, template: MessageTemplate
) -> None:
    assert rule in rules(template, MAJOR)


UNMOVED = MessageTemplate(
    "Flight {flight} is running late",
    ("Dear {first_name}, flight {flight} to {destination} is delayed by {delay} because of {reason}.",),
    "{first_name}, {flight} is {delay} late and now leaves at {departure_time}.",
)


@pytest.mark.parametrize(
    ("segment", "template", "wanted"),
    [
        (MAJOR, UNMOVED, "an apology"),
        (
            TERMINAL,
            changed(TERMINAL, sms="{first_name}, flight {flight} is at gate {new_gate} in another terminal."),
            "right away",
        ),
        (TERMINAL, changed(TERMINAL, sms="URGENT, {first_name}: {flight} leaves from gate {new_gate}."), "terminal"),
        (CANCELLED, changed(CANCELLED, subject="An update on flight {flight} to {destination}"), "cancelled"),
        (
            CANCELLED,
            changed(CANCELLED, sms="{first_name}, {flight} is cancelled. Code {confirmation}."),
            "another flight",
        ),
    ],
)
def test_what_the_news_asks_for_must_be_said(segment: Segment, template: MessageTemplate, wanted: str) -> None:
    assert any(wanted in refusal.detail for refusal in guard.check(template, segment))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [(name, line.strip()) for name, lines in INVENTIONS.items() for line in lines.strip().splitlines()],
)
def test_an_invention_in_harmless_words_is_refused(name: str, sentence: str) -> None:
    segment: Segment = getattr(samples, name)
    assert guard.check(changed(segment, add=sentence), segment) != []


@pytest.mark.parametrize(
    "sentence",
    [
        "We know how frustrating this can be.",
        "We truly appreciate your patience and understanding.",
        "If you have any questions, our team at the airport is here to help.",
        "Please let anyone who is meeting you know about the new arrival time.",
        "We will let you know as soon as there is any news.",
        "Your booking remains unchanged.",
        "Please note that times may still change.",
        "We understand that people are waiting for you.",
    ],
)
def test_what_good_service_prose_says_is_accepted(sentence: str) -> None:
    assert guard.check(changed(MAJOR, add=sentence), MAJOR) == []


@pytest.mark.parametrize(("segment", "template"), PLAUSIBLE)
def test_what_capable_models_write_is_accepted(segment: Segment, template: MessageTemplate) -> None:
    assert guard.check(guard.normalized(template), segment) == []


def test_curly_quotes_and_long_dashes_are_bad_manners_and_no_reason_to_refuse() -> None:
    curly = changed(MAJOR, add="We’re sorry — it’s a long wait.")
    assert Rule.CHARACTERS in rules(curly, MAJOR)
    assert guard.check(guard.normalized(curly), MAJOR) == []


def test_another_tier_s_template_is_refused_for_a_member() -> None:
    assert Rule.UNKNOWN_PLACEHOLDER in rules(good(ELITE), MAJOR)


def test_a_refusal_reads_as_a_rule_and_the_words_that_break_it() -> None:
    refusals = guard.check(changed(MAJOR, add="You will get a voucher."), MAJOR)
    assert "promise: voucher" in map(str, refusals)


def test_an_email_of_permitted_paragraphs_may_still_be_too_long_for_the_state_that_carries_forty_of_them() -> None:
    paragraph = " ".join(["We appreciate your understanding."] * 25)
    long = MessageTemplate(good(MAJOR).subject, (paragraph,) * 2, good(MAJOR).sms)

    assert [refusal.detail for refusal in guard.check(long, MAJOR) if refusal.rule is Rule.TOO_LONG] == ["email"]
