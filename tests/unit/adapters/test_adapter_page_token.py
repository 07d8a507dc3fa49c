import pytest

from flightpulse.adapters import page_token
from flightpulse.adapters.page_token import BadTokenError

POSITION = {"PK": "FLIGHT#SW1234", "SK": "BOOKING#BKG-0001"}
TOKEN = page_token.encode(POSITION, "flights")


def test_a_token_leads_back_to_its_position() -> None:
    assert page_token.decode(TOKEN, "flights") == POSITION


def test_a_token_fits_a_url_as_it_is() -> None:
    assert TOKEN.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_a_change_of_any_character_is_noticed(place: int) -> None:
    other = "A" if TOKEN[place] != "A" else "B"
    with pytest.raises(BadTokenError):
        page_token.decode(TOKEN[:place] + other + TOKEN[place + 1 :], "flights")


@pytest.mark.parametrize(
    "token", ["", "A", "AAAA", "!!!!", "é", "\ud800", TOKEN[:-1], TOKEN + "A", TOKEN + "=", f" {TOKEN}"]
)
def test_text_that_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadTokenError):
        page_token.decode(token, "flights")


def test_a_token_of_another_query_is_refused() -> None:
    with pytest.raises(BadTokenError):
        page_token.decode(TOKEN, "bookings")
