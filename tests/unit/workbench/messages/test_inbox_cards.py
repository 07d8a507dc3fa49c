"""The inbox: letters and phone bubbles, who was told first, and how the same news reads for each tier."""

import pytest

from flightpulse.workbench.messages.inbox import Message
from flightpulse.workbench.messages.inbox_cards import Inbox
from flightpulse.workbench.messages.tiers_compared import TiersCompared
from tests.unit.workbench.run_facts import at, message

LETTER = "Hi Maya, it is late.\n\nAs an A-LIST PREFERRED member, you hear first.\n\nPlease check the screens."


def loyal(booking_id: str, **changes: str) -> Message:
    return message(booking_id, **{"tier": "A-LIST PREFERRED", "text": LETTER, **changes})


def test_the_most_loyal_passengers_come_first_whatever_their_ids() -> None:
    inbox = Inbox((message("A1"), message("B1", tier="A-LIST"), loyal("C1")))

    said = inbox.text()

    assert said.index("PAX-C1") < said.index("PAX-B1") < said.index("PAX-A1")


def test_a_tier_that_nobody_knows_comes_last() -> None:
    said = Inbox((message("A1", tier="PILOT"), message("B1"))).text()

    assert said.index("PAX-B1") < said.index("PAX-A1")


def test_who_writes_the_messages_stands_below_and_stays_when_the_inbox_is_narrowed() -> None:
    inbox = Inbox((message("A1"), message("B1")), "A stand-in writes.").of("BKG-1").only("email")
    narrowed = Inbox((message("A1"),), "A stand-in writes.").of("A1").only("email")

    assert inbox.text() == "No messages."
    assert narrowed.text().endswith("A stand-in writes.")
    assert "<i>A stand-in writes.</i>" in narrowed.html()


@pytest.mark.parametrize(
    ("changes", "news"),
    [
        ({"kind": "delay", "severity": "MAJOR"}, "SW1234, major delay"),
        ({"kind": "on_time", "severity": "MINOR"}, "SW1234, on time after all"),
        ({"kind": "cancellation", "severity": "CANCELLED"}, "SW1234, cancellation"),
        ({"kind": "gate_change", "severity": "GATE"}, "SW1234, gate change"),
        ({"kind": "gate_change", "severity": "TERMINAL"}, "SW1234, gate change to another terminal"),
    ],
)
def test_every_card_says_in_words_what_it_is_about(changes: dict[str, str], news: str) -> None:
    inbox = Inbox((message("A1", **changes), message("A1", "sms", **changes)))

    assert inbox.text().count(f"({news}; ") == 2
    assert inbox.html().count(f"{news} · ") == 1
    assert inbox.html().count(f"<br>{news}</div>") == 1


def test_every_message_says_when_it_came_on_the_readers_clock() -> None:
    said = Inbox((message("A1"), message("A1", "sms", at=at(63)))).text()

    assert f"✉ {at(2).astimezone():%H:%M:%S} e-mail to PAX-A1" in said
    assert f"✆ {at(63).astimezone():%H:%M:%S} text to PAX-A1" in said


def test_phones_stand_side_by_side_only_where_no_letter_is_above_them() -> None:
    html = Inbox((message("A1", "sms"), message("B1"), message("B1", "sms"), message("C1", "sms"))).html()

    assert html.count("display:inline-block") == 2


def test_a_text_is_as_long_as_a_phone_counts_it() -> None:
    # A bracket takes two places in the alphabet of text messages.
    assert "6 of 160 characters" in Inbox((message("A1", "sms", text="Late["),)).text()


def test_the_order_in_which_people_were_told_is_one_line_a_message() -> None:
    order = Inbox((loyal("A1"), message("B1", "sms", subject="", text="word " * 40))).order()

    assert order.column("tier") == ["A-LIST PREFERRED", "MEMBER"]
    assert order.column("channel") == ["✉ e-mail", "✆ text"]
    assert order.column("says")[0] == "Your flight"
    assert order.column("says")[1].endswith("…")


def test_the_same_news_is_compared_part_by_part_for_the_tiers_that_got_it() -> None:
    compared = Inbox((message("A1", text="One part only."), loyal("B1"), loyal("C1", text="later"))).by_tier()

    assert compared.tiers == ("A-LIST PREFERRED", "MEMBER")
    assert compared.part("understanding") == {
        "A-LIST PREFERRED": "As an A-LIST PREFERRED member, you hear first.",
        "MEMBER": "",
    }
    assert compared.part("part 1")["MEMBER"] == "One part only."


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("News.\n\nSorry.\n\nWait.\n\nYour FlightPulse team", "the news, understanding, what to do, signature"),
        (
            "News.\n\nSorry.\n\nWait.\n\nCall us.\n\nYour FlightPulse team",
            "the news, understanding, what to do, how to reach us, signature",
        ),
        (
            "News.\n\nNot 8.\n\nSorry.\n\nWait.\n\nCall us.\n\nYour FlightPulse team",
            "the news, correction, understanding, what to do, how to reach us, signature",
        ),
    ],
)
def test_a_letters_parts_have_names(body: str, parts: str) -> None:
    compared = Inbox((message("A1", text=body),)).by_tier()

    assert [name for name, _ in compared.parts] == ["subject", *parts.split(", ")]


def test_priority_language_is_stressed_in_html_and_everything_is_escaped() -> None:
    letter = LETTER.replace("late", "<late>")
    html = Inbox((loyal("A1", text=letter), message("B1"))).by_tier()._repr_mimebundle_()["text/html"]

    assert "As an <b>A-LIST PREFERRED</b> member" in html
    assert "&lt;late&gt;" in html


def test_texts_are_compared_too_and_long_ones_are_wrapped() -> None:
    said = str(Inbox((message("A1", "sms", text="word " * 40),)).by_tier("sms"))

    assert said.startswith("text\n  MEMBER  word")
    assert max(map(len, said.splitlines())) <= 92


def test_nobody_told_is_said() -> None:
    assert str(TiersCompared.of(())) == "No messages."
    assert len(Inbox(()).order()) == 0


def test_a_part_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Inbox((loyal("A1"),)).by_tier().part("postscript")


def test_the_same_news_on_the_same_channel_again_is_found() -> None:
    first, again = message("A1"), message("A1", at=at(5))
    others = (message("A1", "sms"), message("B1"), message("A1", event_id="evt-2"))

    assert list(Inbox((first, *others, again)).repeated()) == [again]


def test_old_news_after_newer_is_found_but_not_news_about_another_subject() -> None:
    newer, older = message("A1", event_at=at(10)), message("A1", event_id="evt-0", event_at=at(0), at=at(20))
    gate = message("A1", kind="gate_change", event_id="evt-9", event_at=at(1), at=at(21))
    still_older = message("A1", event_id="evt-3", event_at=at(5), at=at(22))

    assert list(Inbox((newer, older, gate, still_older)).outdated()) == [older, still_older]
    assert list(Inbox((older, newer)).outdated()) == []
