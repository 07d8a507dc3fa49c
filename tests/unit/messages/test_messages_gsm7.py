import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightpulse.messages import gsm7


@pytest.mark.parametrize(
    ("text", "septets"),
    [("", 0), ("Gate A5", 7), ("é ñ ü", 5), ("[€]", 6), ("a" * 160, 160)],
)
def test_a_text_is_counted_in_septets_and_some_characters_count_twice(text: str, septets: int) -> None:
    assert gsm7.septets(text) == septets


@pytest.mark.parametrize("character", "^{}\\[~]|€\f")
def test_a_character_of_the_extension_table_takes_two_septets(character: str) -> None:
    assert gsm7.septets(character) == 2
    assert gsm7.to_gsm7(f"a{character}") == f"a{character}"


@pytest.mark.parametrize("character", ["’", "“", "—", "…", "á", "ë", "中", "😀", "\u202e"])
def test_a_character_outside_the_alphabet_does_not_fit(character: str) -> None:
    assert gsm7.unsupported(character) == {character}
    assert not gsm7.fits(character)
    with pytest.raises(ValueError, match="not in GSM-7"):
        gsm7.septets(character)


def test_160_characters_fit_and_161_do_not() -> None:
    assert gsm7.fits("a" * 160)
    assert not gsm7.fits("a" * 161)
    assert not gsm7.fits("a" * 159 + "€")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("We’re “sorry”…", 'We\'re "sorry"...'),
        ("gate D15 — not A5", "gate D15 - not A5"),
        ("two\u00a0 spaces", "two spaces"),
        ("Zoë", "Zoe"),
        ("José", "José"),
        ("Łukasz", "Lukasz"),
        ("Ænima", "Ænima"),
        ("Nguyễn", "Nguyen"),
        ("łŁđĐıœŒþÞðħ", "lLdDioeOEthThdh"),
        ("‘’‚‛′´`", "'" * 7),
        ("“”„‟″«»", '"' * 7),
        ("‐‑‒–−•", "-" * 6),
        ("a—b―c", "a - b - c"),
        ("北京", ""),
    ],
)
def test_text_is_brought_into_the_alphabet(written: str, sent: str) -> None:
    assert gsm7.to_gsm7(written) == sent


def test_plain_typography_keeps_accents() -> None:
    assert gsm7.plain_typography("Zoë’s") == "Zoë's"


@given(st.text())
def test_whatever_comes_in_what_comes_out_is_gsm7(text: str) -> None:
    assert gsm7.unsupported(gsm7.to_gsm7(text)) == set()
