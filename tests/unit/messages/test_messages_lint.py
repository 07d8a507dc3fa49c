"""What the lint refuses, and what it must let pass."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightpulse.messages.lint import Refusal, Rule, lint
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate, normalized
from tests.unit.messages.samples import CANCELLED, ELITE, GATE, MAJOR, ON_TIME, TERMINAL, fitting_written_text

CORPORA = Path(__file__).parents[2] / "corpora" / "messages"


def honest() -> Iterator[tuple[Segment, MessageTemplate]]:
    for line in (CORPORA / "honest.jsonl").read_text("utf-8").splitlines():
        fields = json.loads(line)
        yield Segment.from_key(fields["segment"]), MessageTemplate.from_fields(fields)


def changed(segment: Segment, *, subject: str | None = None, add: str = "", sms: str | None = None) -> MessageTemplate:
    """The written text with another subject or SMS, or with a sentence more in its second paragraph."""
    template = fitting_written_text(segment)
    paragraphs = list(template.paragraphs)
    paragraphs[1] = f"{paragraphs[1]} {add}".strip()
    return MessageTemplate(
        template.subject if subject is None else subject, tuple(paragraphs), template.sms if sms is None else sms
    )


def rules(template: MessageTemplate, segment: Segment) -> set[Rule]:
    return {refusal.rule for refusal in lint(template, segment)}


def test_every_rule_says_what_it_is_for() -> None:
    assert all(rule.words.endswith(".") for rule in Rule)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (Rule.DIGIT, "Your seat 14C stays yours."),
        (Rule.DIGIT, "A credit of $ is on its way."),
        (Rule.DIGIT, "We will pay you dollars."),
        (Rule.QUANTITY, "There are seven other flights."),
        (Rule.QUANTITY, "It is a quarter of the usual wait."),
        (Rule.QUANTITY, "You may take one bag."),
        (Rule.TIME, "Please be there at noon."),
        (Rule.TIME, "It leaves on Friday."),
        (Rule.TIME, "Boarding is this evening."),
        (Rule.TIME, "It takes some more hours."),
        (Rule.TIME, "This may last a few days."),
        (Rule.TIME, "We fly again in December."),
        (Rule.CONTACT, "See www.example.com for more."),
        (Rule.CONTACT, "Please write to help@example.com."),
        (Rule.CONTACT, "Please call our hotline."),
        (Rule.CONTACT, "Please use our app."),
        (Rule.CONTACT, "Please reply with yes."),
        (Rule.PLACE, "Your flight goes through Chicago."),
        (Rule.PLACE, "It lands at ORD."),
        (Rule.PLACE, "Please walk to Terminal B."),
        (Rule.NAME, "Your agent Brenda is waiting."),
        (Rule.NAME, "We at Skyline Airways thank you."),
        (Rule.SHOUTING, "We are VERY sorry."),
        (Rule.SHOUTING, "Sorry! Sorry! Sorry! We are sorry!!!! Really!!!! So!"),
        (Rule.PROMPT_LEAK, "As an AI language model, we cannot know."),
        (Rule.PROMPT_LEAK, "The placeholder is filled in above."),
        (Rule.CHARACTERS, "We are <b>sorry</b>."),
        (Rule.CHARACTERS, "We are sorry\N{RIGHT-TO-LEFT OVERRIDE}."),
        (Rule.CHARACTERS, "We are sorry\x07."),
        (Rule.CHARACTERS, "We are s\N{CYRILLIC SMALL LETTER O}rry."),
        (Rule.CHARACTERS, "We are sorry, {{first_name}}."),
        (Rule.UNKNOWN_PLACEHOLDER, "Your seat is {seat}."),
        (Rule.UNKNOWN_PLACEHOLDER, "It leaves from gate {new_gate}."),
        (Rule.MISPLACED_PLACEHOLDER, "It leaves {destination} for {origin}."),
        (Rule.MISPLACED_PLACEHOLDER, "It arrives at {departure_time}."),
        (Rule.MISPLACED_PLACEHOLDER, "It leaves at {arrival_time}."),
        (Rule.MISPLACED_PLACEHOLDER, "It leaves at {scheduled_time}."),
        (Rule.MISPLACED_PLACEHOLDER, "It leaves at {departure_time}pm."),
        (Rule.MISPLACED_PLACEHOLDER, "Boarding begins at {departure_time}."),
        (Rule.MISPLACED_PLACEHOLDER, "Please be at the airport at {departure_time}."),
        (Rule.MISPLACED_PLACEHOLDER, "It is {delay} early."),
        (Rule.MISPLACED_PLACEHOLDER, "It leaves in {delay}."),
        (Rule.LENGTH, "We are sorry " + "and we are sorry " * 20 + "for this."),
    ],
)
def test_a_sentence_that_breaks_a_rule_is_refused_by_that_rule(rule: Rule, sentence: str) -> None:
    assert rule in rules(changed(MAJOR, add=sentence), MAJOR)


@pytest.mark.parametrize(
    "sentence",
    [
        "Please go to gate {old_gate}.",
        "It has moved from gate {new_gate} to gate {old_gate}.",
        "Use gate {old_gate} instead of gate {new_gate}.",
        "It no longer leaves from gate {new_gate}.",
    ],
)
def test_the_old_gate_is_not_where_anybody_is_sent(sentence: str) -> None:
    assert Rule.MISPLACED_PLACEHOLDER in rules(changed(GATE, add=sentence), GATE)


@pytest.mark.parametrize(
    ("segment", "sentence"),
    [
        (MAJOR, "It leaves {origin} for {destination} at {departure_time} and arrives at {arrival_time}."),
        (
            MAJOR,
            "Scheduled to leave {origin} for {destination} at {scheduled_time}, it now leaves at {departure_time}.",
        ),
        (MAJOR, "It was due to leave at {scheduled_time}."),
        (MAJOR, "Instead of {scheduled_time}, it is expected to depart at {departure_time}."),
        (MAJOR, "It will not leave at {scheduled_time}, but at {departure_time}."),
        (MAJOR, "One of our team can help you, and no one has to hurry."),
        (MAJOR, "The wait may change your day, and we are sorry."),
        (MAJOR, "{first_name}'s booking stays as it is."),
        (GATE, "Please do not go to gate {old_gate}."),
        (GATE, "You no longer need to go to gate {old_gate}."),
        (GATE, "It moved from gate {old_gate} to gate {new_gate}."),
        (GATE, "The time has not changed and remains {departure_time}."),
        (TERMINAL, "Please note that it is a DIFFERENT terminal!"),
    ],
)
def test_honest_sentences_are_let_through(segment: Segment, sentence: str) -> None:
    assert lint(changed(segment, add=sentence), segment) == []


SPANISH = MessageTemplate(
    "Su vuelo {flight} con destino a {destination} ha cambiado",
    ("Hola {first_name}, su vuelo {flight} saldrá con retraso debido a {reason}.", "Le pedimos disculpas por ello."),
    "{first_name}, su vuelo {flight} sale con {delay} de retraso, ahora a las {departure_time}.",
)


@pytest.mark.parametrize(
    ("rule", "segment", "template"),
    [
        (
            Rule.SHAPE,
            MAJOR,
            MessageTemplate("Flight {flight} is late", ("Sorry, {first_name}, it is late.",), "It is late now."),
        ),
        (Rule.SHAPE, MAJOR, changed(MAJOR, add="We know that this is")),
        (Rule.LENGTH, MAJOR, changed(MAJOR, subject="{flight}")),
        (Rule.LENGTH, MAJOR, changed(MAJOR, subject="We are sorry that {flight} is late " * 5)),
        (Rule.LENGTH, MAJOR, changed(MAJOR, add="We are sorry. " * 1000)),
        (Rule.MISSING_PLACEHOLDER, MAJOR, changed(MAJOR, subject="Your flight is late again")),
        (Rule.MISSING_PLACEHOLDER, MAJOR, changed(MAJOR, sms="{first_name}, flight {flight} is delayed by {delay}.")),
        (Rule.LANGUAGE, MAJOR, SPANISH),
        (Rule.SMS_LENGTH, MAJOR, changed(MAJOR, sms=fitting_written_text(MAJOR).sms + " We apologize for it." * 3)),
        (Rule.SMS_ALPHABET, MAJOR, changed(MAJOR, sms=fitting_written_text(MAJOR).sms.replace("a", "á"))),
        (
            Rule.MAIN_POINT,
            CANCELLED,
            changed(CANCELLED, sms="{first_name}, about flight {flight}: see us, code {confirmation}."),
        ),
        (Rule.MAIN_POINT, TERMINAL, changed(TERMINAL, sms="{first_name}, {flight} now leaves from gate {new_gate}.")),
        (Rule.MAIN_POINT, ON_TIME, changed(ON_TIME, sms="{first_name}, {flight} now leaves at {departure_time}.")),
    ],
)
def test_a_template_that_breaks_a_rule_as_a_whole_is_refused_by_that_rule(
    rule: Rule, segment: Segment, template: MessageTemplate
) -> None:
    assert rule in rules(template, segment)


@pytest.mark.parametrize(("words", "fits"), [(60, True), (61, False)])
def test_a_sentence_has_sixty_words_at_most(words: int, fits: bool) -> None:
    endless = "We are " + "so " * (words - 3) + "sorry."
    assert (Rule.LENGTH not in rules(changed(MAJOR, add=endless), MAJOR)) is fits


@pytest.mark.parametrize(("paragraph", "says"), [("We are sorry.", False), ("We are very sorry.", True)])
def test_a_paragraph_of_three_words_says_nothing(paragraph: str, says: bool) -> None:
    written = fitting_written_text(MAJOR)
    template = MessageTemplate(written.subject, (*written.paragraphs[:2], paragraph), written.sms)
    assert (Rule.SHAPE not in rules(template, MAJOR)) is says


@pytest.mark.parametrize(("segment", "template"), list(honest()))
def test_what_capable_models_write_is_let_through(segment: Segment, template: MessageTemplate) -> None:
    assert lint(normalized(template), segment) == []


def test_typography_and_emphasis_are_bad_manners_and_no_reason_to_refuse() -> None:
    curly = changed(MAJOR, add="We’re **so** sorry — it’s a long wait… \N{DISAPPOINTED FACE}")
    assert Rule.CHARACTERS in rules(curly, MAJOR)
    assert lint(normalized(curly), MAJOR) == []


def test_another_tier_s_template_is_refused_for_a_member() -> None:
    assert Rule.UNKNOWN_PLACEHOLDER in rules(fitting_written_text(ELITE), MAJOR)


def test_a_refusal_names_the_rule_the_words_and_the_sentence() -> None:
    refusal = next(iter(lint(changed(MAJOR, add="Call our hotline."), MAJOR)))
    assert isinstance(refusal, Refusal)
    assert str(refusal) == "contact: 'hotline' in paragraph 2"
    assert refusal.sentence is not None
    assert refusal.sentence.text == "Call our hotline."


def test_a_text_message_that_is_too_long_could_lose_its_last_sentence() -> None:
    sms = fitting_written_text(MAJOR).sms
    refusals = lint(changed(MAJOR, sms=f"{sms} T{'hank you, t' * 9}hank you."), MAJOR)
    assert [refusal.rule for refusal in refusals] == [Rule.SMS_LENGTH]
    assert refusals[0].sentence is not None
    assert refusals[0].sentence.text.startswith("Thank you")
