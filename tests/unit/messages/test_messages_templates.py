import pytest

from flightpulse.messages.templates import MessageTemplate, MissingFactError, Sentence, fill, normalized

TEMPLATE = MessageTemplate("A change", ("First. Second!", "Third (really)."), "Short. Shorter?")


def test_sentences_are_named_by_the_part_they_stand_in() -> None:
    assert TEMPLATE.sentences() == [
        Sentence("subject", "A change"),
        Sentence("paragraph 1", "First."),
        Sentence("paragraph 1", "Second!"),
        Sentence("paragraph 2", "Third (really)."),
        Sentence("sms", "Short."),
        Sentence("sms", "Shorter?"),
    ]


def test_sentences_are_left_out_and_an_empty_paragraph_with_them() -> None:
    dropped = [
        Sentence("paragraph 1", "First."),
        Sentence("paragraph 2", "Third (really)."),
        Sentence("sms", "Shorter?"),
    ]
    assert TEMPLATE.without(dropped) == MessageTemplate("A change", ("Second!",), "Short.")


def test_the_same_words_elsewhere_stay() -> None:
    twice = MessageTemplate("Sorry.", ("Sorry.", "Bye."), "Sorry.")
    assert twice.without([Sentence("sms", "Sorry.")]) == MessageTemplate("Sorry.", ("Sorry.", "Bye."), "")


def test_a_template_is_put_into_plain_typography() -> None:
    fancy = MessageTemplate("We’re **late**", ("It’s — oh…\n\nlong!!!", " "), "\N{AIRPLANE} Sorry")
    assert normalized(fancy) == MessageTemplate("We're late", ("It's - oh... long!",), "Sorry")


@pytest.mark.parametrize(
    "fields",
    [{}, {"subject": "s", "paragraphs": "p", "sms": "t"}, {"subject": "s", "paragraphs": [1], "sms": "t"}],
)
def test_what_has_not_the_shape_of_a_template_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        MessageTemplate.from_fields(fields)


def test_a_gap_without_a_value_is_named() -> None:
    with pytest.raises(MissingFactError, match="new_gate"):
        fill("Go to gate {new_gate}.", {})
